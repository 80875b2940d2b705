/* stringtable.c - texts numbered in the order in which they came, each once. */
#include "stringtable_internal.h"

#include <stdlib.h>

#include "cleanname_internal.h"

/* FNV-1a, folded: the table is only as large as the profile, and its order is not the hash's. */
static size_t hash(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

const char *stringtable_at(const struct stringtable *t, size_t number)
{
	size_t start;

	memcpy(&start, t->starts.at + number * sizeof(start), sizeof(start));
	return (const char *)t->bytes.at + start;
}

/* The slot of s, or the empty one where it belongs. */
static uint32_t *slot_of(const struct stringtable *t, const char *s)
{
	size_t i = hash(s);

	for (;; i++) {
		uint32_t *slot = &t->slots[i & (t->slot_count - 1)];

		if (*slot == 0 || strcmp(stringtable_at(t, *slot - 1), s) == 0)
			return slot;
	}
}

static void grow(struct stringtable *t)
{
	free(t->slots);
	t->slot_count = t->slot_count ? t->slot_count * 2 : 64;
	t->slots = xcalloc(t->slot_count, sizeof(*t->slots));
	for (size_t i = 0; i < t->count; i++)
		*slot_of(t, stringtable_at(t, i)) = (uint32_t)i + 1;
}

uint32_t stringtable_add(struct stringtable *t, struct text text)
{
	size_t start = t->bytes.len;
	uint32_t *slot;

	if (t->count * 2 >= t->slot_count)
		grow(t);
	name_clean(&t->bytes, text);
	buf_add(&t->bytes, "", 1);
	slot = slot_of(t, (const char *)t->bytes.at + start);
	if (*slot) {
		t->bytes.len = start;
		return *slot - 1;
	}
	buf_add(&t->starts, &start, sizeof(start));
	*slot = (uint32_t)++t->count;
	return *slot - 1;
}

void stringtable_done(struct stringtable *t)
{
	buf_done(&t->bytes);
	buf_done(&t->starts);
	free(t->slots);
	*t = (struct stringtable){ 0 };
}
