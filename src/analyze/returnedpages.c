/* returnedpages.c - which pages were given back and not touched since. */
#include "returnedpages_internal.h"

#include <stdlib.h>
#include <string.h>

struct chunk {
	uint64_t pid, number; /* address / (page_bytes * RETURNEDPAGES_CHUNK) */
	uint64_t bits[RETURNEDPAGES_CHUNK / 64];
};

struct search {
	const struct returnedpages *r;
	uint64_t pid, number;
};

static bool is_chunk(const void *arg, uint32_t index)
{
	const struct search *s = arg;
	const struct chunk *c = &((const struct chunk *)(const void *)s->r->chunks.at)[index];

	return c->pid == s->pid && c->number == s->number;
}

static uint64_t hash_of(uint64_t pid, uint64_t number)
{
	return indexmap_mix(number + indexmap_mix(pid));
}

static struct chunk *find(const struct returnedpages *r, uint64_t pid, uint64_t number)
{
	struct search s = { r, pid, number };
	uint32_t index = indexmap_find(&r->by_key, hash_of(pid, number), is_chunk, &s);

	return index == INDEXMAP_NONE ? NULL : &((struct chunk *)(void *)r->chunks.at)[index];
}

static struct chunk *get(struct returnedpages *r, uint64_t pid, uint64_t number)
{
	struct chunk *c = find(r, pid, number), fresh = { .pid = pid, .number = number };
	size_t count = r->chunks.len / sizeof(fresh);

	if (c)
		return c;
	if (count == RETURNEDPAGES_CHUNKS_MAX) {
		r->is_full = true;
		return NULL;
	}
	buf_add(&r->chunks, &fresh, sizeof(fresh));
	indexmap_add(&r->by_key, hash_of(pid, number), (uint32_t)count);
	return &((struct chunk *)(void *)r->chunks.at)[count];
}

/* The pages [from, end) of the chunk, counted from its first. */
static void set_bits(struct chunk *c, uint64_t from, uint64_t end)
{
	while (from < end) {
		if (from % 64 == 0 && end - from >= 64) {
			c->bits[from / 64] = UINT64_MAX;
			from += 64;
		} else {
			c->bits[from / 64] |= UINT64_C(1) << from % 64;
			from++;
		}
	}
}

void returnedpages_add(struct returnedpages *r, uint64_t pid, uint64_t address, uint64_t len)
{
	uint64_t page = address / r->page_bytes, end;

	if (len > RETURNEDPAGES_CALL_BYTES_MAX || len > UINT64_MAX - address) {
		r->is_full = true;
		return;
	}
	end = (address + len) / r->page_bytes;
	while (page < end) {
		uint64_t number = page / RETURNEDPAGES_CHUNK;
		uint64_t first = number * RETURNEDPAGES_CHUNK, stop = first + RETURNEDPAGES_CHUNK;
		struct chunk *c = get(r, pid, number);

		if (!c)
			return;
		if (stop > end)
			stop = end;
		set_bits(c, page - first, stop - first);
		page = stop;
	}
}

bool returnedpages_has(const struct returnedpages *r, uint64_t pid, uint64_t address)
{
	uint64_t page = address / r->page_bytes;
	const struct chunk *c = find(r, pid, page / RETURNEDPAGES_CHUNK);

	return c && (c->bits[page % RETURNEDPAGES_CHUNK / 64] >> page % 64 & 1);
}

void returnedpages_touch(struct returnedpages *r, uint64_t pid, uint64_t address)
{
	uint64_t page = address / r->page_bytes;
	struct chunk *c = find(r, pid, page / RETURNEDPAGES_CHUNK);

	if (c)
		c->bits[page % RETURNEDPAGES_CHUNK / 64] &= ~(UINT64_C(1) << page % 64);
}

void returnedpages_done(struct returnedpages *r)
{
	buf_done(&r->chunks);
	indexmap_done(&r->by_key);
}
