/* test_lines.c - files, lines and inlined calls, held against what is known of the source and
 * against addr2line, at every instruction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/unknown.h"
#include "image_build.h"
#include "symbols/debugfile_internal.h"
#include "symbols/image.h"
#include "symbols/lines_internal.h"

/* deepest is inlined into middle, middle into outer, twice: its lines are known by heart. */
static const char source[] =
	"volatile int sink;\n"						    /* 1 */
	"static inline __attribute__((always_inline)) int deepest(int a)\n" /* 2 */
	"{\n"								    /* 3 */
	"	sink = a * 3;\n"					    /* 4 */
	"	return sink;\n"						    /* 5 */
	"}\n"								    /* 6 */
	"static inline __attribute__((always_inline)) int middle(int a)\n"  /* 7 */
	"{\n"								    /* 8 */
	"	sink = a;\n"						    /* 9 */
	"	return deepest(a + 1);\n"				    /* 10 */
	"}\n"								    /* 11 */
	"__attribute__((noinline)) int outer(int a)\n"			    /* 12 */
	"{\n"								    /* 13 */
	"	int b = middle(a);\n"					    /* 14 */
	"\n"								    /* 15 */
	"	return b + middle(sink);\n"				    /* 16 */
	"}\n"								    /* 17 */
	"int main(int n, char **v) { (void)v; return outer(n); }\n";

static char dir[256];

static void need_compiler(void)
{
	if (!dir[0]) {
		print_message("no cc: not built\n");
		skip();
	}
}

static bool is_frame(const struct code_frame *f, const char *function, uint64_t line,
		     uint64_t start_line)
{
	return text_is(f->function, function) && f->line == line && f->start_line == start_line;
}

/* outer's instructions: both calls of deepest must be seen with all their frames. */
static void check_inlining(struct image *im, uint64_t outer)
{
	bool seen[2] = { false, false };

	for (uint64_t at = outer; at < outer + 64; at++) {
		struct code_frame f[CODE_FRAMES_MAX];
		size_t n = image_frames(im, at, f, CODE_FRAMES_MAX);
		uint64_t call;

		if (n == 0 || !text_is(f[n - 1].function, "outer"))
			continue;
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(f[i].is_inlined, i + 1 < n);
			assert_true(f[i].file.len >= 3);
			assert_memory_equal(f[i].file.at + f[i].file.len - 3, "l.c", 3);
		}
		assert_int_equal(f[n - 1].start_line, 12);
		if (n != 3)
			continue;
		call = f[2].line;
		assert_true(call == 14 || call == 16);
		assert_true(f[0].line == 4 || f[0].line == 5 || f[0].line == 3);
		assert_true(is_frame(&f[0], "deepest", f[0].line, 2));
		assert_true(is_frame(&f[1], "middle", 10, 7));
		seen[call == 16] = true;
		/* cut: the outermost frames are kept */
		assert_int_equal(image_frames(im, at, f, 2), 2);
		assert_true(text_is(f[0].function, "middle"));
		assert_int_equal(image_frames(im, at, f, 1), 1);
		assert_true(text_is(f[0].function, "outer"));
	}
	assert_true(seen[0] && seen[1]);
}

static void inlined_calls_are_frames_of_their_own(void **state)
{
	static const char *const flags[] = { "-gdwarf-5",
					     "-gdwarf-4",
					     "-gdwarf-2",
					     "-gdwarf-4 -Wl,--compress-debug-sections=zlib-gabi",
					     "-gdwarf-4 -Wl,--compress-debug-sections=zlib-gnu",
					     "-gdwarf-5 -ffunction-sections -static-pie" };

	(void)state;
	need_compiler();
	write_file(dir, "l.c", source);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct image *im;

		assert_int_equal(run_in(dir, "cc -O2 %s -o l l.c", flags[i]), 0);
		im = open_image(dir, "l");
		assert_non_null(im);
		check_inlining(im, address_of(dir, "l", "outer"));
		image_close(im);
	}
}

static void clang_and_units_without_aranges_are_read_as_well(void **state)
{
	struct image *im;

	(void)state;
	need_compiler();
	if (system("clang --version >/dev/null 2>&1") != 0) {
		print_message("no clang: skipped\n");
		skip();
	}
	write_file(dir, "l.c", source);
	assert_int_equal(run_in(dir, "clang -O2 -g -o lc l.c"), 0);
	im = open_image(dir, "lc");
	assert_non_null(im);
	check_inlining(im, address_of(dir, "lc", "outer"));
	image_close(im);
}

