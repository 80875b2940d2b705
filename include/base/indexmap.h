/* indexmap.h - a hash table of numbers: where in the caller's own array an element is. */
#ifndef BASE_INDEXMAP_H
#define BASE_INDEXMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEXMAP_NONE UINT32_MAX

struct indexmap {
	uint64_t *slots; /* owned: the upper half of the hash, and the index + 1; 0 is free */
	size_t capacity, count;
};

/* Is the element of this index the one that is looked for? */
typedef bool indexmap_equal(const void *arg, uint32_t index);

/* The index that was added with this hash and is equal, or INDEXMAP_NONE. */
uint32_t indexmap_find(const struct indexmap *m, uint64_t hash, indexmap_equal *equal,
		       const void *arg);

/* index < INDEXMAP_NONE. */
void indexmap_add(struct indexmap *m, uint64_t hash, uint32_t index);

void indexmap_done(struct indexmap *m); /* empty again */

/* A good hash of any bytes, and of one number, in the order of its mixing. */
uint64_t indexmap_hash(const void *bytes, size_t len, uint64_t seed);

static inline uint64_t indexmap_mix(uint64_t v)
{
	v ^= v >> 32;
	v *= 0x9fb21c651e98df25; /* odd, with its bits well spread */
	return v ^ v >> 28;
}

#endif
