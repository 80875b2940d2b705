/* test_folded.c - folded stacks of a profile made by hand, and of larger ones against the plainest
 * way to make them. */
#include "profile_sample.h"

#include <errno.h>
#include <inttypes.h>

#include "render/folded.h"

#define EVIL_FOLDED                                                                               \
	"<script>alert(\"x&y\")</script>:'" EVIL_BAD EVIL_BAD EVIL_BAD EVIL_BAD "]]>\xe2\x82\xac" \
	"_12"

/* The caller frees. */
static char *folded(const struct profile *p, enum profile_weight weight, enum profile_split split)
{
	struct folded_options o = { .weight = weight, .split = split };
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(folded_render(p, &o, f), 0);
	fclose(f);
	assert_int_equal(strlen(text), len);
	return text;
}

static void assert_folded(const struct profile *p, enum profile_weight weight,
			  enum profile_split split, const char *want)
{
	char *text = folded(p, weight, split);

	assert_string_equal(text, want);
	free(text);
}

static void stacks_that_read_alike_are_one_line_in_bytewise_order(void **state)
{
	struct profile p = sample_profile();

	(void)state;
	assert_folded(
		&p, WEIGHT_SAMPLES, SPLIT_NONE,
		"[unknown] 1\n"
		"runtime.goexit;" EVIL_FOLDED " 4\n"
		"runtime.goexit;main.main;main.work;main.sum 40\n"
		"runtime.goexit;main.main;main.work;memcpy 20\n"
		"runtime.goexit;main.main;main.work;runtime.mallocgc 8\n"
		"runtime.goexit;main.main;main.work;runtime.mallocgc;runtime.gcAssistAlloc 6\n"
		"runtime.goexit;runtime.bgscavenge;do_madvise 5\n"
		"runtime.goexit;runtime.gcBgMarkWorker;runtime.gcDrain 16\n");
}

static void a_value_is_printed_in_full(void **state)
{
	struct profile p = sample_profile();

	(void)state;
	p.stacks = &sample_stacks[4];
	p.stack_count = 2;
	assert_folded(&p, WEIGHT_VALUE, SPLIT_NONE,
		      "runtime.goexit;runtime.gcBgMarkWorker;runtime.gcDrain 160000000\n");
}

static void a_split_puts_a_root_in_front(void **state)
{
	struct profile p = sample_profile();

	(void)state;
	p.stacks = &sample_stacks[4];
	p.stack_count = 5;
	assert_folded(&p, WEIGHT_SAMPLES, SPLIT_PHASE,
		      "[mark];runtime.goexit;runtime.gcBgMarkWorker;runtime.gcDrain 16\n"
		      "[mutator];[unknown] 1\n"
		      "[mutator];runtime.goexit;" EVIL_FOLDED " 4\n"
		      "[scavenge];runtime.goexit;runtime.bgscavenge;do_madvise 5\n");
	assert_folded(&p, WEIGHT_SAMPLES, SPLIT_CAUSE,
		      "[background];runtime.goexit;runtime.bgscavenge;do_madvise 5\n"
		      "[no cause];[unknown] 1\n"
		      "[no cause];runtime.goexit;" EVIL_FOLDED " 4\n"
		      "[no cause];runtime.goexit;runtime.gcBgMarkWorker;runtime.gcDrain 16\n");
	assert_folded(&p, WEIGHT_SAMPLES, SPLIT_THREAD,
		      "[e" EVIL_BAD "vil:<&> 102];runtime.goexit;" EVIL_FOLDED " 4\n"
		      "[e" EVIL_BAD "vil:<&> 102];runtime.goexit;runtime.bgscavenge;do_madvise 5\n"
		      "[unknown thread];[unknown] 1\n"
		      "[worker 101];runtime.goexit;runtime.gcBgMarkWorker;runtime.gcDrain 16\n");
}

