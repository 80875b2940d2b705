/* pclntab_make.h - make a function table by hand, in each layout: the functions main.alpha
 * (0x401000), main.beta (0x401040), into which main.mid was inlined, and into that main.leaf, and
 * main.gamma (0x401080), of which nothing but the name is known; the code ends at 0x4010a0. Written
 * from runtime/runtime2.go, runtime/symtab.go and cmd/link/internal/ld/pcln.go of
 * Go 1.11, 1.15, 1.17, 1.19 and 1.22. */
#ifndef PCLNTAB_MAKE_H
#define PCLNTAB_MAKE_H

#include "base/buf.h"
#include "goruntime/pclntab.h"

#define MAKE_TEXT   0x401000
#define MAKE_TREE   0x500100 /* vaddr of the inline tree */
#define MAKE_GOFUNC 0x500000
#define MAKE_FUNCS  3

/* How to make it. */
struct make {
	enum pclntab_layout layout;
	enum pclntab_inlining inlining;
	unsigned quantum;
	const char *alpha; /* a name for the first function, or NULL */
};

/* What was made; free with made_done. */
struct made {
	struct make how;
	struct buf table, tree;
	uint64_t names, units, files, values, pcln;    /* where what the offsets count from is */
	uint64_t functab, name_of[5], unit, file_list; /* alpha, beta, gamma, mid, leaf */
};

static void poke(struct made *m, uint64_t at, uint64_t v, size_t width_bytes)
{
	for (size_t i = 0; i < width_bytes; i++)
		m->table.at[at + i] = (uint8_t)(v >> (8 * i));
}

static void pad_to(struct buf *b, size_t multiple)
{
	while (b->len % multiple)
		buf_add_uint(b, 0, 1);
}

static void add_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_add_uint(b, v | 0x80, 1);
	buf_add_uint(b, v, 1);
}

/* A stretch of code, up to `end` from the function's entry, with one value. */
struct stretch {
	int64_t value;
	uint64_t end;
};

/* A table of values; its offset. */
static uint64_t add_values(struct made *m, const struct stretch *s, size_t count)
{
	uint64_t offset = m->table.len - m->values, at = 0;
	int64_t value = -1;

	for (size_t i = 0; i < count; i++) {
		int64_t step = s[i].value - value;

		add_varint(&m->table, step < 0 ? (uint64_t)-step * 2 - 1 : (uint64_t)step * 2);
		add_varint(&m->table, (s[i].end - at) / m->how.quantum);
		value = s[i].value;
		at = s[i].end;
	}
	buf_add_uint(&m->table, 0, 1);
	return offset;
}

#define ADD_VALUES(m, ...)                                     \
	add_values(m, (const struct stretch[]){ __VA_ARGS__ }, \
		   sizeof((const struct stretch[]){ __VA_ARGS__ }) / sizeof(struct stretch))

static uint64_t add_name(struct made *m, const char *name)
{
	uint64_t at = m->table.len;

	buf_add(&m->table, name, strlen(name) + 1);
	return at;
}

static void make_names(struct made *m)
{
	static const char *const names[] = { "main.alpha", "main.beta", "main.gamma", "main.mid",
					     "main.leaf" };

	m->names = m->how.layout == PCLNTAB_1_2 ? 0 : m->table.len;
	for (size_t i = 0; i < 5; i++)
		m->name_of[i] =
			add_name(m, i == 0 && m->how.alpha ? m->how.alpha : names[i]) - m->names;
}

/* Files number 1, 2 and 3: beta.go, mid.go and leaf.go. From layout 1.16 on they count from the
 * function's unit, which begins at 2 here; its number 0 is not used. */
static void make_files(struct made *m)
{
	uint64_t at[3];

	if (m->how.layout != PCLNTAB_1_2) {
		m->units = m->table.len;
		for (size_t i = 0; i < 6; i++)
			buf_add_uint(&m->table, UINT32_MAX, 4);
		m->files = m->table.len;
		m->unit = 2;
	}
	at[0] = add_name(m, "/src/beta.go") - m->files;
	at[1] = add_name(m, "/src/mid.go") - m->files;
	at[2] = add_name(m, "/src/leaf.go") - m->files;
	if (m->how.layout == PCLNTAB_1_2) {
		pad_to(&m->table, 4);
		m->file_list = m->table.len;
		buf_add_uint(&m->table, 4, 4);
		for (size_t i = 0; i < 3; i++)
			buf_add_uint(&m->table, at[i], 4);
		return;
	}
	for (size_t i = 0; i < 3; i++)
		poke(m, m->units + (m->unit + 1 + i) * 4, at[i], 4);
}

