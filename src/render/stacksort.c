/* stacksort.c - rows of keys in order, by a quicksort over one key at a time.
 *
 * Stacks share long beginnings: comparing whole rows would read them again for each comparison.
 * Here what a range of rows has in common is found in one pass and not read again; then the range
 * is parted by the first key that differs. */
#include <stdlib.h>

#include "stackrows_internal.h"

/* Below this, insertion beats parting. */
#define FEW_ROWS 12u

/* Rows [from, to) are equal in the first `depth` keys. */
struct range {
	size_t from, to;
	uint32_t depth;
	uint32_t partings_left; /* then a sort without a bad case takes over */
	bool has_keys;		/* sort_key of its rows is that of its depth */
};

struct comparison {
	const struct stackrows *rows;
	uint32_t depth;
};

/* 0 behind the end of a row, so that it comes before those that go on. */
static uint64_t key_at(const struct stackrows *t, const struct stack_row *r, uint32_t depth)
{
	return depth < r->count ? (uint64_t)t->keys[r->first + depth] + 1 : 0;
}

/* Two keys at once. */
#define KEYS_AT_ONCE 2u

static uint64_t keys_at(const struct stackrows *t, const struct stack_row *r, uint32_t depth)
{
	return key_at(t, r, depth) << 32 | key_at(t, r, depth + 1);
}

static uint32_t common_from(const struct stackrows *t, const struct stack_row *a,
			    const struct stack_row *b, uint32_t depth)
{
	uint32_t limit = a->count < b->count ? a->count : b->count;
	const uint32_t *ka = t->keys + a->first, *kb = t->keys + b->first;

	while (depth < limit && ka[depth] == kb[depth])
		depth++;
	return depth;
}

uint32_t stackrows_common(const struct stackrows *t, const struct stack_row *a,
			  const struct stack_row *b)
{
	return common_from(t, a, b, 0);
}

static int compare_rows(const void *va, const void *vb, void *arg)
{
	const struct comparison *c = arg;
	const struct stack_row *a = va, *b = vb;
	uint32_t depth = common_from(c->rows, a, b, c->depth);
	uint64_t ka = key_at(c->rows, a, depth), kb = key_at(c->rows, b, depth);

	return (ka > kb) - (ka < kb);
}

static void insert_rows(struct stackrows *t, const struct range *r)
{
	struct comparison c = { .rows = t, .depth = r->depth };

	for (size_t i = r->from + 1; i < r->to; i++) {
		struct stack_row row = t->rows[i];
		size_t k = i;

		for (; k > r->from && compare_rows(&t->rows[k - 1], &row, &c) > 0; k--)
			t->rows[k] = t->rows[k - 1];
		t->rows[k] = row;
	}
}

/* How many keys all rows of the range have in common. */
static uint32_t common_of_range(const struct stackrows *t, const struct range *r)
{
	uint32_t common = t->rows[r->from].count;

	for (size_t i = r->from + 1; i < r->to && common > r->depth; i++) {
		uint32_t n = common_from(t, &t->rows[r->from], &t->rows[i], r->depth);

		common = n < common ? n : common;
	}
	return common > r->depth ? common : r->depth;
}

static uint64_t middle_of(uint64_t a, uint64_t b, uint64_t c)
{
	if (a > b) {
		uint64_t swap = a;

		a = b;
		b = swap;
	}
	return c < a ? a : c > b ? b : c;
}

static void swap_rows(struct stackrows *t, size_t i, size_t k)
{
	struct stack_row row = t->rows[i];

	t->rows[i] = t->rows[k];
	t->rows[k] = row;
}

static void push(struct buf *todo, struct range r)
{
	if (r.to - r.from > 1)
		buf_add(todo, &r, sizeof(r));
}

/* Part the range by the keys at its depth: less than the pivot, equal, greater. */
static void part(struct stackrows *t, const struct range *r, uint32_t partings, struct buf *todo)
{
	uint64_t pivot = middle_of(t->rows[r->from].sort_key,
				   t->rows[r->from + (r->to - r->from) / 2].sort_key,
				   t->rows[r->to - 1].sort_key);
	size_t less = r->from, at = r->from, greater = r->to;

	while (at < greater) {
		uint64_t key = t->rows[at].sort_key;

		if (key < pivot)
			swap_rows(t, less++, at++);
		else if (key > pivot)
			swap_rows(t, at, --greater);
		else
			at++;
	}
	push(todo, (struct range){ r->from, less, r->depth, r->partings_left - 1, true });
	if ((uint32_t)pivot != 0) /* else they have all ended: they are equal */
		push(todo,
		     (struct range){ less, greater, r->depth + KEYS_AT_ONCE, partings, false });
	push(todo, (struct range){ greater, r->to, r->depth, r->partings_left - 1, true });
}

static void load_keys(struct stackrows *t, struct range *r)
{
	r->depth = common_of_range(t, r);
	for (size_t i = r->from; i < r->to; i++)
		t->rows[i].sort_key = keys_at(t, &t->rows[i], r->depth);
	r->has_keys = true;
}

void stackrows_sort(struct stackrows *t)
{
	struct buf todo = { 0 };
	uint32_t partings = 8;

	for (size_t n = t->row_count; n > 1; n /= 2)
		partings += 2;
	push(&todo, (struct range){ 0, t->row_count, 0, partings, false });
	while (todo.len) {
		struct range r;

		todo.len -= sizeof(r);
		memcpy(&r, todo.at + todo.len, sizeof(r));
		if (r.to - r.from <= FEW_ROWS) {
			insert_rows(t, &r);
			continue;
		}
		if (!r.has_keys)
			load_keys(t, &r);
		if (r.partings_left == 0) {
			struct comparison c = { .rows = t, .depth = r.depth };

			qsort_r(t->rows + r.from, r.to - r.from, sizeof(*t->rows), compare_rows,
				&c);
			continue;
		}
		part(t, &r, partings, &todo);
	}
	buf_done(&todo);
}
