/* stats.c - a counting map: value -> how often. */
#include "analyze/stats.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/unknown.h"

#define SLOTS_FIRST	 256u
#define SIGNIFICANT_BITS 10

static size_t place_of(const struct stats *s, uint64_t value)
{
	/* Fibonacci hashing: printed durations are multiples of 1000, the high bits spread them. */
	size_t at = (size_t)((value * 0x9e3779b97f4a7c15ULL) >> 32) & (s->slot_count - 1);

	while (s->slots[at].count && s->slots[at].value != value)
		at = (at + 1) & (s->slot_count - 1);
	return at;
}

static uint64_t rounded(uint64_t value)
{
	int bits = value ? 64 - __builtin_clzll(value) : 0;

	if (bits <= SIGNIFICANT_BITS)
		return value;
	return value & ~((1ULL << (bits - SIGNIFICANT_BITS)) - 1);
}

/* Move everything to a table of slot_count slots, rounding when the map is coarse. */
static void rehash(struct stats *s, size_t slot_count)
{
	struct stats_slot *old = s->slots;
	size_t old_count = s->slot_count;

	s->slots = xcalloc(slot_count, sizeof(*s->slots));
	s->slot_count = slot_count;
	s->used = 0;
	for (size_t i = 0; i < old_count; i++) {
		uint64_t value = s->is_coarse ? rounded(old[i].value) : old[i].value;
		struct stats_slot *slot;

		if (!old[i].count)
			continue;
		slot = &s->slots[place_of(s, value)];
		s->used += slot->count == 0;
		slot->value = value;
		slot->count += old[i].count;
	}
	free(old);
}

static void make_room(struct stats *s)
{
	if (s->slot_count == 0) {
		rehash(s, SLOTS_FIRST);
	} else if (s->used >= STATS_DISTINCT_MAX && !s->is_coarse) {
		/* At most 55 sizes x 512 values are left, so this happens once. */
		s->is_coarse = true;
		rehash(s, s->slot_count);
	} else if (s->used * 2 >= s->slot_count) {
		rehash(s, s->slot_count * 2);
	}
}

void stats_add(struct stats *s, uint64_t value)
{
	struct stats_slot *slot;

	if (s->used * 2 >= s->slot_count || s->used >= STATS_DISTINCT_MAX)
		make_room(s);
	s->max = s->count == 0 || value > s->max ? value : s->max;
	s->min = s->count == 0 || value < s->min ? value : s->min;
	s->count++;
	s->total += value;
	value = s->is_coarse ? rounded(value) : value;
	slot = &s->slots[place_of(s, value)];
	s->used += slot->count == 0;
	slot->value = value;
	slot->count++;
}

static int by_value(const void *a, const void *b)
{
	const struct stats_slot *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

struct stats_slot *stats_sorted(const struct stats *s)
{
	struct stats_slot *sorted;
	size_t n = 0;

	if (s->used == 0)
		return NULL;
	sorted = xcalloc(s->used, sizeof(*sorted));
	for (size_t i = 0; i < s->slot_count; i++)
		if (s->slots[i].count)
			sorted[n++] = s->slots[i];
	qsort(sorted, n, sizeof(*sorted), by_value);
	return sorted;
}

uint64_t stats_percentile(const struct stats *s, const struct stats_slot *sorted, unsigned permille)
{
	/* ceil(count x permille / 1000) without overflow */
	uint64_t rank = s->count / 1000 * permille + (s->count % 1000 * permille + 999) / 1000;
	uint64_t seen = 0;

	if (s->count == 0 || !sorted)
		return UNKNOWN_U64;
	if (rank == 0)
		rank = 1;
	for (size_t i = 0; i < s->used; i++) {
		seen += sorted[i].count;
		if (seen >= rank)
			return sorted[i].value;
	}
	return s->max;
}

void stats_done(struct stats *s)
{
	free(s->slots);
	*s = (struct stats){ 0 };
}