/* Tables and counts of a function. */
struct made_func {
	uint64_t entry, name, pcsp, pcfile, pcln, start_line;
	uint64_t indexes; /* of inlining; 0: there is none */
};

static unsigned pcdata_number(enum pclntab_inlining inlining)
{
	return inlining <= PCLNTAB_INLINING_1_12 ? 1 : 2;
}

static unsigned funcdata_number(enum pclntab_inlining inlining)
{
	return inlining <= PCLNTAB_INLINING_1_12 ? 2 : inlining == PCLNTAB_INLINING_1_13 ? 4 : 3;
}

static void add_counts(struct made *m, const struct made_func *f, uint64_t funcdata_count)
{
	struct buf *b = &m->table;

	if (m->how.layout != PCLNTAB_1_2)
		buf_add_uint(b, m->unit, 4);
	if (m->how.layout == PCLNTAB_1_20)
		buf_add_uint(b, f->start_line, 4);
	if (m->how.layout == PCLNTAB_1_2 && m->how.inlining <= PCLNTAB_INLINING_1_9) {
		buf_add_uint(b, funcdata_count, 4);
		return;
	}
	buf_add_uint(b, 7, 1); /* kind of function */
	buf_add_uint(b, m->how.layout == PCLNTAB_1_2 ? 0 : 1, 1);
	buf_add_uint(b, 0, 1);
	buf_add_uint(b, funcdata_count, 1);
}

static void add_func(struct made *m, const struct made_func *f, size_t i)
{
	bool words = m->how.layout <= PCLNTAB_1_16;
	uint64_t pcdata_count = f->indexes ? pcdata_number(m->how.inlining) + 1 : 0;
	uint64_t funcdata_count = f->indexes ? funcdata_number(m->how.inlining) + 1 : 0;
	struct buf *b = &m->table;

	pad_to(b, 8);
	poke(m, m->functab + i * (words ? 16 : 8), words ? f->entry : f->entry - MAKE_TEXT,
	     words ? 8 : 4);
	poke(m, m->functab + i * (words ? 16 : 8) + (words ? 8 : 4), b->len - m->pcln,
	     words ? 8 : 4);
	buf_add_uint(b, words ? f->entry : f->entry - MAKE_TEXT, words ? 8 : 4);
	buf_add_uint(b, f->name, 4);
	buf_add_uint(b, 16, 4); /* bytes of arguments */
	buf_add_uint(b, 0, 4);	/* deferreturn */
	buf_add_uint(b, f->pcsp, 4);
	buf_add_uint(b, f->pcfile, 4);
	buf_add_uint(b, f->pcln, 4);
	buf_add_uint(b, pcdata_count, 4);
	add_counts(m, f, funcdata_count);
	for (uint64_t n = 0; n < pcdata_count; n++)
		buf_add_uint(b, n + 1 == pcdata_count ? f->indexes : 0, 4);
	if (words)
		pad_to(b, 8);
	for (uint64_t n = 0; n < funcdata_count; n++) {
		if (words)
			buf_add_uint(b, n + 1 == funcdata_count ? MAKE_TREE : 0, 8);
		else
			buf_add_uint(b,
				     n + 1 == funcdata_count ? MAKE_TREE - MAKE_GOFUNC : UINT32_MAX,
				     4);
	}
}

struct made_call {
	int64_t parent;
	uint64_t file, line, name, parent_pc, start_line;
};

static void add_call(struct made *m, const struct made_call *c)
{
	bool narrow = m->how.inlining != PCLNTAB_INLINING_1_9;

	if (m->how.inlining == PCLNTAB_INLINING_1_20) {
		buf_add_uint(&m->tree, 7, 4);
		buf_add_uint(&m->tree, c->name, 4);
		buf_add_uint(&m->tree, c->parent_pc, 4);
		buf_add_uint(&m->tree, c->start_line, 4);
		return;
	}
	buf_add_uint(&m->tree, (uint64_t)c->parent, narrow ? 2 : 4);
	if (narrow)
		buf_add_uint(&m->tree, 7, 2);
	buf_add_uint(&m->tree, c->file, 4);
	buf_add_uint(&m->tree, c->line, 4);
	buf_add_uint(&m->tree, c->name, 4);
	if (narrow)
		buf_add_uint(&m->tree, c->parent_pc, 4);
}

