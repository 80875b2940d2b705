/* test_ledger.c - the account of pages given back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyze/ledger_internal.h"
#include "base/unknown.h"

#define PAGE UINT64_C(4096)
#define US   UINT64_C(1000)
#define MS   UINT64_C(1000000)

static void give(struct ledger *l, uint64_t time_ns, uint64_t first_page, uint64_t page_count)
{
	ledger_return(l, &(struct ledger_return){ .pid = 1,
						  .address = first_page * PAGE,
						  .len = page_count * PAGE,
						  .time_ns = time_ns,
						  .syscall_ns = UNKNOWN_U64,
						  .cause = CAUSE_BACKGROUND,
						  .advice = ADVICE_DONTNEED });
}

static bool touch(struct ledger *l, uint64_t time_ns, uint64_t page)
{
	struct ledger_refault r;

	return ledger_touch(l, 1, page * PAGE, time_ns, 1, &r);
}

static void a_page_is_away_from_its_return_to_its_first_touch(void **state)
{
	struct ledger l = { .page_bytes = PAGE };

	(void)state;
	give(&l, 1, 10, 3);
	assert_false(ledger_has(&l, 1, 10 * PAGE - 1));
	assert_true(ledger_has(&l, 1, 10 * PAGE));
	assert_true(ledger_has(&l, 1, 13 * PAGE - 1));
	assert_false(ledger_has(&l, 1, 13 * PAGE));
	assert_true(touch(&l, 2, 11));
	assert_false(touch(&l, 3, 11));
	assert_true(ledger_has(&l, 1, 10 * PAGE));
	assert_false(ledger_has(&l, 1, 11 * PAGE));
	assert_true(ledger_has(&l, 1, 12 * PAGE));
	give(&l, 4, 11, 1);
	assert_true(ledger_has(&l, 1, 11 * PAGE));
	ledger_done(&l);
}

static void processes_have_their_own_pages(void **state)
{
	struct ledger l = { .page_bytes = PAGE };
	struct ledger_refault r;

	(void)state;
	give(&l, 1, 0, 1);
	assert_false(ledger_has(&l, 2, 0));
	assert_false(ledger_touch(&l, 2, 0, 2, 1, &r));
	assert_true(ledger_has(&l, 1, 0));
	ledger_done(&l);
}

/* Every page of ranges that begin and end anywhere around the edges of chunks. */
static void ranges_are_marked_to_the_page(void **state)
{
	static const uint64_t edges[] = { 0, 1, 63, 64, 65, 1023, 1024, 1025, 2047, 2048, 2049 };

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		for (size_t k = i; k < sizeof(edges) / sizeof(edges[0]); k++) {
			struct ledger l = { .page_bytes = PAGE };

			give(&l, 1, edges[i], edges[k] - edges[i]);
			for (uint64_t page = 0; page < 2100; page++)
				assert_int_equal(ledger_has(&l, 1, page * PAGE),
						 page >= edges[i] && page < edges[k]);
			assert_int_equal(l.away_bytes, (edges[k] - edges[i]) * PAGE);
			ledger_done(&l);
		}
}

/* The kernel rounds a length up to whole pages (madvise(2)). */
static void the_rest_of_the_last_page_goes_too(void **state)
{
	struct ledger l = { .page_bytes = PAGE };

	(void)state;
	ledger_return(&l, &(struct ledger_return){
				  .pid = 1, .address = 4 * PAGE, .len = PAGE + 1, .time_ns = 1 });
	assert_true(ledger_has(&l, 1, 5 * PAGE));
	assert_false(ledger_has(&l, 1, 6 * PAGE));
	assert_int_equal(l.all.bytes, PAGE + 1);
	ledger_done(&l);
}

/* 8 pages forced, 4 eager under FREE; 2 and 1 of them come back, one of them twice. By hand:
 * regret (2 + 1) / 12. */
