/* linesunit.c - walk the tree of a unit without recursion. libdw skips over what is nested below an
 * entry by walking it, so each step is paid by the bytes between an entry and the next one. */
#include "linesunit_internal.h"

#include <dwarf.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/unknown.h"

#define NAMESPACES_MAX 8	  /* nested in each other */
#define SCOPES_MAX     64	  /* blocks and inlined calls, nested in each other */
#define FUNCTIONS_MAX  (1U << 20) /* of one unit */
#define INLINED_MAX    (1U << 16) /* into one function */
#define PIECE_COST     16
#define LINE_COST      16 /* of a row in libdw's memory, against the one byte that can make it */

void lines_each_piece(Dwarf_Die *die, struct lines_budget *budget, lines_piece_sink *sink,
		      void *arg)
{
	Dwarf_Addr base = 0, low, high;
	ptrdiff_t at = 0;

	while (lines_spend(budget, PIECE_COST) &&
	       (at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		if (low < high)
			sink(arg, low, high);
	}
}

/* The string of an attribute, of the DIE itself or of the one that it is an instance of. */
static struct text string_of(Dwarf_Die *die, unsigned name, struct lines_budget *budget)
{
	Dwarf_Attribute attr;
	const char *s = NULL;
	struct text t;

	if (dwarf_attr_integrate(die, name, &attr))
		s = dwarf_formstring(&attr);
	t = text_of(s);
	return lines_spend(budget, t.len + 1) ? t : (struct text){ 0 };
}

/* Mangled, where there is such a name: as the symbol tables have it. */
static struct text name_of(Dwarf_Die *die, struct lines_budget *budget)
{
	struct text name = string_of(die, DW_AT_linkage_name, budget);

	if (!name.len)
		name = string_of(die, DW_AT_MIPS_linkage_name, budget);
	return name.len ? name : string_of(die, DW_AT_name, budget);
}

/* 0 says that the compiler knew no line. */
static uint64_t number_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;

	if (!dwarf_attr_integrate(die, name, &attr) || dwarf_formudata(&attr, &v) != 0 || v == 0)
		return UNKNOWN_U64;
	return v;
}

/* The DIE behind *die at the same level. False at the end, or when it is not further on. */
static bool next_sibling(Dwarf_Die *die, struct lines_budget *budget)
{
	Dwarf_Off before = dwarf_dieoffset(die), after;
	Dwarf_Die next;

	if (dwarf_siblingof(die, &next) != 0) {
		/* the end was found by walking as well: at most to the end of the unit */
		return false;
	}
	after = dwarf_dieoffset(&next);
	if (after <= before || !lines_spend(budget, after - before))
		return false;
	*die = next;
	return true;
}

/* A walk: the DIEs whose children are being walked, outermost first, and where it stands. */
struct walk {
	Dwarf_Die at[SCOPES_MAX + 1];
	size_t depth;
	size_t depth_max; /* <= SCOPES_MAX */
};

/* Go on to the children of the DIE at hand; false when there are none, or too deep. */
static bool descend(struct walk *w, struct lines_budget *budget)
{
	if (w->depth >= w->depth_max || !lines_spend(budget, 1) ||
	    dwarf_child(&w->at[w->depth], &w->at[w->depth + 1]) != 0)
		return false;
	w->depth++;
	return true;
}

/* Go on to the next DIE that is not below the one at hand; false at the end. */
static bool advance(struct walk *w, struct lines_budget *budget)
{
	while (w->depth > 0) {
		if (next_sibling(&w->at[w->depth], budget))
			return true;
		w->depth--;
	}
	return false;
}

struct gather {
	struct buf pieces;    /* of struct lines_piece */
	struct buf functions; /* of struct lines_function */
};

static void gather_piece(void *arg, uint64_t low, uint64_t high)
{
	struct gather *g = arg;
	struct lines_piece p = {
		.low = low,
		.high = high,
		.function = (uint32_t)(g->functions.len / sizeof(struct lines_function)),
	};

	buf_add(&g->pieces, &p, sizeof(p));
}

static int compare_pieces(const void *a, const void *b)
{
	const struct lines_piece *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->high != y->high) /* the smaller one is found first */
		return x->high > y->high ? -1 : 1;
	return x->function < y->function ? -1 : x->function > y->function;
}

