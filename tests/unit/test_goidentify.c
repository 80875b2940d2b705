/* test_goidentify.c - build info in both forms; executables made by tests/data/elf/make.sh, by
 * hand, and by the go command when there is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/own.h"
#include "goruntime/buildinfo.h"
#include "goruntime/identify.h"

#define CHECK_TEXT(t, s) assert_true(text_is((t), (s)))
#define BLOB_VADDR	 0x500000

/* An image of 4096 bytes at BLOB_VADDR. */
struct image {
	uint8_t bytes[4096];
};

static void put(struct image *im, uint64_t vaddr, uint64_t v, size_t width_bytes)
{
	for (size_t i = 0; i < width_bytes; i++)
		im->bytes[vaddr - BLOB_VADDR + i] = (uint8_t)(v >> (8 * i));
}

static void put_text(struct image *im, uint64_t vaddr, const char *s)
{
	memcpy(im->bytes + (vaddr - BLOB_VADDR), s, strlen(s));
}

static struct text bytes_at(void *arg, uint64_t vaddr, uint64_t len)
{
	struct image *im = arg;

	if (vaddr < BLOB_VADDR || vaddr - BLOB_VADDR > sizeof(im->bytes) ||
	    len > sizeof(im->bytes) - (vaddr - BLOB_VADDR))
		return (struct text){ 0 };
	return (struct text){ .at = (const char *)im->bytes + (vaddr - BLOB_VADDR),
			      .len = (size_t)len };
}

static uint64_t pointer_at(void *arg, uint64_t vaddr, size_t width_bytes)
{
	struct text t = bytes_at(arg, vaddr, width_bytes);
	uint64_t v = 0;

	if (t.len)
		memcpy(&v, t.at, t.len);
	return v;
}

static enum buildinfo_status decode(struct buildinfo *ret, struct image *im)
{
	const struct buildinfo_memory memory = { bytes_at, pointer_at, im };
	struct text all = { .at = (const char *)im->bytes, .len = sizeof(im->bytes) };

	return buildinfo_decode(ret, all, BLOB_VADDR, &memory);
}

#define MODINFO "path\texample.com/x\nbuild\t-ldflags=\"-s -w\"\nbuild\tCGO_ENABLED=1\n"

/* The form of Go 1.13 to 1.17: pointers to Go strings. */
static void make_pointer_form(struct image *im, size_t width_bytes)
{
	memset(im, 0, sizeof(*im));
	put_text(im, 0x500040, "\xff Go buildinf:");
	put(im, 0x50004e, width_bytes, 1);
	put(im, 0x500050, 0x500100, width_bytes);
	put(im, 0x500050 + width_bytes, 0x500200, width_bytes);
	put(im, 0x500100, 0x500300, width_bytes);
	put(im, 0x500100 + width_bytes, strlen("go1.15.15"), width_bytes);
	put(im, 0x500200, 0x500400, width_bytes);
	put(im, 0x500200 + width_bytes, 16 + strlen(MODINFO) + 16, width_bytes);
	put_text(im, 0x500300, "go1.15.15");
	put_text(im, 0x500410, MODINFO);
}

static void pointers_to_strings_are_followed_in_both_widths(void **state)
{
	struct buildinfo b;
	struct image im;

	(void)state;
	for (size_t width = 4; width <= 8; width += 4) {
		make_pointer_form(&im, width);
		assert_int_equal(decode(&b, &im), BUILDINFO_OK);
		CHECK_TEXT(b.version, "go1.15.15");
		CHECK_TEXT(b.modinfo, MODINFO);
	}
}

static void a_pointer_that_is_only_linked_at_run_time_is_said_to_be_so(void **state)
{
	struct buildinfo b = { 0 };
	struct image im;

	(void)state;
	make_pointer_form(&im, 8);
	put(&im, 0x500050, 0, 8);
	assert_int_equal(decode(&b, &im), BUILDINFO_UNLINKED);
	make_pointer_form(&im, 8);
	put(&im, 0x500100, 0, 8);
	assert_int_equal(decode(&b, &im), BUILDINFO_UNLINKED);
	assert_int_equal(b.version.len, 0);
}

