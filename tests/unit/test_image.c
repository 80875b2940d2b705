/* test_image.c - one ELF file: its build id, addresses, bytes, sections; by descriptor and from
 * memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/auxv.h>

#include "base/unknown.h"
#include "image_build.h"
#include "symbols/image.h"

static char dir[256];

static void need_compiler(void)
{
	if (!dir[0]) {
		print_message("no cc: not built\n");
		skip();
	}
}

static void the_build_id_is_gnus_or_else_gos(void **state)
{
	struct image *im;

	(void)state;
	im = open_image("tests/data/elf", "hello-go1.19.8.elf"); /* has Go's alone */
	assert_non_null(im);
	assert_true(text_starts(image_build_id(im), "go:"));
	assert_true(image_build_id(im).len > 60);
	image_close(im);
	im = open_image("tests/data/elf", "hello-go1.26.8.elf");
	assert_non_null(im);
	assert_int_equal(image_build_id(im).len, 40);
	image_close(im);
	need_compiler();
	write_file(dir, "i.c", "int main(void) { return 0; }\n");
	assert_int_equal(run_in(dir, "cc -Wl,--build-id=0x0123456789abcdef -o i i.c"), 0);
	im = open_image(dir, "i");
	assert_non_null(im);
	assert_true(text_is(image_build_id(im), "0123456789abcdef"));
	image_close(im);
	assert_int_equal(run_in(dir, "cc -Wl,--build-id=none -o i i.c"), 0);
	im = open_image(dir, "i");
	assert_non_null(im);
	assert_int_equal(image_build_id(im).len, 0);
	image_close(im);
}

/* Offsets and addresses differ in this one: its code is linked 2 MiB further on. */
static void offsets_become_addresses_by_the_segment_that_holds_them(void **state)
{
	struct image *im;
	struct text text;
	uint64_t vaddr, back, file_off;
	char path[300], *bytes;
	size_t len;

	(void)state;
	need_compiler();
	write_file(dir, "i.c", "int main(void) { return 0; }\n");
	assert_int_equal(run_in(dir, "cc -no-pie -Wl,-z,max-page-size=0x200000 -o v i.c"), 0);
	im = open_image(dir, "v");
	assert_non_null(im);
	assert_true(image_section(im, ".text", &vaddr, &text));
	assert_true(vaddr >= 0x400000);
	snprintf(path, sizeof(path), "%s/v", dir);
	{
		OWN_FILE FILE *f = fopen(path, "re");

		bytes = malloc(8 << 20);
		len = fread(bytes, 1, 8 << 20, f);
	}
	/* the bytes of .text are found again in the file, and lead back to its address */
	file_off = (uint64_t)((char *)memmem(bytes, len, text.at, text.len) - bytes);
	assert_true(image_vaddr_of(im, file_off, &back));
	assert_int_equal(back, vaddr);
	assert_true(image_vaddr_of(im, file_off + text.len - 1, &back));
	assert_int_equal(back, vaddr + text.len - 1);
	assert_false(image_vaddr_of(im, len, &back));
	assert_false(image_vaddr_of(im, UINT64_MAX, &back));
	assert_memory_equal(image_bytes_at(im, vaddr, text.len).at, text.at, text.len);
	assert_int_equal(image_bytes_at(im, vaddr, UINT64_MAX).len, 0);
	assert_int_equal(image_bytes_at(im, 0, 1).len, 0);
	assert_int_equal(image_bytes_at(im, UINT64_MAX, 1).len, 0);
	assert_false(image_section(im, ".no.such", &vaddr, &text));
	assert_false(image_section(im, ".bss", &vaddr, &text)); /* no bytes in the file */
	free(bytes);
	image_close(im);
}

static void what_is_no_elf_file_of_a_known_machine_is_refused(void **state)
{
	static char bytes[8192];
	struct image *im = NULL;
	struct err err = { 0 };
	size_t len;

	(void)state;
	assert_int_equal(image_open(&im, -1, &err), -EBADF);
	{
		OWN_FD int fd = open("tests/data/elf/make.sh", O_RDONLY | O_CLOEXEC);

		assert_int_equal(image_open(&im, fd, &err), -ENOEXEC);
		assert_true(err.what[0] != '\0');
	}
	assert_int_equal(image_open_bytes(&im, (struct text){ 0 }, &err), -ENOEXEC);
	{
		OWN_FILE FILE *f = fopen("tests/data/elf/hello-go1.19.8.elf", "re");

		len = fread(bytes, 1, sizeof(bytes), f);
	}
	assert_int_equal(image_open_bytes(&im, (struct text){ bytes, len }, &err), 0);
	image_close(im);
	bytes[18] = 8; /* EM_MIPS */
	im = NULL;
	assert_int_equal(image_open_bytes(&im, (struct text){ bytes, len }, &err), -ENOEXEC);
	assert_null(im);
	image_close(NULL);
}

static void bytes_are_copied(void **state)
{
	static char bytes[16384];
	struct image *im;
	uint64_t vaddr;
	struct text before;
	size_t len;

	(void)state;
	{
		OWN_FILE FILE *f = fopen("tests/data/elf/hello-go1.19.8.elf", "re");

		len = fread(bytes, 1, sizeof(bytes), f);
	}
	assert_int_equal(image_open_bytes(&im, (struct text){ bytes, len }, NULL), 0);
	memset(bytes, 0, sizeof(bytes));
	assert_true(image_section(im, ".go.buildinfo", &vaddr, &before));
	assert_true(before.len > 16 && before.at[0] == '\xff');
	assert_int_equal(image_go_entry(im, vaddr), UNKNOWN_U64);
	assert_int_equal(image_sp_delta(im, vaddr), UNKNOWN_U64);
	assert_false(image_is_go(im, vaddr));
	image_close(im);
}

static void the_vdso_is_an_image(void **state)
{
	const char *at = (const char *)getauxval(AT_SYSINFO_EHDR);
	struct code_frame f;
	struct image *im;
	struct text text;
	uint64_t vaddr;
	size_t named = 0;

	(void)state;
	if (!at) {
		print_message("no vDSO here: skipped\n");
		skip();
	}
	assert_int_equal(image_open_bytes(&im, (struct text){ at, 4096 }, NULL), 0);
	for (uint64_t v = 0; v < 4096; v += 4) {
		if (image_frames(im, v, &f, 1) == 1)
			named += text_starts(f.function, "__vdso_");
	}
	if (image_section(im, ".dynsym", &vaddr, &text))
		assert_true(named > 0);
	image_close(im);
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
		cmocka_unit_test(the_build_id_is_gnus_or_else_gos),
		cmocka_unit_test(offsets_become_addresses_by_the_segment_that_holds_them),
		cmocka_unit_test(what_is_no_elf_file_of_a_known_machine_is_refused),
		cmocka_unit_test(bytes_are_copied),
		cmocka_unit_test(the_vdso_is_an_image),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
