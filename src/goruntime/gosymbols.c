/* gosymbols.c - the function table of a Go program: found in its file, then asked. */
#include "goruntime/gosymbols.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/unknown.h"
#include "goruntime/buildinfo.h"
#include "moduledata_internal.h"
#include "goruntime/pclntab.h"
#include "pclntab_internal.h"

struct gosymbols {
	const struct elfimage *image;
	struct pclntab table;
	uint64_t vaddr;	    /* of the table */
	struct buf patched; /* the table with its pointers relocated, where that was needed */
};

static struct text image_bytes(const void *arg, uint64_t vaddr, uint64_t len)
{
	return elfimage_bytes_at(arg, vaddr, len);
}

/* A header can be anywhere where there is no section of its own: externally linked position
 * independent programs up to Go 1.25 have it in .data.rel.ro, others have lost their section
 * headers. It stands on a place that is a multiple of 32 (cmd/link/internal/ld/pcln.go), or of 8 in
 * front of Go 1.16. */
static bool scan_for_table(struct gosymbols *g, struct elfsection in)
{
	for (size_t at = (size_t)(-in.vaddr & 7); at <= in.bytes.len && in.bytes.len - at >= 16;
	     at += 8) {
		const unsigned char *b = (const unsigned char *)in.bytes.at + at;

		if (b[1] != 0xff || b[2] != 0xff || b[3] != 0xff || b[0] < 0xf0 || b[4] || b[5] ||
		    b[7] != 8)
			continue;
		if (pclntab_open(&g->table, (struct text){ in.bytes.at + at, in.bytes.len - at }) &&
		    pclntab_is_sound(&g->table)) {
			g->vaddr = in.vaddr + at;
			return true;
		}
	}
	return false;
}

/* Segments of a made-up file may overlap: no more bytes than it has. */
static bool scan_segments(struct gosymbols *g)
{
	size_t left = g->image->file.len;
	struct elfsegment segment;

	for (size_t i = 0; elfimage_segment(&segment, g->image, i); i++) {
		struct elfsection s = { .vaddr = segment.vaddr };

		if (segment.type != PT_LOAD)
			continue;
		s.bytes = elfimage_bytes_at(g->image, segment.vaddr, segment.file_bytes);
		if (s.bytes.len > left)
			s.bytes.len = left;
		left -= s.bytes.len;
		if (scan_for_table(g, s))
			return true;
	}
	return false;
}

/* Only what has some other sign of Go is searched through. */
static bool looks_like_go(const struct elfimage *image)
{
	struct text note;
	struct buildinfo info;

	return elfimage_note(&note, image, "Go", 4) ||
	       buildinfo_of_image(&info, image) != BUILDINFO_NONE;
}

static int find_table(struct gosymbols *g, struct err *err)
{
	static const char *const sections[] = { ".gopclntab", ".data.rel.ro.gopclntab" };
	struct elfsection s;

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (!elfimage_section(&s, g->image, sections[i]))
			continue;
		g->vaddr = s.vaddr;
		if (pclntab_open(&g->table, s.bytes))
			return 0;
		return err_say(err, EBADMSG, "its function table (%s) cannot be read", sections[i]);
	}
	if (elfimage_section(&s, g->image, ".data.rel.ro") && scan_for_table(g, s))
		return 0;
	return looks_like_go(g->image) && scan_segments(g) ? 0 : -ENOENT;
}

static bool patch_word(void *arg, uint64_t vaddr, uint64_t value)
{
	struct gosymbols *g = arg;
	uint64_t into = vaddr - g->vaddr;

	if (into < g->patched.len && g->patched.len - into >= 8)
		for (size_t i = 0; i < 8; i++)
			g->patched.at[into + i] = (uint8_t)(value >> 8 * i);
	return true;
}

/* Up to Go 1.17 the table has pointers, which a position independent program gets at its start. */
static void relocate_table(struct gosymbols *g)
{
	struct pclntab t;

	if (g->table.layout > PCLNTAB_1_16 || pclntab_entry(&g->table, 0) != 0)
		return;
	buf_add(&g->patched, g->table.table.at, g->table.table.len);
	elfimage_each_relative(g->image, patch_word, g);
	if (pclntab_open(&t, buf_text(&g->patched)))
		g->table = t;
}

/* The layout 1.2 does not say how inlining is written: the release does. */
static void learn_inlining(struct gosymbols *g)
{
	uint64_t minor;

	if (g->table.layout != PCLNTAB_1_2)
		return;
	minor = moduledata_go_minor(g->image);
	/* there is build info from Go 1.13 on, but not in every kind of program */
	g->table.inlining = is_known(minor) && minor >= 13 ? PCLNTAB_INLINING_1_13
							   : pclntab_guess_inlining(&g->table);
}

/* From layout 1.18 on program counters count from where the code begins, and function data from
 * where those begin: both are in the program's module data. */
static int learn_starts(struct gosymbols *g, struct err *err)
{
	struct moduledata m;

	if (g->table.layout < PCLNTAB_1_18)
		return 0;
	moduledata_find(&m, g->image, &g->table, g->vaddr);
	if (is_known(m.text))
		g->table.text_start = m.text;
	g->table.gofunc = m.gofunc;
	if (g->table.text_start == 0)
		return err_say(err, EBADMSG,
			       "where its code begins (runtime.text) could not be found");
	return 0;
}

int gosymbols_open(struct gosymbols **ret, const struct elfimage *image, struct err *err)
{
	struct gosymbols *g = xcalloc(1, sizeof(*g));
	int rc;

	g->image = image;
	rc = find_table(g, err);
	if (rc == 0) {
		relocate_table(g);
		learn_inlining(g);
		rc = learn_starts(g, err);
		g->table.bytes_at = image_bytes;
		g->table.arg = image;
	}
	if (rc < 0) {
		gosymbols_close(g);
		return rc;
	}
	*ret = g;
	return 0;
}

void gosymbols_close(struct gosymbols *g)
{
	if (!g)
		return;
	buf_done(&g->patched);
	free(g);
}

size_t gosymbols_frames(const struct gosymbols *g, uint64_t vaddr, struct code_frame *out,
			size_t max)
{
	return pclntab_frames(&g->table, vaddr, out, max);
}

bool gosymbols_extent(const struct gosymbols *g, uint64_t vaddr, uint64_t *ret_entry,
		      uint64_t *ret_end)
{
	uint64_t i = pclntab_find(&g->table, vaddr);

	if (!is_known(i))
		return false;
	*ret_entry = pclntab_entry(&g->table, i);
	*ret_end = pclntab_entry(&g->table, i + 1);
	return true;
}

uint64_t gosymbols_sp_delta(const struct gosymbols *g, uint64_t vaddr)
{
	return pclntab_sp_delta(&g->table, vaddr);
}

size_t gosymbols_count(const struct gosymbols *g)
{
	return (size_t)g->table.func_count;
}

uint64_t gosymbols_entry(const struct gosymbols *g, size_t i)
{
	return pclntab_entry(&g->table, i);
}

const char *gosymbols_layout(const struct gosymbols *g)
{
	return pclntab_layout_name(g->table.layout);
}
