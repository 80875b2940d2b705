/* test_pclntab.c - Go's function table in its four layouts and five ways of inlining, made by hand
 * (pclntab_make.h), with cases worked by hand; then damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/unknown.h"
#include "goruntime/pclntab_internal.h"
#include "pclntab_make.h"

#define CHECK_TEXT(t, s) assert_true(text_is((t), (s)))

static const struct make all[] = {
	{ PCLNTAB_1_2, PCLNTAB_INLINING_1_9, 1, NULL },
	{ PCLNTAB_1_2, PCLNTAB_INLINING_1_12, 1, NULL },
	{ PCLNTAB_1_2, PCLNTAB_INLINING_1_13, 1, NULL },
	{ PCLNTAB_1_16, PCLNTAB_INLINING_1_16, 1, NULL },
	{ PCLNTAB_1_18, PCLNTAB_INLINING_1_16, 1, NULL },
	{ PCLNTAB_1_20, PCLNTAB_INLINING_1_20, 1, NULL },
	{ PCLNTAB_1_20, PCLNTAB_INLINING_1_20, 4, NULL },
};

#define ALL_COUNT (sizeof(all) / sizeof(all[0]))

/* Run a check over every way to make a table. */
static void with_all(void (*check)(const struct pclntab *t, const struct made *m))
{
	for (size_t i = 0; i < ALL_COUNT; i++) {
		struct made m = make_table(all[i]);
		struct pclntab t;

		assert_true(made_open(&t, &m, buf_text(&m.table)));
		check(&t, &m);
		made_done(&m);
	}
}

static void check_functions(const struct pclntab *t, const struct made *m)
{
	assert_int_equal(t->layout, m->how.layout);
	assert_int_equal(t->inlining, m->how.inlining);
	assert_int_equal(t->func_count, 3);
	assert_int_equal(pclntab_entry(t, 0), 0x401000);
	assert_int_equal(pclntab_entry(t, 2), 0x401080);
	assert_int_equal(pclntab_entry(t, 3), 0x4010a0);
	assert_int_equal(pclntab_entry(t, 4), UNKNOWN_U64);
	assert_int_equal(pclntab_find(t, 0x400fff), UNKNOWN_U64);
	assert_int_equal(pclntab_find(t, 0x401000), 0);
	assert_int_equal(pclntab_find(t, 0x40103f), 0);
	assert_int_equal(pclntab_find(t, 0x401040), 1);
	assert_int_equal(pclntab_find(t, 0x40109f), 2);
	assert_int_equal(pclntab_find(t, 0x4010a0), UNKNOWN_U64);
	assert_int_equal(pclntab_find(t, 0), UNKNOWN_U64);
	assert_int_equal(pclntab_find(t, UINT64_MAX), UNKNOWN_U64);
	assert_true(pclntab_is_sound(t));
}

static void functions_are_found_by_their_first_and_last_place(void **state)
{
	(void)state;
	with_all(check_functions);
}

static struct code_frame only_frame(const struct pclntab *t, uint64_t pc)
{
	struct code_frame f[4];

	assert_int_equal(pclntab_frames(t, pc, f, 4), 1);
	assert_false(f[0].is_inlined);
	return f[0];
}

static void check_lines(const struct pclntab *t, const struct made *m)
{
	static const struct {
		uint64_t pc, line;
	} cases[] = { { 0x401000, 10 },	  { 0x401003, 10 }, { 0x401004, 1000 },
		      { 0x40101f, 1000 }, { 0x401020, 9 },  { 0x40102f, 9 } };
	struct code_frame f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f = only_frame(t, cases[i].pc);
		CHECK_TEXT(f.function, "main.alpha");
		CHECK_TEXT(f.file, "/src/beta.go");
		assert_int_equal(f.line, cases[i].line);
	}
	assert_int_equal(f.start_line, m->how.layout == PCLNTAB_1_20 ? 9 : UNKNOWN_U64);
	f = only_frame(t, 0x401030); /* behind the end of its tables: padding */
	CHECK_TEXT(f.function, "main.alpha");
	assert_int_equal(f.file.len, 0);
	assert_int_equal(f.line, UNKNOWN_U64);
}

