/* test_traceline.c - one trace line of any release, decoded or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "parse/traceline_internal.h"
#include "base/unknown.h"

static enum trace_kind parse(struct trace_line *ret, const char *line)
{
	return traceline_parse(ret, text_of(line));
}

static void a_line_of_go_1_5_gives_its_figures(void **state)
{
	struct trace_line t;

	(void)state;
	assert_int_equal(
		parse(&t, "gc 4 @0.005s 13%: 0.013+0.067+0.001+0.098+0.28 ms clock, "
			  "0.026+0.067+0+0.011/0.025/0+0.57 ms cpu, 4->4->2 MB, 4 MB goal, 2 P"),
		TRACE_GC);
	assert_int_equal(t.u.gc.shape, GCTRACE_1_5);
	assert_int_equal(t.u.gc.number, 4);
	assert_int_equal(t.u.gc.start_ns, 5000000);
	assert_int_equal(t.u.gc.gc_cpu_percent, 13);
	assert_int_equal(t.u.gc.sweep_termination_ns, 13000);
	assert_int_equal(t.u.gc.scan_ns, 67000);
	assert_int_equal(t.u.gc.install_barrier_ns, 1000);
	assert_int_equal(t.u.gc.mark_ns, 67000 + 98000);
	assert_int_equal(t.u.gc.mark_termination_ns, 280000);
	assert_int_equal(t.u.gc.sweep_termination_cpu_ns, 26000);
	assert_int_equal(t.u.gc.scan_cpu_ns, 67000);
	assert_int_equal(t.u.gc.assist_cpu_ns, 11000);
	assert_int_equal(t.u.gc.dedicated_cpu_ns, 25000);
	assert_int_equal(t.u.gc.idle_cpu_ns, 0);
	assert_int_equal(t.u.gc.mark_termination_cpu_ns, 570000);
	assert_int_equal(t.u.gc.heap_live_mib, 2);
	assert_false(is_known(t.u.gc.stacks_mib));
	assert_false(is_known(t.u.gc.globals_mib));
	assert_false(t.u.gc.forced);
}

static void a_line_of_go_1_6_gives_its_figures(void **state)
{
	struct trace_line t;

	(void)state;
	assert_int_equal(parse(&t, "gc 135 @1000.677s 11%: 0.037+3.8+12 ms clock, "
				   "0.074+0.035/0.030/1.4+24 ms cpu, 121->147->86 MB, 145 MB goal, "
				   "2 P (forced)"),
			 TRACE_GC);
	assert_int_equal(t.u.gc.shape, GCTRACE_1_6);
	assert_int_equal(t.u.gc.number, 135);
	assert_int_equal(t.u.gc.start_ns, 1000677000000);
	assert_int_equal(t.u.gc.gc_cpu_percent, 11);
	assert_int_equal(t.u.gc.sweep_termination_ns, 37000);
	assert_int_equal(t.u.gc.mark_ns, 3800000);
	assert_int_equal(t.u.gc.mark_termination_ns, 12000000);
	assert_int_equal(t.u.gc.install_barrier_ns, 0);
	assert_int_equal(t.u.gc.sweep_termination_cpu_ns, 74000);
	assert_int_equal(t.u.gc.assist_cpu_ns, 35000);
	assert_int_equal(t.u.gc.dedicated_cpu_ns, 30000);
	assert_int_equal(t.u.gc.idle_cpu_ns, 1400000);
	assert_int_equal(t.u.gc.mark_termination_cpu_ns, 24000000);
	assert_int_equal(t.u.gc.heap_start_mib, 121);
	assert_int_equal(t.u.gc.heap_end_mib, 147);
	assert_int_equal(t.u.gc.heap_live_mib, 86);
	assert_int_equal(t.u.gc.goal_mib, 145);
	assert_int_equal(t.u.gc.procs, 2);
	assert_true(t.u.gc.forced);
	assert_false(t.u.gc.leak_check);
	assert_false(is_known(t.u.gc.stacks_mib));
}

static void lines_of_go_1_18_and_1_26_give_stacks_and_globals(void **state)
{
	struct trace_line t;

	(void)state;
	assert_int_equal(parse(&t,
			       "gc 4 @0.008s 7%: 0.053+0.29+0.001 ms clock, 0.10+0.062/0/0+0.003 "
			       "ms cpu, 8->9->3 MB, 10 MB goal, 11 MB stacks, 12 MB globals, 2 P"),
			 TRACE_GC);
	assert_int_equal(t.u.gc.shape, GCTRACE_1_18);
	assert_int_equal(t.u.gc.goal_mib, 10);
	assert_int_equal(t.u.gc.stacks_mib, 11);
	assert_int_equal(t.u.gc.globals_mib, 12);
	assert_int_equal(t.u.gc.procs, 2);
	assert_int_equal(t.u.gc.sweep_termination_cpu_ns, 100000);

	assert_int_equal(
		parse(&t, "gc 113 @0.906s 10% (checking for goroutine leaks): 0.17+0.92+0.003 "
			  "ms clock, 0.35+0/0.71/0.23+0.007 ms cpu, 96->96->62 MB, 159 MB goal, "
			  "0 MB stacks, 0 MB globals, 64 P (forced)"),
		TRACE_GC);
	assert_int_equal(t.u.gc.shape, GCTRACE_1_26);
	assert_int_equal(t.u.gc.procs, 64);
	assert_true(t.u.gc.leak_check);
	assert_true(t.u.gc.forced);
}

static void a_goal_without_limit_is_a_figure(void **state)
{
	struct trace_line t;

	(void)state; /* GOGC=off: ^uint64(0) >> 20 */
	assert_int_equal(parse(&t, "gc 1 @0.100s 0%: 0.010+0.10+0 ms clock, 0.080+0/0/0+0 ms cpu, "
				   "1->1->0 MB, 17592186044415 MB goal, 0 MB stacks, 0 MB globals, "
				   "8 P (forced)"),
			 TRACE_GC);
	assert_int_equal(t.u.gc.goal_mib, 17592186044415);
	assert_int_equal(parse(&t, "gc 1 @0.100s 0%: 0.010+0.10+0 ms clock, 0.080+0/0/0+0 ms cpu, "
				   "1->1->0 MB, 17592186044416 MB goal, 8 P"),
			 TRACE_NOT_RUNTIME);
}

