/* test_locations.c - places of code are named once: those of a program of Go 1.19.8
 * (tests/data/pclntab/go1.19.8.txt says what stands where), of the kernel, and those that nothing
 * is known of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/framerole_internal.h"
#include "analyze/locations_internal.h"
#include "base/unknown.h"
#include "program_cut.h"

/* From LESS_ADD on main.add stands in main.twice, main.fourfold, main.weight, main.(*byLen).Less */
#define LESS	 UINT64_C(0x4655a0)
#define LESS_ADD UINT64_C(0x4655c3)
#define SWAP	 UINT64_C(0x465620)
#define FAR	 UINT64_C(0x7f0000000000)

static int set_up(void **state)
{
	static const struct cut_name names[] = {
		{ "main.(*byLen).Swap", "runtime.mcall" },
	};
	static struct locations l;
	struct buf program = cut_program("go1.19.8", names, 1);
	struct imageset_facts facts = { .pid = 1,
					.path = text_of(CUT_PATH),
					.content = buf_text(&program) };

	locations_init(&l, NULL);
	imageset_declare(l.images, &facts);
	buf_done(&program);
	*state = &l;
	return 0;
}

static int tear_down(void **state)
{
	locations_done(*state);
	return 0;
}

static void map(struct locations *l, uint64_t pid, uint64_t start, const char *path)
{
	space_map(l->space, pid, (struct space_range){ start, CUT_CODE_BYTES, 0 }, text_of(path));
}

static const struct profile_location *location_at(const struct locations *l, uint32_t i)
{
	return &((const struct profile_location *)(const void *)l->locations.at)[i];
}

static const struct profile_function *function_of(const struct locations *l, uint32_t location,
						  uint32_t line)
{
	const struct profile_line *lines = (const void *)l->lines.at;
	const struct profile_function *functions = (const void *)l->functions.at;

	assert_in_range(line, 0, location_at(l, location)->line_count - 1);
	return &functions[lines[location_at(l, location)->first_line + line].function];
}

static uint64_t line_of(const struct locations *l, uint32_t location, uint32_t line)
{
	const struct profile_line *lines = (const void *)l->lines.at;

	return lines[location_at(l, location)->first_line + line].line;
}

static size_t count_of(const struct locations *l)
{
	return l->locations.len / sizeof(struct profile_location);
}

#define assert_text(t, s)	  assert_true(text_is((t), (s)))
#define assert_named(l, at, name) assert_text(locations_function((l), (at)), (name))

static void a_place_is_one_location_wherever_it_was_mapped(void **state)
{
	struct locations *l = *state;
	uint32_t first;

	map(l, 1, CUT_CODE, CUT_PATH);
	map(l, 2, FAR, CUT_PATH);
	first = locations_at(l, 1, LESS, false);
	assert_int_equal(locations_at(l, 1, LESS, false), first);
	assert_int_equal(locations_at(l, 2, FAR + LESS - CUT_CODE, false), first);
	assert_int_equal(locations_at(l, 1, LESS + 1, true), first);
	assert_int_equal(count_of(l), 1);
	assert_int_equal(location_at(l, first)->ip, LESS);
	assert_int_equal(location_at(l, first)->mapping, 0);
	assert_int_not_equal(locations_at(l, 1, LESS + 1, false), first);
	assert_named(l, locations_at(l, 1, LESS + 1, false), "main.(*byLen).Less");
	assert_int_equal(count_of(l), 2);
}

static void a_caller_is_looked_up_one_byte_before_its_return_address(void **state)
{
	struct locations *l = *state;
	uint32_t leaf, caller;

	map(l, 1, CUT_CODE, CUT_PATH);
	leaf = locations_at(l, 1, LESS_ADD, false);
	caller = locations_at(l, 1, LESS_ADD, true);
	assert_int_equal(location_at(l, leaf)->ip, LESS_ADD);
	assert_text(locations_inner_function(l, leaf), "main.add");
	assert_int_equal(location_at(l, caller)->ip, LESS_ADD - 1);
	assert_text(locations_inner_function(l, caller), "main.(*byLen).Less");
	/* behind the last byte of the function, as a call that never returns leaves it */
	assert_named(l, locations_at(l, 1, SWAP, true), "main.(*byLen).Less");
	assert_named(l, locations_at(l, 1, SWAP, false), "runtime.mcall");
	assert_named(l, locations_at(l, 1, CUT_CODE, true), "[unknown]");
	assert_named(l, locations_at_kernel(l, 0, true), "[kernel]");
}