static void lines_change_where_the_table_steps(void **state)
{
	(void)state;
	with_all(check_lines);
}

static void check_nameonly(const struct pclntab *t, const struct made *m)
{
	struct code_frame f = only_frame(t, 0x401080);

	CHECK_TEXT(f.function, "main.gamma");
	assert_int_equal(f.file.len, 0);
	assert_int_equal(f.line, UNKNOWN_U64);
	assert_int_equal(f.start_line, m->how.layout == PCLNTAB_1_20 ? 50 : UNKNOWN_U64);
	assert_int_equal(pclntab_sp_delta(t, 0x401080), UNKNOWN_U64);
	assert_int_equal(pclntab_frames(t, 0x4010a0, &f, 1), 0);
	assert_int_equal(pclntab_frames(t, 0x400fff, &f, 1), 0);
	assert_int_equal(pclntab_frames(t, 0x401000, &f, 0), 0);
}

static void a_function_without_tables_has_its_name(void **state)
{
	(void)state;
	with_all(check_nameonly);
}

static void check_frame(struct code_frame f, const char *function, const char *file, uint64_t line)
{
	CHECK_TEXT(f.function, function);
	CHECK_TEXT(f.file, file);
	assert_int_equal(f.line, line);
}

static void check_inlining(const struct pclntab *t, const struct made *m)
{
	bool has_start = m->how.layout == PCLNTAB_1_20;
	struct code_frame f[CODE_FRAMES_MAX];

	check_frame(only_frame(t, 0x401048), "main.beta", "/src/beta.go", 22);
	assert_int_equal(pclntab_frames(t, 0x401054, f, CODE_FRAMES_MAX), 2);
	check_frame(f[0], "main.mid", "/src/mid.go", 31);
	check_frame(f[1], "main.beta", "/src/beta.go", 22);
	assert_int_equal(pclntab_frames(t, 0x401060, f, CODE_FRAMES_MAX), 3);
	check_frame(f[0], "main.leaf", "/src/leaf.go", 41);
	check_frame(f[1], "main.mid", "/src/mid.go", 33);
	check_frame(f[2], "main.beta", "/src/beta.go", 22);
	assert_true(f[0].is_inlined && f[1].is_inlined && !f[2].is_inlined);
	assert_int_equal(f[0].start_line, has_start ? 40 : UNKNOWN_U64);
	assert_int_equal(f[1].start_line, has_start ? 30 : UNKNOWN_U64);
	assert_int_equal(f[2].start_line, has_start ? 19 : UNKNOWN_U64);
	check_frame(only_frame(t, 0x401070), "main.beta", "/src/beta.go", 24);
	assert_int_equal(pclntab_frames(t, 0x401060, f, 2), 2);
	check_frame(f[0], "main.leaf", "/src/leaf.go", 41);
	check_frame(f[1], "main.beta", "/src/beta.go", 22);
	assert_int_equal(pclntab_frames(t, 0x401060, f, 1), 1);
	check_frame(f[0], "main.beta", "/src/beta.go", 22);
}

static void two_calls_deep_inlining_is_read_in_every_form(void **state)
{
	(void)state;
	with_all(check_inlining);
}

static void check_depths(const struct pclntab *t, const struct made *m)
{
	(void)m;
	assert_int_equal(pclntab_sp_delta(t, 0x401000), 8);
	assert_int_equal(pclntab_sp_delta(t, 0x401040), 0);
	assert_int_equal(pclntab_sp_delta(t, 0x401043), 0);
	assert_int_equal(pclntab_sp_delta(t, 0x401044), 0x18);
	assert_int_equal(pclntab_sp_delta(t, 0x40107b), 0x18);
	assert_int_equal(pclntab_sp_delta(t, 0x40107c), 0);
	assert_int_equal(pclntab_sp_delta(t, 0x4010a0), UNKNOWN_U64);
}

