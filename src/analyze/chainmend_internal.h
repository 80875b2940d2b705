/* chainmend_internal.h - from the call chain of a sample, as the kernel found it by frame pointers,
 * to the functions that really stood on the stack.
 *
 * What frame pointers do not show is mended from the registers and the piece of the stack that the
 * sample brought: the caller of a function without a frame (by Go's table of stack depths, pcsp), C
 * code without frame pointers (by its unwind tables), the caller of systemstack before Go 1.21 (by
 * the name of its closure). What a chain has too much, below runtime.mcall, is cut off. */
#ifndef CHAINMEND_INTERNAL_H
#define CHAINMEND_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "locations_internal.h"

#define CHAIN_MAX 512

struct chain_sample {
	uint64_t pid;
	struct text callchain; /* 8 bytes each, with the kernel's context marks */
	struct text registers; /* those of the mask, in the order of their numbers */
	uint64_t register_mask;
	struct text stack;
};

struct chain {
	const uint32_t *locations; /* leaf first; borrowed until the next sample */
	size_t count;
	uint32_t first; /* where they begin in chainmend_locations() */
	uint32_t id;	/* the same for the same locations */
	bool is_cut;	/* its end is not the bottom of a stack */
};

struct chainmend;

/* machine as uname -m says it. locations is borrowed. */
struct chainmend *chainmend_new(struct locations *locations, struct text machine);
void chainmend_free(struct chainmend *m); /* NULL is fine */

/* The locations of all stacks that were named, one behind the other; borrowed until the next
 * sample. */
const uint32_t *chainmend_locations(const struct chainmend *m, size_t *ret_count);

/* After the last sample: give back the memory of what was only there to name further ones. */
void chainmend_finish(struct chainmend *m);

void chainmend_run(struct chainmend *m, const struct chain_sample *sample, struct chain *ret);

#endif
