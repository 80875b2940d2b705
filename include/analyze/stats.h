/* stats.h - order statistics of a stream of numbers, in bounded memory.
 *
 * The runtime prints durations with two significant digits, so even a day of collections has few
 * distinct values: a map from value to count gives exact percentiles. Should there be more than
 * STATS_DISTINCT_MAX distinct values, they are rounded down to 10 significant bits (0.2 %), and
 * is_exact becomes false. Definition: nearest rank; the p-th percentile of n values is the value
 * at place ceil(p x n) when they are sorted, so it is always a value that occurred. */
#ifndef ANALYZE_STATS_H
#define ANALYZE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATS_DISTINCT_MAX 65536u

struct stats_slot {
	uint64_t value, count; /* count 0: an empty slot */
};

/* Starts zeroed; stats_done releases it. */
struct stats {
	struct stats_slot *slots; /* open addressing; owned */
	size_t slot_count, used;  /* slot_count is 0 or a power of two */
	uint64_t count, total, max, min;
	bool is_coarse;
};

void stats_add(struct stats *s, uint64_t value);

/* The distinct values in ascending order with their counts, s->used of them; the caller frees.
 * NULL when there is none. */
struct stats_slot *stats_sorted(const struct stats *s);

/* The value at rank ceil(permille x n / 1000) (at least 1) of n = s->count values; permille
 * is 1..1000. UNKNOWN_U64 when there is no value. sorted is what stats_sorted gave for the same
 * content. */
uint64_t stats_percentile(const struct stats *s, const struct stats_slot *sorted,
			  unsigned permille);

void stats_done(struct stats *s);

#endif
