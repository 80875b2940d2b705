/* pclntab.c - decode Go's function table. */
#include "goruntime/pclntab.h"

#include "base/cursor.h"
#include "base/unknown.h"
#include "pclntab_internal.h"

#define MAGIC_1_2  0xfffffffbu
#define MAGIC_1_16 0xfffffffau
#define MAGIC_1_18 0xfffffff0u
#define MAGIC_1_20 0xfffffff1u

#define HEADER_BYTES   8
#define FUNC_COUNT_MAX (1u << 26) /* a table of more could not be in a file */
#define NAME_BYTES_MAX (64u << 10)

/* Of all that is looked up for one program counter, 5 ns each: made-up tables could keep it busy
 * for long. A function of 100,000 lines needs fewer. */
#define VALUE_STEPS_MAX (1u << 19)

/* Where the fields of a _func are; -1: it has none. */
struct func_shape {
	int name, pcsp, pcfile, pcln, pcdata_count, unit, start_line, funcdata_count;
	unsigned bytes; /* the pcdata offsets begin here */
};

static const struct func_shape func_shapes[] = {
	[PCLNTAB_1_2] = { 8, 20, 24, 28, 32, -1, -1, 39, 40 },
	[PCLNTAB_1_16] = { 8, 20, 24, 28, 32, 36, -1, 43, 44 },
	[PCLNTAB_1_18] = { 4, 16, 20, 24, 28, 32, -1, 39, 40 },
	[PCLNTAB_1_20] = { 4, 16, 20, 24, 28, 32, 36, 43, 44 },
};

static struct cursor at_offset(const struct pclntab *t, uint64_t offset)
{
	struct cursor c = cursor_over(t->table.at, t->table.len);

	if (offset > t->table.len)
		c.bad = true;
	else
		c.at += offset;
	return c;
}

static bool has_words(const struct pclntab *t)
{
	return t->layout <= PCLNTAB_1_16; /* the list of functions has 8-byte numbers */
}

static bool read_layout(struct pclntab *t, uint64_t magic)
{
	switch (magic) {
	case MAGIC_1_2:
		t->layout = PCLNTAB_1_2;
		t->inlining = PCLNTAB_NO_INLINING;
		return true;
	case MAGIC_1_16:
		t->layout = PCLNTAB_1_16;
		t->inlining = PCLNTAB_INLINING_1_16;
		return true;
	case MAGIC_1_18:
		t->layout = PCLNTAB_1_18;
		t->inlining = PCLNTAB_INLINING_1_16;
		return true;
	case MAGIC_1_20:
		t->layout = PCLNTAB_1_20;
		t->inlining = PCLNTAB_INLINING_1_20;
		return true;
	default:
		return false;
	}
}

/* Behind the list of functions of layout 1.2 stands the offset of the list of files. */
static bool read_offsets_1_2(struct pclntab *t, const struct cursor *c)
{
	struct cursor at_files;

	t->functab = (uint64_t)((const char *)c->at - t->table.at);
	at_files = at_offset(t, t->functab + 16 * t->func_count + 8);
	t->files = cursor_uint(&at_files, 4);
	return !at_files.bad;
}

static bool read_offsets(struct pclntab *t, struct cursor *c)
{
	if (t->layout == PCLNTAB_1_2)
		return read_offsets_1_2(t, c);
	cursor_uint(c, 8); /* the number of files */
	if (t->layout >= PCLNTAB_1_18)
		t->text_start = cursor_uint(c, 8);
	t->names = cursor_uint(c, 8);
	t->units = cursor_uint(c, 8);
	t->files = cursor_uint(c, 8);
	t->values = cursor_uint(c, 8);
	t->functab = t->pcln = cursor_uint(c, 8);
	return !c->bad && t->names <= t->table.len && t->units <= t->table.len &&
	       t->files <= t->table.len && t->values <= t->table.len && t->pcln <= t->table.len;
}