static void scav_lines_of_all_shapes_give_their_figures(void **state)
{
	struct trace_line t;

	(void)state;
	assert_int_equal(parse(&t, "scav 8 KiB work, 60752 KiB total, 96% util"), TRACE_SCAV);
	assert_int_equal(t.u.scav.shape, SCAV_1_14);
	assert_int_equal(t.u.scav.background_bytes, 8 * 1024);
	assert_int_equal(t.u.scav.released_bytes, 60752 * 1024);
	assert_int_equal(t.u.scav.heap_in_use_percent, 96);
	assert_false(is_known(t.u.scav.generation));
	assert_false(is_known(t.u.scav.eager_bytes));
	assert_false(t.u.scav.forced);

	assert_int_equal(parse(&t, "scav 137 188376 KiB work, 261328 KiB total, 59% util (forced)"),
			 TRACE_SCAV);
	assert_int_equal(t.u.scav.shape, SCAV_1_15);
	assert_int_equal(t.u.scav.generation, 137);
	assert_int_equal(t.u.scav.background_bytes, 188376 * 1024);
	assert_true(t.u.scav.forced);

	assert_int_equal(parse(&t, "scav 3 KiB work, 4 KiB total, 5% util [controller reset]"),
			 TRACE_SCAV);
	assert_int_equal(t.u.scav.shape, SCAV_1_19);
	assert_true(t.u.scav.controller_reset);

	assert_int_equal(parse(&t,
			       "scav 0 KiB work (bg), 118792 KiB work (eager), 277600 KiB now, 50% "
			       "util (forced)"),
			 TRACE_SCAV);
	assert_int_equal(t.u.scav.shape, SCAV_1_21);
	assert_int_equal(t.u.scav.background_bytes, 0);
	assert_int_equal(t.u.scav.eager_bytes, 118792 * 1024);
	assert_int_equal(t.u.scav.released_bytes, 277600 * 1024);
	assert_int_equal(t.u.scav.heap_in_use_percent, 50);
	assert_true(t.u.scav.forced);
	assert_false(t.u.scav.controller_reset);
}

static void scvg_lines_of_all_shapes_give_their_figures(void **state)
{
	struct trace_line t;

	(void)state;
	assert_int_equal(parse(&t,
			       "scvg-1: inuse: 1, idle: 191, sys: 192, released: 190, consumed: 2 "
			       "(MB)"),
			 TRACE_SCVG);
	assert_true(t.u.scvg.is_state);
	assert_true(t.u.scvg.forced);
	assert_false(is_known(t.u.scvg.number));
	assert_int_equal(t.u.scvg.in_use_mib, 1);
	assert_int_equal(t.u.scvg.idle_mib, 191);
	assert_int_equal(t.u.scvg.sys_mib, 192);
	assert_int_equal(t.u.scvg.released_mib, 190);
	assert_int_equal(t.u.scvg.consumed_mib, 2);

	assert_int_equal(parse(&t, "scvg12: 75 MB released"), TRACE_SCVG);
	assert_false(t.u.scvg.is_state);
	assert_false(t.u.scvg.forced);
	assert_int_equal(t.u.scvg.number, 12);
	assert_int_equal(t.u.scvg.released_mib, 75);
	assert_false(is_known(t.u.scvg.in_use_mib));

	assert_int_equal(parse(&t, "forced scvg: 149 MB released"), TRACE_SCVG);
	assert_true(t.u.scvg.forced);
	assert_int_equal(t.u.scvg.released_mib, 149);

	assert_int_equal(
		parse(&t, "scvg: inuse: 5, idle: 6, sys: 12, released: 3, consumed: 8 (MB)"),
		TRACE_SCVG);
	assert_false(t.u.scvg.forced);
	assert_false(is_known(t.u.scvg.number));
	assert_int_equal(t.u.scvg.consumed_mib, 8);
}

static void other_traces_are_known_as_such(void **state)
{
	static const char *const lines[] = {
		"init internal/bytealg @0.008 ms, 0 ms clock, 0 bytes, 0 allocs",
		"pacer: assist ratio=+1.1e+000 (scan 0 MB in 3->4 MB) workers=0+2",
		"pacer: assist ratio=NaN (scan 0 MB in 3->4 MB) workers=0+0.25",
		"pacer: 26% CPU (25 exp.) for 60664+2144+155210 B work (155210 B exp.) in 4022272 "
		"B -> "
		"4972544 B (∆goal -778240, cons/mark +0.000000e+000)[controller reset]",
		"SCHED 0ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=1 needspinning=0 "
		"idlethreads=0 runqueue=1 [ 0 0 ] schedticks=[ 0 0 ]",
		"SCHED 1004ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=1 idlethreads=0 "
		"runqueue=0 gcwaiting=false nmidlelocked=0 stopwait=0 sysmonwait=0",
		"  P0: status=1 schedtick=7 syscalltick=0 m=3 runqsize=0 gfreecnt=0 timerslen=0",
		"  P1: status=0 schedtick=7 syscalltick=0 m=nil runqsize=0 gfreecnt=0 timerslen=0",
		"  M3: p=0 curg=17 mallocing=0 throwing=0 preemptoff= locks=1 dying=0 "
		"spinning=false "
		"blocked=false lockedg=nil",
		"  G1: status=4(GC assist wait) m=nil lockedm=nil",
		"scan: total 1+2+3=6 objs, 4+5=9 spans",
		"scan: class L 1+0+0=1 objs, 0+0=0 spans",
		"scan: class 16B 1 objs",
	};
	static const char *const not_lines[] = {
		"init done",
		"init",
		"pacer: fast",
		"SCHED",
		"SCHED 0ms: gomaxprocs=x",
		"  P: x",
		"  Px: status=1",
		"scan: total",
		"scan: class L",
		"scan: total 1 objs x",
		"init a @0.0081 ms, 0 ms clock, 0 bytes, 0 allocs",
	};
	struct trace_line t;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(parse(&t, lines[i]), TRACE_OTHER);
	for (size_t i = 0; i < sizeof(not_lines) / sizeof(not_lines[0]); i++)
		assert_int_equal(parse(&t, not_lines[i]), TRACE_NOT_RUNTIME);
}

