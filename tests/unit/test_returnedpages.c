/* test_returnedpages.c - which pages were given back and not touched since. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyze/returnedpages_internal.h"

#define PAGE UINT64_C(4096)

static void a_page_is_away_from_its_return_to_its_first_touch(void **state)
{
	struct returnedpages r = { .page_bytes = PAGE };

	(void)state;
	returnedpages_add(&r, 1, 10 * PAGE, 3 * PAGE);
	assert_false(returnedpages_has(&r, 1, 10 * PAGE - 1));
	assert_true(returnedpages_has(&r, 1, 10 * PAGE));
	assert_true(returnedpages_has(&r, 1, 13 * PAGE - 1));
	assert_false(returnedpages_has(&r, 1, 13 * PAGE));
	returnedpages_touch(&r, 1, 11 * PAGE + 5);
	assert_true(returnedpages_has(&r, 1, 10 * PAGE));
	assert_false(returnedpages_has(&r, 1, 11 * PAGE));
	assert_true(returnedpages_has(&r, 1, 12 * PAGE));
	returnedpages_add(&r, 1, 11 * PAGE, PAGE);
	assert_true(returnedpages_has(&r, 1, 11 * PAGE));
	returnedpages_done(&r);
}

static void processes_have_their_own_pages(void **state)
{
	struct returnedpages r = { .page_bytes = PAGE };

	(void)state;
	returnedpages_add(&r, 1, 0, PAGE);
	assert_false(returnedpages_has(&r, 2, 0));
	returnedpages_touch(&r, 2, 0);
	assert_true(returnedpages_has(&r, 1, 0));
	returnedpages_done(&r);
}

/* Every page of ranges that begin and end anywhere around the edges of words and chunks. */
static void ranges_are_marked_to_the_page(void **state)
{
	static const uint64_t edges[] = { 0, 1, 63, 64, 65, 1023, 1024, 1025, 2047, 2048, 2049 };

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		for (size_t k = i; k < sizeof(edges) / sizeof(edges[0]); k++) {
			struct returnedpages r = { .page_bytes = PAGE };

			returnedpages_add(&r, 1, edges[i] * PAGE, (edges[k] - edges[i]) * PAGE);
			for (uint64_t page = 0; page < 2100; page++)
				assert_int_equal(returnedpages_has(&r, 1, page * PAGE),
						 page >= edges[i] && page < edges[k]);
			returnedpages_done(&r);
		}
}

static void ranges_that_cannot_be_are_left_out_and_told(void **state)
{
	struct returnedpages r = { .page_bytes = PAGE };

	(void)state;
	returnedpages_add(&r, 1, UINT64_MAX - PAGE, 2 * PAGE);
	assert_true(r.is_full);
	r.is_full = false;
	returnedpages_add(&r, 1, 0, UINT64_C(1) << 50);
	assert_true(r.is_full);
	assert_false(returnedpages_has(&r, 1, 0));
	returnedpages_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_away_from_its_return_to_its_first_touch),
		cmocka_unit_test(processes_have_their_own_pages),
		cmocka_unit_test(ranges_are_marked_to_the_page),
		cmocka_unit_test(ranges_that_cannot_be_are_left_out_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
