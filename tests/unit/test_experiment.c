/* test_experiment.c - verdicts: how often they are wrong, what they miss, and how they are put. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <string.h>

#include "experiment/experiment.h"
#include "experiment/variant.h"
#include "render/experiment.h"

#define EXPERIMENTS 200u

static void begin(struct experiment *e)
{
	*e = (struct experiment){ .options = { 0.05, 0.05, 1 }, .variant_count = 2 };
	buf_addf(&e->labels[0], "one");
	buf_addf(&e->labels[1], "other");
}

static void add(struct experiment *e, size_t variant, const double *values)
{
	struct experiment_run r = { .variant = variant, .foreign_share = NAN, .steal_share = NAN };

	memcpy(r.values, values, sizeof(r.values));
	experiment_add(e, &r);
}

/* The figures of one run hang together, as those of real runs do. */
static void simulate(struct experiment *e, gsl_rng *random, size_t n, double scatter, double effect)
{
	double values[METRICS_COUNT];

	begin(e);
	for (size_t i = 0; i < 2 * n; i++) {
		double common = gsl_ran_gaussian(random, scatter);

		for (size_t m = 0; m < METRICS_COUNT; m++)
			values[m] = 100 *
				    (1 + 0.7 * common + 0.7 * gsl_ran_gaussian(random, scatter)) *
				    (i % 2 && m < 5 ? 1 + effect : 1);
		add(e, i % 2, values);
	}
	experiment_compare(e);
}

static size_t told(const struct experiment *e, size_t first, size_t end)
{
	size_t n = 0;

	for (size_t i = first; i < end; i++)
		n += e->comparisons[i].verdict == VERDICT_LOWER ||
		     e->comparisons[i].verdict == VERDICT_HIGHER;
	return n;
}

/* What is measured here stands in docs/experiments.md. */
static void false_alarms_are_as_rare_as_stated(void **state)
{
	static const size_t sizes[] = { 5, 10 };
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);

	(void)state;
	gsl_rng_set(random, 1);
	for (size_t k = 0; k < 2; k++) {
		size_t alarms = 0;

		for (size_t i = 0; i < EXPERIMENTS; i++) {
			struct experiment e;

			simulate(&e, random, sizes[k], 0.05, 0);
			alarms += told(&e, 0, METRICS_COUNT) > 0;
			experiment_done(&e);
		}
		print_message("n=%zu: of %u experiments without a difference %zu told of one\n",
			      sizes[k], EXPERIMENTS, alarms);
		assert_true(alarms <= EXPERIMENTS / 20);
	}
	gsl_rng_free(random);
}

static void real_differences_are_found(void **state)
{
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	size_t n = ranksum_needed_count(0.03, 0.05, 0.05 / METRICS_COUNT);
	double found = 0, wrong = 0;

	(void)state;
	gsl_rng_set(random, 2);
	for (size_t i = 0; i < EXPERIMENTS; i++) {
		struct experiment e;
		double right, none;

		simulate(&e, random, n, 0.03, 0.05); /* 5 % more in 5 of 18, at a scatter of 3 % */
		right = (double)told(&e, 0, 5);
		none = (double)told(&e, 5, METRICS_COUNT);
		found += right / 5 / EXPERIMENTS;
		wrong += right + none > 0 ? none / (right + none) / EXPERIMENTS : 0;
		experiment_done(&e);
	}
	gsl_rng_free(random);
	print_message("n=%zu: found %.1f %% of the differences of 5 %%; %.1f %% of those told were "
		      "none\n",
		      n, found * 100, wrong * 100);
	assert_true(found >= 0.8);
	assert_true(wrong <= 0.05);
}

/* One metric in a and b, all others unknown. */
static const char *verdict_of(struct buf *out, const double *a, const double *b, size_t n,
			      const char *key)
{
	struct experiment e;
	double values[METRICS_COUNT];
	size_t metric = metric_find(key);

	begin(&e);
	for (size_t m = 0; m < METRICS_COUNT; m++)
		values[m] = NAN;
	for (size_t i = 0; i < n; i++) {
		values[metric] = a[i];
		add(&e, 0, values);
		values[metric] = b[i];
		add(&e, 1, values);
	}
	experiment_compare(&e);
	buf_clear(out);
	compare_verdict(out, &e, &e.comparisons[metric]);
	assert_int_equal(e.test_count, 1);
	experiment_done(&e);
	return buf_cstr(out);
}

#define VERDICT(key, n, a, b) verdict_of(&out, (const double[])a, (const double[])b, n, key)
#define LIST(...)           \
	{                   \
		__VA_ARGS__ \
	}

