/* linesunit_internal.h - one compile unit of DWARF: its functions, what was inlined into them, and
 * its lines; read when the first address of it is asked for. */
#ifndef SYMBOLS_LINESUNIT_INTERNAL_H
#define SYMBOLS_LINESUNIT_INTERNAL_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/codeframe.h"
#include "base/text.h"

/* How much of a file may still be walked, in bytes or their like. One for all units of a file. */
struct lines_budget {
	uint64_t left;
};

/* False, and nothing is left, when cost is more than there is. */
static inline bool lines_spend(struct lines_budget *b, uint64_t cost)
{
	bool enough = cost <= b->left;

	b->left = enough ? b->left - cost : 0;
	return enough;
}

/* A call that was inlined: code of a function that lies within another one. */
struct lines_inlined {
	uint64_t low, high; /* [low, high) */
	struct text name;
	uint64_t decl_line;
	struct text call_file;
	uint64_t call_line;
	uint32_t parent; /* among its function's; LINES_NO_PARENT: in the function itself */
	uint32_t depth;
};

#define LINES_NO_PARENT UINT32_MAX

struct lines_function {
	Dwarf_Die die;
	bool is_read; /* what follows */
	struct text name;
	uint64_t decl_line;
	struct lines_inlined *inlined; /* owned */
	size_t inlined_count;
};

/* A function can lie in several pieces. */
struct lines_piece {
	uint64_t low, high;
	uint32_t function;
};

struct lines_unit {
	Dwarf_Die die;
	uint64_t abbrev_at; /* its table of abbreviations, in .debug_abbrev */
	bool is_read;	    /* what follows */
	bool has_lines;
	struct lines_function *functions; /* owned */
	size_t function_count;
	struct lines_piece *pieces; /* owned, by low */
	size_t piece_count;
};

void linesunit_done(struct lines_unit *u);

/* As lines_frames, of an address in this unit. */
size_t linesunit_frames(struct lines_unit *u, struct lines_budget *budget, uint64_t vaddr,
			struct code_frame *out, size_t max);

/* Call piece for each [low, high) that a DIE says its code lies in. */
typedef void lines_piece_sink(void *arg, uint64_t low, uint64_t high);
void lines_each_piece(Dwarf_Die *die, struct lines_budget *budget, lines_piece_sink *sink,
		      void *arg);

#endif
