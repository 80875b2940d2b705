/* descriptors_internal.h - let go of what a process inherited. */
#ifndef TARGET_DESCRIPTORS_INTERNAL_H
#define TARGET_DESCRIPTORS_INTERNAL_H

#include <stddef.h>

/* Close every descriptor of this process but these, whatever their numbers; keep is put in
 * ascending order. */
void descriptors_close_all_but(int *keep, size_t count);

#endif