static void inlined_functions_are_lines_of_their_location(void **state)
{
	static const struct {
		const char *name;
		uint64_t line;
	} wanted[] = { { "main.add", 27 },
		       { "main.twice", 31 },
		       { "main.fourfold", 35 },
		       { "main.weight", 39 },
		       { "main.(*byLen).Less", 17 } };
	struct locations *l = *state;
	uint32_t at;

	map(l, 1, CUT_CODE, CUT_PATH);
	at = locations_at(l, 1, LESS_ADD, false);
	assert_int_equal(location_at(l, at)->line_count, 5);
	for (uint32_t i = 0; i < 5; i++) {
		assert_text(function_of(l, at, i)->name, wanted[i].name);
		assert_text(function_of(l, at, i)->file, "src/prog.go");
		assert_int_equal(line_of(l, at, i), wanted[i].line);
	}
	assert_text(locations_inner_function(l, at), "main.add");
	assert_named(l, at, "main.(*byLen).Less");
}

static void a_function_is_one_in_all_its_locations(void **state)
{
	struct locations *l = *state;
	uint32_t a, b;

	map(l, 1, CUT_CODE, CUT_PATH);
	a = locations_at(l, 1, LESS, false);
	b = locations_at(l, 1, LESS_ADD, false);
	assert_int_not_equal(a, b);
	assert_ptr_equal(function_of(l, a, 0), function_of(l, b, 4));
	assert_int_equal(l->functions.len, 5 * sizeof(struct profile_function));
}

static void a_location_knows_what_mending_needs(void **state)
{
	const struct location_facts *f;
	struct locations *l = *state;

	map(l, 1, FAR, CUT_PATH);
	f = locations_facts(l, locations_at(l, 1, FAR + LESS + 4 - CUT_CODE, false));
	assert_true(f->is_go && f->is_named);
	assert_false(f->is_kernel || f->moves_stacks);
	assert_non_null(f->image);
	assert_int_equal(f->vaddr, LESS + 4);
	assert_int_equal(f->sp_delta, 24);
	assert_int_equal(f->roles, 0);
	f = locations_facts(l, locations_at(l, 1, FAR + SWAP - CUT_CODE, false));
	assert_true(f->moves_stacks);
	assert_int_equal(f->sp_delta, 0);
	assert_int_equal(f->roles, ROLE_MCALL | ROLE_BOTTOM);
}

/* Out of order, and by more than one step of the search. */
static void add_kernel_symbols(struct locations *l)
{
	locations_add_kernel_symbol(l, 0x5000, text_of("handle_mm_fault"));
	locations_add_kernel_symbol(l, 0x1000, text_of("first"));
	locations_add_kernel_symbol(l, 0x4000, text_of("fourth"));
	locations_add_kernel_symbol(l, 0x2000, text_of("second"));
	locations_add_kernel_symbol(l, 0x3000, text_of("third"));
}

static void kernel_functions_begin_at_their_addresses(void **state)
{
	static const struct {
		uint64_t ip;
		const char *name;
	} wanted[] = { { 0, "[kernel]" },
		       { 0xfff, "[kernel]" },
		       { 0x1000, "first" },
		       { 0x1001, "first" },
		       { 0x1fff, "first" },
		       { 0x2000, "second" },
		       { 0x3800, "third" },
		       { 0x4000, "fourth" },
		       { 0x4fff, "fourth" },
		       { 0x5000, "handle_mm_fault" },
		       { UINT64_MAX, "handle_mm_fault" } };
	struct locations *l = *state;

	add_kernel_symbols(l);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_named(l, locations_at_kernel(l, wanted[i].ip, false), wanted[i].name);
	assert_named(l, locations_at_kernel(l, 0x2000, true), "first");
}

