/* test_options.c - the words of a command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cmd/options.h"

struct values {
	const char *path;
	uint64_t hz;
	bool quiet, loud;
	const char *folder;
};

static const struct option_spec specs[] = {
	{ "output", 'o', OPTION_TEXT, offsetof(struct values, path), "FILE", "", NULL },
	{ "frequency", 'F', OPTION_COUNT, offsetof(struct values, hz), "HZ", "", NULL },
	{ "symbols", 0, OPTION_FOLDER, offsetof(struct values, folder), "DIR", "", NULL },
	{ "quiet", 'q', OPTION_FLAG, offsetof(struct values, quiet), NULL, "", NULL },
	{ "loud", 'l', OPTION_FLAG, offsetof(struct values, loud), NULL, "", NULL },
	{ 0 },
};

/* Index of the first operand, or -EINVAL. */
static int parse(struct values *v, struct err *err, const char *const *words)
{
	char *argv[8] = { (char *)"record" };
	int argc = 1, operands = -1, rc;

	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	*v = (struct values){ 0 };
	rc = options_parse(specs, v, argc, argv, &operands, err);
	return rc ? rc : operands;
}

#define PARSE(v, err, ...) parse(v, err, (const char *const[]){ __VA_ARGS__, NULL })

static void an_argument_stands_behind_its_option_in_four_ways(void **state)
{
	struct values v;

	(void)state;
	assert_int_equal(PARSE(&v, NULL, "-o", "x", "cmd"), 3);
	assert_string_equal(v.path, "x");
	assert_int_equal(PARSE(&v, NULL, "-ox", "cmd"), 2);
	assert_string_equal(v.path, "x");
	assert_int_equal(PARSE(&v, NULL, "--output", "x", "cmd"), 3);
	assert_string_equal(v.path, "x");
	assert_int_equal(PARSE(&v, NULL, "--output=", "cmd"), 2);
	assert_string_equal(v.path, "");
}

static void a_folder_must_be_there(void **state)
{
	struct err err = { 0 };
	struct values v;

	(void)state;
	assert_int_equal(PARSE(&v, &err, "--symbols", "/"), 3);
	assert_string_equal(v.folder, "/");
	assert_int_equal(PARSE(&v, &err, "--symbols", "/nowhere at all"), -EINVAL);
	assert_non_null(strstr(err.what, "wants a directory, not '/nowhere at all': No such file"));
	err = (struct err){ 0 };
	assert_int_equal(PARSE(&v, &err, "--symbols", "/dev/null"), -EINVAL);
	assert_non_null(strstr(err.what, "Not a directory"));
	err = (struct err){ 0 };
	assert_int_equal(PARSE(&v, &err, "--symbols=/dev/null/x"), -EINVAL);
	assert_non_null(strstr(err.what, "Not a directory"));
}

static void letters_may_be_joined(void **state)
{
	struct values v;

	(void)state;
	assert_int_equal(PARSE(&v, NULL, "-ql", "cmd"), 2);
	assert_true(v.quiet && v.loud);
	assert_int_equal(PARSE(&v, NULL, "-qo", "x", "cmd"), 3);
	assert_true(v.quiet);
	assert_string_equal(v.path, "x");
	assert_int_equal(PARSE(&v, NULL, "-qlF50", "-oq", "cmd"), 3);
	assert_true(v.quiet && v.loud);
	assert_int_equal(v.hz, 50);
	assert_string_equal(v.path, "q"); /* not the flag */
}

static void what_is_no_option_is_named(void **state)
{
	struct err err = { 0 };
	struct values v;

	(void)state;
	assert_int_equal(PARSE(&v, &err, "-x"), -EINVAL);
	assert_string_equal(err.what, "record: there is no option '-x'");
	assert_int_equal(PARSE(&v, &err, "-qxo", "y"), -EINVAL);
	assert_string_equal(err.what, "record: there is no option '-x' (in '-qxo')");
	assert_int_equal(PARSE(&v, &err, "--outputs=y"), -EINVAL);
	assert_string_equal(err.what, "record: there is no option '--outputs=y'");
	assert_int_equal(PARSE(&v, &err, "--quiet=1"), -EINVAL);
	assert_string_equal(err.what, "record: --quiet takes no argument");
	assert_int_equal(PARSE(&v, &err, "-qo"), -EINVAL);
	assert_string_equal(err.what, "record: --output wants an argument: FILE");
}

static void options_end_at_the_first_operand(void **state)
{
	struct values v;

	(void)state;
	assert_int_equal(PARSE(&v, NULL, "-q", "--", "-l"), 3);
	assert_int_equal(PARSE(&v, NULL, "-q", "-", "-l"), 2);
	assert_int_equal(PARSE(&v, NULL, "cmd", "-l"), 1);
	assert_false(v.loud);
}

static void help_may_stand_anywhere_among_the_options(void **state)
{
	struct values v;
	struct err err;

	(void)state;
	assert_int_equal(PARSE(&v, &err, "-h"), -OPTIONS_HELP);
	assert_int_equal(err.code, OPTIONS_HELP);
	assert_int_equal(PARSE(&v, &err, "-qh"), -OPTIONS_HELP);
	assert_int_equal(PARSE(&v, &err, "-hq"), -OPTIONS_HELP);
	assert_int_equal(PARSE(&v, &err, "-o", "x", "--help", "cmd"), -OPTIONS_HELP);
	assert_int_equal(PARSE(&v, &err, "-oh", "cmd"), 2); /* a file of that name */
	assert_int_equal(PARSE(&v, &err, "cmd", "-h"), 1);  /* the command's own */
	assert_int_equal(PARSE(&v, &err, "--", "-h"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_argument_stands_behind_its_option_in_four_ways),
		cmocka_unit_test(a_folder_must_be_there),
		cmocka_unit_test(letters_may_be_joined),
		cmocka_unit_test(what_is_no_option_is_named),
		cmocka_unit_test(options_end_at_the_first_operand),
		cmocka_unit_test(help_may_stand_anywhere_among_the_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