static void damaged_pointers_lengths_and_widths_are_refused(void **state)
{
	struct buildinfo b;
	struct image im;

	(void)state;
	make_pointer_form(&im, 8);
	put(&im, 0x500108, UINT64_MAX, 8); /* the version's length */
	assert_int_not_equal(decode(&b, &im), BUILDINFO_OK);
	make_pointer_form(&im, 8);
	put(&im, 0x500050, 0xfffffffffffffff8, 8);
	assert_int_not_equal(decode(&b, &im), BUILDINFO_OK);
	make_pointer_form(&im, 8);
	put(&im, 0x50004e, 5, 1);
	assert_int_equal(decode(&b, &im), BUILDINFO_BROKEN);
	make_pointer_form(&im, 8);
	put(&im, 0x50004f, 1, 1); /* big-endian */
	assert_int_equal(decode(&b, &im), BUILDINFO_BROKEN);
	make_pointer_form(&im, 8);
	put(&im, 0x500303, 7, 1); /* a control character in the version */
	assert_int_equal(decode(&b, &im), BUILDINFO_BROKEN);
	make_pointer_form(&im, 8);
	put(&im, 0x500208, 16, 8); /* module text too short for its marks: the version stands */
	assert_int_equal(decode(&b, &im), BUILDINFO_OK);
	assert_int_equal(b.modinfo.len, 0);
}

static void inline_strings_are_read_and_every_cut_is_refused(void **state)
{
	static const char blob[] = "\xff Go buildinf:\x08\x02"
				   "0123456789abcdef"
				   "\x08go1.18.9\x29"
				   "0123456789abcdef"
				   "mod\tx\tv1\n"
				   "0123456789abcde"; /* and the NUL: 16 */
	struct buildinfo b;

	(void)state;
	for (size_t cut = 0; cut <= sizeof(blob); cut++) {
		enum buildinfo_status s =
			buildinfo_decode(&b, (struct text){ .at = blob, .len = cut }, 0, NULL);

		if (cut < 32)
			assert_int_equal(s, BUILDINFO_NONE);
		else
			assert_int_equal(s, cut < sizeof(blob) ? BUILDINFO_BROKEN : BUILDINFO_OK);
	}
	CHECK_TEXT(b.version, "go1.18.9");
	CHECK_TEXT(b.modinfo, "mod\tx\tv1\n");
}

static void a_blob_counts_only_at_an_aligned_address(void **state)
{
	static const char bytes[] = "12345678\xff Go buildinf:\x08\x02"
				    "0123456789abcdef\x08go1.18.9\x00";
	struct text t = { .at = bytes, .len = sizeof(bytes) };
	struct buildinfo b;

	(void)state;
	assert_int_equal(buildinfo_decode(&b, t, 0x1000, NULL), BUILDINFO_NONE);
	assert_int_equal(buildinfo_decode(&b, t, 0x1008, NULL), BUILDINFO_OK);
	CHECK_TEXT(b.version, "go1.18.9");
}

static void settings_are_found_by_their_whole_key(void **state)
{
	struct text v = { 0 };

	(void)state;
	assert_true(buildinfo_setting(&v, text_of(MODINFO), "CGO_ENABLED"));
	CHECK_TEXT(v, "1");
	assert_true(buildinfo_setting(&v, text_of(MODINFO), "-ldflags"));
	CHECK_TEXT(v, "\"-s -w\"");
	assert_true(buildinfo_line(&v, text_of(MODINFO), "path"));
	CHECK_TEXT(v, "example.com/x");
	assert_false(buildinfo_setting(&v, text_of(MODINFO), "CGO_ENABLE"));
	assert_false(buildinfo_setting(&v, text_of(MODINFO), "ENABLED"));
	assert_false(buildinfo_line(&v, text_of(MODINFO), "pat"));
	assert_false(buildinfo_line(&v, text_of(""), "path"));
}

static struct go_binary identify(const char *path)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct go_binary b;
	struct err err = { 0 };

	if (fd < 0)
		fail_msg("cannot open %s", path);
	if (goruntime_identify(&b, fd, &err) != 0)
		fail_msg("%s: %s", path, err.what);
	return b;
}

static void fixtures_give_their_version_and_settings(void **state)
{
	struct go_binary b = identify("tests/data/elf/hello-go1.19.8.elf");

	(void)state;
	assert_true(b.is_go);
	assert_string_equal(b.version, "go1.19.8");
	assert_string_equal(b.version_from, "buildinfo");
	assert_string_equal(b.build_id, "");
	assert_non_null(strstr(b.detail, "main package example.com/hello"));
	assert_non_null(strstr(b.detail, "CGO_ENABLED=0"));
	b = identify("tests/data/elf/hello-go1.26.8.elf");
	assert_true(b.is_go);
	assert_string_equal(b.version, "go1.26.8");
	assert_int_equal(strlen(b.build_id), 40);
	assert_int_equal(strspn(b.build_id, "0123456789abcdef"), 40);
}

