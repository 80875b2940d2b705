/* test_units.c - quantities as people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/units.h"
#include "base/unknown.h"

static void ordinals_are_those_of_english(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = {
		{ 0, "0th" },	  { 1, "1st" },	    { 2, "2nd" },	 { 3, "3rd" },
		{ 4, "4th" },	  { 11, "11th" },   { 12, "12th" },	 { 13, "13th" },
		{ 21, "21st" },	  { 61, "61st" },   { 102, "102nd" },	 { 111, "111th" },
		{ 113, "113th" }, { 123, "123rd" }, { 1000, "1,000th" },
	};
	char text[UNITS_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(units_ordinal(text, cases[i].n), cases[i].text);
	assert_string_equal(units_ordinal(text, UNKNOWN_U64), "unknown");
	assert_true(strlen(units_ordinal(text, UNKNOWN_U64 - 1)) < UNITS_TEXT_BYTES);
}

static void only_one_is_singular(void **state)
{
	(void)state;
	assert_string_equal(units_plural(1, "cycle", "cycles"), "cycle");
	assert_string_equal(units_plural(0, "cycle", "cycles"), "cycles");
	assert_string_equal(units_plural(2, "cycle", "cycles"), "cycles");
	assert_string_equal(units_plural(UNKNOWN_U64, "cycle", "cycles"), "cycles");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinals_are_those_of_english),
		cmocka_unit_test(only_one_is_singular),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