static void stack_depths_change_where_the_table_steps(void **state)
{
	(void)state;
	with_all(check_depths);
}

/* Worked by hand: -1 + 1 = 0 for 16 bytes of code, + 5 for 8, - 2 for 128, - 4 to the end of 4. */
static void steps_are_zigzag_and_varints(void **state)
{
	static const char steps[] = "\x7f\x02\x10\x0a\x08\x03\x80\x01\x07\x04\x00\x02\x01";
	const struct pclntab t = { .table = { steps, sizeof(steps) - 1 }, .quantum = 1 };
	static const struct {
		uint64_t pc;
		int64_t value;
	} cases[] = { { 0x1000, 0 }, { 0x100f, 0 }, { 0x1010, 5 },  { 0x1017, 5 },
		      { 0x1018, 3 }, { 0x1097, 3 }, { 0x1098, -1 }, { 0x109b, -1 } };
	struct pclntab_func f = { .entry = 0x1000, .steps_left = 100 };
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(pclntab_value(&t, 1, &f, cases[i].pc, &v));
		assert_int_equal(v, cases[i].value);
	}
	assert_false(pclntab_value(&t, 1, &f, 0x109c, &v)); /* behind the 0 that ends it */
	assert_false(pclntab_value(&t, 0, &f, 0x1000, &v));
	assert_false(pclntab_value(&t, UNKNOWN_U64, &f, 0x1000, &v));
	assert_false(pclntab_value(&t, sizeof(steps), &f, 0x1000, &v));
}

static void what_is_no_table_is_refused(void **state)
{
	struct made m = make_table((struct make){ .layout = PCLNTAB_1_20 });
	static const struct {
		uint64_t at, v;
		size_t width;
	} cases[] = { { 0, 0xfffffff9, 4 },  { 0, 0xf1ffffff, 4 },
		      { 4, 1, 1 },	     { 6, 3, 1 },
		      { 6, 0, 1 },	     { 7, 4, 1 },
		      { 8, 0, 8 },	     { 8, UINT64_MAX, 8 },
		      { 8, 1000, 8 },	     { 32, 0x10000, 8 },
		      { 40, UINT64_MAX, 8 }, { 48, 0x10000, 8 },
		      { 56, 0x10000, 8 },    { 64, UINT64_MAX - 7, 8 } };
	struct pclntab t = { .func_count = 77 };

	(void)state;
	m.how.inlining = PCLNTAB_INLINING_1_20;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made bad = make_table(m.how);

		poke(&bad, cases[i].at, cases[i].v, cases[i].width);
		assert_false(pclntab_open(&t, buf_text(&bad.table)));
		assert_int_equal(t.func_count, 77);
		made_done(&bad);
	}
	assert_false(pclntab_open(&t, (struct text){ 0 }));
	made_done(&m);
}

static void without_function_data_nothing_is_inlined(void **state)
{
	struct made m = make_table((struct make){ PCLNTAB_1_20, PCLNTAB_INLINING_1_20, 1, NULL });
	struct pclntab t;

	(void)state;
	assert_true(made_open(&t, &m, buf_text(&m.table)));
	t.gofunc = UNKNOWN_U64;
	check_frame(only_frame(&t, 0x401060), "main.beta", "/src/leaf.go", 41);
	t.gofunc = MAKE_GOFUNC + 0x1000; /* where the program has no bytes */
	check_frame(only_frame(&t, 0x401060), "main.beta", "/src/leaf.go", 41);
	t.gofunc = MAKE_GOFUNC;
	t.bytes_at = NULL;
	check_frame(only_frame(&t, 0x401060), "main.beta", "/src/leaf.go", 41);
	made_done(&m);
}

