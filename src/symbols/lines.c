/* lines.c - which compile unit an address lies in. Taken from the units themselves: .debug_aranges
 * is not written by every compiler (clang), and not for every unit. */
#include "lines_internal.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "leb_internal.h"
#include "linesunit_internal.h"

/* What sizes of a file are believed. Compilers' DWARF packs to a third or a tenth of its size. */
#define UNPACKED_RATIO_MAX 64
#define UNPACKED_BYTES_MAX (UINT64_C(4) << 30)
/* Bytes that are walked altogether, in sizes of the file: the most useful order is twice. */
#define BUDGET_SIZES	      16
#define BUDGET_BYTES_MIN      (1U << 20)
#define UNITS_MAX	      (256U << 10)
#define ENCLOSING_MAX	      16 /* pieces that are looked at for one that holds an address */
#define ABBREV_ATTRIBUTES_MAX 256

struct piece {
	uint64_t low, high;
	uint32_t unit;
};

struct lines {
	struct elfimage elf; /* a second view of the bytes */
	char *copy; /* owned: of all the bytes, when there are packed sections: libdw unpacks
		     * them in place, headers included */
	Dwarf *dwarf;
	struct text abbrev; /* .debug_abbrev, unpacked */
	struct lines_budget budget;
	bool is_read;		  /* the units */
	struct lines_unit *units; /* owned */
	size_t unit_count;
	struct piece *pieces; /* owned, by low */
	size_t piece_count;
};

static bool has_section(const struct elfimage *im, const char *name)
{
	return elfimage_section_data(im, name).len > 0;
}

/* A section by the part of its name that follows ".debug" or ".zdebug". */
static struct text unpacked_section(const struct lines *l, const char *name)
{
	char full[32];
	struct text t;

	snprintf(full, sizeof(full), ".debug%s", name);
	t = elfimage_section_data(&l->elf, full);
	if (t.len)
		return t;
	snprintf(full, sizeof(full), ".zdebug%s", name);
	return elfimage_section_data(&l->elf, full);
}

/* The DWARF that can be used, or NULL. */
static Dwarf *begin_dwarf(struct lines *l)
{
	if ((!has_section(&l->elf, ".debug_info") && !has_section(&l->elf, ".zdebug_info")) ||
	    has_section(&l->elf, ".gnu_debugaltlink"))
		return NULL;
	return dwarf_begin_elf(l->elf.elf, DWARF_C_READ, NULL);
}

struct lines *lines_new(const struct elfimage *im)
{
	uint64_t unpacked = elfimage_unpacked_bytes(im);
	struct text bytes = im->file;
	struct lines *l;

	if (unpacked > UNPACKED_BYTES_MAX || unpacked / UNPACKED_RATIO_MAX > im->file.len)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	if (unpacked > 0) {
		l->copy = xcalloc(1, bytes.len);
		memcpy(l->copy, bytes.at, bytes.len);
		bytes.at = l->copy;
	}
	if (elfimage_open_bytes(&l->elf, bytes) < 0) {
		free(l->copy);
		free(l);
		return NULL;
	}
	l->dwarf = begin_dwarf(l);
	if (!l->dwarf) {
		lines_free(l);
		return NULL;
	}
	l->abbrev = unpacked_section(l, "_abbrev");
	l->budget.left = BUDGET_BYTES_MIN + BUDGET_SIZES * (im->file.len + unpacked);
	return l;
}

void lines_free(struct lines *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->unit_count; i++)
		linesunit_done(&l->units[i]);
	free(l->units);
	free(l->pieces);
	dwarf_end(l->dwarf);
	elfimage_close(&l->elf);
	free(l->copy);
	free(l);
}

/* One abbreviation: its code; 0 at the end of the table. */
static uint64_t take_abbrev(struct cursor *c)
{
	uint64_t code = leb_uint(c);

	if (code == 0 || c->bad)
		return 0;
	leb_uint(c);
	cursor_uint(c, 1);
	for (size_t i = 0; i < ABBREV_ATTRIBUTES_MAX; i++) {
		uint64_t name = leb_uint(c), form = leb_uint(c);

		if (form == DW_FORM_implicit_const)
			leb_uint(c);
		if (c->bad || (name == 0 && form == 0))
			return c->bad ? 0 : code;
	}
	c->bad = true;
	return 0;
}

/* Read a table of abbreviations up to `code`, or to its end when code is 0. True when it was found.
 */
static bool walk_abbrevs(struct lines *l, uint64_t table_at, uint64_t code)
{
	struct cursor c = cursor_over(l->abbrev.at, l->abbrev.len);
	uint64_t found;

	if (table_at >= l->abbrev.len)
		return false;
	cursor_bytes(&c, (size_t)table_at);
	do {
		const uint8_t *before = c.at;

		found = take_abbrev(&c);
		if (!lines_spend(&l->budget, (uint64_t)(c.at - before)))
			return false;
	} while (found != 0 && found != code);
	return found == code && !c.bad;
}

