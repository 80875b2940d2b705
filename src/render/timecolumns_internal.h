/* timecolumns_internal.h - a track of a timeline, made small: of each column of time the least and
 * the greatest value, or the sum, so that no peak is lost however many values fall into it. */
#ifndef TIMECOLUMNS_INTERNAL_H
#define TIMECOLUMNS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stretch of time in equal columns. */
struct timecolumns_axis {
	uint64_t from_ns, to_ns; /* to_ns > from_ns */
	size_t count;		 /* at least 1 */
};

struct timecolumn {
	uint64_t value_count; /* 0: nothing fell into it */
	double low, high, sum;
};

struct timecolumns {
	const struct timecolumns_axis *axis; /* borrowed */
	struct timecolumn *at;		     /* axis->count of them; owned */
};

void timecolumns_init(struct timecolumns *c, const struct timecolumns_axis *axis);
void timecolumns_done(struct timecolumns *c);

/* The column of a time in [from_ns, to_ns]; false outside. */
bool timecolumns_find(const struct timecolumns_axis *axis, uint64_t time_ns, size_t *ret);

/* Where a column begins, in ns since the recording's start. */
uint64_t timecolumns_begin_ns(const struct timecolumns_axis *axis, size_t column);

/* A value at a time; outside the axis it is dropped. */
void timecolumns_add(struct timecolumns *c, uint64_t time_ns, double value);

/* An amount that came evenly over [begin_ns, end_ns): each column gets its part as a sum. */
void timecolumns_spread(struct timecolumns *c, uint64_t begin_ns, uint64_t end_ns, double amount);

#endif
