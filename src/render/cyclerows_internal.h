/* cyclerows_internal.h - the cycles of a timeline's table, at most CYCLEROWS_MAX rows: when there
 * are more, a row stands for several cycles that follow each other. */
#ifndef CYCLEROWS_INTERNAL_H
#define CYCLEROWS_INTERNAL_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/model.h"
#include "base/buf.h"

#define CYCLEROWS_MAX 4000u

struct cyclerow {
	uint64_t first, last; /* numbers */
	uint64_t cycle_count, forced_count;
	uint64_t start_ns, end_ns;
	/* The longest, and sums; unknown when it is of one of the cycles. */
	uint64_t sweep_termination_ns, mark_ns, mark_termination_ns, pause_total_ns;
	uint64_t heap_start_bytes, heap_end_bytes, heap_live_bytes, goal_bytes; /* of the last */
	uint64_t returned_bytes, fault_count, refault_count;			/* sums */
	uint64_t rss_end_bytes;
};

struct cyclerows {
	struct buf rows;  /* struct cyclerow */
	uint64_t per_row; /* cycles that a row takes */
};

void cyclerows_init(struct cyclerows *r);
void cyclerows_add(struct cyclerows *r, const struct model_cycle *c);

/* {"fields": [...], "rows": [[...], ...], "per_row": N}; unknown is null. */
json_t *cyclerows_json(const struct cyclerows *r);

void cyclerows_done(struct cyclerows *r);

#endif
