/* profilerows.c - distinct stacks and their weights. */
#include "profilerows_internal.h"

#include <string.h>

struct search {
	const struct profilerows *r;
	const uint32_t *locations;
	size_t count;
	uint32_t thread;
};

static struct profile_stack *row_at(const struct profilerows *r, uint32_t index)
{
	return &((struct profile_stack *)(void *)r->rows.at)[index];
}

static bool is_stack(const void *arg, uint32_t index)
{
	const struct search *s = arg;
	const struct profile_stack *row = row_at(s->r, index);
	const uint32_t *at =
		(const uint32_t *)(const void *)s->r->locations.at + row->first_location;

	return row->thread == s->thread && row->location_count == s->count &&
	       (s->count == 0 || memcmp(at, s->locations, s->count * sizeof(*at)) == 0);
}

static uint32_t new_row(struct profilerows *r, const struct search *s, uint64_t hash)
{
	uint32_t index = (uint32_t)(r->rows.len / sizeof(struct profile_stack));
	struct profile_stack row = {
		.first_location = (uint32_t)(r->locations.len / sizeof(uint32_t)),
		.location_count = (uint32_t)s->count,
		.thread = s->thread,
	};

	buf_add(&r->locations, s->locations, s->count * sizeof(uint32_t));
	buf_add(&r->rows, &row, sizeof(row));
	indexmap_add(&r->by_stack, hash, index);
	return index;
}

struct profile_stack *profilerows_add(struct profilerows *r, const uint32_t *locations,
				      size_t count, uint32_t thread, uint64_t value)
{
	struct search s = { r, locations, count, thread };
	uint64_t hash = indexmap_hash(locations, count * sizeof(*locations), thread);
	uint32_t index = indexmap_find(&r->by_stack, hash, is_stack, &s);
	struct profile_stack *row;

	if (index == INDEXMAP_NONE)
		index = new_row(r, &s, hash);
	row = row_at(r, index);
	row->sample_count++;
	row->value += value;
	r->sample_count++;
	r->value += value;
	return row;
}

void profilerows_done(struct profilerows *r)
{
	buf_done(&r->rows);
	buf_done(&r->locations);
	indexmap_done(&r->by_stack);
}
