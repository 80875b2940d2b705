/* elfsyms.c - all symbol tables in one table, sorted by address, one name for each. Layout of a
 * symbol: elf(5), Elf64_Sym. */
#include "elfsyms_internal.h"

#include <elf.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "plt_internal.h"

#define SYM_BYTES	24
#define SYMBOLS_MAX	(16U << 20)
#define NAME_BYTES_MAX	65536
#define COMPARED_BYTES	256 /* of names: long ones of a made-up file would be compared for long */
#define PLT_NAMES_BYTES (8U << 20) /* altogether, of a made-up file */
#define ENCLOSING_MAX	16	   /* symbols that are looked at for one that holds an address */
#define SEGMENTS_MAX	64

struct symbol {
	uint64_t start, end;
	const char *name; /* ends in NUL, or at name_len */
	uint32_t name_len;
	uint8_t rank; /* smaller is better */
	bool is_sized;
};

struct code {
	uint64_t start, end;
};

struct elfsyms {
	struct symbol *at; /* owned, by start */
	size_t count;
	struct buf plt_names;
};

/* What the tables are read into. */
struct gather {
	struct buf symbols; /* of struct symbol */
	struct code code[SEGMENTS_MAX];
	size_t code_count;
	struct code sections[8];
	size_t section_count;
	struct buf *plt_names;
};

/* Loaded code, and the sections within it: a symbol does not reach beyond either. */
static void gather_code(struct gather *g, const struct elfimage *im)
{
	static const char *const names[] = { ".init",	 ".plt",  ".plt.got",
					     ".plt.sec", ".text", ".fini" };
	struct elfsegment seg;
	struct elfsection s;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (elfimage_section(&s, im, names[i]) && s.bytes.len <= UINT64_MAX - s.vaddr)
			g->sections[g->section_count++] =
				(struct code){ s.vaddr, s.vaddr + s.bytes.len };
	}

	for (size_t i = 0; g->code_count < SEGMENTS_MAX && elfimage_segment(&seg, im, i); i++) {
		if (seg.type == PT_LOAD && (seg.flags & PF_X) &&
		    seg.file_bytes <= UINT64_MAX - seg.vaddr)
			g->code[g->code_count++] =
				(struct code){ seg.vaddr, seg.vaddr + seg.file_bytes };
	}
}

/* The end of the code that vaddr lies in; 0 when it lies in none. */
static uint64_t code_end(const struct gather *g, uint64_t vaddr)
{
	uint64_t end = 0;

	for (size_t i = 0; i < g->code_count; i++) {
		if (vaddr >= g->code[i].start && vaddr < g->code[i].end)
			end = g->code[i].end;
	}
	for (size_t i = 0; i < g->section_count; i++) {
		const struct code *s = &g->sections[i];

		if (vaddr >= s->start && vaddr < s->end && s->end < end)
			end = s->end;
	}
	return end;
}

static uint8_t rank_of(unsigned type, unsigned bind)
{
	uint8_t rank = bind == STB_GLOBAL || bind == STB_GNU_UNIQUE ? 0 : bind == STB_WEAK ? 1 : 2;

	return type == STT_NOTYPE ? rank + 3 : rank;
}

/* Labels that are no functions: of the assembler, and the mapping symbols of arm64. */
static bool is_label(const char *name)
{
	return strncmp(name, ".L", 2) == 0 ||
	       (name[0] == '$' && (name[1] == 'x' || name[1] == 'd') &&
		(name[2] == '\0' || name[2] == '.'));
}

static void gather_one(struct gather *g, struct text entry, struct text names)
{
	struct cursor c = cursor_over(entry.at, entry.len);
	uint64_t name_at = cursor_uint(&c, 4), info = cursor_uint(&c, 1), section, size, end;
	unsigned type = ELF64_ST_TYPE(info);
	struct symbol sym;
	size_t left;

	cursor_uint(&c, 1);
	section = cursor_uint(&c, 2);
	sym.start = cursor_uint(&c, 8);
	size = cursor_uint(&c, 8);
	if ((type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE) ||
	    section == SHN_UNDEF || section == SHN_ABS || name_at >= names.len)
		return;
	end = code_end(g, sym.start);
	left = names.len - (size_t)name_at;
	sym.name = names.at + name_at;
	sym.name_len = (uint32_t)strnlen(sym.name, left < NAME_BYTES_MAX ? left : NAME_BYTES_MAX);
	/* a name without NUL was cut with its table */
	if (end == 0 || sym.name_len == 0 || sym.name_len == left || is_label(sym.name))
		return;
	sym.is_sized = size > 0;
	sym.end = size > 0 && size < end - sym.start ? sym.start + size : end;
	sym.rank = rank_of(type, ELF64_ST_BIND(info));
	buf_add(&g->symbols, &sym, sizeof(sym));
}

