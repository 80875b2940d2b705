/* heaparena.c - heap or not, by address and by name. */
#include "goruntime/heaparena.h"

#define HINT_COUNT  0x55	  /* later hints are where Linux maps other things */
#define ARENA_BYTES (64ULL << 20) /* heapArenaBytes, runtime/malloc.go */

struct machine_hint {
	const char *machine;
	uint64_t low_bits;  /* of each hint; the index stands above bit 40 */
	uint64_t libraries; /* from here up Linux maps libraries and what mmap(2) places freely */
};

static const struct machine_hint machine_hints[] = {
	{ "x86_64", 0xc0ULL << 32, 0x7fULL << 40 },
	{ "aarch64", 0x40ULL << 32, 0xffULL << 40 },
	{ NULL, 0, 0 },
};

bool heaparena_has_address(const char *machine, uint64_t address)
{
	uint64_t step = 1ULL << 40, index = address >> 40;

	for (const struct machine_hint *h = machine_hints; h->machine; h++) {
		if (strcmp(h->machine, machine) != 0)
			continue;
		/* The first hint nearly always wins, and its heap may grow up to the second. */
		if (address >= h->low_bits && address < h->low_bits + step)
			return true;
		return index > 0 && index < HINT_COUNT && (address & (step - 1)) >= h->low_bits;
	}
	return false;
}

/* The runtime's own word on a mapping: 1 heap, 0 something else, -1 it said nothing of use
 * ("used" and "unused" replace other names when memory is taken and released). */
static int named_as_heap(struct text name)
{
	static const char *const heap_names[] = { "[anon: Go: heap]",
						  "[anon: Go: heap reservation]",
						  "[anon: Go: user arena chunk]" };

	if (!text_starts(name, "[anon: Go: ") || text_is(name, "[anon: Go: used]") ||
	    text_is(name, "[anon: Go: unused]"))
		return -1;
	for (size_t i = 0; i < sizeof(heap_names) / sizeof(heap_names[0]); i++) {
		if (text_is(name, heap_names[i]))
			return 1;
	}
	return 0;
}

/* Where a random heap base can be told from other memory: whole arenas, away from the libraries. */
static bool begins_arena(const char *machine, uint64_t address)
{
	for (const struct machine_hint *h = machine_hints; h->machine; h++)
		if (strcmp(h->machine, machine) == 0)
			return address >= ARENA_BYTES && address % ARENA_BYTES == 0 &&
			       address < h->libraries;
	return false;
}

bool heaparena_take(struct heaparena_walk *walk, const struct proc_mapping *m)
{
	bool reserved = !m->readable && !m->writable, heap;
	int named;

	if (!mapping_is_anonymous(m) || m->shared || m->executable || !(m->writable || reserved))
		return false;
	named = named_as_heap(m->name);
	if (named >= 0)
		heap = named == 1;
	else
		heap = heaparena_has_address(walk->machine, m->start) ||
		       (walk->is_go && begins_arena(walk->machine, m->start)) ||
		       (walk->heap_end && walk->heap_end == m->start);
	if (heap)
		walk->heap_end = m->end;
	return heap;
}
