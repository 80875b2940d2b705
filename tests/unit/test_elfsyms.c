/* test_elfsyms.c - a library of assembly whose symbols are made to meet in one place, and a program
 * built here, held against nm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "image_build.h"
#include "symbols/image.h"

static const char assembly[] =
	".text\n"
	".globl global_one, __alias, longer_alias\n"
	".weak weak_one, a_weak\n"
	".type global_one, @function\n"
	".type __alias, @function\n"
	".type longer_alias, @function\n"
	".type weak_one, @function\n"
	".type a_weak, @function\n"
	".type a_local, @function\n"
	".type local_only, @function\n"
	".type outer, @function\n"
	".type inner, @function\n"
	/* aliases: global before weak before local */
	"a_local:\na_weak:\n__alias:\nlonger_alias:\nglobal_one:\n"
	".skip 16, 0x90\n"
	".size global_one, 16\n.size a_weak, 16\n"
	/* a gap that no symbol covers */
	"gap_begin = .\n"
	".skip 16, 0x90\n"
	/* no size: up to the next one */
	"weak_one:\n"
	".skip 32, 0x90\n"
	"local_only:\n"
	".skip 16, 0x90\n.size local_only, 16\n"
	/* a label without size within a function, and a function within one */
	"outer:\n"
	".skip 8, 0x90\n"
	"a_label:\n"
	".skip 8, 0x90\n"
	"inner:\n"
	".skip 8, 0x90\n.size inner, 8\n"
	".skip 8, 0x90\n.size outer, 32\n"
	/* a symbol of data is no function */
	".data\n.globl some_data\n.type some_data, @object\n"
	"some_data: .quad 0\n.size some_data, 8\n"
	".section .note.GNU-stack,\"\",@progbits\n";

static char dir[256];

static void need_compiler(void)
{
	if (!dir[0]) {
		print_message("no cc: not built\n");
		skip();
	}
}

static void check_name(struct image *im, uint64_t vaddr, const char *want)
{
	struct code_frame f = { 0 };
	size_t n = image_frames(im, vaddr, &f, 1);

	if (!want) {
		assert_int_equal(n, 0);
		return;
	}
	assert_int_equal(n, 1);
	if (!text_is(f.function, want))
		fail_msg("%.*s at %#lx instead of %s", (int)f.function.len, f.function.at,
			 (unsigned long)vaddr, want);
}

static void names_sizes_and_aliases_are_chosen_by_the_rules(void **state)
{
	struct image *im;
	uint64_t at;

	(void)state;
	need_compiler();
	write_file(dir, "syms.s", assembly);
	assert_int_equal(run_in(dir, "cc -shared -nostdlib -o syms.so syms.s"), 0);
	im = open_image(dir, "syms.so");
	assert_non_null(im);
	at = address_of(dir, "syms.so", "global_one");
	assert_true(at > 0);
	check_name(im, at - 1, NULL);
	check_name(im, at, "global_one");
	check_name(im, at + 15, "global_one");
	check_name(im, at + 32, "weak_one");
	check_name(im, at + 63, "weak_one");
	check_name(im, at + 64, "local_only");
	check_name(im, at + 80, "outer");
	check_name(im, at + 80 + 8, "outer");
	check_name(im, at + 80 + 16, "inner");
	check_name(im, at + 80 + 23, "inner");
	check_name(im, at + 80 + 24, "outer");
	check_name(im, at + 80 + 32, NULL);
	check_name(im, address_of(dir, "syms.so", "some_data"), NULL);
	check_name(im, UINT64_MAX, NULL);
	image_close(im);
	/* .dynsym remains of a stripped library: local functions are gone, and their code unknown
	 */
	assert_int_equal(run_in(dir, "strip -o stripped.so syms.so"), 0);
	im = open_image(dir, "stripped.so");
	assert_non_null(im);
	check_name(im, at, "global_one");
	check_name(im, at + 16, NULL);
	check_name(im, at + 32, "weak_one");
	image_close(im);
}

static void every_function_of_a_program_has_the_name_that_nm_gives_it(void **state)
{
	char command[600], line[512], name[256], type;
	struct image *im;
	size_t count = 0;
	FILE *p;

	(void)state;
	need_compiler();
	write_file(dir, "p.c",
		   "#include <stdio.h>\n#include <stdlib.h>\n"
		   "static int __attribute__((noinline)) one(int a) { return a * 3 + rand(); }\n"
		   "int __attribute__((noinline)) two(int a) { return one(a) + one(a + 1); }\n"
		   "int main(int n, char **v) { printf(\"%d %s\\n\", two(n), v[0]); return 0; }\n");
	assert_int_equal(run_in(dir, "cc -O1 -o p p.c"), 0);
	im = open_image(dir, "p");
	assert_non_null(im);
	snprintf(command, sizeof(command), "nm -S '%s/p'", dir);
	p = popen(command, "re");
	assert_non_null(p);
	while (fgets(line, sizeof(line), p)) {
		unsigned long long at, size;

		if (sscanf(line, "%llx %llx %c %255s", &at, &size, &type, name) != 4 ||
		    (type != 't' && type != 'T'))
			continue;
		check_name(im, at, name);
		check_name(im, at + size - 1, name);
		count++;
	}
	pclose(p);
	assert_true(count >= 4); /* one, two, main, _start */
	image_close(im);
}

/* Each stub that objdump calls name@plt; without -z now there is .plt, with -fcf-protection
 * .plt.sec.
 */
static void stubs_of_the_plt_are_named(void **state)
{
	static const char *const flags[] = { "-Wl,-z,lazy", "-fcf-protection -Wl,-z,ibtplt",
					     "-Wl,-z,now -fno-plt" };
	char command[600], line[512], name[256];
	size_t count = 0;

	(void)state;
	need_compiler();
	if (system("objdump --version >/dev/null 2>&1") != 0)
		skip();
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct image *im;
		FILE *p;

		assert_int_equal(run_in(dir, "cc -O1 %s -o plt p.c", flags[i]), 0);
		im = open_image(dir, "plt");
		assert_non_null(im);
		snprintf(command, sizeof(command),
			 "objdump -d -j .plt -j .plt.sec -j .plt.got '%s/plt' 2>/dev/null", dir);
		p = popen(command, "re");
		assert_non_null(p);
		while (fgets(line, sizeof(line), p)) {
			unsigned long long at;

			if (sscanf(line, "%llx <%255[^>]>:", &at, name) != 2 || strlen(name) < 5 ||
			    strcmp(name + strlen(name) - 4, "@plt") != 0 ||
			    strncmp(name, "*ABS*", 5) == 0)
				continue;
			check_name(im, at, name);
			check_name(im, at + 4, name);
			count++;
		}
		pclose(p);
		image_close(im);
	}
	assert_true(count >= 4); /* rand and printf, twice */
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
		cmocka_unit_test(names_sizes_and_aliases_are_chosen_by_the_rules),
		cmocka_unit_test(every_function_of_a_program_has_the_name_that_nm_gives_it),
		cmocka_unit_test(stubs_of_the_plt_are_named),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