static void gather_table(struct gather *g, const struct elfimage *im, const char *table,
			 const char *strings)
{
	struct elfsection syms, names;
	size_t count;

	if (!elfimage_section(&syms, im, table) || !elfimage_section(&names, im, strings))
		return;
	count = syms.bytes.len / SYM_BYTES;
	for (size_t i = 0; i < count && i < SYMBOLS_MAX; i++)
		gather_one(g, (struct text){ syms.bytes.at + i * SYM_BYTES, SYM_BYTES },
			   names.bytes);
}

/* The name is kept as its place in plt_names, which may still move. */
static void gather_stub(void *arg, uint64_t vaddr, uint64_t end, struct text name)
{
	struct gather *g = arg;
	struct symbol sym = { .start = vaddr, .end = end, .is_sized = true };
	size_t at = g->plt_names->len;

	if (code_end(g, vaddr) == 0 || at + name.len + 5 > PLT_NAMES_BYTES)
		return;
	buf_add(g->plt_names, name.at, name.len);
	buf_add(g->plt_names, "@plt", 5);
	sym.name_len = (uint32_t)name.len + 4;
	buf_add(&g->symbols, &sym, sizeof(sym));
}

/* Stubs are the last symbols that were gathered, in the order of their names. */
static void settle_stubs(struct gather *g, size_t first)
{
	struct symbol *at = (void *)g->symbols.at;
	const char *name = (const char *)g->plt_names->at;

	for (size_t i = first; i < g->symbols.len / sizeof(*at); i++) {
		at[i].name = name;
		name += at[i].name_len + 1;
	}
}

static size_t underscores(const struct symbol *s)
{
	size_t n = 0;

	while (n < s->name_len && n < COMPARED_BYTES && s->name[n] == '_')
		n++;
	return n;
}

/* By address; of one address the best name first. */
static int compare(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	size_t ux, uy;
	int order;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	ux = underscores(x);
	uy = underscores(y);
	if (ux != uy)
		return ux < uy ? -1 : 1;
	if (x->name_len != y->name_len)
		return x->name_len < y->name_len ? -1 : 1;
	order = memcmp(x->name, y->name,
		       x->name_len < COMPARED_BYTES ? x->name_len : COMPARED_BYTES);
	return order ? order : (x->name > y->name) - (x->name < y->name);
}

/* One symbol for each address, with the largest size that is told there. Symbols without size
 * within one that has one are labels in it, and go. */
static void thin_out(struct elfsyms *s)
{
	uint64_t covered = 0;
	size_t kept = 0;

	for (size_t i = 0, next; i < s->count; i = next) {
		struct symbol sym = s->at[i];

		for (next = i + 1; next < s->count && s->at[next].start == sym.start; next++) {
			const struct symbol *alias = &s->at[next];

			if (alias->is_sized && (!sym.is_sized || alias->end > sym.end)) {
				sym.is_sized = true;
				sym.end = alias->end;
			}
		}
		if (!sym.is_sized && sym.start < covered)
			continue;
		if (sym.is_sized && sym.end > covered)
			covered = sym.end;
		s->at[kept++] = sym;
	}
	s->count = kept;
	for (size_t i = 0; i + 1 < s->count; i++) {
		if (!s->at[i].is_sized && s->at[i].end > s->at[i + 1].start)
			s->at[i].end = s->at[i + 1].start;
	}
}

struct elfsyms *elfsyms_new(const struct elfimage *main, const struct elfimage *debug)
{
	struct elfsyms *s = xcalloc(1, sizeof(*s));
	struct gather *g = xcalloc(1, sizeof(*g));
	size_t before;

	g->plt_names = &s->plt_names;
	gather_code(g, main);
	gather_table(g, main, ".symtab", ".strtab");
	gather_table(g, main, ".dynsym", ".dynstr");
	if (debug)
		gather_table(g, debug, ".symtab", ".strtab");
	before = g->symbols.len / sizeof(struct symbol);
	plt_each(main, gather_stub, g);
	settle_stubs(g, before);
	s->at = (void *)g->symbols.at;
	s->count = g->symbols.len / sizeof(struct symbol);
	free(g);
	if (s->count)
		qsort(s->at, s->count, sizeof(*s->at), compare);
	thin_out(s);
	return s;
}

void elfsyms_free(struct elfsyms *s)
{
	if (!s)
		return;
	free(s->at);
	buf_done(&s->plt_names);
	free(s);
}

struct text elfsyms_name(const struct elfsyms *s, uint64_t vaddr)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->at[mid].start <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	/* the last that begins at or before vaddr, or one around it that is longer */
	for (size_t i = low; i > 0 && low - i < ENCLOSING_MAX; i--) {
		const struct symbol *sym = &s->at[i - 1];

		if (vaddr < sym->end)
			return (struct text){ .at = sym->name, .len = sym->name_len };
		if (!sym->is_sized)
			break; /* it reached to the next one: nothing is around it */
	}
	return (struct text){ 0 };
}
