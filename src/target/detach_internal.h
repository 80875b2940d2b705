/* detach_internal.h - a helper process that shall outlive the recorder. */
#ifndef TARGET_DETACH_INTERNAL_H
#define TARGET_DETACH_INTERNAL_H

#include <stddef.h>

/* In a process just forked: leave the recorder's session and terminal, so that neither Ctrl-C nor a
 * kill of the process group ends it; take a name; hold nothing but the descriptors in fds (at most
 * 4), so that readers of the recorder's stdin and stdout see them end with the recorder. fds gets
 * their new numbers, none of them below 3. */
void detach_from_recorder(const char *name, int *fds, size_t count);

#endif
