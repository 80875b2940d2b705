/* test_gosymbols.c - function tables of real programs (tests/data/pclntab, cut down by make.sh
 * there) against what Go's own readers said about every place of them; then damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "base/buf.h"
#include "base/own.h"
#include "base/unknown.h"
#include "goruntime/gosymbols.h"

#define DIR "tests/data/pclntab/"

static struct buf read_whole(const char *path)
{
	OWN_FILE FILE *f = fopen(path, "re");
	struct buf b = { 0 };

	if (!f)
		fail_msg("cannot open %s", path);
	for (size_t n = 1; n;) {
		uint8_t *room = buf_room(&b, 65536);

		n = fread(room, 1, 65536, f);
		b.len += n;
	}
	return b;
}

/* A program and what is read from it. */
struct opened {
	struct buf bytes;
	struct elfimage image;
	struct gosymbols *symbols; /* NULL: none */
	struct err err;
	int rc;
};

static void open_bytes(struct opened *o)
{
	o->symbols = NULL;
	o->rc = elfimage_open_bytes(&o->image, buf_text(&o->bytes));
	if (o->rc < 0) { /* no ELF file any more */
		o->image = (struct elfimage){ 0 };
		return;
	}
	o->rc = gosymbols_open(&o->symbols, &o->image, &o->err);
	assert_int_equal(o->rc == 0, o->symbols != NULL);
}

static void close_image(struct opened *o)
{
	gosymbols_close(o->symbols);
	elfimage_close(&o->image);
}

static void open_file(struct opened *o, const char *path)
{
	o->bytes = read_whole(path);
	open_bytes(o);
}

static void done(struct opened *o)
{
	close_image(o);
	buf_done(&o->bytes);
}

/* "NAME FILE:LINE..." as the lists have them. */
static void print_frames(struct buf *ret, const struct gosymbols *g, uint64_t pc)
{
	struct code_frame f[CODE_FRAMES_MAX];
	size_t n = gosymbols_frames(g, pc, f, CODE_FRAMES_MAX);

	buf_clear(ret);
	for (size_t i = 0; i < n; i++) {
		buf_addf(ret, "\t%.*s\t%.*s:", (int)f[i].function.len, f[i].function.at,
			 (int)f[i].file.len, f[i].file.at);
		if (is_known(f[i].line))
			buf_addf(ret, "%llu", (unsigned long long)f[i].line);
		else
			buf_addf(ret, "?");
	}
}

/* The debug information of Go 1.10 leaves out inlined calls: where it tells none, the innermost
 * place and the outermost function are compared. */
static bool agree(const char *said, const char *told, bool is_complete)
{
	const char *said_place = strchr(said + 1, '\t'), *told_place = strchr(told + 1, '\t');
	size_t told_place_len;

	if (is_complete || strchr(told_place + 1, '\t'))
		return strcmp(said, told) == 0;
	told_place_len = strlen(told_place);
	if (strncmp(said_place, told_place, told_place_len) != 0)
		return false;
	for (const char *next; (next = strchr(strchr(said + 1, '\t') + 1, '\t'));)
		said = next;
	return strncmp(said, told, (size_t)(told_place - told) + 1) == 0;
}

/* Every place, from the one of a line of the list up to that of the next. */
static size_t compare_with_list(const struct gosymbols *g, struct buf *list, bool is_complete)
{
	uint64_t end = gosymbols_entry(g, gosymbols_count(g));
	struct buf said = { 0 };
	size_t count = 0;

	for (char *line = (char *)(uintptr_t)buf_cstr(list), *next; *line; line = next) {
		char *frames;
		uint64_t pc = strtoull(line, &frames, 16), to;

		next = strchr(line, '\n');
		*next++ = '\0';
		for (to = *next ? strtoull(next, NULL, 16) : end; pc < to; pc++, count++) {
			print_frames(&said, g, pc);
			if (!agree(buf_cstr(&said), frames, is_complete))
				fail_msg("%llx:%s, not%s", (unsigned long long)pc, buf_cstr(&said),
					 frames);
		}
	}
	buf_done(&said);
	return count;
}

static void compare_program(const char *release, const char *layout)
{
	char path[64];
	struct opened o;
	struct buf list;
	uint64_t code;

	snprintf(path, sizeof(path), DIR "%s.elf", release);
	open_file(&o, path);
	assert_int_equal(o.rc, 0);
	assert_string_equal(gosymbols_layout(o.symbols), layout);
	snprintf(path, sizeof(path), DIR "%s.txt", release);
	list = read_whole(path);
	code = gosymbols_entry(o.symbols, gosymbols_count(o.symbols)) -
	       gosymbols_entry(o.symbols, 0);
	assert_int_equal(compare_with_list(o.symbols, &list, strncmp(release, "go1.10.", 7) != 0),
			 code);
	buf_done(&list);
	done(&o);
}

