/* perflayouts.c - a growing table of perfrecord_layout, sorted by id. */
#include "parse/perflayouts.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"

static int by_id(const void *a, const void *b)
{
	const struct perfrecord_layout *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static void append(struct perflayouts *l, const struct perfrecord_layout *layout)
{
	if (l->count == l->capacity) {
		size_t capacity = l->capacity ? l->capacity * 2 : 64;
		struct perfrecord_layout *grown = xcalloc(capacity, sizeof(*grown));

		if (l->count)
			memcpy(grown, l->at, l->count * sizeof(*grown));
		free(l->at);
		l->at = grown;
		l->capacity = capacity;
	}
	l->at[l->count++] = *layout;
}

void perflayouts_add(struct perflayouts *l, struct text ids, const struct perfrecord_layout *layout)
{
	struct cursor c = cursor_over(ids.at, ids.len);
	size_t known_count = l->count;

	while (cursor_left(&c) >= 8 && l->count < PERFLAYOUTS_MAX) {
		struct perfrecord_layout one = *layout, *known = NULL;

		one.id = cursor_uint(&c, 8);
		if (known_count)
			known = bsearch(&one, l->at, known_count, sizeof(one), by_id);
		if (known)
			*known = one;
		else
			append(l, &one);
	}
	if (l->count)
		qsort(l->at, l->count, sizeof(l->at[0]), by_id);
}

void perflayouts_done(struct perflayouts *l)
{
	free(l->at);
	*l = (struct perflayouts){ 0 };
}
