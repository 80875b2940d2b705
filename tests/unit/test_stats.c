/* test_stats.c - order statistics by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "analyze/stats.h"
#include "base/unknown.h"

static uint64_t percentile(const struct stats *s, unsigned permille)
{
	struct stats_slot *sorted = stats_sorted(s);
	uint64_t v = stats_percentile(s, sorted, permille);

	free(sorted);
	return v;
}

static void nothing_has_no_percentile(void **state)
{
	struct stats s = { 0 };

	(void)state;
	assert_true(percentile(&s, 500) == UNKNOWN_U64);
	assert_int_equal(s.count, 0);
	stats_done(&s);
}

static void one_value_is_every_percentile(void **state)
{
	struct stats s = { 0 };

	(void)state;
	stats_add(&s, 42);
	assert_int_equal(percentile(&s, 1), 42);
	assert_int_equal(percentile(&s, 500), 42);
	assert_int_equal(percentile(&s, 1000), 42);
	stats_done(&s);
}

/* 1..10: p50 is at rank 5, p90 at 9, p91 at ceil(9.1) = 10, p99 at 10, p1 at 1. */
static void percentiles_are_nearest_ranks(void **state)
{
	static const uint64_t values[] = { 7, 3, 10, 1, 5, 9, 2, 8, 6, 4 };
	struct stats s = { 0 };

	(void)state;
	for (size_t i = 0; i < 10; i++)
		stats_add(&s, values[i] * 1000);
	assert_int_equal(percentile(&s, 10), 1000);
	assert_int_equal(percentile(&s, 500), 5000);
	assert_int_equal(percentile(&s, 900), 9000);
	assert_int_equal(percentile(&s, 910), 10000);
	assert_int_equal(percentile(&s, 990), 10000);
	assert_int_equal(s.total, 55000);
	assert_int_equal(s.max, 10000);
	assert_int_equal(s.min, 1000);
	stats_done(&s);
}

/* 99 x 1 and 1 x 1000: p99 is still 1, p99.1 is 1000. */
static void equal_values_share_a_slot(void **state)
{
	struct stats s = { 0 };

	(void)state;
	stats_add(&s, 1000);
	for (int i = 0; i < 99; i++)
		stats_add(&s, 1);
	assert_int_equal(s.used, 2);
	assert_int_equal(percentile(&s, 990), 1);
	assert_int_equal(percentile(&s, 991), 1000);
	stats_done(&s);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void many_values_agree_with_sorting_them(void **state)
{
	enum { N = 20000 };
	uint64_t *values = calloc(N, sizeof(*values)), seed = 88172645463325252ULL;
	struct stats s = { 0 };

	(void)state;
	assert_non_null(values);
	for (size_t i = 0; i < N; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		values[i] = seed % 30000 * 1000;
		stats_add(&s, values[i]);
	}
	qsort(values, N, sizeof(*values), by_value);
	assert_false(s.is_coarse);
	for (unsigned permille = 1; permille <= 1000; permille += 37)
		assert_int_equal(percentile(&s, permille), values[(N * permille + 999) / 1000 - 1]);
	free(values);
	stats_done(&s);
}

static void too_many_distinct_values_are_rounded_and_say_so(void **state)
{
	struct stats s = { 0 };
	uint64_t p50;

	(void)state;
	for (uint64_t i = 1; i <= 200000; i++)
		stats_add(&s, i * 1000);
	assert_true(s.is_coarse);
	assert_true(s.used <= STATS_DISTINCT_MAX);
	assert_int_equal(s.count, 200000);
	assert_int_equal(s.max, 200000000); /* the largest stays exact */
	assert_int_equal(s.total, 1000ULL * 200000 * 200001 / 2);
	p50 = percentile(&s, 500); /* 100,000,000, rounded down by at most 1 in 512 */
	assert_true(p50 <= 100000000 && p50 >= 100000000 - 100000000 / 512);
	stats_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_has_no_percentile),
		cmocka_unit_test(one_value_is_every_percentile),
		cmocka_unit_test(percentiles_are_nearest_ranks),
		cmocka_unit_test(equal_values_share_a_slot),
		cmocka_unit_test(many_values_agree_with_sorting_them),
		cmocka_unit_test(too_many_distinct_values_are_rounded_and_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