static void sums_are_kept_by_cause_and_advice(void **state)
{
	struct ledger l = { .page_bytes = PAGE };
	struct ledger_refault r;

	(void)state;
	ledger_return(&l, &(struct ledger_return){ 1, 1, 0, 8 * PAGE, 1 * MS, 700, CAUSE_FORCED,
						   ADVICE_DONTNEED });
	ledger_return(&l, &(struct ledger_return){ 1, 1, 100 * PAGE, 4 * PAGE, 2 * MS, UNKNOWN_U64,
						   CAUSE_EAGER, ADVICE_FREE });
	assert_true(ledger_touch(&l, 1, 3 * PAGE, 6 * MS + 400, 1, &r));
	assert_int_equal(r.age_ns, 5 * MS);
	assert_int_equal(r.cause, CAUSE_FORCED);
	assert_int_equal(r.advice, ADVICE_DONTNEED);
	assert_true(ledger_touch(&l, 1, 4 * PAGE, 7 * MS, 1, &r));
	assert_true(ledger_touch(&l, 1, 101 * PAGE, 4 * MS + 3 * US, 1, &r));
	assert_int_equal(r.age_ns, 2 * MS + 3 * US);
	assert_int_equal(r.cause, CAUSE_EAGER);
	assert_int_equal(r.advice, ADVICE_FREE);
	assert_int_equal(l.all.call_count, 2);
	assert_int_equal(l.all.bytes, 12 * PAGE);
	assert_int_equal(l.all.refault_bytes, 3 * PAGE);
	assert_int_equal(l.by_cause[CAUSE_FORCED].bytes, 8 * PAGE);
	assert_int_equal(l.by_cause[CAUSE_FORCED].refault_bytes, 2 * PAGE);
	assert_int_equal(l.by_cause[CAUSE_EAGER].call_count, 1);
	assert_int_equal(l.by_advice[ADVICE_FREE].refault_bytes, PAGE);
	assert_int_equal(l.by_advice[ADVICE_DONTNEED].call_count, 1);
	assert_int_equal(l.refault_count, 3);
	assert_int_equal(l.away_bytes, 9 * PAGE);
	assert_int_equal(l.syscall_ns, 700);
	assert_int_equal(l.timed_count, 1);
	assert_int_equal(l.ages_us.count, 3);
	assert_int_equal(l.ages_us.max, 6000);
	ledger_done(&l);
}

static void memory_given_back_again_and_again_is_counted(void **state)
{
	struct ledger l = { .page_bytes = PAGE };

	(void)state;
	give(&l, 1, 0, 4);
	assert_int_equal(l.repeated_bytes, 0);
	touch(&l, 2, 1);
	give(&l, 3, 0, 2); /* one that came back, one that is away still */
	assert_int_equal(l.repeated_bytes, 2 * PAGE);
	assert_int_equal(l.away_bytes, 4 * PAGE);
	ledger_done(&l);
}

/* The newest return counts. */
static void the_age_is_that_of_the_last_return(void **state)
{
	struct ledger l = { .page_bytes = PAGE };
	struct ledger_refault r;

	(void)state;
	give(&l, 1 * MS, 0, 1);
	give(&l, 8 * MS, 0, 1);
	assert_true(ledger_touch(&l, 1, 0, 9 * MS, 1, &r));
	assert_int_equal(r.age_ns, MS);
	ledger_done(&l);
}

static void a_fault_that_stands_for_many_counts_for_many(void **state)
{
	struct ledger l = { .page_bytes = PAGE };
	struct ledger_refault r;

	(void)state;
	give(&l, 1, 0, 100);
	assert_true(ledger_touch(&l, 1, 0, 2, 61, &r));
	assert_int_equal(l.refault_count, 61);
	assert_int_equal(l.all.refault_bytes, 61 * PAGE);
	assert_int_equal(l.ages_us.count, 1);
	ledger_done(&l);
}

/* Times up to 8 years, and one that seems to run backwards. */
static void ages_hold_for_long_and_are_never_negative(void **state)
{
	struct ledger l = { .page_bytes = PAGE };
	const uint64_t years_ns = UINT64_C(8) * 365 * 86400 * 1000 * MS;
	struct ledger_refault r;

	(void)state;
	give(&l, 5 * US, 0, 2);
	assert_true(ledger_touch(&l, 1, 0, years_ns / 3, 1, &r));
	assert_int_equal(r.age_ns, years_ns / 3 / US * US - 5 * US);
	assert_true(ledger_touch(&l, 1, PAGE, 4 * US, 1, &r));
	assert_int_equal(r.age_ns, 0);
	ledger_done(&l);
}