static void make_funcs(struct made *m)
{
	struct made_func alpha = { .entry = 0x401000, .name = m->name_of[0], .start_line = 9 };
	struct made_func beta = { .entry = 0x401040, .name = m->name_of[1], .start_line = 19 };
	struct made_func gamma = { .entry = 0x401080, .name = m->name_of[2], .start_line = 50 };

	m->values = m->how.layout == PCLNTAB_1_2 ? 0 : m->table.len;
	if (m->how.layout != PCLNTAB_1_2)
		buf_add_uint(&m->table, 0, 1); /* the offset 0 stands for no table */
	alpha.pcsp = ADD_VALUES(m, { 8, 0x40 });
	alpha.pcfile = ADD_VALUES(m, { 1, 0x30 });
	alpha.pcln = ADD_VALUES(m, { 10, 4 }, { 1000, 0x20 }, { 9, 0x30 });
	beta.pcsp = ADD_VALUES(m, { 0, 4 }, { 0x18, 0x3c }, { 0, 0x40 });
	beta.pcfile = ADD_VALUES(m, { 1, 0x10 }, { 2, 0x20 }, { 3, 0x30 }, { 1, 0x40 });
	beta.pcln = ADD_VALUES(m, { 20, 8 }, { 22, 0x10 }, { 31, 0x18 }, { 33, 0x20 }, { 41, 0x30 },
			       { 24, 0x40 });
	beta.indexes = ADD_VALUES(m, { -1, 0x10 }, { 0, 0x20 }, { 1, 0x30 }, { -1, 0x40 });
	pad_to(&m->table, 8);
	if (m->how.layout != PCLNTAB_1_2) {
		m->pcln = m->functab = m->table.len;
		buf_room(&m->table, 64);
		for (size_t i = 0; i < 64; i++)
			buf_add_uint(&m->table, 0, 1);
	}
	add_func(m, &alpha, 0);
	add_func(m, &beta, 1);
	add_func(m, &gamma, 2);
	poke(m, m->functab + MAKE_FUNCS * (m->how.layout <= PCLNTAB_1_16 ? 16 : 8),
	     m->how.layout <= PCLNTAB_1_16 ? 0x4010a0 : 0xa0,
	     m->how.layout <= PCLNTAB_1_16 ? 8 : 4);
	add_call(m, &(struct made_call){ -1, 1, 22, m->name_of[3], 8, 30 });
	add_call(m, &(struct made_call){ 0, 2, 33, m->name_of[4], 0x18, 40 });
}

static void finish_header(struct made *m)
{
	static const uint64_t magics[] = { 0xfffffffb, 0xfffffffa, 0xfffffff0, 0xfffffff1 };
	uint64_t at = 16;

	poke(m, 0, magics[m->how.layout], 4);
	poke(m, 6, m->how.quantum, 1);
	poke(m, 7, 8, 1);
	poke(m, 8, MAKE_FUNCS, 8);
	if (m->how.layout == PCLNTAB_1_2) {
		poke(m, m->functab + MAKE_FUNCS * 16 + 8, m->file_list, 4);
		return;
	}
	poke(m, at, 3, 8);
	if (m->how.layout >= PCLNTAB_1_18)
		poke(m, at += 8, MAKE_TEXT, 8);
	poke(m, at + 8, m->names, 8);
	poke(m, at + 16, m->units, 8);
	poke(m, at + 24, m->files, 8);
	poke(m, at + 32, m->values, 8);
	poke(m, at + 40, m->pcln, 8);
}

static struct made make_table(struct make how)
{
	struct made m = { .how = how };

	m.how.quantum = how.quantum ? how.quantum : 1;
	m.functab = 16;
	for (size_t i = 0; i < (how.layout == PCLNTAB_1_2 ? 80 : 72); i++)
		buf_add_uint(&m.table, 0, 1);
	make_names(&m);
	make_files(&m);
	make_funcs(&m);
	finish_header(&m);
	return m;
}

static void made_done(struct made *m)
{
	buf_done(&m->table);
	buf_done(&m->tree);
}

static struct text made_bytes_at(const void *arg, uint64_t vaddr, uint64_t len)
{
	const struct made *m = arg;

	if (vaddr < MAKE_TREE || vaddr - MAKE_TREE > m->tree.len ||
	    len > m->tree.len - (vaddr - MAKE_TREE))
		return (struct text){ 0 };
	return (struct text){ (const char *)m->tree.at + (vaddr - MAKE_TREE), (size_t)len };
}

/* Open bytes as the table that was made. */
static bool made_open(struct pclntab *ret, const struct made *m, struct text bytes)
{
	if (!pclntab_open(ret, bytes))
		return false;
	if (ret->layout == PCLNTAB_1_2)
		ret->inlining = m->how.inlining;
	ret->gofunc = MAKE_GOFUNC;
	ret->bytes_at = made_bytes_at;
	ret->arg = m;
	return true;
}

#endif