/* A 1.6 line with one figure put in the place of the first clock figure. */
static enum trace_kind parse_clock(struct trace_line *ret, const char *figure)
{
	char line[512];

	snprintf(line, sizeof(line),
		 "gc 1 @0.001s 0%%: %s+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
		 figure);
	return parse(ret, line);
}

static const char *const bad_durations[] = {
	"",
	"0.0",
	"0.00",
	"0.000",
	"0.1",
	"0.01",
	"0.100",
	"0.123",
	"0.0001",
	"00",
	"00.1",
	"1",
	"9",
	"01",
	"1.",
	"1.00",
	"1.23",
	"9.99",
	"10.0",
	"12.5",
	".5",
	"+1.0",
	"-1.0",
	"1e3",
	"9223372036855",
	"99999999999999999999",
	"18446744073709551616000",
	"0x10",
	"1,0",
	" 10",
	"10 ",
};

static void a_duration_has_the_form_that_the_runtime_prints(void **state)
{
	static const struct {
		const char *figure;
		uint64_t ns;
	} good[] = {
		{ "0", 0 },
		{ "0.001", 1000 },
		{ "0.009", 9000 },
		{ "0.010", 10000 },
		{ "0.099", 99000 },
		{ "0.10", 100000 },
		{ "0.99", 990000 },
		{ "1.0", 1000000 },
		{ "9.9", 9900000 },
		{ "10", 10000000 },
		{ "99999999", 99999999000000 },
		{ "123456789", 123456789000000 },
		{ "9223372036854", 9223372036854000000 },
	};
	struct trace_line t;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse_clock(&t, good[i].figure), TRACE_GC);
		assert_int_equal(t.u.gc.sweep_termination_ns, good[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad_durations) / sizeof(bad_durations[0]); i++)
		assert_int_equal(parse_clock(&t, bad_durations[i]), TRACE_NOT_RUNTIME);
}

static const char *const refused_lines[] = {
	"",
	"g",
	"gc",
	"gc ",
	"gc 5 is done",
	"worker: gc 5 is done",
	"gcc 4.8",
	"scav",
	"scvg",
	"forced scvg: ",
	"scvg: ",
	"scvg-2: 75 MB released",
	"scvg-1: 75 MB released ",
	/* Go 1.4 and before */
	"gc1(1): 0+0+129+0 us, 0 -> 0 MB, 21 (21-0) objects, 2 goroutines, 15/0/0 sweeps",
	"gc #1 @0.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
	/* foreign digits */
	"gc 1 @0.0012s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
	"gc 1 @0.01s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
	"gc 1 @00.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
	"gc 01 @0.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
	"gc 0 @0.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
	"gc 1 @0.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 0 P",
	("gc 4294967296 @0.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB "
	 "goal, 2 P"),
	("gc 1 @0.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, "
	 "2147483648 P"),
	"gc 1 @0.001s -1%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
	/* shapes mixed up */
	"gc 1 @0.001s 0%: 0+0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
	"gc 1 @0.001s 0%: 0+0+0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
	("gc 1 @0.001s 0%: 0+0+0+0+0 ms clock, 0+0+0.001+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, "
	 "2 P"),
	("gc 1 @0.001s 0%: 0+0+0+0+0 ms clock, 0+0+0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, "
	 "0 MB stacks, 0 MB globals, 2 P"),
	("gc 1 @0.001s 0% (checking for goroutine leaks): 0+0+0 ms clock, 0+0/0/0+0 ms cpu, "
	 "4->4->0 MB, 4 MB goal, 2 P"),
	("gc 1 @0.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P "
	 "forced"),
	"gc 1 @0.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P\r",
	"gc 1 @0.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P\n",
	"gc  1 @0.001s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 2 P",
	"scav 1 KiB work, 2 KiB total, 3% util (forced) [controller reset]",
	"scav 4294967296 1 KiB work, 2 KiB total, 3% util",
	"scav 1 2 3 KiB work, 2 KiB total, 3% util",
	"scav 18014398509481984 KiB work, 2 KiB total, 3% util",
	"scav 1 KiB work (bg), 2 KiB total, 3% util",
	"forced scvg-1: 75 MB released",
	"forced scvg: inuse: 5",
};