static void programs_of_layout_1_2_read_as_go_reads_them(void **state)
{
	(void)state;
	compare_program("go1.10.8", "1.2");
	compare_program("go1.12.17", "1.2");
	compare_program("go1.15.15", "1.2");
}

static void programs_of_layout_1_16_read_as_go_reads_them(void **state)
{
	(void)state;
	compare_program("go1.17.13", "1.16");
}

static void programs_of_newer_layouts_read_as_go_reads_them(void **state)
{
	(void)state;
	compare_program("go1.19.8", "1.18");
	compare_program("go1.26.8", "1.20");
}

static void extents_are_those_of_the_list(void **state)
{
	uint64_t entry = 77, end = 77, first;
	struct opened o;
	size_t count;

	(void)state;
	open_file(&o, DIR "go1.19.8.elf");
	count = gosymbols_count(o.symbols);
	first = gosymbols_entry(o.symbols, 0);
	assert_in_range(count, 15, 100);
	for (size_t i = 0; i < count; i++) {
		uint64_t last = gosymbols_entry(o.symbols, i + 1) - 1;

		assert_true(gosymbols_extent(o.symbols, last, &entry, &end));
		assert_int_equal(entry, gosymbols_entry(o.symbols, i));
		assert_int_equal(end, last + 1);
	}
	entry = end = 77;
	assert_false(gosymbols_extent(o.symbols, first - 1, &entry, &end));
	assert_int_equal(entry + end, 2 * 77);
	assert_int_equal(gosymbols_sp_delta(o.symbols, first), 0);
	assert_int_equal(gosymbols_sp_delta(o.symbols, first - 1), UNKNOWN_U64);
	done(&o);
}

/* Section headers gone: the build info is the only sign of Go, and there is none before Go 1.13. */
static void section_headers_are_not_needed(void **state)
{
	static const char *const releases[] = { "go1.15.15", "go1.17.13", "go1.19.8", "go1.26.8" };

	(void)state;
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
		char path[64];
		struct opened o;
		size_t count;

		snprintf(path, sizeof(path), DIR "%s.elf", releases[i]);
		open_file(&o, path);
		count = gosymbols_count(o.symbols);
		close_image(&o);
		memset(o.bytes.at + 40, 0, 8); /* e_shoff */
		memset(o.bytes.at + 58, 0, 6); /* e_shentsize, e_shnum, e_shstrndx */
		open_bytes(&o);
		assert_int_equal(o.rc, 0);
		assert_int_equal(gosymbols_count(o.symbols), count);
		done(&o);
	}
}

static void what_has_no_table_is_told_from_what_has_a_broken_one(void **state)
{
	struct opened o;

	(void)state;
	open_file(&o, "/proc/self/exe"); /* this test */
	assert_int_equal(o.rc, -ENOENT);
	done(&o);
	open_file(&o, "tests/data/elf/hello-go1.19.8.elf"); /* its first 64 bytes */
	assert_int_equal(o.rc, -EBADMSG);
	assert_non_null(strstr(o.err.what, ".gopclntab"));
	done(&o);
}

static void ask(const struct opened *o)
{
	struct code_frame f[CODE_FRAMES_MAX];

	for (size_t i = 0; o->symbols && i < gosymbols_count(o->symbols) && i < 64; i++) {
		uint64_t pc = gosymbols_entry(o->symbols, i);

		for (uint64_t n = 0; n < 128; n += 16)
			assert_in_range(gosymbols_frames(o->symbols, pc + n, f, CODE_FRAMES_MAX), 0,
					CODE_FRAMES_MAX);
	}
}

static void every_cut_and_change_of_a_program_is_taken_calmly(void **state)
{
	static const char *const paths[] = { DIR "go1.12.17.elf", DIR "go1.26.8.elf" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct opened o;
		size_t len;

		open_file(&o, paths[i]);
		len = o.bytes.len;
		close_image(&o);
		for (size_t at = 64; at < len; at += at < 0x600 ? 1 : 7) {
			o.bytes.len = at;
			open_bytes(&o);
			ask(&o);
			close_image(&o);
			o.bytes.len = len;
			o.bytes.at[at] ^= 0xff;
			open_bytes(&o);
			ask(&o);
			close_image(&o);
			o.bytes.at[at] ^= 0xff;
		}
		buf_done(&o.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_of_layout_1_2_read_as_go_reads_them),
		cmocka_unit_test(programs_of_layout_1_16_read_as_go_reads_them),
		cmocka_unit_test(programs_of_newer_layouts_read_as_go_reads_them),
		cmocka_unit_test(extents_are_those_of_the_list),
		cmocka_unit_test(section_headers_are_not_needed),
		cmocka_unit_test(what_has_no_table_is_told_from_what_has_a_broken_one),
		cmocka_unit_test(every_cut_and_change_of_a_program_is_taken_calmly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
