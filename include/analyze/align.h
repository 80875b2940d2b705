/* align.h - where on CLOCK_MONOTONIC a process's trace clock ('@') begins.
 *
 * '@' counts from runtime.runtimeInitTime (Go runtime/proc.go, 1.5-1.27) and is truncated to 1 ms;
 * the durations behind it are truncated too. A line is printed after its cycle ended, and stamped
 * on arrival. So runtimeInitTime <= arrival - ('@' + durations) holds for every line, and the
 * smallest of these is the estimate: the line that came with the least delay decides. */
#ifndef ANALYZE_ALIGN_H
#define ANALYZE_ALIGN_H

#include <stdint.h>

#include "parse/traceline.h"

/* A line seldom arrives within less than this, and the best of several hardly later. */
#define ALIGN_LAG_NS 100000u

struct align {
	uint64_t init_ns; /* upper bound of runtimeInitTime; UNKNOWN_U64 before the first line */
	uint64_t line_count;
};

void align_init(struct align *a);

/* From '@' to the end of the cycle, as printed. */
uint64_t align_cycle_end_ns(const struct gctrace_cycle *gc);

/* What this line alone says of runtimeInitTime: arrival - ('@' + durations), at least 0. */
uint64_t align_line_init_ns(const struct gctrace_cycle *gc, uint64_t arrival_ns);

/* Take a line into account. */
void align_add(struct align *a, const struct gctrace_cycle *gc, uint64_t arrival_ns);

/* Plus or minus how much a placed cycle may be wrong: 1 ms of '@' and ALIGN_LAG_NS; UNKNOWN_U64
 * without a line. */
uint64_t align_uncertainty_ns(const struct align *a);

#endif