static void what_the_runtime_does_not_print_is_refused(void **state)
{
	struct trace_line t;

	(void)state;
	for (size_t i = 0; i < sizeof(refused_lines) / sizeof(refused_lines[0]); i++)
		assert_int_equal(parse(&t, refused_lines[i]), TRACE_NOT_RUNTIME);
}

static void a_nul_does_not_end_a_line(void **state)
{
	struct trace_line t;

	(void)state;
	assert_int_equal(traceline_parse(&t, (struct text){ "scvg: 1 MB released\0", 20 }),
			 TRACE_NOT_RUNTIME);
	assert_int_equal(traceline_parse(&t, (struct text){ "scvg: 1 MB released\0", 19 }),
			 TRACE_SCVG);
	assert_int_equal(traceline_parse(&t, (struct text){ NULL, 0 }), TRACE_NOT_RUNTIME);
}

static void the_step_of_a_figure_follows_its_size(void **state)
{
	(void)state;
	assert_int_equal(gctrace_resolution_ns(0), 1000);
	assert_int_equal(gctrace_resolution_ns(99000), 1000);
	assert_int_equal(gctrace_resolution_ns(100000), 10000);
	assert_int_equal(gctrace_resolution_ns(990000), 10000);
	assert_int_equal(gctrace_resolution_ns(1000000), 100000);
	assert_int_equal(gctrace_resolution_ns(9900000), 100000);
	assert_int_equal(gctrace_resolution_ns(10000000), 1000000);
}

static bool cpu_fits(uint64_t clock_ns, uint64_t cpu_ns, uint64_t procs)
{
	struct gctrace_cycle c = { .procs = procs };

	c.sweep_termination_ns = clock_ns;
	c.sweep_termination_cpu_ns = cpu_ns;
	return gctrace_cpu_fits(&c);
}

static void cpu_figures_that_no_processor_count_explains_are_told(void **state)
{
	(void)state;
	assert_true(cpu_fits(14000, 28000, 2));
	assert_true(cpu_fits(14000, 29000, 2)); /* 2 x 14.9 us */
	assert_false(cpu_fits(14000, 30000, 2));
	assert_true(cpu_fits(14000, 14000, 2)); /* fewer than P stopped: Go 1.5-1.8 */
	assert_false(cpu_fits(0, 28000, 2));
	assert_true(cpu_fits(0, 1000, 2)); /* 2 x 0.9 us */
	assert_true(cpu_fits(0, 28000, 64));
	assert_false(cpu_fits(14000, 0, 2));
	assert_true(cpu_fits(12000000, 24000000, 2));
	assert_false(cpu_fits(12000000, 26000000, 2));
}

static void two_stops_have_one_processor_count(void **state)
{
	struct gctrace_cycle c = { .procs = 8 };

	(void)state;
	c.sweep_termination_ns = c.mark_termination_ns = 50000;
	c.sweep_termination_cpu_ns = 400000; /* 8 x */
	c.mark_termination_cpu_ns = 100000;  /* 2 x, or 2.19 x */
	assert_false(gctrace_cpu_fits(&c));
	c.mark_termination_cpu_ns = 400000;
	assert_true(gctrace_cpu_fits(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_go_1_5_gives_its_figures),
		cmocka_unit_test(a_line_of_go_1_6_gives_its_figures),
		cmocka_unit_test(lines_of_go_1_18_and_1_26_give_stacks_and_globals),
		cmocka_unit_test(a_goal_without_limit_is_a_figure),
		cmocka_unit_test(scav_lines_of_all_shapes_give_their_figures),
		cmocka_unit_test(scvg_lines_of_all_shapes_give_their_figures),
		cmocka_unit_test(other_traces_are_known_as_such),
		cmocka_unit_test(a_duration_has_the_form_that_the_runtime_prints),
		cmocka_unit_test(what_the_runtime_does_not_print_is_refused),
		cmocka_unit_test(a_nul_does_not_end_a_line),
		cmocka_unit_test(the_step_of_a_figure_follows_its_size),
		cmocka_unit_test(cpu_figures_that_no_processor_count_explains_are_told),
		cmocka_unit_test(two_stops_have_one_processor_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