static void without_build_info_the_function_table_bounds_the_release(void **state)
{
	struct go_binary b = identify("tests/data/elf/hello-go1.19.8-nobuildinfo.elf");

	(void)state;
	assert_true(b.is_go);
	assert_string_equal(b.version, "");
	assert_string_equal(b.version_from, "pclntab");
	assert_non_null(strstr(b.detail, "Go 1.18 or 1.19"));
	b = identify("tests/data/elf/hello-go1.26.8-nobuildinfo.elf");
	assert_true(b.is_go);
	assert_non_null(strstr(b.detail, "Go 1.20 or later"));
}

static void what_is_not_go_is_an_answer(void **state)
{
	struct go_binary b = identify("tests/data/elf/make.sh");
	struct err err;

	(void)state;
	assert_false(b.is_go);
	assert_non_null(strstr(b.detail, "not an ELF file"));
	b = identify("/proc/self/exe"); /* this test */
	assert_false(b.is_go);
	assert_non_null(strstr(b.detail, "without any sign of Go"));
	b = identify("/dev/null");
	assert_false(b.is_go);
	b.detail[0] = 'x';
	assert_int_equal(goruntime_identify(&b, -1, &err), -EBADF);
	assert_int_equal(b.detail[0], 'x');
}

static size_t read_whole(uint8_t *buf, size_t cap, const char *path)
{
	OWN_FILE FILE *f = fopen(path, "re");

	assert_non_null(f);
	return fread(buf, 1, cap, f);
}

static struct go_binary identify_bytes(const uint8_t *bytes, size_t len)
{
	OWN_FD int fd = memfd_create("elf", MFD_CLOEXEC);
	struct go_binary b;

	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(goruntime_identify(&b, fd, NULL), 0);
	return b;
}

static void every_cut_of_an_executable_is_taken_calmly(void **state)
{
	static uint8_t bytes[16384];
	size_t len = read_whole(bytes, sizeof(bytes), "tests/data/elf/hello-go1.19.8.elf");
	size_t go_count = 0, version_count = 0;

	(void)state;
	assert_in_range(len, 4096, sizeof(bytes) - 1);
	for (size_t cut = 0; cut <= len; cut += cut < 1024 ? 1 : 13) {
		struct go_binary b = identify_bytes(bytes, cut);

		go_count += b.is_go;
		version_count += b.version[0] != '\0';
		assert_true(!b.version[0] || strcmp(b.version, "go1.19.8") == 0);
	}
	assert_true(identify_bytes(bytes, len).is_go);
	assert_in_range(version_count, 1, go_count);
}

/* Without section headers the blob is found in the data segment. */
static void section_headers_are_not_needed(void **state)
{
	static uint8_t bytes[16384];
	size_t len = read_whole(bytes, sizeof(bytes), "tests/data/elf/hello-go1.26.8.elf");
	struct go_binary b;

	(void)state;
	memset(bytes + 40, 0, 8); /* e_shoff */
	memset(bytes + 58, 0, 6); /* e_shentsize, e_shnum, e_shstrndx */
	b = identify_bytes(bytes, len);
	assert_true(b.is_go);
	assert_string_equal(b.version, "go1.26.8");
	assert_string_equal(b.build_id, ""); /* the linker puts it into no PT_NOTE segment */
}

/* A Go binary of Go 1.13-1.17 as PIE: the pointers are 0 in the file, and RELATIVE relocations
 * give them. One data segment at file offset 0 = address 0x500000, one section of relocations. */
