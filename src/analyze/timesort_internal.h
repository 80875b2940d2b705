/* timesort_internal.h - sort by time what comes in few runs that are in order already. */
#ifndef TIMESORT_INTERNAL_H
#define TIMESORT_INTERNAL_H

#include <stddef.h>

#include "base/buf.h"

/* items: elements of item_words numbers of 8 bytes each, the first of which is the time. Equal
 * times stay in their order. As many steps as halve the number of runs to one. spare: memory for
 * it, kept between calls; the two may change places. */
void timesort(struct buf *items, struct buf *spare, size_t item_words);

#endif
