/* indexmap.c - open addressing over the caller's indices. */
#include "base/indexmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define UPPER UINT64_C(0xffffffff00000000)

static size_t first_slot(const struct indexmap *m, uint64_t upper)
{
	return (size_t)indexmap_mix(upper) & (m->capacity - 1);
}

uint32_t indexmap_find(const struct indexmap *m, uint64_t hash, indexmap_equal *equal,
		       const void *arg)
{
	uint64_t upper = hash & UPPER;

	if (m->capacity == 0)
		return INDEXMAP_NONE;
	for (size_t i = first_slot(m, upper); m->slots[i]; i = (i + 1) & (m->capacity - 1)) {
		uint32_t index = (uint32_t)m->slots[i] - 1;

		if ((m->slots[i] & UPPER) == upper && equal(arg, index))
			return index;
	}
	return INDEXMAP_NONE;
}

static void put(struct indexmap *m, uint64_t slot)
{
	size_t i = first_slot(m, slot & UPPER);

	while (m->slots[i])
		i = (i + 1) & (m->capacity - 1);
	m->slots[i] = slot;
}

void indexmap_add(struct indexmap *m, uint64_t hash, uint32_t index)
{
	if (2 * m->count >= m->capacity) {
		struct indexmap grown = { .capacity = m->capacity ? m->capacity * 2 : 64 };

		grown.slots = xcalloc(grown.capacity, sizeof(*grown.slots));
		for (size_t i = 0; i < m->capacity; i++)
			if (m->slots[i])
				put(&grown, m->slots[i]);
		free(m->slots);
		m->slots = grown.slots;
		m->capacity = grown.capacity;
	}
	put(m, (hash & UPPER) | ((uint64_t)index + 1));
	m->count++;
}

void indexmap_done(struct indexmap *m)
{
	free(m->slots);
	*m = (struct indexmap){ 0 };
}

uint64_t indexmap_hash(const void *bytes, size_t len, uint64_t seed)
{
	const unsigned char *at = bytes;
	uint64_t h = indexmap_mix(seed ^ len), word;

	for (; len >= 8; at += 8, len -= 8) {
		memcpy(&word, at, 8);
		h = indexmap_mix(h ^ word) * 0x9e3779b97f4a7c15;
	}
	word = 0;
	if (len)
		memcpy(&word, at, len);
	return indexmap_mix(h ^ word) * 0x9e3779b97f4a7c15;
}
