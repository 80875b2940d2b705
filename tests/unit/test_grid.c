/* test_grid.c - cells, the front, and the lines for benchstat. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/unknown.h"
#include "render/grid.h"

static void the_front_has_what_nothing_beats(void **state)
{
	/* 0: least x; 1: beaten by 2; 2: on it; 3: least y; 4: unknown; 5: as good as 2 */
	const double x[] = { 1, 4, 3, 5, NAN, 3 }, y[] = { 9, 6, 5, 2, 1, 5 };
	const bool wanted[] = { true, false, true, true, false, true };
	bool front[6];

	(void)state;
	grid_front(front, x, y, 6);
	assert_memory_equal(front, wanted, sizeof(front));
}

static struct model_cycle cycle(uint64_t first_ns, uint64_t second_ns)
{
	struct model_cycle c;

	memset(&c, 0, sizeof(c));
	c.sweep_termination_ns = first_ns;
	c.mark_termination_ns = second_ns;
	c.install_barrier_ns = UNKNOWN_U64;
	c.pause_total_ns = first_ns + second_ns;
	return c;
}

static void add_run(struct grid *g, size_t variant, enum run_state state, double rss)
{
	struct experiment_run r = { .variant = variant, .state = state };
	struct model_cycle c = cycle(10000, 30000 + 1000 * variant);
	struct model_sink sink = grid_sink(g);

	for (size_t m = 0; m < METRICS_COUNT; m++)
		r.values[m] = NAN;
	r.values[metric_find("rss_peak")] = rss;
	r.values[metric_find("gc_cpu")] = 100 - 10 * (double)variant;
	assert_int_equal(sink.cycle(sink.arg, &c), 0);
	experiment_add(g->experiment, &r);
	grid_take_run(g, &r);
}

static struct grid *made(struct experiment *e)
{
	struct grid *g = calloc(1, sizeof(*g));

	*e = (struct experiment){ .options = { 0.05, 0.05, 7 } };
	assert_int_equal(grid_init(g, e, "50,off", "1GiB,2GiB", NULL), 0);
	assert_int_equal(g->count, 4);
	e->variant_count = 4;
	add_run(g, 0, RUN_GOOD, 100);
	add_run(g, 0, RUN_WARMUP, 900);
	add_run(g, 0, RUN_FAILED, 900);
	add_run(g, 0, RUN_GOOD, 200);
	add_run(g, 1, RUN_GOOD, 400);
	add_run(g, 2, RUN_GOOD, 140);
	grid_finish(g);
	return g;
}

static void good_runs_alone_fill_a_cell(void **state)
{
	struct experiment e;
	struct grid *g = made(&e);

	(void)state;
	assert_string_equal(g->cells[1].gogc, "50");
	assert_string_equal(g->cells[1].gomemlimit, "2GiB");
	assert_string_equal(g->cells[2].gogc, "off");
	assert_int_equal(g->cells[0].pauses.count, 4);
	assert_int_equal(g->cells[0].cycles.count, 2);
	assert_int_equal(g->cells[0].cycles.max, 40000);
	assert_int_equal(g->cells[3].pauses.count, 0);
	assert_true(g->cells[0].medians[metric_find("rss_peak")] == 150);
	/* 0: 100 of GC CPU and 150; 1: 90 and 400; 2: 80 and 140: better than both; 3: unknown */
	assert_false(g->cells[0].is_on_front || g->cells[1].is_on_front || g->cells[3].is_on_front);
	assert_true(g->cells[2].is_on_front);
	grid_done(g);
	free(g);
	experiment_done(&e);
}

static void lines_are_those_of_go(void **state)
{
	struct experiment e;
	struct grid *g = made(&e);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	grid_print(out, "benchstat", g, "my prog");
	fclose(out);
	assert_non_null(strstr(text, "goos: linux\n"));
	assert_non_null(strstr(
		text,
		"\nBenchmarkMy_prog/gogc=50/gomemlimit=1GiB\t1\t100 B/rss-peak\t100 ns/gc-cpu\n"));
	assert_null(strstr(text, "900")); /* neither warm-ups nor failures */
	assert_null(strstr(text, "nan"));
	free(text);
	grid_done(g);
	free(g);
	experiment_done(&e);
}

static void a_grid_has_its_bounds(void **state)
{
	struct experiment e = { .variant_count = 0 };
	struct err err = { 0 };
	struct grid g;

	(void)state;
	assert_true(grid_init(&g, &e, "1,2,3,4,5,6,7,8,9", "1,2,3,4,5,6,7,8", &err) < 0);
	grid_done(&g);
	assert_true(grid_init(&g, &e, "50,1OO", NULL, &err) < 0);
	assert_non_null(strstr(err.what, "1OO"));
	grid_done(&g);
	assert_true(grid_init(&g, &e, NULL, "off,100MB", &err) < 0);
	assert_non_null(strstr(err.what, "100MB"));
	grid_done(&g);
	assert_int_equal(grid_init(&g, &e, NULL, NULL, &err), 0);
	assert_int_equal(g.count, 1);
	assert_null(g.cells[0].gogc);
	grid_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_front_has_what_nothing_beats),
		cmocka_unit_test(good_runs_alone_fill_a_cell),
		cmocka_unit_test(lines_are_those_of_go),
		cmocka_unit_test(a_grid_has_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