static void nothing_is_left_of_rows_without_weight(void **state)
{
	struct profile p = sample_profile();
	struct profile_stack stacks[] = {
		{ .location_count = 0, .sample_count = 2, .value = 0 },
		{ .location_count = 3, .sample_count = 0, .value = 7 },
	};

	(void)state;
	p.stacks = stacks;
	p.stack_count = 2;
	assert_folded(&p, WEIGHT_SAMPLES, SPLIT_NONE, "[no stack] 2\n");
	assert_folded(&p, WEIGHT_SAMPLES, SPLIT_PHASE, "[mutator] 2\n");
	assert_folded(&p, WEIGHT_VALUE, SPLIT_NONE,
		      "runtime.goexit;main.main;main.work;main.sum 7\n");
	p.stack_count = 0;
	assert_folded(&p, WEIGHT_SAMPLES, SPLIT_NONE, "");
}

static void sums_do_not_wrap(void **state)
{
	struct profile p = sample_profile();
	struct profile_stack stacks[] = { { .sample_count = 1, .value = UINT64_MAX - 1 },
					  { .sample_count = 1, .value = 5 } };

	(void)state;
	p.stacks = stacks;
	p.stack_count = 2;
	assert_folded(&p, WEIGHT_VALUE, SPLIT_NONE, "[no stack] 18446744073709551615\n");
}

static void a_stream_that_refuses_is_reported(void **state)
{
	struct folded_options o = { .weight = WEIGHT_SAMPLES };
	struct profile p = sample_profile();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	assert_int_equal(folded_render(&p, &o, full), -ENOSPC);
	fclose(full);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *plain_stack(const struct profile *p, const struct profile_stack *s)
{
	struct buf line = { 0 };

	for (uint32_t i = s->location_count; i-- > 0;) {
		uint32_t location = p->stack_locations[s->first_location + i];
		const struct profile_function *f =
			&p->functions[p->lines[p->locations[location].first_line].function];

		buf_add(&line, f->name.at, f->name.len);
		buf_addf(&line, i ? ";" : "");
	}
	buf_cstr(&line);
	return (char *)line.at;
}

/* The same by sorting whole texts, "STACK" and the row's number behind a NUL. */
static char *plainly_folded(const struct profile *p)
{
	char **stacks = calloc(p->stack_count, sizeof(*stacks));
	struct buf text = { 0 };

	assert_non_null(stacks);
	for (size_t i = 0; i < p->stack_count; i++) {
		struct buf one = { 0 };
		char *stack = plain_stack(p, &p->stacks[i]);

		buf_add(&one, stack, strlen(stack) + 1);
		buf_add(&one, &i, sizeof(i));
		free(stack);
		stacks[i] = (char *)one.at;
	}
	qsort(stacks, p->stack_count, sizeof(*stacks), compare_lines);
	for (size_t i = 0; i < p->stack_count;) {
		uint64_t sum = 0;
		size_t from = i;

		for (; i < p->stack_count && strcmp(stacks[i], stacks[from]) == 0; i++) {
			size_t row;

			memcpy(&row, stacks[i] + strlen(stacks[i]) + 1, sizeof(row));
			sum += p->stacks[row].sample_count;
		}
		buf_addf(&text, "%s %" PRIu64 "\n", stacks[from], sum);
	}
	for (size_t i = 0; i < p->stack_count; i++)
		free(stacks[i]);
	free(stacks);
	buf_cstr(&text);
	return (char *)text.at;
}

static void any_profile_folds_as_sorted_text_does(void **state)
{
	static const uint32_t shapes[][4] = { /* stacks, depth, functions, spread */
					      { 1, 1, 1, 1 },	   { 3000, 1, 50, 50 },
					      { 3000, 12, 40, 2 }, { 3000, 40, 1000, 3 },
					      { 500, 90, 3, 3 },   { 2000, 30, 500, 1 }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct grown_profile g;
		char *got, *want;

		grown_init(&g, shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3]);
		for (size_t k = 0; k < g.p.stack_count; k += 3) /* rows of different depth */
			((struct profile_stack *)(void *)g.stacks.at)[k].location_count -=
				(uint32_t)(k % shapes[i][1]);
		got = folded(&g.p, WEIGHT_SAMPLES, SPLIT_NONE);
		want = plainly_folded(&g.p);
		assert_string_equal(got, want);
		free(got);
		free(want);
		grown_done(&g);
	}
}

