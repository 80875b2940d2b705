/* test_align.c - the trace clock's place, and whose line is whose. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "analyze/processes.h"
#include "base/unknown.h"

#define MS 1000000ULL

/* A collection of 1 ms. */
static struct gctrace_cycle cycle(uint64_t number, uint64_t start_ms)
{
	return (struct gctrace_cycle){ .shape = GCTRACE_1_18,
				       .number = number,
				       .start_ns = start_ms * MS,
				       .sweep_termination_ns = 100000,
				       .mark_ns = 700000,
				       .mark_termination_ns = 200000,
				       .procs = 2 };
}

static uint64_t add(struct processes *p, uint64_t number, uint64_t start_ms, uint64_t arrival_ns,
		    uint64_t *missing)
{
	struct gctrace_cycle gc = cycle(number, start_ms);

	return processes_add(p, &gc, arrival_ns, missing)->id;
}

/* init 500 ms: lines at @10, @20, @30, delayed by 3 ms, 0.2 ms, 9 ms. */
static void the_line_with_the_least_delay_decides(void **state)
{
	struct gctrace_cycle a = cycle(1, 10), b = cycle(2, 20), c = cycle(3, 30);
	struct align align;

	(void)state;
	align_init(&align);
	assert_true(align_uncertainty_ns(&align) == UNKNOWN_U64);
	align_add(&align, &a, 514 * MS);
	align_add(&align, &b, 521 * MS + 200000);
	align_add(&align, &c, 540 * MS);
	assert_int_equal(align.init_ns, 500 * MS + 200000);
	assert_int_equal(align_uncertainty_ns(&align), 1100000);
}

static void no_cycle_ends_after_its_line_arrived(void **state)
{
	uint64_t arrivals[1000], seed = 12345;
	struct align align;

	(void)state;
	align_init(&align);
	for (uint64_t i = 0; i < 1000; i++) {
		struct gctrace_cycle gc = cycle(i + 1, 5 * i);

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		arrivals[i] = 700 * MS + align_cycle_end_ns(&gc) + (seed >> 40);
		align_add(&align, &gc, arrivals[i]);
	}
	assert_true(align.init_ns >= 700 * MS);
	for (uint64_t i = 0; i < 1000; i++) {
		struct gctrace_cycle gc = cycle(i + 1, 5 * i);

		assert_true(align.init_ns + align_cycle_end_ns(&gc) <= arrivals[i]);
	}
}

static void absurd_figures_do_not_wrap(void **state)
{
	struct gctrace_cycle gc = cycle(1, 1);

	(void)state;
	gc.mark_ns = UINT64_MAX - 10;
	assert_true(align_cycle_end_ns(&gc) == UINT64_MAX / 4);
	assert_int_equal(align_line_init_ns(&gc, 5 * MS), 0);
}

/* Parent began at 100 ms, child at 150 ms; they print by turns. */
static void a_childs_lines_are_told_from_the_parents(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	uint64_t missing;

	(void)state;
	processes_init(p);
	assert_int_equal(add(p, 1, 10, 111 * MS, &missing), 0);
	assert_int_equal(add(p, 2, 20, 121 * MS, &missing), 0);
	assert_int_equal(add(p, 1, 4, 155 * MS, &missing), 1);
	assert_int_equal(add(p, 3, 60, 161 * MS, &missing), 0);
	assert_int_equal(add(p, 2, 20, 171 * MS, &missing), 1);
	/* Both stand at a number that 4 and 3 follow: the child is at 2, the parent at 3. */
	assert_int_equal(add(p, 3, 30, 181 * MS, &missing), 1);
	/* Now 4 could be either's; the clock tells. */
	assert_int_equal(add(p, 4, 95, 196 * MS, &missing), 0);
	assert_int_equal(add(p, 4, 60, 211 * MS, &missing), 1);
	assert_int_equal(missing, 0);
	assert_int_equal(processes_earliest(p)->id, 0);
	free(p);
}

