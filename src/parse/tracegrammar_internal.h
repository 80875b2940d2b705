/* tracegrammar_internal.h - trace lines as the sequence of pieces in which they are written. */
#ifndef PARSE_TRACEGRAMMAR_INTERNAL_H
#define PARSE_TRACEGRAMMAR_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define TRACEGRAMMAR_VARIANTS_MAX 32

/* How far a line has come in each variant of the grammar that still fits it. */
struct grammar_state {
	uint32_t alive;				   /* bit per variant */
	const char *at[TRACEGRAMMAR_VARIANTS_MAX]; /* rest of the variant's pattern */
	uint32_t piece_count;			   /* elements matched so far */
};

/* Whether a line may begin with this packet: cheap, for the many that cannot. */
bool grammar_can_begin(struct text packet);

/* Start at the beginning of every variant. */
void grammar_begin(struct grammar_state *s);

/* Let the packet be the next piece (or pieces): true when some variant takes it, and *s has moved
 * on; else false and *s is as before. */
bool grammar_take(struct grammar_state *s, struct text packet);

/* Whether a variant has been matched to its end, newline included. */
bool grammar_is_complete(const struct grammar_state *s);

/* Whether every variant that is left is a collection line ("gc ..."). */
bool grammar_is_gc(const struct grammar_state *s);

/* Whether the packet could be a piece of some line at some place: a number or a literal of the
 * table. */
bool grammar_has_piece(struct text packet);

#endif