/* ';' sorts behind '.' and digits, so "a.b" stands between "a" and "a;c". */
static void order_is_that_of_the_text_not_of_the_names(void **state)
{
	static const struct profile_function functions[] = {
		{ TEXT("a"), TEXT(""), 1 },    { TEXT("a.b"), TEXT(""), 1 },
		{ TEXT("c"), TEXT(""), 1 },    { TEXT("a<"), TEXT(""), 1 },
		{ TEXT("a"), TEXT("y.c"), 9 }, { TEXT("a;<"), TEXT(""), 1 },
	};
	static const struct profile_line lines[] = { { 0, 1 }, { 1, 1 }, { 2, 1 },
						     { 3, 1 }, { 4, 1 }, { 5, 1 } };
	static const struct profile_location locations[] = {
		{ .first_line = 0, .line_count = 1 }, { .first_line = 1, .line_count = 1 },
		{ .first_line = 2, .line_count = 1 }, { .first_line = 3, .line_count = 1 },
		{ .first_line = 4, .line_count = 1 }, { .first_line = 5, .line_count = 1 },
	};
	static const uint32_t at[] = { 0, 1, 2, 0, 3, 4, 2, 4, 5 };
	static const struct profile_stack stacks[] = {
		{ .first_location = 4, .location_count = 1, .sample_count = 1 },
		{ .first_location = 2, .location_count = 2, .sample_count = 2 },
		{ .first_location = 1, .location_count = 1, .sample_count = 4 },
		{ .first_location = 0, .location_count = 1, .sample_count = 8 },
		{ .first_location = 5, .location_count = 1, .sample_count = 16 },
		{ .first_location = 6, .location_count = 2, .sample_count = 32 },
		{ .first_location = 8, .location_count = 1, .sample_count = 64 },
	};
	struct profile p = sample_profile();

	(void)state;
	p.functions = functions;
	p.lines = lines;
	p.locations = locations;
	p.stack_locations = at;
	p.stacks = stacks;
	p.function_count = p.line_count = p.location_count = COUNT(functions);
	p.stack_location_count = COUNT(at);
	p.stack_count = COUNT(stacks);
	assert_folded(&p, WEIGHT_SAMPLES, SPLIT_NONE, "a 24\na.b 4\na:< 64\na;c 34\na< 1\n");
}

static void names_of_enums_are_those_of_the_contract(void **state)
{
	(void)state;
	assert_string_equal(profile_phase_name(PHASE_SWEEP_TERMINATION), "sweep termination");
	assert_string_equal(profile_phase_name(PHASE_COUNT), "");
	assert_string_equal(profile_cause_name(CAUSE_NONE), "");
	assert_string_equal(profile_cause_name(CAUSE_FORCED), "forced");
	assert_string_equal(profile_unit_name(PROFILE_NANOSECONDS), "nanoseconds");
	for (int i = 0; i < PHASE_COUNT; i++)
		assert_true(profile_phase_name((enum profile_phase)i)[0]);
}

static void the_sample_is_written_for_other_programs(void **state)
{
	struct folded_options o = { .weight = WEIGHT_SAMPLES };
	struct profile p = sample_profile();
	FILE *f = sample_file("sample.folded");

	(void)state;
	assert_int_equal(folded_render(&p, &o, f), 0);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks_that_read_alike_are_one_line_in_bytewise_order),
		cmocka_unit_test(a_value_is_printed_in_full),
		cmocka_unit_test(a_split_puts_a_root_in_front),
		cmocka_unit_test(nothing_is_left_of_rows_without_weight),
		cmocka_unit_test(sums_do_not_wrap),
		cmocka_unit_test(a_stream_that_refuses_is_reported),
		cmocka_unit_test(any_profile_folds_as_sorted_text_does),
		cmocka_unit_test(order_is_that_of_the_text_not_of_the_names),
		cmocka_unit_test(names_of_enums_are_those_of_the_contract),
		cmocka_unit_test(the_sample_is_written_for_other_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
