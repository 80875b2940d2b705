/* ledger.c - the account of pages given back. */
#include "ledger_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/unknown.h"

/* A page, in 8 bytes; 0: never given back.
 *
 *   bits  0..47  microseconds of CLOCK_MONOTONIC when it was given back: enough for 8 years
 *   bits 48..50  enum profile_cause
 *   bit  51      enum model_advice
 *   bit  52      it is away
 *   bit  53      it was given back at least once */
#define TIME_MASK    ((UINT64_C(1) << 48) - 1)
#define CAUSE_SHIFT  48
#define CAUSE_MASK   7u
#define ADVICE_SHIFT 51
#define AWAY	     (UINT64_C(1) << 52)
#define SEEN	     (UINT64_C(1) << 53)
#define NS_PER_US    1000u

_Static_assert(CAUSE_COUNT <= CAUSE_MASK + 1, "a cause has 3 bits");
_Static_assert(ADVICE_COUNT <= 2, "advice has 1 bit");

struct ledger_chunk {
	uint64_t pid, number; /* address / (page_bytes * LEDGER_CHUNK_PAGES) */
	uint64_t pages[LEDGER_CHUNK_PAGES];
};

struct search {
	const struct ledger *l;
	uint64_t pid, number;
};

static struct ledger_chunk *chunk_at(const struct ledger *l, size_t index)
{
	return ((struct ledger_chunk **)(void *)l->chunks.at)[index];
}

static size_t chunk_count(const struct ledger *l)
{
	return l->chunks.len / sizeof(struct ledger_chunk *);
}

static bool is_chunk(const void *arg, uint32_t index)
{
	const struct search *s = arg;
	const struct ledger_chunk *c = chunk_at(s->l, index);

	return c->pid == s->pid && c->number == s->number;
}

static uint64_t hash_of(uint64_t pid, uint64_t number)
{
	return indexmap_mix(number + indexmap_mix(pid));
}

static struct ledger_chunk *find(const struct ledger *l, uint64_t pid, uint64_t number)
{
	struct search s = { l, pid, number };
	uint32_t index = indexmap_find(&l->by_key, hash_of(pid, number), is_chunk, &s);

	return index == INDEXMAP_NONE ? NULL : chunk_at(l, index);
}

static struct ledger_chunk *find_near(struct ledger *l, uint64_t pid, uint64_t number)
{
	if (!l->last || l->last->number != number || l->last->pid != pid)
		l->last = find(l, pid, number);
	return l->last;
}

static struct ledger_chunk *get(struct ledger *l, uint64_t pid, uint64_t number)
{
	struct ledger_chunk *c = find_near(l, pid, number);
	size_t count = chunk_count(l);

	if (c)
		return c;
	if (count == LEDGER_CHUNKS_MAX) {
		l->is_full = true;
		return NULL;
	}
	c = xcalloc(1, sizeof(*c));
	c->pid = pid;
	c->number = number;
	buf_add(&l->chunks, &c, sizeof(c));
	indexmap_add(&l->by_key, hash_of(pid, number), (uint32_t)count);
	return c;
}

/* May so many pages be gone through? */
static bool spend(struct ledger *l, uint64_t pages)
{
	if (l->is_over || pages > LEDGER_STEPS_MAX - l->step_count) {
		l->is_full = l->is_over = true;
		return false;
	}
	l->step_count += pages;
	return true;
}

static enum model_advice advice_of(uint64_t page)
{
	return (enum model_advice)(page >> ADVICE_SHIFT & 1);
}

static void give_back(struct ledger *l, uint64_t *page, uint64_t state)
{
	if (*page & SEEN)
		l->repeated_bytes += l->page_bytes;
	if (!(*page & AWAY))
		l->away_bytes += l->page_bytes;
	else if (advice_of(*page) == ADVICE_FREE)
		l->offered_bytes -= l->page_bytes;
	if (advice_of(state) == ADVICE_FREE)
		l->offered_bytes += l->page_bytes;
	*page = state;
}

static void add_call(struct model_return_sum *sum, const struct ledger_return *r)
{
	sum->call_count++;
	sum->bytes += r->len;
}