static void another_program_has_none_of_the_pages(void **state)
{
	struct ledger l = { .page_bytes = PAGE };

	(void)state;
	give(&l, 1, 0, 2);
	ledger_forget(&l, 2);
	assert_true(ledger_has(&l, 1, 0));
	ledger_forget(&l, 1);
	assert_false(ledger_has(&l, 1, 0));
	assert_false(touch(&l, 2, 0));
	assert_int_equal(l.away_bytes, 2 * PAGE); /* never touched again */
	ledger_done(&l);
}

static void a_range_is_forgotten_to_the_page(void **state)
{
	struct ledger l = { .page_bytes = PAGE };

	(void)state;
	give(&l, 1, 1000, 2000); /* over three chunks */
	ledger_forget_range(&l, 2, 1000 * PAGE, 2000 * PAGE);
	assert_true(ledger_has(&l, 1, 1000 * PAGE));
	ledger_forget_range(&l, 1, 1010 * PAGE + 1, 1500 * PAGE);
	assert_true(ledger_has(&l, 1, 1009 * PAGE));
	assert_false(ledger_has(&l, 1, 1010 * PAGE));
	assert_false(ledger_has(&l, 1, 2048 * PAGE));
	assert_false(ledger_has(&l, 1, 2510 * PAGE));
	assert_true(ledger_has(&l, 1, 2511 * PAGE));
	ledger_forget_range(&l, 1, 0,
			    UINT64_MAX); /* more chunks than there are: each is looked at */
	assert_false(ledger_has(&l, 1, 1009 * PAGE));
	assert_false(ledger_has(&l, 1, 2999 * PAGE));
	assert_false(l.is_full);
	give(&l, 2, 1000, 1);
	ledger_forget_range(&l, 1, PAGE, UINT64_MAX); /* beyond the end of all addresses */
	assert_true(ledger_has(&l, 1, 1000 * PAGE));
	ledger_done(&l);
}

/* Made-up calls cost no more than a bounded amount, and it is said. */
static void what_cannot_be_is_not_taken_up(void **state)
{
	struct ledger l = { .page_bytes = PAGE };

	(void)state;
	give(&l, 1, 1, UINT64_MAX / PAGE);
	assert_true(l.is_full);
	assert_int_equal(l.all.call_count, 0);
	l.is_full = false;
	ledger_return(&l, &(struct ledger_return){
				  .pid = 1, .address = UINT64_MAX - PAGE + 1, .len = 2 * PAGE });
	assert_true(l.is_full);
	assert_false(ledger_has(&l, 1, 0));
	ledger_done(&l);
}

/* Where it is reached, what was known of pages is of no use: returns would be missing from it. */
static void work_has_an_end(void **state)
{
	struct ledger l = { .page_bytes = PAGE };

	(void)state;
	give(&l, 1, 0, 4);
	l.step_count = LEDGER_STEPS_MAX - 4;
	give(&l, 2, 4, 4);
	assert_false(l.is_full);
	assert_true(ledger_has(&l, 1, 7 * PAGE));
	give(&l, 3, 8, 1);
	assert_true(l.is_full);
	assert_int_equal(l.all.bytes, 9 * PAGE); /* the sums go on */
	assert_false(ledger_has(&l, 1, 0));	 /* pages are not known any more */
	assert_false(touch(&l, 4, 0));
	ledger_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_away_from_its_return_to_its_first_touch),
		cmocka_unit_test(processes_have_their_own_pages),
		cmocka_unit_test(ranges_are_marked_to_the_page),
		cmocka_unit_test(the_rest_of_the_last_page_goes_too),
		cmocka_unit_test(sums_are_kept_by_cause_and_advice),
		cmocka_unit_test(memory_given_back_again_and_again_is_counted),
		cmocka_unit_test(the_age_is_that_of_the_last_return),
		cmocka_unit_test(a_fault_that_stands_for_many_counts_for_many),
		cmocka_unit_test(ages_hold_for_long_and_are_never_negative),
		cmocka_unit_test(another_program_has_none_of_the_pages),
		cmocka_unit_test(a_range_is_forgotten_to_the_page),
		cmocka_unit_test(what_cannot_be_is_not_taken_up),
		cmocka_unit_test(work_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
