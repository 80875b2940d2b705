/* test_kallsyms.c - lines of /proc/kallsyms. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "parse/kallsyms.h"

static void a_symbol_of_the_kernel_has_no_module(void **state)
{
	struct kallsyms_symbol s;

	(void)state;
	assert_true(kallsyms_parse_line(&s, text_of("ffffffff81000000 T _text")));
	assert_int_equal(s.address, 0xffffffff81000000);
	assert_int_equal(s.type, 'T');
	assert_true(text_is(s.name, "_text"));
	assert_int_equal(s.module.len, 0);
	assert_true(kallsyms_is_function(&s));
}

static void a_symbol_of_a_module_names_it_in_brackets(void **state)
{
	struct kallsyms_symbol s;

	(void)state;
	assert_true(
		kallsyms_parse_line(&s, text_of("ffffffffc0201000 t nft_do_chain\t[nf_tables]")));
	assert_true(text_is(s.name, "nft_do_chain"));
	assert_true(text_is(s.module, "nf_tables"));
	assert_true(kallsyms_is_function(&s));
}

static void data_is_no_function(void **state)
{
	static const char types[] = { 'A', 'b', 'B', 'd', 'D', 'r', 'R', '?' };
	struct kallsyms_symbol s;
	char line[] = "0000000000001000 A x";

	(void)state;
	for (size_t i = 0; i < sizeof(types); i++) {
		line[17] = types[i];
		assert_true(kallsyms_parse_line(&s, text_of(line)));
		assert_false(kallsyms_is_function(&s));
	}
	line[17] = 'W';
	assert_true(kallsyms_parse_line(&s, text_of(line)) && kallsyms_is_function(&s));
}

static void other_text_is_refused_and_leaves_the_result_alone(void **state)
{
	static const char *const lines[] = {
		"",
		"ffffffff81000000",
		"ffffffff81000000 T",
		"ffffffff81000000 T ",
		"ffffffff81000000 TT x",
		"ffffffff81000000  x",
		"xffffffff81000000 T x",
		"fffffffffffffffff T x",
		"ffffffffc0201000 t x\tnf_tables",
		"ffffffffc0201000 t x\t[]",
		"ffffffffc0201000 t x\t[nf_tables",
	};
	struct kallsyms_symbol s = { .address = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_false(kallsyms_parse_line(&s, text_of(lines[i])));
		assert_int_equal(s.address, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_symbol_of_the_kernel_has_no_module),
		cmocka_unit_test(a_symbol_of_a_module_names_it_in_brackets),
		cmocka_unit_test(data_is_no_function),
		cmocka_unit_test(other_text_is_refused_and_leaves_the_result_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