static void a_kernel_location_is_no_one_elses(void **state)
{
	struct locations *l = *state;
	uint32_t kernel, unknown;

	add_kernel_symbols(l);
	kernel = locations_at_kernel(l, 0x5001, false);
	unknown = locations_at(l, 1, 0x5001, false);
	assert_int_not_equal(kernel, unknown);
	assert_int_equal(locations_at_kernel(l, 0x5001, false), kernel);
	assert_int_equal(locations_at_kernel(l, 0x5002, true), kernel);
	assert_int_equal(location_at(l, kernel)->ip, 0x5001);
	assert_int_equal(location_at(l, kernel)->mapping, PROFILE_NONE);
	assert_true(locations_facts(l, kernel)->is_kernel);
	assert_true(locations_facts(l, kernel)->is_named);
	assert_int_equal(locations_facts(l, kernel)->roles, ROLE_PAGE_FAULT);
	assert_false(locations_facts(l, unknown)->is_kernel);
	assert_int_equal(locations_facts(l, unknown)->roles, 0);
	assert_false(locations_facts(l, locations_at_kernel(l, 5, false))->is_named);
}

static void a_kernel_function_is_one_however_often_it_is_told(void **state)
{
	struct locations *l = *state;

	add_kernel_symbols(l);
	add_kernel_symbols(l);
	assert_int_equal(l->functions.len, 5 * sizeof(struct profile_function));
	assert_int_equal(l->names.len, 5 * sizeof(char *));
}

static void a_name_without_a_place_is_one_location(void **state)
{
	struct locations *l = *state;
	char name[] = "runtime.mcall";
	uint32_t at = locations_of_name(l, text_of(name));

	memset(name, 'x', sizeof(name) - 1); /* it was copied */
	assert_int_equal(locations_of_name(l, text_of("runtime.mcall")), at);
	assert_int_not_equal(locations_of_name(l, text_of("runtime.mcal")), at);
	assert_named(l, at, "runtime.mcall");
	assert_int_equal(location_at(l, at)->ip, 0);
	assert_int_equal(location_at(l, at)->mapping, PROFILE_NONE);
	assert_int_equal(line_of(l, at, 0), UNKNOWN_U64);
	assert_int_equal(locations_facts(l, at)->roles, ROLE_MCALL | ROLE_BOTTOM);
	assert_true(locations_facts(l, at)->is_named);
	assert_false(locations_facts(l, at)->is_go);
	assert_int_equal(locations_facts(l, at)->sp_delta, UNKNOWN_U64);
}

static void what_is_mapped_nowhere_is_unknown(void **state)
{
	struct locations *l = *state;
	uint32_t at = locations_at(l, 1, 0x1234, false);

	assert_named(l, at, "[unknown]");
	assert_int_equal(location_at(l, at)->ip, 0x1234);
	assert_int_equal(location_at(l, at)->mapping, PROFILE_NONE);
	assert_false(locations_facts(l, at)->is_named);
	assert_int_equal(locations_facts(l, at)->sp_delta, UNKNOWN_U64);
	assert_int_equal(locations_at(l, 2, 0x1234, false), at);
	assert_int_not_equal(locations_at(l, 1, 0x1235, false), at);
}

static void code_of_a_file_that_cannot_be_read_has_its_name(void **state)
{
	struct locations *l = *state;
	uint32_t c, d;

	map(l, 1, FAR, "/nonexistent/lib/libc.so.6");
	map(l, 2, FAR, "/nonexistent/lib/libd.so.6");
	map(l, 3, FAR, "[heap]");
	map(l, 4, FAR, "");
	c = locations_at(l, 1, FAR + 1, false);
	d = locations_at(l, 2, FAR + 1, false);
	assert_named(l, c, "[libc.so.6]");
	assert_named(l, d, "[libd.so.6]");
	assert_named(l, locations_at(l, 3, FAR + 1, false), "[unknown]");
	assert_named(l, locations_at(l, 4, FAR + 1, false), "[unknown]");
	assert_false(locations_facts(l, c)->is_named);
	assert_null(locations_facts(l, c)->image);
	assert_int_equal(location_at(l, c)->mapping, 0);
	assert_int_equal(location_at(l, d)->mapping, 1);
	assert_int_equal(locations_at(l, 1, FAR + 1, false), c);
}

static void a_place_in_a_readable_file_without_a_function_has_the_files_name(void **state)
{
	struct locations *l = *state;
	uint32_t at;

	map(l, 1, CUT_CODE, CUT_PATH);
	at = locations_at(l, 1, CUT_CODE + 4, false);
	assert_named(l, at, "[prog]");
	assert_false(locations_facts(l, at)->is_named || locations_facts(l, at)->is_go);
	assert_non_null(locations_facts(l, at)->image);
	assert_int_equal(locations_facts(l, at)->sp_delta, UNKNOWN_U64);
}

