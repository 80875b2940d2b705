/* totals.h - the figures of all rows together. */
#ifndef ANALYZE_TOTALS_H
#define ANALYZE_TOTALS_H

#include <stdint.h>

#include "analyze/model.h"
#include "analyze/stats.h"

struct totals {
	struct stats pauses;
	uint64_t memory_limit_bytes; /* GOMEMLIMIT, or UNKNOWN_U64 */
	uint64_t pause_resolution_ns, pause_uncertainty_ns;
	uint64_t row_count, forced_count, missing_count;
	uint64_t first_number, last_number, first_start_ns, last_end_ns;
	uint64_t assist_cpu_ns, dedicated_cpu_ns, idle_cpu_ns, stop_cpu_ns;
	/* Of the rows whose whole interval since the last cycle is known. */
	uint64_t known_gc_cpu_ns;
	double known_procs_ns; /* P x time */
	uint64_t allocated_bytes, allocated_over_ns;
	uint64_t live_peak_bytes, goal_peak_bytes, goal_last_bytes, procs_max, cpu_percent;
	uint64_t scav_background_bytes, scav_eager_bytes, released_bytes;
	uint64_t tight_count, tight_start_ns;		/* the run that goes on */
	uint64_t tight_longest_count, tight_longest_ns; /* the longest one */
};

void totals_init(struct totals *t, uint64_t memory_limit_bytes);
void totals_add(struct totals *t, const struct model_cycle *c);

/* Write what is known now to *gc: everything that rows tell. */
void totals_finish(const struct totals *t, struct model_gc *gc);
void totals_done(struct totals *t);

/* Count, sum, percentiles and histogram of times in ns, into *p; its resolution is left as it is.
 */
void totals_describe_pauses(struct model_pause *p, const struct stats *of);

#endif