static void relative_relocations_give_the_pointers_of_a_pie(void **state)
{
	struct image im;
	struct go_binary b;
	static const uint64_t relocs[][2] = { { 0x500450, 0x500500 },
					      { 0x500458, 0x500600 },
					      { 0x500500, 0x500700 } };

	(void)state;
	memset(&im, 0, sizeof(im));
	memcpy(im.bytes, "\x7f\x45\x4c\x46\x02\x01\x01", 7);
	put(&im, 0x500010, 3, 2);	 /* ET_DYN */
	put(&im, 0x500012, 62, 2);	 /* EM_X86_64 */
	put(&im, 0x500014, 1, 4);	 /* e_version */
	put(&im, 0x500020, 64, 8);	 /* e_phoff */
	put(&im, 0x500028, 0x100, 8);	 /* e_shoff */
	put(&im, 0x500034, 64, 2);	 /* e_ehsize */
	put(&im, 0x500036, 56, 2);	 /* e_phentsize */
	put(&im, 0x500038, 1, 2);	 /* e_phnum */
	put(&im, 0x50003a, 64, 2);	 /* e_shentsize */
	put(&im, 0x50003c, 2, 2);	 /* e_shnum */
	put(&im, 0x500040, 1, 4);	 /* PT_LOAD */
	put(&im, 0x500044, 6, 4);	 /* RW */
	put(&im, 0x500050, 0x500000, 8); /* p_vaddr */
	put(&im, 0x500060, 4096, 8);	 /* p_filesz */
	put(&im, 0x500068, 4096, 8);	 /* p_memsz */
	put(&im, 0x500144, 4, 4);	 /* sh_type SHT_RELA */
	put(&im, 0x500148, 2, 8);	 /* SHF_ALLOC */
	put(&im, 0x500158, 0x300, 8);	 /* sh_offset */
	put(&im, 0x500160, 3 * 24, 8);	 /* sh_size */
	put(&im, 0x500178, 24, 8);	 /* sh_entsize */
	for (size_t i = 0; i < 3; i++) {
		put(&im, 0x500300 + 24 * i, relocs[i][0], 8);
		put(&im, 0x500308 + 24 * i, 8, 8); /* R_X86_64_RELATIVE */
		put(&im, 0x500310 + 24 * i, relocs[i][1], 8);
	}
	put_text(&im, 0x500440, "\xff Go buildinf:\x08");
	put(&im, 0x500508, strlen("go1.17.13"), 8);
	put_text(&im, 0x500700, "go1.17.13");
	b = identify_bytes(im.bytes, sizeof(im.bytes));
	assert_true(b.is_go);
	assert_string_equal(b.version, "go1.17.13");
	put(&im, 0x500308, 1, 8); /* not RELATIVE: R_X86_64_64 */
	b = identify_bytes(im.bytes, sizeof(im.bytes));
	assert_true(b.is_go);
	assert_string_equal(b.version, "");
	assert_non_null(strstr(b.detail, "only linked at run time"));
}

static void a_binary_built_here_is_identified(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char dir[256], command[1024], path[300];
	struct go_binary b;

	(void)state;
	if (system("go version >/dev/null 2>&1") != 0) {
		print_message("no go command: not built\n");
		skip();
	}
	snprintf(dir, sizeof(dir), "%s/gctide-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof(command),
		 "cd %s && printf 'package main\\nfunc main() {}\\n' >a.go && "
		 "{ [ -w \"$HOME\" ] || export GOCACHE=%s/cache; } && "
		 "GOTOOLCHAIN=local GOFLAGS= go build -ldflags=-s -o a a.go && go env GOVERSION >v",
		 dir, dir);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/a", dir);
	b = identify(path);
	snprintf(path, sizeof(path), "%s/v", dir);
	{
		uint8_t version[64] = { 0 };
		size_t len = read_whole(version, sizeof(version) - 1, path);

		assert_true(len > 1);
		version[len - 1] = '\0';
		assert_string_equal(b.version, (const char *)version);
	}
	snprintf(command, sizeof(command), "chmod -R u+w %s && rm -r %s", dir, dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_to_strings_are_followed_in_both_widths),
		cmocka_unit_test(a_pointer_that_is_only_linked_at_run_time_is_said_to_be_so),
		cmocka_unit_test(damaged_pointers_lengths_and_widths_are_refused),
		cmocka_unit_test(inline_strings_are_read_and_every_cut_is_refused),
		cmocka_unit_test(a_blob_counts_only_at_an_aligned_address),
		cmocka_unit_test(settings_are_found_by_their_whole_key),
		cmocka_unit_test(fixtures_give_their_version_and_settings),
		cmocka_unit_test(without_build_info_the_function_table_bounds_the_release),
		cmocka_unit_test(what_is_not_go_is_an_answer),
		cmocka_unit_test(every_cut_of_an_executable_is_taken_calmly),
		cmocka_unit_test(section_headers_are_not_needed),
		cmocka_unit_test(relative_relocations_give_the_pointers_of_a_pie),
		cmocka_unit_test(a_binary_built_here_is_identified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
