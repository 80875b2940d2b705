/* test_godebug.c - GODEBUG by the runtime's own rules, and the release advice that follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "goruntime/godebug.h"
#include "goruntime/gosetting.h"
#include "goruntime/releaseadvice.h"

static bool number_is(const char *godebug, const char *key, int32_t want)
{
	int32_t v = -77;

	return godebug_number(&v, text_of(godebug), key) && v == want;
}

static bool has_no_number(const char *godebug, const char *key)
{
	int32_t v = -77;

	return !godebug_number(&v, text_of(godebug), key) && v == -77;
}

static void the_later_duplicate_wins(void **state)
{
	(void)state;
	assert_true(number_is("gctrace=1", "gctrace", 1));
	assert_true(number_is("gctrace=1,gctrace=2", "gctrace", 2));
	assert_true(number_is("gctrace=1,x=3,gctrace=-5", "gctrace", -5));
}

static void a_value_that_is_no_number_changes_nothing(void **state)
{
	(void)state;
	assert_true(number_is("gctrace=1,gctrace=yes", "gctrace", 1));
	assert_true(number_is("gctrace=1,gctrace=", "gctrace", 1));
	assert_true(number_is("gctrace=1,gctrace=2147483648", "gctrace", 1));
	assert_true(number_is("gctrace=2147483647", "gctrace", 2147483647));
	assert_true(number_is("gctrace=-2147483648", "gctrace", INT32_MIN));
	assert_true(has_no_number("gctrace=99999999999999999999999", "gctrace"));
	assert_true(has_no_number("gctrace=1x", "gctrace"));
	assert_true(has_no_number("gctrace=-", "gctrace"));
	assert_true(has_no_number("gctrace= 1", "gctrace"));
}

static void keys_are_not_trimmed_and_fields_without_equals_are_skipped(void **state)
{
	(void)state;
	assert_true(has_no_number("", "gctrace"));
	assert_true(has_no_number("gctrace", "gctrace"));
	assert_true(has_no_number("x=1, gctrace=1", "gctrace"));
	assert_true(has_no_number("xgctrace=1,gctracex=1", "gctrace"));
	assert_true(number_is(",,gctrace=1,,", "gctrace", 1));
	assert_true(has_no_number("gctrace=1=2", "gctrace"));
}

static void the_text_of_a_value_is_the_last_one(void **state)
{
	struct text v = { 0 };

	(void)state;
	assert_true(godebug_find(&v, text_of("http2client=0#x,a=b=c,a=d=e"), "a"));
	assert_true(text_is(v, "d=e"));
	assert_true(godebug_find(&v, text_of("a="), "a"));
	assert_true(text_is(v, ""));
	assert_false(godebug_find(&v, text_of("b=1"), "a"));
}

static bool merges_to(const char *user, const char *ours, const char *want)
{
	struct buf b = { 0 };
	bool same;

	godebug_merge(&b, text_of(user), text_of(ours));
	same = text_is(buf_text(&b), want);
	buf_done(&b);
	return same;
}

static void merging_keeps_the_users_text_and_puts_ours_last(void **state)
{
	(void)state;
	assert_true(merges_to("gctrace=2,http2client=0", "gctrace=1",
			      "gctrace=2,http2client=0,gctrace=1"));
	assert_true(merges_to("", "gctrace=1", "gctrace=1"));
	assert_true(merges_to("a=1", "", "a=1"));
	assert_true(merges_to("", "", ""));
	assert_true(number_is("gctrace=2,http2client=0,gctrace=1", "gctrace", 1));
}

static void check_advice(const char *version, const char *godebug, const char *want)
{
	struct release_advice a;

	release_advice_of(&a, text_of(version), text_of(godebug));
	if (strcmp(a.advice, want) != 0)
		fail_msg("%s with '%s': %s, not %s (%s)", version, godebug, a.advice, want,
			 a.reason);
	assert_true(a.reason[0]);
}

static void the_release_advice_follows_version_and_setting(void **state)
{
	(void)state;
	check_advice("go1.5", "madvdontneed=0", "dontneed");
	check_advice("go1.11.13", "", "dontneed");
	check_advice("go1.12", "", "free");
	check_advice("go1.15.15", "madvdontneed=0", "free");
	check_advice("go1.15.15", "madvdontneed=1", "dontneed");
	check_advice("go1.15.15", "madvdontneed=1,madvdontneed=0", "free");
	check_advice("go1.15.15", "madvdontneed=1,madvdontneed=x", "dontneed");
	check_advice("go1.16", "", "dontneed");
	check_advice("go1.16beta1", "", "dontneed");
	check_advice("go1.26.8", "madvdontneed=0", "free");
	check_advice("go1.26.8 X:nogreenteagc", "gctrace=1,madvdontneed=2", "dontneed");
	check_advice("devel go1.28-0a1b2c Tue", "", "dontneed");
	check_advice("go2", "", "dontneed");
	check_advice("", "", "unknown");
	check_advice("devel +0a1b2c", "madvdontneed=0", "unknown");
	check_advice("devel +0a1b2c", "madvdontneed=1",
		     "dontneed"); /* the same for every release */
	check_advice("go1.99999999999", "", "unknown");
}