/* A unit as its header tells it (DWARF 5, section 7.5.1). */
struct header {
	uint64_t abbrev_at;
	uint64_t code; /* of its own DIE; 0 when it has none */
};

/* Take one unit. False at the end of what can be read. */
static bool take_header(struct header *ret, struct cursor *c, bool is_types)
{
	uint64_t len = cursor_uint(c, 4), version, type = DW_UT_compile;
	size_t width = 4;
	struct cursor unit;

	if (len == 0xffffffff) {
		len = cursor_uint(c, 8);
		width = 8;
	}
	if (len > cursor_left(c) || c->bad)
		return false;
	unit = cursor_over(c->at, (size_t)len);
	cursor_bytes(c, (size_t)len);
	version = cursor_uint(&unit, 2);
	if (version >= 5) {
		type = cursor_uint(&unit, 1);
		cursor_uint(&unit, 1);
	}
	ret->abbrev_at = cursor_uint(&unit, width);
	if (version < 5)
		cursor_uint(&unit, 1);
	if (is_types || type == DW_UT_type || type == DW_UT_split_type)
		cursor_bytes(&unit, 8 + width);
	else if (type == DW_UT_skeleton || type == DW_UT_split_compile)
		cursor_bytes(&unit, 8);
	ret->code = leb_uint(&unit);
	return !unit.bad;
}

/* libdw looks for the code of a DIE by reading the table of its unit to where the code is, or to
 * its end. So no unit's own code may be missing: a small file could ask for the same long table a
 * hundred thousand times. */
static bool are_units_sound(struct lines *l, const char *section, bool is_types)
{
	struct text bytes = unpacked_section(l, section);
	struct cursor c = cursor_over(bytes.at, bytes.len);
	struct header h;

	for (size_t i = 0; take_header(&h, &c, is_types); i++) {
		if (i >= UNITS_MAX || !lines_spend(&l->budget, 1) ||
		    (h.code != 0 && !walk_abbrevs(l, h.abbrev_at, h.code)))
			return false;
	}
	return true;
}

struct gather {
	struct buf pieces; /* of struct piece */
	uint32_t unit;
};

static void gather_piece(void *arg, uint64_t low, uint64_t high)
{
	struct gather *g = arg;
	struct piece p = { .low = low, .high = high, .unit = g->unit };

	buf_add(&g->pieces, &p, sizeof(p));
}

static int compare_pieces(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->high != y->high)
		return x->high > y->high ? -1 : 1;
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* Where the units' code lies. Skeletons of split units are left out: libdw would look for their
 * other half. */
static void read_units(struct lines *l)
{
	struct buf units = { 0 };
	struct gather g = { 0 };
	Dwarf_CU *cu = NULL;
	Dwarf_Half version;
	uint8_t type;
	Dwarf_Die die;

	if (!are_units_sound(l, "_info", false) || !are_units_sound(l, "_types", true))
		return;
	while (lines_spend(&l->budget, 1) &&
	       dwarf_get_units(l->dwarf, cu, &cu, &version, &type, &die, NULL) == 0) {
		struct lines_unit u = { .die = die };
		Dwarf_Off abbrev_at;

		if (type != DW_UT_compile || dwarf_tag(&die) != DW_TAG_compile_unit)
			continue;
		if (!dwarf_cu_die(die.cu, &die, NULL, &abbrev_at, NULL, NULL, NULL, NULL))
			continue;
		g.unit = (uint32_t)(units.len / sizeof(u));
		u.abbrev_at = abbrev_at;
		lines_each_piece(&die, &l->budget, gather_piece, &g);
		buf_add(&units, &u, sizeof(u));
	}
	l->units = (void *)units.at;
	l->unit_count = units.len / sizeof(*l->units);
	l->pieces = (void *)g.pieces.at;
	l->piece_count = g.pieces.len / sizeof(*l->pieces);
	if (l->piece_count)
		qsort(l->pieces, l->piece_count, sizeof(*l->pieces), compare_pieces);
}

static struct lines_unit *unit_at(const struct lines *l, uint64_t vaddr)
{
	size_t low = 0, high = l->piece_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->pieces[mid].low <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t i = low; i > 0 && low - i < ENCLOSING_MAX; i--) {
		if (vaddr < l->pieces[i - 1].high)
			return &l->units[l->pieces[i - 1].unit];
	}
	return NULL;
}

size_t lines_frames(struct lines *l, uint64_t vaddr, struct code_frame *out, size_t max)
{
	struct lines_unit *u;

	if (!l->is_read) {
		l->is_read = true;
		read_units(l);
	}
	u = unit_at(l, vaddr);
	if (!u)
		return 0;
	/* reading a unit can mean to read all of its abbreviations */
	if (!u->is_read)
		walk_abbrevs(l, u->abbrev_at, 0);
	return linesunit_frames(u, &l->budget, vaddr, out, max);
}
