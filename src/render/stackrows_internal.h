/* stackrows_internal.h - the stacks of a profile as rows of names, the root first, in order: what
 * folded stacks and flame graphs are made of.
 *
 * Inlined functions are frames like others, the virtual root of --split is the first one. */
#ifndef RENDER_STACKROWS_INTERNAL_H
#define RENDER_STACKROWS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/profile.h"
#include "base/buf.h"
#include "base/text.h"

struct stackrows_options {
	enum profile_weight weight;
	enum profile_split split;
	bool is_folded; /* names for the folded format, rows in the order of their text; else in the
			   order of names, so that equal beginnings lie together */
};

struct stack_row {
	size_t first;	/* in keys and lines */
	uint32_t count; /* >= 1 */
	enum profile_phase phase;
	uint64_t weight;   /* > 0 */
	uint64_t sort_key; /* while sorting: the keys at the depth looked at */
};

/* A row with the line of a frame that was put in by its name only: a virtual root. */
#define STACKROWS_NO_LINE UINT32_MAX

struct stackrows {
	struct stack_row *rows;
	size_t row_count;
	uint32_t *keys;	 /* of each frame: in names */
	uint32_t *lines; /* of each frame: in profile.lines, or STACKROWS_NO_LINE; folded: NULL */
	struct text *names; /* clean and in order; a ';' stands behind each. Folded: a name has one
			       key as a leaf and one as a caller */
	size_t key_count;
	struct buf bytes; /* of the names */
};

/* Make the rows of p, which is only read. Rows without weight are left out. Release with
 * stackrows_done. */
void stackrows_init(struct stackrows *t, const struct profile *p,
		    const struct stackrows_options *o);
void stackrows_done(struct stackrows *t);

/* How many frames both rows begin with. */
uint32_t stackrows_common(const struct stackrows *t, const struct stack_row *a,
			  const struct stack_row *b);

/* Sort by keys from the root on; a row comes before those that go on behind it. Equal rows are in
 * no particular order. */
void stackrows_sort(struct stackrows *t);

static inline uint64_t profile_stack_weight(const struct profile_stack *s,
					    enum profile_weight weight)
{
	return weight == WEIGHT_SAMPLES ? s->sample_count : s->value;
}

/* a + b, or the largest number: sums of made-up weights do not wrap. */
static inline uint64_t weight_add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif
