/* test_cycles.c - from lines and samples to rows, and from rows to totals. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "analyze/cycles.h"
#include "analyze/totals.h"
#include "base/unknown.h"

#define US     1000ULL
#define MS     1000000ULL
#define MIB(n) ((uint64_t)(n) << 20)

static struct trace_line line_of(const char *text)
{
	struct trace_line line;

	assert_int_not_equal(traceline_parse(&line, text_of(text)), TRACE_NOT_RUNTIME);
	return line;
}

static void add(struct cycles *c, const char *text)
{
	struct trace_line line = line_of(text);

	if (line.kind == TRACE_GC)
		cycles_add_gc(c, &line.u.gc, 0);
	else
		cycles_add_scav(c, &line, 0);
}

#define GC_1_26                                                                      \
	"gc 1 @0.010s 5%: 0.10+1.0+0.20 ms clock, 0.20+0.10/0.50/0.30+0.40 ms cpu, " \
	"4->5->3 MB, 6 MB goal, 1 MB stacks, 2 MB globals, 2 P"
#define GC_1_26_NEXT                                                           \
	"gc 2 @0.011s 4%: 0.050+2.0+0.15 ms clock, 0.10+0/1.0/0+0.30 ms cpu, " \
	"6->8->4 MB, 8 MB goal, 1 MB stacks, 2 MB globals, 2 P"

static void a_row_has_the_figures_of_its_line(void **state)
{
	struct cycles c;
	struct model_cycle row;

	(void)state;
	cycles_init(&c, 500 * MS, 400 * MS, false);
	add(&c, GC_1_26);
	assert_false(cycles_take(&c, &row)); /* scavenger lines may follow */
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_int_equal(row.number, 1);
	assert_int_equal(row.start_ns, 110 * MS);
	assert_int_equal(row.end_ns, 110 * MS + 1300 * US);
	assert_int_equal(row.pause_total_ns, 300 * US);
	assert_int_equal(row.stop_cpu_ns, 600 * US);
	assert_int_equal(row.assist_cpu_ns, 100 * US);
	assert_int_equal(row.dedicated_cpu_ns, 500 * US);
	assert_int_equal(row.idle_cpu_ns, 300 * US);
	assert_int_equal(row.heap_start_bytes, MIB(4));
	assert_int_equal(row.heap_live_bytes, MIB(3));
	assert_int_equal(row.stacks_bytes, MIB(1));
	assert_int_equal(row.globals_bytes, MIB(2));
	assert_int_equal(row.allocated_bytes, MIB(5));
	assert_true(row.install_barrier_ns == UNKNOWN_U64);
	assert_true(row.rss_end_bytes == UNKNOWN_U64);
	assert_true(row.fault_count == UNKNOWN_U64);
	assert_false(cycles_take(&c, &row));
	cycles_done(&c);
}

/* Cycle 1 is from 10 to 11.3 ms; '@' says that the next one began at 11 ms: truncated, at
 * least 11.3. */
static void cycles_do_not_overlap(void **state)
{
	struct cycles c;
	struct model_cycle first, second;

	(void)state;
	cycles_init(&c, 0, 0, false);
	add(&c, GC_1_26);
	add(&c, GC_1_26_NEXT);
	cycles_finish(&c);
	assert_true(cycles_take(&c, &first));
	assert_true(cycles_take(&c, &second));
	assert_int_equal(second.start_ns, first.end_ns);
	assert_int_equal(second.end_ns, 11300 * US + 2200 * US);
	assert_int_equal(second.allocated_bytes, MIB(8 - 3));
	cycles_done(&c);
}

static void two_stops_are_two_pauses(void **state)
{
	struct cycles c;
	struct model_cycle row;
	struct cycle_pause p[3];

	(void)state;
	cycles_init(&c, 0, 0, false);
	add(&c, GC_1_26);
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_int_equal(cycle_pauses(&row, p), 2);
	assert_int_equal(p[0].duration_ns, 100 * US);
	assert_int_equal(p[0].resolution_ns, 10 * US);
	assert_int_equal(p[1].duration_ns, 200 * US);
	cycles_done(&c);
}

static void go_1_5_has_a_third_stop(void **state)
{
	struct cycles c;
	struct model_cycle row;
	struct cycle_pause p[3];

	(void)state;
	cycles_init(&c, 0, 0, false);
	add(&c, "gc 4 @0.005s 13%: 0.013+0.067+0.001+0.098+0.28 ms clock, "
		"0.026+0.067+0+0.011/0.025/0+0.57 ms cpu, 4->4->2 MB, 4 MB goal, 2 P");
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_int_equal(cycle_pauses(&row, p), 3);
	assert_int_equal(p[1].duration_ns, 1 * US);
	assert_int_equal(row.pause_total_ns, 13 * US + 1 * US + 280 * US);
	assert_int_equal(row.end_ns - row.start_ns, (13 + 67 + 1 + 98 + 280) * US);
	assert_true(row.stacks_bytes == UNKNOWN_U64);
	cycles_done(&c);
}

/* Go 1.8, forced: one stop from begin to end, and the middle CPU figures are stale. */
static void a_stopped_cycle_of_old_go_is_one_pause(void **state)
{
	struct cycles c;
	struct model_cycle row;
	struct cycle_pause p[3];

	(void)state;
	cycles_init(&c, 0, 0, false);
	add(&c, "gc 185 @0.454s 8%: 0.020+0+1.3 ms clock, 0.040+0.59/0/0.14+2.7 ms cpu, "
		"83->83->61 MB, 83 MB goal, 2 P (forced)");
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_true(row.stopped_throughout);
	assert_int_equal(cycle_pauses(&row, p), 1);
	assert_int_equal(p[0].duration_ns, 1320 * US);
	assert_int_equal(p[0].resolution_ns, 101 * US);
	assert_true(row.assist_cpu_ns == UNKNOWN_U64);
	assert_true(row.dedicated_cpu_ns == UNKNOWN_U64);
	assert_int_equal(row.stop_cpu_ns, 2740 * US);
	assert_true(row.allocated_bytes == UNKNOWN_U64); /* the cycle before it is not known */
	cycles_done(&c);
}

static void behind_a_gap_the_allocation_is_unknown(void **state)
{
	struct trace_line next = line_of(GC_1_26_NEXT);
	struct cycles c;
	struct model_cycle row;

	(void)state;
	cycles_init(&c, 0, 0, false);
	add(&c, GC_1_26);
	cycles_add_gc(&c, &next.u.gc, 3);
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_true(cycles_take(&c, &row));
	assert_int_equal(row.missing_before, 3);
	assert_true(row.allocated_bytes == UNKNOWN_U64);
	cycles_done(&c);
}

static void scavenger_lines_belong_to_the_cycle_before_them(void **state)
{
	struct cycles c;
	struct model_cycle row;

	(void)state;
	cycles_init(&c, 0, 0, false);
	add(&c, GC_1_26);
	add(&c, "scav 8 KiB work (bg), 16 KiB work (eager), 100 KiB now, 98% util");
	add(&c, "scav 0 KiB work (bg), 4 KiB work (eager), 104 KiB now, 98% util (forced)");
	add(&c, GC_1_26_NEXT);
	assert_true(cycles_take(&c, &row));
	assert_int_equal(row.scav_background_bytes, 8 << 10);
	assert_int_equal(row.scav_eager_bytes, 20 << 10);
	assert_int_equal(row.heap_released_bytes, 104 << 10);
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_true(row.scav_background_bytes == UNKNOWN_U64);
	assert_true(row.heap_released_bytes == UNKNOWN_U64);
	cycles_done(&c);
}

static void scavenger_lines_in_front_belong_to_cycle_1_or_nobody(void **state)
{
	static const char line[] = "scav 1 KiB work (bg), 2 KiB work (eager), 3 KiB now, 1% util";
	struct cycles c;
	struct model_cycle row;

	(void)state;
	cycles_init(&c, 0, 0, false);
	add(&c, line);
	add(&c, line);
	add(&c, GC_1_26);
	add(&c, GC_1_26_NEXT);
	assert_true(cycles_take(&c, &row));
	assert_int_equal(row.number, 1);
	assert_int_equal(row.scav_background_bytes, 2 << 10);
	assert_int_equal(row.scav_eager_bytes, 4 << 10);
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_true(row.scav_background_bytes == UNKNOWN_U64);
	cycles_done(&c);

	cycles_init(&c, 0, 0, false);
	add(&c, line);
	add(&c, GC_1_26_NEXT);
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_int_equal(row.number, 2);
	assert_true(row.scav_background_bytes == UNKNOWN_U64);
	cycles_done(&c);
}

static void old_scavenger_lines_know_no_eager_work(void **state)
{
	struct cycles c;
	struct model_cycle row;

	(void)state;
	cycles_init(&c, 0, 0, false);
	add(&c, GC_1_26);
	add(&c, "scav 8 KiB work, 60752 KiB total, 96% util");
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_int_equal(row.scav_background_bytes, 8 << 10);
	assert_true(row.scav_eager_bytes == UNKNOWN_U64);
	cycles_done(&c);
}

/* The one figure of such a line is all that it gave back. */
static void an_old_forced_line_is_no_background_work(void **state)
{
	struct cycles c;
	struct model_cycle row;

	(void)state;
	cycles_init(&c, 0, 0, false);
	add(&c, GC_1_26);
	add(&c, "scav 16480 KiB work, 19944 KiB total, 100% util (forced)");
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_true(row.scav_background_bytes == UNKNOWN_U64);
	assert_int_equal(row.scav_eager_bytes, 16480 << 10);
	cycles_done(&c);
}

/* Cycle 1 ends at 11.3 ms. */
static void the_first_sample_after_the_end_is_the_cycles(void **state)
{
	struct cycles c;
	struct model_cycle row;

	(void)state;
	cycles_init(&c, 0, 0, true);
	cycles_add_rss(&c, 11 * MS, MIB(10));
	cycles_add_rss(&c, 12 * MS, MIB(20)); /* stands in the file before the line */
	cycles_add_rss(&c, 13 * MS, MIB(30));
	add(&c, GC_1_26);
	add(&c, GC_1_26_NEXT); /* ends at 13.5 ms */
	assert_true(cycles_take(&c, &row));
	assert_int_equal(row.rss_end_bytes, MIB(20));
	cycles_add_rss(&c, 33 * MS + 500 * US, MIB(40)); /* 20 ms later: just in time */
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_int_equal(row.rss_end_bytes, MIB(40));
	cycles_done(&c);
}

/* The first cycle starts at 10 ms. */
static void the_last_sample_up_to_the_start_is_the_size_before(void **state)
{
	struct cycles c;
	struct model_cycle row;

	(void)state;
	cycles_init(&c, 0, 0, true);
	cycles_add_rss(&c, 5 * MS, MIB(8));
	cycles_add_rss(&c, 10 * MS, MIB(9));
	cycles_add_rss(&c, 10 * MS + 1, MIB(10));
	cycles_add_rss(&c, 15 * MS, MIB(20));
	add(&c, GC_1_26);
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_int_equal(row.start_ns, 10 * MS);
	assert_int_equal(row.rss_start_bytes, MIB(9));
	cycles_done(&c);
}

static void a_sample_too_late_is_not_the_cycles(void **state)
{
	struct cycles c;
	struct model_cycle row;

	(void)state;
	cycles_init(&c, 0, 0, true);
	add(&c, GC_1_26);
	cycles_add_rss(&c, 32 * MS, MIB(40)); /* 20.7 ms after the end */
	cycles_add_rss(&c, 33 * MS, MIB(41));
	cycles_finish(&c);
	assert_true(cycles_take(&c, &row));
	assert_true(row.rss_end_bytes == UNKNOWN_U64);
	cycles_done(&c);
}

static void waiting_rows_are_bounded(void **state)
{
	struct trace_line line = line_of(GC_1_26);
	struct model_cycle row;
	struct cycles c;
	size_t taken = 0;

	(void)state;
	cycles_init(&c, 0, 0, true); /* and no sample ever comes */
	for (uint64_t i = 1; i <= 5000; i++) {
		line.u.gc.number = i;
		cycles_add_gc(&c, &line.u.gc, 0);
		while (cycles_take(&c, &row))
			assert_int_equal(row.number, ++taken);
	}
	assert_true(taken >= 5000 - CYCLES_WAITING_MAX);
	cycles_finish(&c);
	while (cycles_take(&c, &row))
		assert_int_equal(row.number, ++taken);
	assert_int_equal(taken, 5000);
	cycles_done(&c);
}

/* Rows of 2 P: [0, 10 ms] with 1 ms of collector time, [10, 20 ms] with 3 ms. Then a gap. */
static void the_cpu_share_counts_only_intervals_that_are_whole(void **state)
{
	struct model_cycle row = { .number = 1,
				   .end_ns = 10 * MS,
				   .stop_cpu_ns = 400 * US,
				   .assist_cpu_ns = 100 * US,
				   .dedicated_cpu_ns = 500 * US,
				   .idle_cpu_ns = 50 * MS, /* does not count */
				   .procs = 2,
				   .allocated_bytes = MIB(6),
				   .heap_live_bytes = MIB(3),
				   .goal_bytes = MIB(9),
				   .install_barrier_ns = UNKNOWN_U64 };
	struct totals t;
	struct model m;

	(void)state;
	model_init(&m);
	totals_init(&t, UNKNOWN_U64);
	totals_add(&t, &row);
	row.number = 2;
	row.end_ns = 20 * MS;
	row.dedicated_cpu_ns = 2500 * US;
	row.forced = true;
	totals_add(&t, &row);
	row.number = 9;
	row.missing_before = 6;
	row.end_ns = 1000 * MS;
	row.allocated_bytes = UNKNOWN_U64;
	totals_add(&t, &row);
	totals_finish(&t, &m.gc);
	/* 4 ms of 2 x 20 ms */
	assert_true(fabs(m.gc.cpu_fraction - 0.1) < 1e-12);
	assert_int_equal(m.gc.cycle_count, 9);
	assert_int_equal(m.gc.row_count, 3);
	assert_int_equal(m.gc.forced_count, 2);
	assert_int_equal(m.gc.allocated_bytes, MIB(12));
	assert_true(fabs(m.gc.allocated_bytes_per_second - (double)MIB(600)) < 1);
	assert_int_equal(m.gc.cpu_ns, 1000 * US + 3000 * US + 3000 * US);
	totals_done(&t);
	model_done(&m);
}

/* 12 cycles of which the last 10, 100 ms apart, have a goal within 5 % of the live heap. */
static void the_longest_run_of_tight_goals_is_found(void **state)
{
	struct model_cycle row = { .procs = 1, .install_barrier_ns = UNKNOWN_U64 };
	struct totals t;
	struct model m;

	(void)state;
	model_init(&m);
	totals_init(&t, MIB(1000));
	for (uint64_t i = 1; i <= 12; i++) {
		row.number = i;
		row.start_ns = i * 100 * MS;
		row.end_ns = row.start_ns + MS;
		row.heap_live_bytes = MIB(100);
		row.goal_bytes = i <= 2 ? MIB(200) : MIB(105);
		totals_add(&t, &row);
	}
	totals_finish(&t, &m.gc);
	assert_int_equal(m.gc.tight_run_count, 10);
	assert_int_equal(m.gc.tight_run_ns, 901 * MS);
	totals_done(&t);
	model_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_has_the_figures_of_its_line),
		cmocka_unit_test(cycles_do_not_overlap),
		cmocka_unit_test(two_stops_are_two_pauses),
		cmocka_unit_test(go_1_5_has_a_third_stop),
		cmocka_unit_test(a_stopped_cycle_of_old_go_is_one_pause),
		cmocka_unit_test(behind_a_gap_the_allocation_is_unknown),
		cmocka_unit_test(scavenger_lines_belong_to_the_cycle_before_them),
		cmocka_unit_test(scavenger_lines_in_front_belong_to_cycle_1_or_nobody),
		cmocka_unit_test(old_scavenger_lines_know_no_eager_work),
		cmocka_unit_test(an_old_forced_line_is_no_background_work),
		cmocka_unit_test(the_first_sample_after_the_end_is_the_cycles),
		cmocka_unit_test(the_last_sample_up_to_the_start_is_the_size_before),
		cmocka_unit_test(a_sample_too_late_is_not_the_cycles),
		cmocka_unit_test(waiting_rows_are_bounded),
		cmocka_unit_test(the_cpu_share_counts_only_intervals_that_are_whole),
		cmocka_unit_test(the_longest_run_of_tight_goals_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