/* Where the functions of a unit lie. They are at its top, or in namespaces. */
static void read_functions(struct lines_unit *u, struct lines_budget *budget)
{
	struct walk w = { .at = { u->die }, .depth_max = NAMESPACES_MAX };
	struct gather g = { 0 };
	bool more = descend(&w, budget);

	while (more && g.functions.len / sizeof(struct lines_function) < FUNCTIONS_MAX) {
		Dwarf_Die *die = &w.at[w.depth];
		int tag = dwarf_tag(die);

		if (tag == DW_TAG_subprogram) {
			size_t before = g.pieces.len;
			struct lines_function f = { .die = *die };

			lines_each_piece(die, budget, gather_piece, &g);
			if (g.pieces.len > before)
				buf_add(&g.functions, &f, sizeof(f));
		}
		more = ((tag == DW_TAG_namespace || tag == DW_TAG_module) && descend(&w, budget)) ||
		       advance(&w, budget);
	}
	u->functions = (void *)g.functions.at;
	u->function_count = g.functions.len / sizeof(*u->functions);
	u->pieces = (void *)g.pieces.at;
	u->piece_count = g.pieces.len / sizeof(*u->pieces);
	if (u->piece_count)
		qsort(u->pieces, u->piece_count, sizeof(*u->pieces), compare_pieces);
}

static bool has_pieces(Dwarf_Die *die)
{
	return dwarf_hasattr(die, DW_AT_low_pc) || dwarf_hasattr(die, DW_AT_ranges);
}

struct inlined_sink {
	struct buf all; /* of struct lines_inlined */
	struct lines_inlined one;
};

static void gather_inlined(void *arg, uint64_t low, uint64_t high)
{
	struct inlined_sink *s = arg;

	if (s->all.len / sizeof(s->one) >= INLINED_MAX)
		return;
	s->one.low = low;
	s->one.high = high;
	buf_add(&s->all, &s->one, sizeof(s->one));
}

static struct text file_of(Dwarf_Die *unit, Dwarf_Die *die, struct lines_budget *budget)
{
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	Dwarf_Word index;
	size_t count;
	struct text t;

	if (!dwarf_attr(die, DW_AT_call_file, &attr) || dwarf_formudata(&attr, &index) != 0 ||
	    dwarf_getsrcfiles(unit, &files, &count) != 0 || index >= count)
		return (struct text){ 0 };
	t = text_of(dwarf_filesrc(files, (size_t)index, NULL, NULL));
	return lines_spend(budget, t.len + 1) ? t : (struct text){ 0 };
}

/* The calls that were inlined into f. */
static void read_inlined(const struct lines_unit *u, struct lines_function *f,
			 struct lines_budget *budget)
{
	uint32_t parents[SCOPES_MAX + 2] = { LINES_NO_PARENT, LINES_NO_PARENT };
	struct walk w = { .at = { f->die }, .depth_max = SCOPES_MAX };
	Dwarf_Die unit = u->die;
	struct inlined_sink s = { 0 };
	bool more = descend(&w, budget);

	while (more) {
		Dwarf_Die *die = &w.at[w.depth];
		int tag = dwarf_tag(die);
		uint32_t parent = parents[w.depth], mine = parent;
		bool is_inlined = tag == DW_TAG_inlined_subroutine && has_pieces(die);

		if (is_inlined) {
			mine = (uint32_t)(s.all.len / sizeof(s.one));
			s.one = (struct lines_inlined){ .name = name_of(die, budget),
							.decl_line =
								number_of(die, DW_AT_decl_line),
							.call_file = file_of(&unit, die, budget),
							.call_line =
								number_of(die, DW_AT_call_line),
							.parent = parent,
							.depth = (uint32_t)w.depth };
			lines_each_piece(die, budget, gather_inlined, &s);
			is_inlined = s.all.len / sizeof(s.one) > mine;
		}
		parents[w.depth + 1] = mine;
		more = ((is_inlined || tag == DW_TAG_lexical_block) && descend(&w, budget)) ||
		       advance(&w, budget);
	}
	f->inlined = (void *)s.all.at;
	f->inlined_count = s.all.len / sizeof(s.one);
}