/* Debug file by build id and by link, each of which must be of this very file. */
static void a_separate_debug_file_is_found_and_checked(void **state)
{
	struct elfimage im, found;
	char root[300];
	struct lines *l;
	struct code_frame f;
	uint64_t outer;

	(void)state;
	need_compiler();
	write_file(dir, "l.c", source);
	assert_int_equal(run_in(dir, "cc -O2 -g -Wl,--build-id=0xaabbccdd -o s l.c && mkdir -p "
				     "debug/.build-id/aa debug/usr/bin && objcopy "
				     "--only-keep-debug s debug/.build-id/aa/bbccdd.debug"),
			 0);
	outer = address_of(dir, "s", "outer");
	assert_int_equal(run_in(dir, "strip s"), 0);
	snprintf(root, sizeof(root), "%s/debug", dir);
	{
		char path[300];

		snprintf(path, sizeof(path), "%s/s", dir);
		OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

		assert_int_equal(elfimage_open(&im, fd, NULL), 0);
	}
	assert_null(lines_new(&im));
	assert_true(debugfile_open(&found, &im, root, ""));
	l = lines_new(&found);
	assert_non_null(l);
	assert_int_equal(lines_frames(l, outer, &f, 1), 1);
	assert_true(text_is(f.function, "outer"));
	lines_free(l);
	elfimage_close(&found);
	/* one of another build */
	assert_int_equal(run_in(dir, "cc -O2 -g -Wl,--build-id=0xaabbccde -o other l.c && cp other "
				     "debug/.build-id/aa/bbccdd.debug"),
			 0);
	assert_false(debugfile_open(&found, &im, root, ""));
	elfimage_close(&im);
}

static void a_debug_link_counts_with_its_checksum(void **state)
{
	struct elfimage im, found;
	char root[300], path[300];

	(void)state;
	need_compiler();
	write_file(dir, "l.c", source);
	assert_int_equal(run_in(dir, "cc -O2 -g -Wl,--build-id=none -o k l.c && mkdir -p "
				     "debug/usr/bin && objcopy --only-keep-debug k "
				     "debug/usr/bin/k.debug && strip k && objcopy "
				     "--add-gnu-debuglink=debug/usr/bin/k.debug k"),
			 0);
	snprintf(root, sizeof(root), "%s/debug", dir);
	snprintf(path, sizeof(path), "%s/k", dir);
	{
		OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

		assert_int_equal(elfimage_open(&im, fd, NULL), 0);
	}
	assert_false(debugfile_open(&found, &im, root, ""));
	assert_false(debugfile_open(&found, &im, root, "/usr/lib"));
	assert_true(debugfile_open(&found, &im, root, "/usr/bin"));
	elfimage_close(&found);
	assert_int_equal(run_in(dir, "echo >>debug/usr/bin/k.debug"), 0);
	assert_false(debugfile_open(&found, &im, root, "/usr/bin"));
	assert_int_equal(run_in(dir, "rm debug/usr/bin/k.debug && mkfifo debug/usr/bin/k.debug"),
			 0);
	assert_false(debugfile_open(&found, &im, root, "/usr/bin")); /* and nobody waits for it */
	elfimage_close(&im);
}

/* Frames as addr2line -i -f prints them: function and file:line, innermost first. */
static bool agrees(const struct code_frame *f, const char *function, const char *place)
{
	const char *base = strrchr(place, '/'), *colon = strrchr(place, ':');
	struct text file = f->file;
	size_t len;

	base = base ? base + 1 : place;
	len = (size_t)(colon - base);
	for (size_t i = file.len; i > 0; i--) {
		if (file.at[i - 1] == '/') {
			file = (struct text){ file.at + i, file.len - i };
			break;
		}
	}
	return text_is(f->function, function) && file.len == len &&
	       memcmp(file.at, base, len) == 0 &&
	       (colon[1] == '?' ? !is_known(f->line) : f->line == strtoull(colon + 1, NULL, 10));
}

/* At each byte of a function: every frame must agree. */
static void addr2line_says_the_same(void **state)
{
	char line[1024], place[1024];
	struct image *im;
	size_t compared = 0;
	uint64_t from;
	FILE *p;

	(void)state;
	need_compiler();
	if (system("addr2line --version >/dev/null 2>&1") != 0)
		skip();
	write_file(dir, "l.c", source);
	assert_int_equal(run_in(dir, "cc -O2 -g -o a l.c"), 0);
	im = open_image(dir, "a");
	from = address_of(dir, "a", "outer");
	assert_non_null(im);
	for (uint64_t at = from; at < from + 40; at++) {
		struct code_frame f[CODE_FRAMES_MAX];
		size_t n = image_frames(im, at, f, CODE_FRAMES_MAX), i = 0;
		char command[600];

		snprintf(command, sizeof(command), "addr2line -i -f -e '%s/a' %#llx", dir,
			 (unsigned long long)at);
		p = popen(command, "re");
		assert_non_null(p);
		while (fgets(line, sizeof(line), p) && fgets(place, sizeof(place), p)) {
			line[strcspn(line, "\n")] = '\0';
			place[strcspn(place, " \n")] = '\0';
			if (strcmp(line, "??") == 0 || n == 0)
				break;
			assert_true(i < n);
			assert_true(agrees(&f[i], line, place));
			i++;
			compared++;
		}
		pclose(p);
	}
	assert_true(compared >= 40);
	image_close(im);
}

