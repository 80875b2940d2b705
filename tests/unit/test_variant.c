/* test_variant.c - commands, settings, readiness, from the command line's words. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiment/runner.h"
#include "experiment/variant.h"

static char *const argv[] = { "prog", "x y", NULL };
static char *const environment[] = { "HOME=/", "GODEBUG=gctrace=1", "GOGC=50", NULL };

static const char *value_of(const struct variant *v, const char *name)
{
	for (size_t i = 0; v->environment[i]; i++)
		if (strncmp(v->environment[i], name, strlen(name)) == 0 &&
		    v->environment[i][strlen(name)] == '=')
			return v->environment[i] + strlen(name) + 1;
	return NULL;
}

static void a_setting_varies(void **state)
{
	struct variant v[4];

	(void)state;
	assert_int_equal(variants_vary(v, 4, "madvdontneed=0,1", argv, environment, NULL), 2);
	assert_string_equal(buf_cstr(&v[0].label), "madvdontneed=0");
	assert_string_equal(value_of(&v[0], "GODEBUG"), "gctrace=1,madvdontneed=0");
	assert_string_equal(value_of(&v[1], "GODEBUG"), "gctrace=1,madvdontneed=1");
	assert_string_equal(v[1].argv[1], "x y");
	variant_done(&v[0]);
	variant_done(&v[1]);
	assert_int_equal(variants_vary(v, 4, "GOGC=50,100,off", argv, environment, NULL), 3);
	assert_string_equal(value_of(&v[2], "GOGC"), "off");
	assert_string_equal(value_of(&v[2], "GODEBUG"), "gctrace=1");
	for (int i = 0; i < 3; i++)
		variant_done(&v[i]);
	assert_int_equal(variants_vary(v, 4, "GOMEMLIMIT=64MiB,off", argv, environment + 3, NULL),
			 2);
	assert_string_equal(value_of(&v[0], "GOMEMLIMIT"), "64MiB"); /* nothing was there */
	variant_done(&v[0]);
	variant_done(&v[1]);
}

static void wrong_settings_are_refused(void **state)
{
	static const char *const wrong[] = { "", "GOGC", "=1,2", "GOGC=50", "GOGC=1,2,3,4,5" };
	struct variant v[4];
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_true(variants_vary(v, 4, wrong[i], argv, environment, &err) < 0);
		assert_non_null(strstr(err.what, "--vary"));
	}
	assert_true(variants_vary(v, 4, "GOGC=5O,100", argv, environment, &err) < 0);
	assert_non_null(strstr(err.what, "Go would take '5O' for 100"));
	assert_true(variants_vary(v, 4, "GOMEMLIMIT=off,1G", argv, environment, &err) < 0);
	assert_non_null(strstr(err.what, "Go would end at once under '1G'"));
}

static void a_line_is_cut_as_a_shell_does(void **state)
{
	struct variant v;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(variant_parse(&v, "GOGC=100 A='b c' ./prog -x \"two words\" D=1",
				       environment, &err),
			 0);
	assert_string_equal(value_of(&v, "GOGC"), "100");
	assert_string_equal(value_of(&v, "A"), "b c");
	assert_string_equal(v.argv[0], "./prog");
	assert_string_equal(v.argv[2], "two words");
	assert_string_equal(v.argv[3], "D=1");
	assert_null(value_of(&v, "D"));
	variant_done(&v);
	assert_true(variant_parse(&v, "GOGC=100", environment, &err) < 0);
	assert_non_null(strstr(err.what, "has no command"));
	assert_true(variant_parse(&v, "prog $(date)", environment, &err) <
		    0); /* nothing is executed */
	assert_true(variant_parse(&v, "prog 'open", environment, &err) < 0);
}

static void conditions_are_parsed(void **state)
{
	static const char *const wrong[] = { "",      "8080",  "port:",	     "port:x",	   "port:0",
					     "line:", "file:", "port:65536", "port:[::1]:" };
	struct ready_when r;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(ready_parse(&r, NULL, &err), 0);
	assert_int_equal(r.kind, READY_AT_ONCE);
	assert_int_equal(ready_parse(&r, "port:8080", &err), 0);
	assert_string_equal(r.host, "localhost");
	assert_string_equal(r.port, "8080");
	ready_done(&r);
	assert_int_equal(ready_parse(&r, "port:[::1]:80", &err), 0);
	assert_string_equal(r.host, "::1");
	ready_done(&r);
	assert_int_equal(ready_parse(&r, "line:listening on", &err), 0);
	assert_string_equal(r.text, "listening on");
	ready_done(&r);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_true(ready_parse(&r, wrong[i], &err) < 0);
		ready_done(&r);
	}
}

static void a_line_or_a_file_makes_ready(void **state)
{
	char path[] = "/tmp/gctide-test-XXXXXX";
	int fd = mkstemp(path);
	struct ready_when r;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ready_parse(&r, "line:listening", NULL), 0);
	assert_false(ready_is(&r, path, 0));
	assert_int_equal(write(fd, "not yet\nnow listening\n", 22), 22);
	assert_true(ready_is(&r, path, 0));
	ready_done(&r);
	r = (struct ready_when){ .kind = READY_FILE, .text = path };
	assert_true(ready_is(&r, NULL, 1));
	assert_false(ready_is(&r, NULL, UINT64_MAX)); /* older than the run */
	close(fd);
	unlink(path);
	assert_false(ready_is(&r, NULL, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setting_varies),
		cmocka_unit_test(wrong_settings_are_refused),
		cmocka_unit_test(a_line_is_cut_as_a_shell_does),
		cmocka_unit_test(conditions_are_parsed),
		cmocka_unit_test(a_line_or_a_file_makes_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
