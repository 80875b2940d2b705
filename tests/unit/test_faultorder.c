/* test_faultorder.c - faults of all CPUs in the order of their times. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyze/faultorder_internal.h"

static void add(struct faultorder *o, uint64_t time_ns)
{
	faultorder_add(o, &(struct fault){ .time_ns = time_ns, .address = 10 * time_ns });
}

/* The next fault before until_ns has this time. */
static void check(struct faultorder *o, uint64_t until_ns, uint64_t time_ns)
{
	const struct fault *f = faultorder_take(o, until_ns);

	assert_non_null(f);
	assert_int_equal(f->time_ns, time_ns);
	assert_int_equal(f->address, 10 * time_ns);
}

static void faults_of_three_cpus_come_in_the_order_of_time(void **state)
{
	static const uint64_t times[] = { 1, 4, 9, 2, 3, 8, 5, 6, 7 };
	struct faultorder o = { 0 };

	(void)state;
	for (size_t i = 0; i < 9; i++)
		add(&o, times[i]);
	for (uint64_t t = 1; t <= 9; t++)
		check(&o, 10, t);
	assert_null(faultorder_take(&o, 10));
	faultorder_done(&o);
}

static void what_is_not_older_waits(void **state)
{
	struct faultorder o = { 0 };

	(void)state;
	add(&o, 5);
	add(&o, 2);
	check(&o, 5, 2);
	assert_null(faultorder_take(&o, 5)); /* at that very time is not before it */
	add(&o, 9);
	add(&o, 7);
	check(&o, 8, 5);
	check(&o, 8, 7);
	assert_null(faultorder_take(&o, 8));
	check(&o, UINT64_MAX, 9);
	faultorder_done(&o);
}

static void an_empty_order_has_nothing(void **state)
{
	struct faultorder o = { 0 };

	(void)state;
	assert_null(faultorder_take(&o, UINT64_MAX));
	faultorder_done(&o);
}

/* Every order of runs, against counting. */
static void many_runs_become_one(void **state)
{
	struct faultorder o = { 0 };
	uint64_t seed = 1;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		add(&o, seed >> 40);
	}
	for (uint64_t i = 0, last = 0; i < 1000; i++) {
		const struct fault *f = faultorder_take(&o, UINT64_MAX);

		assert_true(f && f->time_ns >= last);
		last = f->time_ns;
	}
	assert_null(faultorder_take(&o, UINT64_MAX));
	faultorder_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_of_three_cpus_come_in_the_order_of_time),
		cmocka_unit_test(what_is_not_older_waits),
		cmocka_unit_test(an_empty_order_has_nothing),
		cmocka_unit_test(many_runs_become_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
