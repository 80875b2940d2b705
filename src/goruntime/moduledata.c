/* moduledata.c - where a Go program's code and function data begin. */
#include "moduledata_internal.h"

#include <elf.h>

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

#define CANDIDATES_MAX                                                            \
	4 /* one in a program; more words that equal the table's place are chance \
	   */

enum word { PCHEADER, FTAB, TEXT, GOFUNC, WORD_COUNT };

struct candidate {
	uint64_t vaddr;
	uint64_t words[WORD_COUNT]; /* 0 when neither file nor relocation has it */
};

struct search {
	const struct elfimage *image;
	uint64_t offsets[WORD_COUNT];	  /* in the module data */
	uint64_t table_vaddr, ftab_vaddr; /* which are the first two of its words */
	struct candidate candidates[CANDIDATES_MAX];
	size_t count;
};

static uint64_t word_at(const struct elfimage *im, uint64_t vaddr)
{
	struct text t = elfimage_bytes_at(im, vaddr, 8);
	struct cursor c = cursor_over(t.at, t.len);

	return cursor_uint(&c, 8);
}

static void add_candidate(struct search *s, uint64_t vaddr)
{
	struct candidate *c = &s->candidates[s->count];

	if (s->count == CANDIDATES_MAX)
		return;
	c->vaddr = vaddr;
	for (size_t i = 0; i < WORD_COUNT; i++)
		c->words[i] = word_at(s->image, vaddr + s->offsets[i]);
	s->count++;
}

/* The candidate whose list of functions is the table's; NULL. */
static const struct candidate *sound_candidate(const struct search *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->candidates[i].words[PCHEADER] == s->table_vaddr &&
		    s->candidates[i].words[FTAB] == s->ftab_vaddr)
			return &s->candidates[i];
	return NULL;
}

static bool note_candidate(void *arg, uint64_t vaddr, uint64_t value)
{
	struct search *s = arg;

	if (value == s->table_vaddr)
		add_candidate(s, vaddr);
	return s->count < CANDIDATES_MAX;
}

static bool relocate_candidates(void *arg, uint64_t vaddr, uint64_t value)
{
	struct search *s = arg;

	for (size_t i = 0; i < s->count; i++)
		for (size_t word = 0; word < WORD_COUNT; word++)
			if (vaddr - s->candidates[i].vaddr == s->offsets[word])
				s->candidates[i].words[word] = value;
	return true;
}

/* A program that is not relocated has the pointers in its file. */
static const struct candidate *scan_words(struct search *s, struct text bytes, uint64_t vaddr)
{
	size_t at = (size_t)(-vaddr & 7);
	struct cursor c = cursor_over(bytes.at, bytes.len);

	if (bytes.len < at + 8)
		return NULL;
	for (cursor_bytes(&c, at); cursor_left(&c) >= 8; at += 8) {
		const struct candidate *found;

		if (cursor_uint(&c, 8) != s->table_vaddr)
			continue;
		s->count = 0;
		add_candidate(s, vaddr + at);
		found = sound_candidate(s);
		if (found)
			return found;
	}
	return NULL;
}

/* Segments of a made-up file may overlap: no more bytes than it has. */
static const struct candidate *scan_data(struct search *s)
{
	size_t left = s->image->file.len;
	const struct candidate *found = NULL;
	struct elfsegment segment;

	for (size_t i = 0; !found && elfimage_segment(&segment, s->image, i); i++) {
		struct text bytes;

		if (segment.type != PT_LOAD || !(segment.flags & PF_W))
			continue;
		bytes = elfimage_bytes_at(s->image, segment.vaddr, segment.file_bytes);
		bytes.len = bytes.len < left ? bytes.len : left;
		left -= bytes.len;
		found = scan_words(s, bytes, segment.vaddr);
	}
	return found;
}

/* Passes through the relocations cost as much as there are (position independent programs of Go
 * have 100,000s): two at most, however many words they have to tell. */
static const struct candidate *find(struct search *s)
{
	struct elfsection module;
	bool is_told = elfimage_section(&module, s->image, ".go.module");
	const struct candidate *found;

	if (is_told)
		add_candidate(s, module.vaddr);
	found = is_told ? sound_candidate(s) : scan_data(s);
	if (found)
		return found;
	if (!is_told) {
		s->count = 0;
		elfimage_each_relative(s->image, note_candidate, s);
	}
	if (s->count > 0)
		elfimage_each_relative(s->image, relocate_candidates, s);
	return sound_candidate(s);
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

static uint64_t gofunc_offset(const struct elfimage *image, const struct pclntab *table)
{
	struct elfsection func;
	uint64_t minor;

	if (table->layout == PCLNTAB_1_18)
		return GOFUNC_OFFSET_1_18;
	minor = moduledata_go_minor(image);
	if (!is_known(minor)) /* the section came with Go 1.27, too */
		minor = elfimage_section(&func, image, ".go.func") ? 27 : 20;
	return minor >= 27 ? GOFUNC_OFFSET_1_27 : GOFUNC_OFFSET_1_20;
}

void moduledata_find(struct moduledata *ret, const struct elfimage *image,
		     const struct pclntab *table, uint64_t table_vaddr)
{
	struct search s = {
		.image = image,
		.offsets = { PCHEADER_OFFSET, FTAB_OFFSET, TEXT_OFFSET,
			     gofunc_offset(image, table) },
		.table_vaddr = table_vaddr,
		.ftab_vaddr = table_vaddr + table->functab,
	};
	const struct candidate *found = find(&s);

	*ret = (struct moduledata){ UNKNOWN_U64, UNKNOWN_U64 };
	if (!found)
		return;
	if (elfimage_bytes_at(image, found->words[TEXT], 1).len)
		ret->text = found->words[TEXT];
	if (elfimage_bytes_at(image, found->words[GOFUNC], 1).len)
		ret->gofunc = found->words[GOFUNC];
}
