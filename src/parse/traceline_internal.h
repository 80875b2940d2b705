/* traceline_internal.h - the grammar of the runtime's trace lines as data: one element per
 * write(2).
 *
 * runtime/print.go writes every argument of a print call by itself, so an element is also the
 * smallest piece that a plain log can contain: the decoder walks a table from its first element to
 * ELEMENT_END, and the mender (tracetext_mend.c) joins pieces only between two elements. */
#ifndef TRACELINE_INTERNAL_H
#define TRACELINE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "parse/traceline.h"

enum element_kind {
	ELEMENT_LITERAL,
	ELEMENT_COUNT,	 /* decimal integer, no leading zero */
	ELEMENT_MS,	 /* fmtNSAsMS */
	ELEMENT_SECONDS, /* itoaDiv(ms, 3) */
	ELEMENT_PASS,	 /* number of a scavenger pass: a count, or -1 */
	ELEMENT_END,
};

/* Which optional elements a line has. */
enum element_flag {
	TOOK_FIVE = 1 << 0,	  /* five clock figures: Go 1.5 */
	TOOK_STACKS = 1 << 1,	  /* stacks and globals: Go 1.18+ */
	TOOK_LEAK_CHECK = 1 << 2, /* goroutine leak note: Go 1.26+ */
	TOOK_FORCED = 1 << 3,
	TOOK_RESET = 1 << 4,	  /* " [controller reset]" */
	TOOK_GENERATION = 1 << 5, /* scav: Go 1.15-1.18 */
	TOOK_EAGER = 1 << 6,	  /* scav: Go 1.21+ */
	TOOK_STATE = 1 << 7,	  /* scvg: the "inuse:" line */
	TOOK_PASS = 1 << 8,	  /* scvg: Go <= 1.12 */
};

#define ELEMENT_LITERAL_BYTES 32

struct trace_element {
	uint8_t kind;
	uint8_t len;   /* of the literal */
	uint8_t next;  /* index of the element that follows; 0: the one behind */
	uint8_t alt;   /* LITERAL: index to try when it does not match; 0: none */
	uint16_t flag; /* enum element_flag, set when the literal matches */
	uint64_t max;  /* COUNT, PASS: largest value that the runtime can print */
	char literal[ELEMENT_LITERAL_BYTES];
};

/* Mostly no load decides what follows, so that a processor can run ahead along the table. */
static inline const struct trace_element *element_next(const struct trace_element *grammar,
						       const struct trace_element *e)
{
	return __builtin_expect(e->next != 0, 0) ? &grammar[e->next] : e + 1;
}

/* Each ends in ELEMENT_END and has less than 64 elements. */
extern const struct trace_element grammar_gc[], grammar_scav[], grammar_scvg[];

/* No gc, scav or scvg line is longer, whatever its numbers. */
#define TRACELINE_MAX_BYTES 512

/* traceline_parse() for a line of this grammar that can be read so many bytes beyond its end, the
 * first of them a newline, CR or NUL. */
#define TRACELINE_PAD_BYTES 40
enum trace_kind traceline_decode(struct trace_line *ret, const struct trace_element *grammar,
				 struct text line);

/* The numbers of a line. */
struct figures {
	uint64_t v[24]; /* in the order of the line; times in ns */
	unsigned took;	/* enum element_flag */
};

/* The first half of traceline_decode(): the figures of a line that fits its grammar; else false,
 * and *ret may have changed. */
bool traceline_walk(struct figures *ret, const struct trace_element *grammar, struct text line);

/* The same, much faster, for the commonest lines of recent releases. False says nothing of the
 * line: traceline_walk() may know it. */
bool traceline_read_recent(struct figures *ret, const struct trace_element *grammar,
			   struct text line);

/* The grammar whose first literal line begins with, or NULL. */
const struct trace_element *grammar_for(struct text line);

/* Bit k is set when the first k bytes of t are a number of this kind as the runtime prints it. */
uint32_t element_lengths(const struct trace_element *e, struct text t);

/* Whether the stop-the-world CPU figures of a line can belong to its clock figures: the runtime
 * computes them as P' x clock with one P', 1 <= P' <= P (Go 1.5-1.27), and truncates both. */
bool gctrace_cpu_fits(const struct gctrace_cycle *c);

/* init, pacer, SCHED, scan and their details: whether line is one of them. */
bool traceline_is_other(struct text line);

/* True when a line begins as one of those does (says nothing of the rest). */
bool traceline_begins_other(struct text line);

#endif