/* A name of a file may be as long as 255 bytes. */
static void a_long_name_of_a_file_is_cut(void **state)
{
	struct locations *l = *state;
	char path[256] = "/nonexistent/";
	struct text name;

	memset(path + strlen(path), 'n', sizeof(path) - 1 - strlen(path));
	map(l, 1, FAR, path);
	name = locations_function(l, locations_at(l, 1, FAR, false));
	assert_int_equal(name.len, 159);
	assert_memory_equal(name.at, "[nnnnnnnnn", 10);
}

static void what_is_remembered_ends_with_a_mapping(void **state)
{
	struct locations *l = *state;

	assert_named(l, locations_at(l, 1, LESS, false), "[unknown]");
	map(l, 1, CUT_CODE, CUT_PATH);
	assert_named(l, locations_at(l, 1, LESS, false), "main.(*byLen).Less");
	map(l, 1, CUT_CODE, "/nonexistent/other");
	assert_named(l, locations_at(l, 1, LESS, false), "[other]");
	assert_named(l, locations_at(l, 2, LESS, false), "[unknown]");
}

static void what_is_remembered_ends_with_an_exec(void **state)
{
	struct locations *l = *state;
	uint32_t before;

	map(l, 1, CUT_CODE, CUT_PATH);
	space_fork(l->space, 2, 1);
	before = locations_at(l, 1, LESS, false);
	assert_int_equal(locations_at(l, 2, LESS, false), before);
	space_exec(l->space, 1);
	assert_named(l, locations_at(l, 1, LESS, false), "[unknown]");
	assert_int_equal(locations_at(l, 2, LESS, false), before);
	map(l, 1, FAR, CUT_PATH);
	assert_named(l, locations_at(l, 1, LESS, false), "[unknown]");
	assert_int_equal(locations_at(l, 1, FAR + LESS - CUT_CODE, false), before);
}

/* What is remembered is found by a hash that takes but 16 bits of the generation and 63 of the
 * address. */
static void what_has_the_same_hash_is_told_apart(void **state)
{
	struct locations *l = *state;
	uint32_t before;

	map(l, 1, CUT_CODE, CUT_PATH);
	before = locations_at(l, 1, LESS, false);
	assert_named(l, locations_at(l, 1, LESS | UINT64_C(1) << 63, false), "[unknown]");
	for (uint32_t i = 0; i < 65536; i++)
		space_exec(l->space, 1);
	assert_named(l, locations_at(l, 1, LESS, false), "[unknown]");
	map(l, 1, CUT_CODE, CUT_PATH);
	assert_int_equal(locations_at(l, 1, LESS, false), before);
}

/* Made-up addresses can have any upper bits. */
static void an_unmapped_place_is_told_from_every_mapped_one(void **state)
{
	struct locations *l = *state;

	map(l, 1, FAR, "/nonexistent/a");
	map(l, 1, FAR + CUT_CODE_BYTES, "/nonexistent/b");
	assert_named(l, locations_at(l, 1, FAR, false), "[a]");
	assert_named(l, locations_at(l, 1, FAR ^ UINT64_C(0xffff) << 48, false), "[unknown]");
	assert_named(l, locations_at(l, 1, FAR + CUT_CODE_BYTES, false), "[b]");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_place_is_one_location_wherever_it_was_mapped),
		TEST(a_caller_is_looked_up_one_byte_before_its_return_address),
		TEST(inlined_functions_are_lines_of_their_location),
		TEST(a_function_is_one_in_all_its_locations),
		TEST(a_location_knows_what_mending_needs),
		TEST(kernel_functions_begin_at_their_addresses),
		TEST(a_kernel_location_is_no_one_elses),
		TEST(a_kernel_function_is_one_however_often_it_is_told),
		TEST(a_name_without_a_place_is_one_location),
		TEST(what_is_mapped_nowhere_is_unknown),
		TEST(code_of_a_file_that_cannot_be_read_has_its_name),
		TEST(a_place_in_a_readable_file_without_a_function_has_the_files_name),
		TEST(a_long_name_of_a_file_is_cut),
		TEST(an_unmapped_place_is_told_from_every_mapped_one),
		TEST(what_is_remembered_ends_with_a_mapping),
		TEST(what_is_remembered_ends_with_an_exec),
		TEST(what_has_the_same_hash_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
