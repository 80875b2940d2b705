/* profilerows.c - distinct stacks and their weights. */
#include "profilerows_internal.h"

struct search {
	const struct profilerows *r;
	uint32_t id, thread;
};

static struct profile_stack *row_at(const struct profilerows *r, uint32_t index)
{
	return &((struct profile_stack *)(void *)r->rows.at)[index];
}

static bool is_row(const void *arg, uint32_t index)
{
	const struct search *s = arg;

	return ((const uint32_t *)(const void *)s->r->ids.at)[index] == s->id &&
	       row_at(s->r, index)->thread == s->thread;
}

static uint32_t new_row(struct profilerows *r, const struct profilerows_stack *stack,
			uint32_t thread)
{
	uint32_t index = (uint32_t)(r->rows.len / sizeof(struct profile_stack));
	struct profile_stack row = {
		.first_location = stack->first_location,
		.location_count = stack->location_count,
		.thread = thread,
	};

	buf_add(&r->rows, &row, sizeof(row));
	buf_add(&r->ids, &stack->id, sizeof(stack->id));
	return index;
}

struct profile_stack *profilerows_add(struct profilerows *r, const struct profilerows_stack *stack,
				      uint32_t thread, uint64_t value)
{
	struct search s = { r, stack->id, thread };
	uint64_t hash = indexmap_mix((uint64_t)thread << 32 | stack->id);
	uint32_t index;
	struct profile_stack *row;

	hash = indexmap_mix(hash * 0x9e3779b97f4a7c15);
	index = indexmap_find(&r->by_stack, hash, is_row, &s);
	if (index == INDEXMAP_NONE) {
		index = new_row(r, stack, thread);
		indexmap_add(&r->by_stack, hash, index);
	}
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
	buf_done(&r->ids);
	indexmap_done(&r->by_stack);
}