/* Calls that were inlined into themselves, or in a circle. */
static void a_circle_of_calls_ends(void **state)
{
	static const struct {
		size_t form, at, width;
		uint64_t v;
	} cases[] = { { 0, 16, 4, 1 }, { 0, 0, 4, 1 },	       { 1, 20, 2, 1 },
		      { 3, 0, 2, 1 },  { 5, 16 + 8, 4, 0x20 }, { 5, 8, 4, 0x28 } };
	struct code_frame f[CODE_FRAMES_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m = make_table(all[cases[i].form]);
		struct pclntab t;
		size_t n;

		for (size_t byte = 0; byte < cases[i].width; byte++)
			m.tree.at[cases[i].at + byte] = (uint8_t)(cases[i].v >> (8 * byte));
		assert_true(made_open(&t, &m, buf_text(&m.table)));
		n = pclntab_frames(&t, 0x401060, f, CODE_FRAMES_MAX);
		assert_in_range(n, 2, CODE_FRAMES_MAX);
		CHECK_TEXT(f[0].function, "main.leaf");
		CHECK_TEXT(f[n - 1].function, "main.beta");
		made_done(&m);
	}
}

static void the_form_of_inlining_is_made_out_from_the_table(void **state)
{
	static const struct make forms[] = {
		{ PCLNTAB_1_2, PCLNTAB_INLINING_1_9, 1, "runtime.bgscavenge" },
		{ PCLNTAB_1_2, PCLNTAB_INLINING_1_12, 1, "runtime.bgsweep" },
		{ PCLNTAB_1_2, PCLNTAB_INLINING_1_13, 1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct made m = make_table(forms[i]);
		struct pclntab t;

		assert_true(made_open(&t, &m, buf_text(&m.table)));
		/* beta, not alpha, has function data; 1.13 is told from 1.12 by a name behind it */
		if (forms[i].inlining == PCLNTAB_INLINING_1_13)
			memcpy(m.table.at + m.name_of[2], "runtime.bgscavenge", 19);
		assert_int_equal(pclntab_guess_inlining(&t), forms[i].inlining);
		made_done(&m);
	}
}

/* A table that a header stands in front of by chance. */
static void functions_elsewhere_than_listed_are_not_sound(void **state)
{
	struct make how = { PCLNTAB_1_18, PCLNTAB_INLINING_1_16, 1, NULL };
	struct made m = make_table(how);
	struct pclntab t;

	(void)state;
	poke(&m, m.functab + 8, 0x44, 4);
	assert_true(made_open(&t, &m, buf_text(&m.table)));
	assert_false(pclntab_is_sound(&t));
	poke(&m, m.functab + 8, 0x40, 4);
	assert_true(pclntab_is_sound(&t));
	poke(&m, m.functab + 12, 0x10000, 4);
	assert_false(pclntab_is_sound(&t));
	made_done(&m);
}

/* All tables of one look-up together: 2^19 steps. */
static void a_look_up_ends_after_a_number_of_steps(void **state)
{
	struct make how = { PCLNTAB_1_2, PCLNTAB_INLINING_1_13, 1, NULL };
	struct made m = make_table(how);
	struct code_frame f[4];
	struct pclntab t;
	uint64_t begin = m.table.len, func;

	(void)state;
	for (size_t i = 0; i < 1 << 20; i++)
		buf_add(&m.table, i ? "\x02\x00" : "\x14\x00", 2); /* never a step of the code */
	assert_true(made_open(&t, &m, buf_text(&m.table)));
	check_frame(only_frame(&t, 0x401000), "main.alpha", "/src/beta.go", 10);
	func = m.table.at[m.functab + 8] | (uint64_t)m.table.at[m.functab + 9] << 8;
	poke(&m, func + 24, begin, 4); /* pcfile, which is read before pcln */
	assert_int_equal(pclntab_frames(&t, 0x401000, f, 4), 1);
	CHECK_TEXT(f[0].function, "main.alpha");
	assert_int_equal(f[0].file.len, 0);
	assert_int_equal(f[0].line, UNKNOWN_U64);
	made_done(&m);
}

/* A text is in the bytes of the table. */
static void check_within(struct text t, const struct pclntab *table)
{
	assert_true(t.len == 0 ||
		    (t.at >= table->table.at && t.at + t.len < table->table.at + table->table.len &&
		     t.at[t.len] == '\0'));
}

/* Ask everything. */
static void ask(const struct pclntab *t)
{
	struct code_frame f[CODE_FRAMES_MAX];

	for (uint64_t pc = 0x400ffc; pc < 0x4010a4; pc += 4) {
		size_t n = pclntab_frames(t, pc, f, CODE_FRAMES_MAX);

		assert_in_range(n, 0, CODE_FRAMES_MAX);
		for (size_t i = 0; i < n; i++) {
			check_within(f[i].function, t);
			check_within(f[i].file, t);
			assert_int_equal(f[i].is_inlined, i + 1 < n);
		}
		(void)pclntab_sp_delta(t, pc);
	}
	(void)pclntab_is_sound(t);
	(void)pclntab_guess_inlining(t);
}

/* The sanitizers see what reads behind the end: the bytes are just as many as there are. */
static void ask_bytes(const struct made *m, size_t len)
{
	char *bytes = malloc(len ? len : 1);
	struct pclntab t;

	assert_non_null(bytes);
	memcpy(bytes, m->table.at, len);
	if (made_open(&t, m, (struct text){ bytes, len }))
		ask(&t);
	free(bytes);
}

static void every_cut_is_taken_calmly(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALL_COUNT; i++) {
		struct made m = make_table(all[i]);

		for (size_t cut = 0; cut <= m.table.len; cut++)
			ask_bytes(&m, cut);
		made_done(&m);
	}
}

