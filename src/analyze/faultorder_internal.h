/* faultorder_internal.h - faults of all CPUs in the order of their times.
 *
 * Like recordorder, for the one kind of record that comes by the million: of each only what the
 * ledger needs is kept, 24 bytes. */
#ifndef FAULTORDER_INTERNAL_H
#define FAULTORDER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* A recording without rounds must not pile up: then faults are handed out as they came. */
#define FAULTORDER_BYTES_MAX (64u << 20)

struct fault {
	uint64_t time_ns, address;
	uint32_t pid, weight; /* weight: how many faults it stands for */
};

struct faultorder {
	struct buf faults; /* struct fault */
	struct buf spare;  /* memory for sorting */
	size_t next;	   /* the first that was not taken yet */
	bool is_sorted;
};

void faultorder_add(struct faultorder *o, const struct fault *fault);

/* The oldest fault before until_ns, which is taken with it; NULL when there is none. Valid until
 * the next call. Between calls with until_ns going up no older fault may be added. */
const struct fault *faultorder_take(struct faultorder *o, uint64_t until_ns);

static inline bool faultorder_is_full(const struct faultorder *o)
{
	return o->faults.len > FAULTORDER_BYTES_MAX;
}

void faultorder_done(struct faultorder *o);

#endif
