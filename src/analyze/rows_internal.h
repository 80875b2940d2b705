/* rows_internal.h - trace lines of a recording become rows, one cycle each. */
#ifndef ROWS_INTERNAL_H
#define ROWS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "analyze/cycles.h"
#include "analyze/processes.h"
#include "analyze/watch.h"
#include "recording/reader.h"

/* The second walk over everything but perf data: trace lines become rows. */
struct rows {
	struct reader *reader; /* borrowed */
	struct processes processes;
	struct cycles cycles;
	const struct watch *watch; /* borrowed; functions may be NULL */
	uint64_t origin_ns;
	uint64_t process_id;
	bool is_ours; /* the newest cycle was of the process shown: scavenger lines behind it are,
			 too */
	bool is_over;
};

/* Time since the recording's start; 0 for what is before it. */
static inline uint64_t rows_since(const struct rows *rows, uint64_t time_ns)
{
	return time_ns > rows->origin_ns ? time_ns - rows->origin_ns : 0;
}

/* The next row of the process shown into *ret, 1; 0 when there is none any more. arg is a struct
 * rows. */
int rows_pull(void *arg, struct model_cycle *ret);

#endif