static void verdicts_are_words(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_string_equal(
		VERDICT("rss_peak", 5, LIST(100, 101, 102, 99, 98), LIST(88, 89, 87, 88, 87)),
		"lower by 12 % (95 % CI 10..14 %, p=0.0079, n=5)");
	assert_string_equal(VERDICT("cycles", 5, LIST(7, 7, 7, 7, 7), LIST(7, 7, 7, 7, 7)),
			    "no difference shown (all runs the same, n=5)");
	assert_string_equal(VERDICT("wall", 3, LIST(100, 101, 102), LIST(88, 89, 87)),
			    "not decidable: n=4 or more would be needed for 5 %");
	assert_string_equal(VERDICT("wall", 1, LIST(100), LIST(88)),
			    "not decidable: n=4 or more would be needed for 5 %");
	assert_non_null(
		strstr(VERDICT("refaults", 5, LIST(0, 0, 0, 0, 0), LIST(90, 91, 92, 93, 94)),
		       "higher by 92 (95 % CI +90..+94, p=0.0079, n=5)"));
	assert_non_null(
		strstr(VERDICT("wall", 5, LIST(100, 130, 80, 105, 90), LIST(95, 125, 85, 110, 99)),
		       "no difference shown (95 % CI -"));
	assert_non_null(strstr(buf_cstr(&out), "; n="));
	buf_done(&out);
}

/* A metric that alone would be sure enough, among so many that are not: it takes more runs. */
static void too_few_runs_for_so_many_questions(void **state)
{
	double values[METRICS_COUNT];
	struct experiment e;
	const struct comparison *c;

	(void)state;
	begin(&e);
	for (size_t i = 0; i < 10; i++) {
		for (size_t m = 0; m < METRICS_COUNT; m++)
			values[m] = 100 + (double)((i * 7 + m * 3) % 10);
		values[3] = i % 2 ? 200 + (double)i : 100 + (double)i;
		add(&e, i % 2, values);
	}
	experiment_compare(&e);
	c = &e.comparisons[3];
	assert_int_equal(c->metric, 3);
	assert_true(c->p < 0.01 && c->p_adjusted > 0.05);
	assert_int_equal(c->verdict, VERDICT_NOT_DECIDABLE);
	assert_true(c->needed_count >= 6);
	experiment_done(&e);
}

static void failed_runs_and_warm_ups_are_no_figures(void **state)
{
	double values[METRICS_COUNT] = { 5 }, room[8];
	struct experiment e;

	(void)state;
	begin(&e);
	for (int i = 0; i < 4; i++)
		add(&e, 0, values);
	e.runs[1].state = RUN_FAILED;
	e.runs[2].state = RUN_WARMUP;
	e.runs[3].values[0] = NAN;
	assert_int_equal(experiment_values(&e, 0, 0, room), 1);
	assert_int_equal(experiment_count(&e, 0, RUN_GOOD), 2);
	assert_int_equal(experiment_count(&e, 0, RUN_FAILED), 1);
	experiment_compare(&e);
	assert_int_equal(e.comparisons[0].verdict, VERDICT_UNKNOWN);
	assert_int_equal(e.test_count, 0);
	experiment_done(&e);
}

static void a_noisy_machine_is_told_of(void **state)
{
	double values[METRICS_COUNT] = { 0 };
	struct buf lines = { 0 };
	struct experiment e;

	(void)state;
	begin(&e);
	for (size_t i = 0; i < 20; i++) {
		values[0] = 100 + (double)(i % 3);
		add(&e, i % 2, values);
		e.runs[i].foreign_share = e.runs[i].steal_share = 0.001;
	}
	experiment_noise(&e, &lines);
	assert_string_equal(buf_cstr(&lines), "");
	e.runs[7].foreign_share = 0.34;
	e.runs[3].steal_share = 0.02;
	for (size_t i = 0; i < 20; i++)
		e.runs[i].values[0] = 100 + 3 * (double)i;
	experiment_noise(&e, &lines);
	assert_non_null(strstr(buf_cstr(&lines), "34.0 % in run 8"));
	assert_non_null(strstr(buf_cstr(&lines), "the hypervisor took"));
	assert_non_null(strstr(buf_cstr(&lines), "the machine became slower"));
	assert_non_null(strstr(buf_cstr(&lines), "the wall time of 'one' scatters"));
	buf_done(&lines);
	experiment_done(&e);
}

static void rounds_are_shuffled_by_seed(void **state)
{
	size_t a[3], b[3], first[3] = { 0 };

	(void)state;
	for (uint64_t round = 0; round < 300; round++) {
		schedule_round(a, 3, 9, round);
		schedule_round(b, 3, 9, round);
		assert_memory_equal(a, b, sizeof(a));
		assert_int_equal(a[0] + a[1] + a[2], 3);
		assert_int_equal(a[0] * a[0] + a[1] * a[1] + a[2] * a[2], 5);
		first[a[0]]++;
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(first[i] > 70 && first[i] < 130);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(false_alarms_are_as_rare_as_stated),
		cmocka_unit_test(real_differences_are_found),
		cmocka_unit_test(verdicts_are_words),
		cmocka_unit_test(too_few_runs_for_so_many_questions),
		cmocka_unit_test(failed_runs_and_warm_ups_are_no_figures),
		cmocka_unit_test(a_noisy_machine_is_told_of),
		cmocka_unit_test(rounds_are_shuffled_by_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