bool pclntab_open(struct pclntab *ret, struct text table)
{
	struct pclntab t = { .table = table, .gofunc = UNKNOWN_U64 };
	struct cursor c = cursor_over(table.at, table.len);
	uint64_t magic = cursor_uint(&c, 4), zero = cursor_uint(&c, 2), word_bytes, list_bytes;

	t.quantum = cursor_uint(&c, 1);
	word_bytes = cursor_uint(&c, 1);
	t.func_count = cursor_uint(&c, 8);
	if (c.bad || zero != 0 || word_bytes != 8 || t.func_count == 0 ||
	    t.func_count > FUNC_COUNT_MAX || (t.quantum != 1 && t.quantum != 2 && t.quantum != 4) ||
	    !read_layout(&t, magic) || !read_offsets(&t, &c))
		return false;
	list_bytes = has_words(&t) ? 16 * t.func_count + 8 : 8 * t.func_count + 4;
	if (t.functab > table.len || list_bytes > table.len - t.functab)
		return false;
	*ret = t;
	return true;
}

/* The list was seen to lie in the table. */
uint64_t pclntab_entry(const struct pclntab *t, uint64_t i)
{
	struct cursor c;

	if (i > t->func_count)
		return UNKNOWN_U64;
	c = at_offset(t, t->functab + i * (has_words(t) ? 16 : 8));
	return has_words(t) ? cursor_uint(&c, 8) : t->text_start + cursor_uint(&c, 4);
}

