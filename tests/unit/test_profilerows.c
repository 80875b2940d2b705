/* test_profilerows.c - equal stacks of one thread are one row, whatever else there is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyze/profilerows_internal.h"

/* A stack whose places begin at ten times its number. */
static struct profile_stack add(struct profilerows *r, uint32_t id, uint32_t count, uint32_t thread,
				uint64_t value)
{
	struct profilerows_stack stack = { id, id * 10, count };

	return *profilerows_add(r, &stack, thread, value);
}

static size_t count_of(const struct profilerows *r)
{
	return r->rows.len / sizeof(struct profile_stack);
}

static const struct profile_stack *row(const struct profilerows *r, size_t i)
{
	return &((const struct profile_stack *)(const void *)r->rows.at)[i];
}

static void samples_of_a_stack_add_up_in_its_row(void **state)
{
	struct profilerows r = { 0 };
	struct profile_stack got;

	(void)state;
	got = add(&r, 4, 3, 0, 10);
	assert_int_equal(got.sample_count, 1);
	assert_int_equal(got.value, 10);
	got = add(&r, 4, 3, 0, 5);
	assert_int_equal(got.sample_count, 2);
	assert_int_equal(got.value, 15);
	assert_int_equal(got.thread, 0);
	assert_int_equal(count_of(&r), 1);
	assert_int_equal(row(&r, 0)->value, 15);
	profilerows_done(&r);
}

static void a_row_has_the_places_of_its_stack(void **state)
{
	struct profilerows r = { 0 };

	(void)state;
	add(&r, 0, 2, 0, 1);
	add(&r, 1, 0, 0, 1);
	add(&r, 2, 3, 0, 1);
	add(&r, 0, 2, 0, 1); /* not a row again */
	assert_int_equal(count_of(&r), 3);
	assert_int_equal(row(&r, 0)->first_location, 0);
	assert_int_equal(row(&r, 0)->location_count, 2);
	assert_int_equal(row(&r, 1)->location_count, 0);
	assert_int_equal(row(&r, 2)->first_location, 20);
	assert_int_equal(row(&r, 2)->location_count, 3);
	profilerows_done(&r);
}

static void each_thread_has_rows_of_its_own(void **state)
{
	struct profilerows r = { 0 };

	(void)state;
	assert_int_equal(add(&r, 4, 3, 0, 10).sample_count, 1);
	assert_int_equal(add(&r, 4, 3, 1, 20).sample_count, 1);
	assert_int_equal(add(&r, 4, 3, PROFILE_NONE, 30).sample_count, 1);
	assert_int_equal(add(&r, 4, 3, 1, 21).value, 41);
	assert_int_equal(count_of(&r), 3);
	assert_int_equal(row(&r, 0)->thread, 0);
	assert_int_equal(row(&r, 1)->thread, 1);
	assert_int_equal(row(&r, 2)->thread, PROFILE_NONE);
	profilerows_done(&r);
}

static void the_sums_are_those_of_all_rows(void **state)
{
	struct profilerows r = { 0 };

	(void)state;
	add(&r, 1, 1, 0, 10);
	add(&r, 2, 2, 0, 20);
	add(&r, 1, 1, 1, 30);
	add(&r, 1, 1, 0, 40);
	assert_int_equal(r.sample_count, 4);
	assert_int_equal(r.value, 100);
	profilerows_done(&r);
}

/* Rows move as they grow; what their owner wrote into them stays. */
static void many_rows_are_found_again_with_their_labels(void **state)
{
	struct profilerows r = { 0 };

	(void)state;
	for (uint32_t round = 1; round <= 2; round++)
		for (uint32_t id = 0; id < 100; id++)
			for (uint32_t thread = 0; thread < 50; thread++) {
				struct profilerows_stack stack = { id, 0, 1 };
				struct profile_stack *got =
					profilerows_add(&r, &stack, thread, id * thread);

				assert_int_equal(got->sample_count, round);
				assert_int_equal(got->value, round * id * thread);
				if (round == 1)
					got->use = (enum profile_use)(id % USE_COUNT);
				assert_int_equal(got->use, id % USE_COUNT);
			}
	assert_int_equal(count_of(&r), 5000);
	profilerows_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_of_a_stack_add_up_in_its_row),
		cmocka_unit_test(a_row_has_the_places_of_its_stack),
		cmocka_unit_test(each_thread_has_rows_of_its_own),
		cmocka_unit_test(the_sums_are_those_of_all_rows),
		cmocka_unit_test(many_rows_are_found_again_with_their_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
