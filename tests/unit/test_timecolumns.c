/* test_timecolumns.c - tracks made small: no peak and no sum is lost. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "render/timecolumns_internal.h"

static const struct timecolumns_axis axis = { 1000, 2000, 10 };

static void each_time_has_one_column(void **state)
{
	size_t i = 99;

	(void)state;
	assert_false(timecolumns_find(&axis, 999, &i));
	assert_false(timecolumns_find(&axis, 2001, &i));
	assert_true(timecolumns_find(&axis, 1000, &i));
	assert_int_equal(i, 0);
	assert_true(timecolumns_find(&axis, 1099, &i));
	assert_int_equal(i, 0);
	assert_true(timecolumns_find(&axis, 1100, &i));
	assert_int_equal(i, 1);
	assert_true(timecolumns_find(&axis, 2000, &i)); /* the end is the last one's */
	assert_int_equal(i, 9);
	assert_int_equal(timecolumns_begin_ns(&axis, 3), 1300);
}

static void the_least_and_the_greatest_stay(void **state)
{
	struct timecolumns c;

	(void)state;
	timecolumns_init(&c, &axis);
	timecolumns_add(&c, 1210, 5);
	timecolumns_add(&c, 1220, -3);
	timecolumns_add(&c, 1230, 4);
	timecolumns_add(&c, 2500, 1000); /* outside */
	assert_int_equal(c.at[2].value_count, 3);
	assert_true(c.at[2].low == -3 && c.at[2].high == 5 && c.at[2].sum == 6);
	for (size_t i = 0; i < axis.count; i++)
		assert_int_equal(c.at[i].value_count, i == 2 ? 3 : 0);
	timecolumns_done(&c);
}

/* 250 ns from 1150 to 1400 at 4 each: 50, 100, 100. */
static void an_amount_is_spread_by_time(void **state)
{
	struct timecolumns c;
	double sum = 0;

	(void)state;
	timecolumns_init(&c, &axis);
	timecolumns_spread(&c, 1150, 1400, 1000);
	assert_true(c.at[1].sum == 200 && c.at[2].sum == 400 && c.at[3].sum == 400);
	assert_int_equal(c.at[0].value_count + c.at[4].value_count, 0);
	timecolumns_spread(&c, 500, 1100, 600); /* what lies before the axis is not shown */
	assert_true(c.at[0].sum == 100);
	timecolumns_spread(&c, 1900, 2300, 400);
	assert_true(c.at[9].sum == 100);
	timecolumns_spread(&c, 1700, 1700, 7); /* a moment */
	assert_true(c.at[7].sum == 7);
	timecolumns_spread(&c, 100, 200, 7);
	timecolumns_spread(&c, 2100, 2200, 7);
	for (size_t i = 0; i < axis.count; i++)
		sum += c.at[i].sum;
	assert_true(sum == 1207);
	timecolumns_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_time_has_one_column),
		cmocka_unit_test(the_least_and_the_greatest_stay),
		cmocka_unit_test(an_amount_is_spread_by_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
