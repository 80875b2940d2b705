/* profilerows_internal.h - distinct stacks and their weights. */
#ifndef PROFILEROWS_INTERNAL_H
#define PROFILEROWS_INTERNAL_H

#include <stdint.h>

#include "analyze/profile.h"
#include "base/buf.h"
#include "base/indexmap.h"

struct profilerows {
	struct buf rows;      /* struct profile_stack */
	struct buf locations; /* uint32_t: the stacks, one behind the other */
	struct indexmap by_stack;
	uint64_t sample_count, value;
	uint64_t unknown_leaf_count, cut_stack_count;
};

/* A sample: locations leaf first. The row's labels are those of the first sample of its stack and
 * thread; they follow from the stack. Returns the row, valid until the next call. */
struct profile_stack *profilerows_add(struct profilerows *r, const uint32_t *locations,
				      size_t count, uint32_t thread, uint64_t value);

void profilerows_done(struct profilerows *r);

#endif
