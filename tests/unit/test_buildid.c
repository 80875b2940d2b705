/* test_buildid.c - build ids of files that the compiler made. */
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdarg.h>
#include <cmocka.h>

#include "goruntime/buildid.h"
#include "image_build.h"

static char dir[256];

#define NEED_COMPILER()                                            \
	do {                                                       \
		if (!dir[0]) {                                     \
			print_message("skipped: no C compiler\n"); \
			skip();                                    \
		}                                                  \
	} while (0)

/* What Go's linker writes: cmd/link/internal/ld/elf.go, elfgobuildid; a note of owner "Go\0\0". */
#define GO_NOTE(id)                                                                     \
	"const struct { unsigned name, len, type; char owner[4], id[" #id "]; } note\n" \
	"\t__attribute__((section(\".note.go.buildid\"), aligned(4), used)) =\n"        \
	"\t{ 4, " #id ", 4, \"Go\", \"action/content\" };\n"

static void check_id(const char *source, const char *flags, const char *want)
{
	struct elfimage image;
	struct buf id = { 0 };
	struct err err = { 0 };
	char path[512];

	write_file(dir, "a.c", source);
	assert_int_equal(run_in(dir, "cc -shared -nostdlib -o a.so a.c %s", flags), 0);
	snprintf(path, sizeof(path), "%s/a.so", dir);
	{
		OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

		assert_true(fd >= 0);
		if (elfimage_open(&image, fd, &err) < 0)
			fail_msg("%s", err.what);
	}
	buildid_add(&id, &image);
	assert_string_equal(id.len ? buf_cstr(&id) : "", want);
	buf_done(&id);
	elfimage_close(&image);
}

static void the_linkers_id_is_hex(void **state)
{
	(void)state;
	NEED_COMPILER();
	check_id("int a;\n", "-Wl,--build-id=0x00c0ffee7f", "00c0ffee7f");
}

static void without_it_gos_own_counts(void **state)
{
	(void)state;
	NEED_COMPILER();
	check_id(GO_NOTE(14), "-Wl,--build-id=none", "go:action/content");
}

static void gnus_id_goes_first(void **state)
{
	(void)state;
	NEED_COMPILER();
	check_id(GO_NOTE(14), "-Wl,--build-id=0x0102", "0102");
}

static void neither_is_nothing(void **state)
{
	(void)state;
	NEED_COMPILER();
	check_id("int a;\n", "-Wl,--build-id=none", "");
}

/* The linker takes any length; 64 bytes are kept, as 128 digits. */
static void a_long_id_is_cut(void **state)
{
	char flag[300] = "-Wl,--build-id=0x", want[129];

	(void)state;
	NEED_COMPILER();
	for (size_t i = 0; i < 100; i++)
		strcat(flag, "a5");
	for (size_t i = 0; i < 128; i++)
		want[i] = i % 2 ? '5' : 'a';
	want[128] = '\0';
	check_id("int a;\n", flag, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_linkers_id_is_hex),
		cmocka_unit_test(without_it_gos_own_counts),
		cmocka_unit_test(gnus_id_goes_first),
		cmocka_unit_test(neither_is_nothing),
		cmocka_unit_test(a_long_id_is_cut),
	};
	int failed;

	image_build_begin(dir, sizeof(dir));
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	image_build_end(dir);
	return failed;
}