static struct lines_function *function_at(struct lines_unit *u, uint64_t vaddr)
{
	size_t low = 0, high = u->piece_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (u->pieces[mid].low <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && vaddr < u->pieces[low - 1].high
		       ? &u->functions[u->pieces[low - 1].function]
		       : NULL;
}

/* The line of vaddr as a frame without a function; false when it is not known. */
static bool line_at(struct code_frame *ret, struct lines_unit *u, uint64_t vaddr)
{
	Dwarf_Line *line = u->has_lines ? dwarf_getsrc_die(&u->die, vaddr) : NULL;
	int number = 0;

	*ret = (struct code_frame){ .line = UNKNOWN_U64, .start_line = UNKNOWN_U64 };
	if (!line || dwarf_lineno(line, &number) != 0)
		return false;
	ret->file = text_of(dwarf_linesrc(line, NULL, NULL));
	ret->line = number > 0 ? (uint64_t)number : UNKNOWN_U64;
	return true;
}

/* Read functions and lines, once. */
static void read_unit(struct lines_unit *u, struct lines_budget *budget)
{
	Dwarf_Lines *lines;
	size_t count;

	if (u->is_read)
		return;
	u->is_read = true;
	read_functions(u, budget);
	u->has_lines = budget->left > 0 && dwarf_getsrclines(&u->die, &lines, &count) == 0;
	if (u->has_lines)
		lines_spend(budget, count * LINE_COST);
}

/* The innermost inlined call at vaddr, among those of f; LINES_NO_PARENT when there is none. */
static uint32_t innermost(const struct lines_function *f, uint64_t vaddr)
{
	uint32_t found = LINES_NO_PARENT;

	for (size_t i = 0; i < f->inlined_count; i++) {
		const struct lines_inlined *in = &f->inlined[i];

		if (vaddr >= in->low && vaddr < in->high &&
		    (found == LINES_NO_PARENT || in->depth >= f->inlined[found].depth))
			found = (uint32_t)i;
	}
	return found;
}

/* The frames of the inlined calls at vaddr, which is at the line of *at; *at becomes the place of
 * the outermost of the calls. */
static size_t add_inlined(struct code_frame *out, const struct lines_function *f, uint64_t vaddr,
			  struct code_frame *at)
{
	size_t n = 0;

	for (uint32_t i = innermost(f, vaddr); i != LINES_NO_PARENT && n < SCOPES_MAX;) {
		const struct lines_inlined *in = &f->inlined[i];

		out[n] = *at;
		out[n].function = in->name;
		out[n].start_line = in->decl_line;
		out[n++].is_inlined = true;
		*at = (struct code_frame){ .file = in->call_file, .line = in->call_line };
		i = in->parent;
	}
	return n;
}

static void read_function(const struct lines_unit *u, struct lines_function *f,
			  struct lines_budget *budget)
{
	if (f->is_read)
		return;
	f->is_read = true;
	f->name = name_of(&f->die, budget);
	f->decl_line = number_of(&f->die, DW_AT_decl_line);
	read_inlined(u, f, budget);
}

size_t linesunit_frames(struct lines_unit *u, struct lines_budget *budget, uint64_t vaddr,
			struct code_frame *out, size_t max)
{
	struct code_frame frames[SCOPES_MAX + 1], at;
	struct lines_function *f;
	size_t n = 0, kept;
	bool has_line;

	read_unit(u, budget);
	f = function_at(u, vaddr);
	has_line = line_at(&at, u, vaddr);
	at.start_line = UNKNOWN_U64;
	if (f) {
		read_function(u, f, budget);
		n = add_inlined(frames, f, vaddr, &at);
		at.function = f->name;
		at.start_line = f->decl_line;
	} else if (!has_line) {
		return 0;
	}
	frames[n++] = at;
	kept = n < max ? n : max;
	memcpy(out, frames + (n - kept), kept * sizeof(*out));
	return kept;
}

void linesunit_done(struct lines_unit *u)
{
	for (size_t i = 0; i < u->function_count; i++)
		free(u->functions[i].inlined);
	free(u->functions);
	free(u->pieces);
}
