/* moduledata.c - where a Go program's code and function data begin. */
#include "moduledata_internal.h"

#include "base/cursor.h"
#include "base/unknown.h"
#include "goruntime/buildinfo.h"

/* runtime/symtab.go, type moduledata, amd64 and arm64: the same since Go 1.16 up to gofunc. */
#define PCHEADER_OFFSET	   0
#define FTAB_OFFSET	   128
#define TEXT_OFFSET	   176
#define GOFUNC_OFFSET_1_18 304
#define GOFUNC_OFFSET_1_20 320
#define GOFUNC_OFFSET_1_27 344

struct search {
	const struct elfimage *image;
	const struct pclntab *table;
	uint64_t table_vaddr, found;
};

/* Does the module data lie at vaddr? Its list of functions is the table's. */
static bool is_moduledata(const struct search *s, uint64_t vaddr)
{
	uint64_t ftab = elfimage_pointer_at(s->image, vaddr + FTAB_OFFSET, 8);

	return elfimage_pointer_at(s->image, vaddr + PCHEADER_OFFSET, 8) == s->table_vaddr &&
	       ftab == s->table_vaddr + s->table->functab;
}

static bool take_candidate(void *arg, uint64_t vaddr, uint64_t value)
{
	struct search *s = arg;

	if (value != s->table_vaddr || !is_moduledata(s, vaddr))
		return true;
	s->found = vaddr;
	return false;
}

/* A program that is not relocated has the pointers in its file. */
static void scan_data(struct search *s)
{
	struct elfsection data;

	for (size_t i = 0; elfimage_data_segment(&data, s->image, i, SIZE_MAX); i++) {
		struct cursor c = cursor_over(data.bytes.at, data.bytes.len);

		for (uint64_t at = 0; cursor_left(&c) >= 8; at += 8)
			if (cursor_uint(&c, 8) == s->table_vaddr &&
			    !take_candidate(s, data.vaddr + at, s->table_vaddr))
				return;
	}
}

static uint64_t find(struct search *s)
{
	struct elfsection module;

	s->found = UNKNOWN_U64;
	if (elfimage_section(&module, s->image, ".go.module") && is_moduledata(s, module.vaddr))
		return module.vaddr;
	scan_data(s);
	if (!is_known(s->found))
		elfimage_each_relative(s->image, take_candidate, s);
	return s->found;
}

uint64_t moduledata_go_minor(const struct elfimage *image)
{
	struct buildinfo info;
	struct cursor c;
	uint64_t minor = 0, digit;

	if (buildinfo_of_image(&info, image) != BUILDINFO_OK || !text_starts(info.version, "go1."))
		return UNKNOWN_U64;
	c = cursor_over(info.version.at + 4, info.version.len - 4);
	for (size_t n = 0; n < 3 && cursor_left(&c); n++) {
		digit = cursor_uint(&c, 1) - '0';
		if (digit > 9)
			return n ? minor : UNKNOWN_U64;
		minor = minor * 10 + digit;
	}
	return minor;
}

static uint64_t gofunc_offset(const struct search *s)
{
	uint64_t minor;

	if (s->table->layout == PCLNTAB_1_18)
		return GOFUNC_OFFSET_1_18;
	minor = moduledata_go_minor(s->image);
	return is_known(minor) && minor >= 27 ? GOFUNC_OFFSET_1_27 : GOFUNC_OFFSET_1_20;
}

void moduledata_find(struct moduledata *ret, const struct elfimage *image,
		     const struct pclntab *table, uint64_t table_vaddr)
{
	struct search s = { image, table, table_vaddr, UNKNOWN_U64 };
	uint64_t at = find(&s), text, gofunc;

	*ret = (struct moduledata){ UNKNOWN_U64, UNKNOWN_U64 };
	if (!is_known(at))
		return;
	text = elfimage_pointer_at(image, at + TEXT_OFFSET, 8);
	gofunc = elfimage_pointer_at(image, at + gofunc_offset(&s), 8);
	if (elfimage_bytes_at(image, text, 1).len)
		ret->text = text;
	if (elfimage_bytes_at(image, gofunc, 1).len)
		ret->gofunc = gofunc;
}
