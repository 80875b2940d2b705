/* profilerows_internal.h - distinct stacks and their weights. */
#ifndef PROFILEROWS_INTERNAL_H
#define PROFILEROWS_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "analyze/profile.h"
#include "base/buf.h"
#include "base/indexmap.h"

struct profilerows {
	struct buf rows; /* struct profile_stack */
	struct buf ids;	 /* uint32_t beside rows: which stack it is */
	struct indexmap by_stack;
	uint64_t sample_count, value;
	uint64_t unknown_leaf_count, cut_stack_count;
};

/* A stack: where its locations stand, and a number that is the same for the same locations. */
struct profilerows_stack {
	uint32_t id, first_location, location_count;
};

/* A sample. Labels of a new row (sample_count is 1) are left to the caller. Returns the row, valid
 * until the next call. */
struct profile_stack *profilerows_add(struct profilerows *r, const struct profilerows_stack *stack,
				      uint32_t thread, uint64_t value);

void profilerows_done(struct profilerows *r);

#endif