void ledger_return(struct ledger *l, const struct ledger_return *r)
{
	uint64_t state = (r->time_ns / NS_PER_US & TIME_MASK) | (uint64_t)r->cause << CAUSE_SHIFT |
			 (uint64_t)r->advice << ADVICE_SHIFT | AWAY | SEEN;
	uint64_t page = r->address / l->page_bytes, end;

	if (r->len > LEDGER_CALL_BYTES_MAX || r->len > UINT64_MAX - r->address) {
		l->is_full = true;
		return;
	}
	add_call(&l->all, r);
	add_call(&l->by_cause[r->cause], r);
	add_call(&l->by_advice[r->advice], r);
	if (is_known(r->syscall_ns)) {
		l->syscall_ns += r->syscall_ns;
		l->timed_count++;
	}
	end = (r->address + r->len) / l->page_bytes +
	      ((r->address + r->len) % l->page_bytes != 0); /* madvise(2) rounds up */
	if (!spend(l, end - page))
		return;
	while (page < end) {
		uint64_t first = page - page % LEDGER_CHUNK_PAGES,
			 stop = first + LEDGER_CHUNK_PAGES;
		struct ledger_chunk *c = get(l, r->pid, page / LEDGER_CHUNK_PAGES);

		if (!c)
			return;
		for (stop = stop < end ? stop : end; page < stop; page++)
			give_back(l, &c->pages[page - first], state);
	}
}

bool ledger_has(const struct ledger *l, uint64_t pid, uint64_t address)
{
	uint64_t page = address / l->page_bytes;
	const struct ledger_chunk *c = find(l, pid, page / LEDGER_CHUNK_PAGES);

	return c && !l->is_over && (c->pages[page % LEDGER_CHUNK_PAGES] & AWAY);
}

bool ledger_touch(struct ledger *l, uint64_t pid, uint64_t address, uint64_t time_ns,
		  uint64_t weight, struct ledger_refault *ret)
{
	uint64_t number = address / l->page_bytes, age_us, bytes = weight * l->page_bytes;
	struct ledger_chunk *c = find_near(l, pid, number / LEDGER_CHUNK_PAGES);
	uint64_t *page = c ? &c->pages[number % LEDGER_CHUNK_PAGES] : NULL;

	if (!page || l->is_over || !(*page & AWAY))
		return false;
	*page &= ~AWAY;
	age_us = (time_ns / NS_PER_US - *page) & TIME_MASK;
	/* a fault that is told of late seems to be older than the return */
	if (age_us > TIME_MASK / 2)
		age_us = 0;
	*ret = (struct ledger_refault){ age_us * NS_PER_US,
					(enum profile_cause)(*page >> CAUSE_SHIFT & CAUSE_MASK),
					advice_of(*page) };
	l->away_bytes -= l->page_bytes;
	l->offered_bytes -= ret->advice == ADVICE_FREE ? l->page_bytes : 0;
	l->refault_count += weight;
	l->all.refault_bytes += bytes;
	l->by_cause[ret->cause].refault_bytes += bytes;
	l->by_advice[ret->advice].refault_bytes += bytes;
	stats_add(&l->ages_us, age_us);
	return true;
}

/* What of the chunk lies in [page, end). */
static void forget_part(struct ledger *l, struct ledger_chunk *c, uint64_t pid, uint64_t page,
			uint64_t end)
{
	uint64_t first, from, to;

	if (!c || c->pid != pid)
		return;
	first = c->number * LEDGER_CHUNK_PAGES;
	from = page > first ? page - first : 0;
	to = end < first + LEDGER_CHUNK_PAGES ? (end > first ? end - first : 0)
					      : LEDGER_CHUNK_PAGES;
	if (from < to && spend(l, to - from))
		memset(c->pages + from, 0, (to - from) * sizeof(c->pages[0]));
}

void ledger_forget(struct ledger *l, uint64_t pid)
{
	if (!spend(l, chunk_count(l)))
		return;
	for (size_t i = 0; i < chunk_count(l); i++) {
		struct ledger_chunk *c = chunk_at(l, i);

		if (c->pid == pid && spend(l, LEDGER_CHUNK_PAGES))
			memset(c->pages, 0, sizeof(c->pages));
	}
}

void ledger_forget_range(struct ledger *l, uint64_t pid, uint64_t address, uint64_t len)
{
	uint64_t page = address / l->page_bytes, end;
	size_t chunks;

	if (len > UINT64_MAX - address)
		return;
	end = (address + len) / l->page_bytes + ((address + len) % l->page_bytes != 0);
	/* A large range has few chunks, or is told of by a made-up recording. */
	chunks = (size_t)((end - page) / LEDGER_CHUNK_PAGES + 2);
	if (chunk_count(l) == 0 || !spend(l, chunks < chunk_count(l) ? chunks : chunk_count(l)))
		return;
	if (chunks > chunk_count(l)) {
		for (size_t i = 0; i < chunk_count(l); i++)
			forget_part(l, chunk_at(l, i), pid, page, end);
		return;
	}
	for (uint64_t n = page / LEDGER_CHUNK_PAGES; n * LEDGER_CHUNK_PAGES < end; n++)
		forget_part(l, find(l, pid, n), pid, page, end);
}

void ledger_done(struct ledger *l)
{
	for (size_t i = 0; i < chunk_count(l); i++)
		free(chunk_at(l, i));
	buf_done(&l->chunks);
	indexmap_done(&l->by_key);
	stats_done(&l->ages_us);
}