uint64_t pclntab_find(const struct pclntab *t, uint64_t pc)
{
	uint64_t low = 0, high = t->func_count;

	if (pc < pclntab_entry(t, 0) || pc >= pclntab_entry(t, t->func_count))
		return UNKNOWN_U64;
	while (high - low > 1) { /* entry(low) <= pc < entry(high) */
		uint64_t middle = low + (high - low) / 2;

		if (pclntab_entry(t, middle) <= pc)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The number of width 4 at a place in the function's _func; -1: there is none. */
static uint64_t field(const struct pclntab *t, uint64_t func, int place)
{
	struct cursor c = at_offset(t, func + (uint64_t)place);
	uint64_t v = cursor_uint(&c, 4);

	return place < 0 || c.bad ? UNKNOWN_U64 : v;
}

bool pclntab_func_at(const struct pclntab *t, uint64_t i, struct pclntab_func *ret)
{
	struct cursor c;

	if (i >= t->func_count)
		return false;
	c = at_offset(t, t->functab + i * (has_words(t) ? 16 : 8) + (has_words(t) ? 8 : 4));
	ret->entry = pclntab_entry(t, i);
	ret->steps_left = VALUE_STEPS_MAX;
	ret->at = cursor_uint(&c, has_words(t) ? 8 : 4);
	if (c.bad || ret->at > t->table.len - t->pcln)
		return false;
	ret->at += t->pcln;
	return true;
}

bool pclntab_func(const struct pclntab *t, uint64_t pc, struct pclntab_func *ret)
{
	return pclntab_func_at(t, pclntab_find(t, pc), ret);
}

static uint64_t take_varint(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 35 && c->at < c->end; shift += 7) {
		uint64_t byte = *c->at++;

		v |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	c->bad = true;
	return 0;
}

/* runtime.pcvalue: pairs of a step of the value (zigzag) and of the program counter. */
bool pclntab_value(const struct pclntab *t, uint64_t table, struct pclntab_func *f, uint64_t pc,
		   int64_t *ret)
{
	struct cursor c = at_offset(t, t->values + table);
	uint64_t at = f->entry;
	int64_t value = -1;

	if (table == 0 || !is_known(table) || c.bad)
		return false;
	for (bool first = true; f->steps_left > 0; first = false, f->steps_left--) {
		uint64_t zigzag = take_varint(&c);

		if (zigzag == 0 && !first)
			return false;
		value += zigzag & 1 ? -(int64_t)(zigzag >> 1) - 1 : (int64_t)(zigzag >> 1);
		at += take_varint(&c) * t->quantum;
		if (c.bad)
			return false;
		if (pc < at) {
			*ret = value;
			return true;
		}
	}
	return false;
}

uint64_t pclntab_pcdata(const struct pclntab *t, const struct pclntab_func *f, unsigned which)
{
	const struct func_shape *s = &func_shapes[t->layout];
	uint64_t count = field(t, f->at, s->pcdata_count);

	if (!is_known(count) || which >= count || count > UINT16_MAX)
		return UNKNOWN_U64;
	return field(t, f->at, (int)(s->bytes + 4 * (uint64_t)which));
}

/* The function data begin behind the pcdata, with 8-byte pointers on an 8-byte place. */
static uint64_t pointer_funcdata(const struct pclntab *t, const struct pclntab_func *f,
				 uint64_t behind_pcdata, unsigned which)
{
	struct cursor c =
		at_offset(t, f->at + ((behind_pcdata + 7) & ~UINT64_C(7)) + (uint64_t)which * 8);
	uint64_t v = cursor_uint(&c, 8);

	return c.bad || v == 0 ? UNKNOWN_U64 : v;
}

uint64_t pclntab_funcdata(const struct pclntab *t, const struct pclntab_func *f, unsigned which)
{
	const struct func_shape *s = &func_shapes[t->layout];
	uint64_t pcdata_count = field(t, f->at, s->pcdata_count), behind, offset;
	struct cursor c = at_offset(t, f->at + (uint64_t)s->funcdata_count);
	uint64_t count = cursor_uint(&c, 1);

	if (t->layout == PCLNTAB_1_2 && t->inlining == PCLNTAB_INLINING_1_9)
		count = field(t, f->at, 36); /* then a number of 4 bytes */
	if (!is_known(pcdata_count) || pcdata_count > UINT16_MAX || c.bad || which >= count)
		return UNKNOWN_U64;
	behind = s->bytes + 4 * pcdata_count;
	if (has_words(t))
		return pointer_funcdata(t, f, behind, which);
	offset = field(t, f->at, (int)(behind + 4 * (uint64_t)which));
	if (offset == UINT32_MAX || !is_known(offset) || !is_known(t->gofunc))
		return UNKNOWN_U64;
	return t->gofunc + offset;
}

/* Text up to its NUL. */
static struct text string_at(const struct pclntab *t, uint64_t offset)
{
	struct cursor c = at_offset(t, offset);
	size_t left = cursor_left(&c);
	struct text rest = cursor_bytes(&c, left < NAME_BYTES_MAX ? left : NAME_BYTES_MAX);
	const char *end = rest.len ? memchr(rest.at, '\0', rest.len) : NULL;

	return end ? (struct text){ rest.at, (size_t)(end - rest.at) } : (struct text){ 0 };
}

struct text pclntab_name(const struct pclntab *t, uint64_t offset)
{
	return string_at(t, t->names + (uint32_t)offset);
}

struct text pclntab_file(const struct pclntab *t, const struct pclntab_func *f, int64_t number)
{
	uint64_t unit = field(t, f->at, func_shapes[t->layout].unit), offset;

	if (number < 0 || number > INT32_MAX)
		return (struct text){ 0 };
	if (t->layout == PCLNTAB_1_2) {
		offset = number ? field(t, t->files + (uint64_t)number * 4, 0) : 0;
		return offset && is_known(offset) ? string_at(t, offset) : (struct text){ 0 };
	}
	if (!is_known(unit))
		return (struct text){ 0 };
	offset = field(t, t->units + (unit + (uint64_t)number) * 4, 0);
	if (!is_known(offset) || offset == UINT32_MAX)
		return (struct text){ 0 };
	return string_at(t, t->files + offset);
}

void pclntab_place(const struct pclntab *t, struct pclntab_func *f, uint64_t pc,
		   struct code_frame *ret)
{
	const struct func_shape *s = &func_shapes[t->layout];
	int64_t v;

	ret->file = (struct text){ 0 };
	ret->line = UNKNOWN_U64;
	if (pclntab_value(t, field(t, f->at, s->pcfile), f, pc, &v))
		ret->file = pclntab_file(t, f, v);
	if (pclntab_value(t, field(t, f->at, s->pcln), f, pc, &v) && v >= 0)
		ret->line = (uint64_t)v;
}

void pclntab_describe(const struct pclntab *t, const struct pclntab_func *f, struct code_frame *ret)
{
	const struct func_shape *s = &func_shapes[t->layout];
	uint64_t name = field(t, f->at, s->name);

	ret->function = is_known(name) ? pclntab_name(t, name) : (struct text){ 0 };
	ret->start_line = field(t, f->at, s->start_line);
	ret->is_inlined = false;
}

uint64_t pclntab_sp_delta(const struct pclntab *t, uint64_t pc)
{
	struct pclntab_func f;
	int64_t v;

	if (!pclntab_func(t, pc, &f) ||
	    !pclntab_value(t, field(t, f.at, func_shapes[t->layout].pcsp), &f, pc, &v) || v < 0)
		return UNKNOWN_U64;
	return (uint64_t)v;
}

const char *pclntab_layout_name(enum pclntab_layout layout)
{
	static const char *const names[] = { "1.2", "1.16", "1.18", "1.20" };

	return names[layout];
}
