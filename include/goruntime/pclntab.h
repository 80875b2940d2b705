/* pclntab.h - decode Go's function table: names, files, lines, inlining and stack depths by program
 * counter.
 *
 * Formats: debug/gosym/pclntab.go, runtime/symtab.go, runtime/symtabinl.go and
 * cmd/link/internal/ld/ pcln.go of Go 1.5-1.27; four layouts, named after the first release that
 * had each: 1.2, 1.16, 1.18, 1.20. Only little-endian tables with 8-byte pointers. Pure: no I/O, no
 * allocation; every offset in the table is untrusted. */
#ifndef GORUNTIME_PCLNTAB_H
#define GORUNTIME_PCLNTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/codeframe.h"
#include "base/text.h"

enum pclntab_layout { PCLNTAB_1_2, PCLNTAB_1_16, PCLNTAB_1_18, PCLNTAB_1_20 };

/* How inline trees are read; which of them the layout 1.2 has says only the release. */
enum pclntab_inlining {
	PCLNTAB_NO_INLINING,
	PCLNTAB_INLINING_1_9,  /* 1.9-1.11 */
	PCLNTAB_INLINING_1_12, /* 1.12 */
	PCLNTAB_INLINING_1_13, /* 1.13-1.15 */
	PCLNTAB_INLINING_1_16, /* 1.16-1.19 */
	PCLNTAB_INLINING_1_20, /* 1.20 and later */
};

struct pclntab {
	struct text table; /* from its header on; borrowed */
	enum pclntab_layout layout;
	enum pclntab_inlining inlining;
	uint64_t quantum;    /* code is measured in this many bytes */
	uint64_t text_start; /* what program counters count from; 0 in layouts 1.2, 1.16 */
	uint64_t func_count;
	uint64_t functab,
		pcln; /* offsets in table: of the list of functions, of what it points to */
	uint64_t names, units, files, values; /* offsets in table */
	uint64_t gofunc; /* vaddr that function data counts from, layouts 1.18 and 1.20;
			    UNKNOWN_U64: no inlining */
	/* len bytes at vaddr of the program's image, borrowed; empty when it has none. */
	struct text (*bytes_at)(const void *arg, uint64_t vaddr, uint64_t len);
	const void *arg;
};

/* Read the header at the front of table. True and *ret filled (text_start as the header says,
 * gofunc unknown, inlining as the layout says, bytes_at NULL), or false, *ret untouched, when it is
 * no table or one whose parts lie outside of it. */
bool pclntab_open(struct pclntab *ret, struct text table);

/* Where the i-th function (i < func_count) begins, and where the last one ends (i == func_count).
 * UNKNOWN_U64 for a larger i. */
uint64_t pclntab_entry(const struct pclntab *t, uint64_t i);

/* The number of the function at pc; UNKNOWN_U64 when there is none. */
uint64_t pclntab_find(const struct pclntab *t, uint64_t pc);

/* The frames at pc, innermost first: at least 1 when there is a function, at most max. Inlining
 * deeper than max keeps the innermost max - 1 and the function itself. Texts are borrowed from the
 * table. */
size_t pclntab_frames(const struct pclntab *t, uint64_t pc, struct code_frame *out, size_t max);

/* Bytes between the stack pointer and the return address at pc; UNKNOWN_U64. */
uint64_t pclntab_sp_delta(const struct pclntab *t, uint64_t pc);

/* "1.2", ... */
const char *pclntab_layout_name(enum pclntab_layout layout);

#endif
