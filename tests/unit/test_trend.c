/* test_trend.c - slopes, and how sure they are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>

#include "experiment/trend.h"

#define POINTS 60

static void a_slope_is_the_median_of_all_pairs(void **state)
{
	/* 0 1 2 3 4 5 6 7, one of them far off: no pair without it has another slope than 2. */
	const double x[] = { 0, 1, 2, 3, 4, 5, 6, 7 }, y[] = { 5, 7, 9, 11, 13, 900, 17, 19 };
	struct trend t;

	(void)state;
	trend_of(&t, (struct trend_points){ x, y, 8 }, 0.95);
	assert_true(t.slope == 2);
	assert_true(t.low <= 2 && t.high >= 2);
	assert_int_equal(t.count, 8);
	trend_of(&t, (struct trend_points){ x, y, 7 }, 0.95);
	assert_true(isnan(t.slope)); /* too few */
}

static void the_same_time_has_no_slope(void **state)
{
	const double x[8] = { 0 }, y[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct trend t;

	(void)state;
	trend_of(&t, (struct trend_points){ x, y, 8 }, 0.95);
	assert_true(isnan(t.slope));
}

/* Sen's own interval, worked by hand for 10 values without ties: 45 slopes, the variance is 10 x 9
 * x 25 / 18 = 125, 1.96 x its root is 21.9: places (45 - 21.9) / 2 = 11.5 and 33.5, rounded
 * outwards. */
static void an_interval_is_sens(void **state)
{
	const double x[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	const double y[] = { 3, 1, 4, 1.5, 9, 2, 6, 5, 3.5, 8 };
	double slopes[45];
	struct trend t;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		for (int j = i + 1; j < 10; j++) {
			double s = (y[j] - y[i]) / (x[j] - x[i]);
			size_t at = n++;

			for (; at > 0 && slopes[at - 1] > s; at--)
				slopes[at] = slopes[at - 1];
			slopes[at] = s;
		}
	trend_of(&t, (struct trend_points){ x, y, 10 }, 0.95);
	assert_true(t.widening == 1);
	assert_true(t.slope == slopes[22]);
	assert_true(t.low == slopes[11] && t.high == slopes[34]);
}

/* One made by chance: y = growth x + what is left of the value before + noise. */
static void make(gsl_rng *random, double *x, double *y, double growth, double memory)
{
	double left = 0;

	for (int i = 0; i < POINTS; i++) {
		left = memory * left + gsl_ran_gaussian(random, 1);
		x[i] = i;
		y[i] = growth * i + left;
	}
}

static size_t claims(double growth, double memory, size_t of)
{
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	double x[POINTS], y[POINTS];
	size_t claimed = 0;

	gsl_rng_set(random, 5);
	for (size_t i = 0; i < of; i++) {
		struct trend t;

		make(random, x, y, growth, memory);
		trend_of(&t, (struct trend_points){ x, y, POINTS }, 0.95);
		claimed += t.low > 0;
	}
	gsl_rng_free(random);
	return claimed;
}

/* What is measured here stands in docs/experiments.md. */
static void growth_is_claimed_where_it_is(void **state)
{
	size_t still = claims(0, 0, 400), swaying = claims(0, 0.5, 400),
	       growing = claims(0.1, 0.5, 400);

	(void)state;
	print_message("claimed of 400: %zu without memory, %zu swaying, %zu growing\n", still,
		      swaying, growing);
	assert_true(still <= 400 / 20);
	assert_true(swaying <= 400 / 20);
	assert_true(growing >= 390);
}

static void many_points_become_few(void **state)
{
	double x[1000], y[1000], to_x[20], to_y[20];
	size_t n;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		x[i] = i;
		y[i] = floor(2 * i / 100) * 100; /* coarse steps become finer */
	}
	n = trend_thin((struct trend_points){ x, y, 1000 }, to_x, to_y, 20);
	assert_int_equal(n, 20);
	for (size_t i = 0; i < n; i++)
		assert_true(fabs(to_y[i] - (2 * to_x[i] - 50)) <= 1);
	assert_true(to_x[0] < 50 && to_x[19] > 950);
	assert_int_equal(trend_thin((struct trend_points){ x, y, 0 }, to_x, to_y, 20), 0);
	assert_int_equal(trend_thin((struct trend_points){ x, y, 1 }, to_x, to_y, 20), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slope_is_the_median_of_all_pairs),
		cmocka_unit_test(the_same_time_has_no_slope),
		cmocka_unit_test(an_interval_is_sens),
		cmocka_unit_test(growth_is_claimed_where_it_is),
		cmocka_unit_test(many_points_become_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