static void the_target_is_the_one_that_began_first_not_the_one_that_printed_first(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	uint64_t missing;

	(void)state;
	processes_init(p);
	assert_int_equal(add(p, 1, 4, 155 * MS, &missing), 0);	/* a child, from 150 ms */
	assert_int_equal(add(p, 1, 90, 191 * MS, &missing), 1); /* the target, from 100 ms */
	assert_int_equal(processes_earliest(p)->id, 1);
	free(p);
}

static void a_lost_line_leaves_a_gap_not_a_new_process(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	uint64_t missing;

	(void)state;
	processes_init(p);
	assert_int_equal(add(p, 1, 10, 111 * MS, &missing), 0);
	assert_int_equal(add(p, 4, 40, 141 * MS, &missing), 0);
	assert_int_equal(missing, 2);
	assert_int_equal(processes_earliest(p)->missing_count, 2);
	assert_int_equal(processes_earliest(p)->last_number, 4);
	free(p);
}

/* Parent at 5, line 6 lost; a dead child stopped at 6. Line 7 is the parent's by the clock. */
static void a_gap_that_fits_the_clock_beats_a_number_that_does_not(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	uint64_t missing;

	(void)state;
	processes_init(p);
	for (uint64_t i = 1; i <= 5; i++)
		add(p, i, 10 * i, 100 * MS + 10 * i * MS + MS, &missing);
	for (uint64_t i = 1; i <= 6; i++)
		assert_int_equal(add(p, i, 2 * i, 1000 * MS + 2 * i * MS + MS, &missing), 1);
	assert_int_equal(add(p, 7, 2000, 2101 * MS, &missing), 0);
	assert_int_equal(missing, 1);
	free(p);
}

/* The relay stood still for 5 s: lines come late, in order, and are still the target's. */
static void late_lines_stay_with_their_process(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	uint64_t missing;

	(void)state;
	processes_init(p);
	assert_int_equal(add(p, 1, 10, 111 * MS, &missing), 0);
	for (uint64_t i = 2; i <= 20; i++)
		assert_int_equal(add(p, i, 10 * i, 5500 * MS + i * 1000, &missing), 0);
	assert_int_equal(p->seen_count, 1);
	assert_int_equal(processes_earliest(p)->align.init_ns, 100 * MS);
	free(p);
}

/* Nobody read the target's stderr for 16 s: five lines came then at once, the sixth at its time. */
static void lines_that_were_all_held_up_are_of_one_process(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	uint64_t missing;

	(void)state;
	processes_init(p);
	for (uint64_t i = 1; i <= 5; i++)
		assert_int_equal(add(p, i, 200 * i, 17000 * MS, &missing), 0);
	assert_int_equal(add(p, 6, 17010, 17120 * MS, &missing), 0);
	assert_int_equal(missing, 0);
	assert_int_equal(processes_find(p, 0)->align.init_ns, 17120 * MS - (17010 * MS + 1 * MS));
	free(p);
}

/* A child of which only the third line came through does not go on with the target's numbers. */
static void a_line_far_too_early_is_a_new_process_when_lines_were_lost(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	uint64_t missing;

	(void)state;
	processes_init(p);
	assert_int_equal(add(p, 1, 10, 5011 * MS, &missing), 0);
	assert_int_equal(add(p, 2, 20, 5021 * MS, &missing), 0);
	processes_add_broken(p, text_of("gc "));
	processes_add_broken(p, text_of("gc "));
	assert_int_equal(add(p, 3, 4900, 5030 * MS, &missing), 1);
	free(p);
}

