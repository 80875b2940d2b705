/* window.c - keep the first and the last rows, count those between. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "renderer_internal.h"

static size_t head_limit(const struct window *w)
{
	return (size_t)(w->limit - w->limit / 2);
}

static size_t tail_limit(const struct window *w)
{
	return (size_t)(w->limit / 2);
}

void window_add(struct window *w, const struct model_cycle *c)
{
	size_t at = (size_t)w->seen_count;

	if (w->seen_count >= head_limit(w)) {
		if (tail_limit(w) == 0) {
			w->seen_count++;
			return;
		}
		at = head_limit(w) + w->tail_next;
		/* a remainder would be a division for every row */
		if (++w->tail_next == tail_limit(w))
			w->tail_next = 0;
	}
	if (at >= w->capacity) {
		size_t capacity = w->capacity ? w->capacity * 2 : 64;
		struct model_cycle *rows = xcalloc(capacity, sizeof(*rows));

		if (w->capacity)
			memcpy(rows, w->rows, w->capacity * sizeof(*rows));
		free(w->rows);
		w->rows = rows;
		w->capacity = capacity;
	}
	w->rows[at] = *c;
	w->seen_count++;
}

size_t window_count(const struct window *w)
{
	return (size_t)(w->seen_count < w->limit ? w->seen_count : w->limit);
}

uint64_t window_left_out_count(const struct window *w)
{
	return w->seen_count - window_count(w);
}

size_t window_gap(const struct window *w)
{
	return head_limit(w);
}

const struct model_cycle *window_row(const struct window *w, size_t i)
{
	size_t head = head_limit(w), tail = tail_limit(w);

	if (i < head || w->seen_count <= w->limit)
		return &w->rows[i];
	/* The oldest of the ring is where the next one would have gone. */
	return &w->rows[head + (w->tail_next + (i - head)) % tail];
}

void window_done(struct window *w)
{
	free(w->rows);
	*w = (struct window){ 0 };
}