/* Assembly with lines and without functions: both sources are joined. */
static void assembly_has_its_line_from_dwarf_and_its_name_from_the_symbols(void **state)
{
	struct code_frame f;
	struct image *im;

	(void)state;
	need_compiler();
	write_file(dir, "asm.s",
		   ".text\n.globl in_asm\n.type in_asm, @function\nin_asm:\n"
		   "	nop\n	nop\n	ret\n.size in_asm, . - in_asm\n"
		   ".section .note.GNU-stack,\"\",@progbits\n");
	assert_int_equal(run_in(dir, "cc -g -shared -nostdlib -o asm.so asm.s"), 0);
	im = open_image(dir, "asm.so");
	assert_non_null(im);
	assert_int_equal(image_frames(im, address_of(dir, "asm.so", "in_asm") + 1, &f, 1), 1);
	assert_true(text_is(f.function, "in_asm"));
	assert_int_equal(f.line, 6);
	assert_false(f.is_inlined);
	image_close(im);
}

/* A packed section that says to be of 1 TiB is believed by nobody: no memory is asked for. */
static void sections_that_claim_to_unpack_to_more_than_they_can_are_left_alone(void **state)
{
	static char bytes[1 << 20];
	char path[300], *packed;
	struct code_frame f;
	struct image *im;
	uint64_t outer, vaddr;
	struct text section;
	size_t len;

	(void)state;
	need_compiler();
	write_file(dir, "l.c", source);
	assert_int_equal(run_in(dir, "cc -O2 -g -Wl,--compress-debug-sections=zlib-gnu -o b l.c"),
			 0);
	outer = address_of(dir, "b", "outer");
	snprintf(path, sizeof(path), "%s/b", dir);
	{
		OWN_FILE FILE *file = fopen(path, "re");

		len = fread(bytes, 1, sizeof(bytes), file);
	}
	assert_int_equal(image_open_bytes(&im, (struct text){ bytes, len }, NULL), 0);
	assert_int_equal(image_frames(im, outer, &f, 1), 1);
	assert_true(is_known(f.line));
	assert_true(image_section(im, ".zdebug_info", &vaddr, &section));
	packed = memmem(bytes, len, section.at, section.len);
	image_close(im);
	packed[4 + 2] = 1; /* of the size, big-endian, behind "ZLIB": 2^40 */
	assert_int_equal(image_open_bytes(&im, (struct text){ bytes, len }, NULL), 0);
	assert_int_equal(image_frames(im, outer, &f, 1), 1);
	assert_true(text_is(f.function, "outer")); /* by the symbols */
	assert_false(is_known(f.line));
	image_close(im);
}

/* Cut and flipped files: nothing but frames or none. */
static void damaged_dwarf_gives_frames_or_none(void **state)
{
	struct code_frame f[CODE_FRAMES_MAX];
	char path[300];
	uint8_t *bytes;
	size_t len;
	uint64_t outer;

	(void)state;
	need_compiler();
	write_file(dir, "l.c", source);
	assert_int_equal(run_in(dir, "cc -O2 -g -o d l.c"), 0);
	outer = address_of(dir, "d", "outer");
	snprintf(path, sizeof(path), "%s/d", dir);
	{
		OWN_FILE FILE *file = fopen(path, "re");

		bytes = malloc(1 << 20);
		len = fread(bytes, 1, 1 << 20, file);
	}
	assert_in_range(len, 8192, (1 << 20) - 1);
	for (size_t i = 0; i < 3000; i++) {
		size_t at = (i * 7919) % len, cut = i % 3 == 0 ? at : len;
		uint8_t was = bytes[at];
		struct image *im;

		bytes[at] = (uint8_t)(i % 3 == 1 ? 0xff : was ^ (1U << i % 8));
		if (image_open_bytes(&im, (struct text){ (char *)bytes, cut }, NULL) == 0) {
			for (uint64_t a = outer; a < outer + 64; a += 8)
				assert_in_range(image_frames(im, a, f, CODE_FRAMES_MAX), 0,
						CODE_FRAMES_MAX);
			image_close(im);
		}
		bytes[at] = was;
	}
	free(bytes);
}

static int begin(void **state)
{
	(void)state;
	image_build_begin(dir, sizeof(dir));
	return 0;
}

static int end(void **state)
{
	(void)state;
	image_build_end(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inlined_calls_are_frames_of_their_own),
		cmocka_unit_test(clang_and_units_without_aranges_are_read_as_well),
		cmocka_unit_test(a_separate_debug_file_is_found_and_checked),
		cmocka_unit_test(a_debug_link_counts_with_its_checksum),
		cmocka_unit_test(addr2line_says_the_same),
		cmocka_unit_test(assembly_has_its_line_from_dwarf_and_its_name_from_the_symbols),
		cmocka_unit_test(
			sections_that_claim_to_unpack_to_more_than_they_can_are_left_alone),
		cmocka_unit_test(damaged_dwarf_gives_frames_or_none),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