static void a_lost_line_behind_the_last_one_is_told(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	uint64_t missing;

	(void)state;
	processes_init(p);
	assert_false(processes_end_broken(p, NULL));
	add(p, 1, 10, 111 * MS, &missing);
	add(p, 2, 20, 121 * MS, &missing); /* the target */
	add(p, 1, 4, 155 * MS, &missing);  /* a child */
	processes_add_broken(p, text_of("gc "));
	assert_true(processes_end_broken(p, processes_find(p, 0)));
	assert_true(processes_end_broken(p, processes_find(p, 1)));
	assert_true(processes_end_broken(p, NULL));
	/* It was the child's second: */
	assert_int_equal(add(p, 3, 24, 175 * MS, &missing), 1);
	assert_int_equal(missing, 1);
	assert_false(processes_end_broken(p, processes_find(p, 0)));
	assert_false(processes_end_broken(p, NULL));
	free(p);
}

static void in_a_log_a_restart_is_a_second_process(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	uint64_t missing;

	(void)state;
	processes_init(p);
	for (uint64_t i = 1; i <= 50; i++)
		assert_int_equal(add(p, i, 10 * i, UNKNOWN_U64, &missing), 0);
	for (uint64_t i = 1; i <= 60; i++)
		assert_int_equal(add(p, i, 10 * i, UNKNOWN_U64, &missing), 1);
	assert_int_equal(p->seen_count, 2);
	assert_int_equal(missing, 0);
	free(p);
}

/* Two in one log, line by line. The second one began when the first was at 1000 ms. */
static void in_a_log_two_processes_are_told_apart_by_the_order_of_time(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	uint64_t missing;

	(void)state;
	processes_init(p);
	for (uint64_t i = 1; i <= 20; i++)
		add(p, i, 50 * i, UNKNOWN_U64, &missing);
	for (uint64_t i = 1; i <= 60; i++) {
		assert_int_equal(add(p, i, 50 * i, UNKNOWN_U64, &missing), 1);
		assert_int_equal(missing, 0);
		assert_int_equal(add(p, 20 + i, 1000 + 50 * i, UNKNOWN_U64, &missing), 0);
		assert_int_equal(missing, 0);
	}
	assert_int_equal(p->seen_count, 2);
	free(p);
}

static void thousands_of_children_are_forgotten_but_counted(void **state)
{
	struct processes *p = calloc(1, sizeof(*p));
	struct model m;
	uint64_t missing;

	(void)state;
	processes_init(p);
	assert_int_equal(add(p, 1, 10, 111 * MS, &missing), 0);
	for (uint64_t i = 1; i <= 3000; i++)
		assert_int_equal(add(p, 1, 4, 200 * MS + i * 10 * MS, &missing), i);
	assert_int_equal(add(p, 2, 40000, 40101 * MS, &missing), 0);
	model_init(&m);
	processes_describe(p, processes_find(p, 0), &m);
	assert_int_equal(m.process_count, 3001);
	assert_int_equal(m.losses.foreign_cycle_count, 3000);
	assert_int_equal(m.other_count, MODEL_PROCESSES_MAX);
	model_done(&m);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_with_the_least_delay_decides),
		cmocka_unit_test(no_cycle_ends_after_its_line_arrived),
		cmocka_unit_test(absurd_figures_do_not_wrap),
		cmocka_unit_test(a_childs_lines_are_told_from_the_parents),
		cmocka_unit_test(
			the_target_is_the_one_that_began_first_not_the_one_that_printed_first),
		cmocka_unit_test(a_lost_line_leaves_a_gap_not_a_new_process),
		cmocka_unit_test(a_gap_that_fits_the_clock_beats_a_number_that_does_not),
		cmocka_unit_test(late_lines_stay_with_their_process),
		cmocka_unit_test(lines_that_were_all_held_up_are_of_one_process),
		cmocka_unit_test(a_line_far_too_early_is_a_new_process_when_lines_were_lost),
		cmocka_unit_test(a_lost_line_behind_the_last_one_is_told),
		cmocka_unit_test(in_a_log_a_restart_is_a_second_process),
		cmocka_unit_test(in_a_log_two_processes_are_told_apart_by_the_order_of_time),
		cmocka_unit_test(thousands_of_children_are_forgotten_but_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