static void every_changed_byte_is_taken_calmly(void **state)
{
	static const uint8_t changes[] = { 0xff, 0x80, 0x01 };

	(void)state;
	for (size_t i = 0; i < ALL_COUNT; i++) {
		struct made m = make_table(all[i]);

		for (size_t at = 0; at < m.table.len + m.tree.len; at++)
			for (size_t n = 0; n < sizeof(changes); n++) {
				uint8_t *byte = at < m.table.len ? &m.table.at[at]
								 : &m.tree.at[at - m.table.len];

				*byte ^= changes[n];
				ask_bytes(&m, m.table.len);
				*byte ^= changes[n];
			}
		made_done(&m);
	}
}

static void layouts_are_named_after_their_first_release(void **state)
{
	(void)state;
	assert_string_equal(pclntab_layout_name(PCLNTAB_1_2), "1.2");
	assert_string_equal(pclntab_layout_name(PCLNTAB_1_20), "1.20");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found_by_their_first_and_last_place),
		cmocka_unit_test(lines_change_where_the_table_steps),
		cmocka_unit_test(a_function_without_tables_has_its_name),
		cmocka_unit_test(two_calls_deep_inlining_is_read_in_every_form),
		cmocka_unit_test(stack_depths_change_where_the_table_steps),
		cmocka_unit_test(steps_are_zigzag_and_varints),
		cmocka_unit_test(what_is_no_table_is_refused),
		cmocka_unit_test(without_function_data_nothing_is_inlined),
		cmocka_unit_test(a_circle_of_calls_ends),
		cmocka_unit_test(the_form_of_inlining_is_made_out_from_the_table),
		cmocka_unit_test(functions_elsewhere_than_listed_are_not_sound),
		cmocka_unit_test(a_look_up_ends_after_a_number_of_steps),
		cmocka_unit_test(every_cut_is_taken_calmly),
		cmocka_unit_test(every_changed_byte_is_taken_calmly),
		cmocka_unit_test(layouts_are_named_after_their_first_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