static bool is_taken(const char *name, const char *value)
{
	struct err err = { 0 };
	int rc = gosetting_check(text_of(name), text_of(value), &err);

	assert_true(rc == 0 || (err.what[0] && strstr(err.what, name)));
	return rc == 0;
}

/* The cases of the runtime's own tests (runtime/string_test.go, parseByteCountTests). */
static void values_are_taken_as_the_runtime_takes_them(void **state)
{
	static const char *const taken[] = { "",
					     "off",
					     "1",
					     "12345",
					     "12345B",
					     "12345KiB",
					     "1MiB",
					     "9GiB",
					     "1TiB",
					     "0",
					     "9223372036854775807" };
	static const char *const refused[] = { "B",
					       "iB",
					       "KiB",
					       "100MB",
					       "1G",
					       "1kiB",
					       "1.5GiB",
					       "-1MiB",
					       " 1MiB",
					       "1 MiB",
					       "1MiB ",
					       "1PiB",
					       "Off",
					       "+1",
					       "9223372036854775808",
					       "8388608TiB",
					       "99999999999999999999",
					       "1iB",
					       "1BB" };

	(void)state;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		assert_true(is_taken("GOMEMLIMIT", taken[i]));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_false(is_taken("GOMEMLIMIT", refused[i]));
	assert_true(is_taken("GOMEMLIMIT", "8388607TiB"));
	assert_true(is_taken("GOGC", "100") && is_taken("GOGC", "off") && is_taken("GOGC", "-1") &&
		    is_taken("GOGC", ""));
	assert_true(is_taken("GOGC", "2147483647") && is_taken("GOGC", "-2147483648"));
	assert_false(is_taken("GOGC", "5O") || is_taken("GOGC", "100%") ||
		     is_taken("GOGC", "2147483648") || is_taken("GOGC", "-"));
	assert_true(is_taken("madvdontneed", "1"));
	assert_false(is_taken("madvdontneed", "yes"));
	assert_true(is_taken("GOOTHER", "yes")); /* we know nothing of it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_later_duplicate_wins),
		cmocka_unit_test(a_value_that_is_no_number_changes_nothing),
		cmocka_unit_test(keys_are_not_trimmed_and_fields_without_equals_are_skipped),
		cmocka_unit_test(the_text_of_a_value_is_the_last_one),
		cmocka_unit_test(merging_keeps_the_users_text_and_puts_ours_last),
		cmocka_unit_test(the_release_advice_follows_version_and_setting),
		cmocka_unit_test(values_are_taken_as_the_runtime_takes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
