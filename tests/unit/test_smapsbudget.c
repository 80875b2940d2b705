/* test_smapsbudget.c - when smaps may be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "capture/smapsbudget_internal.h"

#define MIB 1048576ULL

static void before_any_read_10_us_per_mib_are_expected(void **state)
{
	struct smapsbudget b;

	(void)state;
	smapsbudget_init(&b, 10 * NS_PER_MS, 0.005);
	assert_int_equal(smapsbudget_expected_stall_ns(&b, 100 * MIB), NS_PER_MS);
	assert_true(smapsbudget_allows(&b, 1, 1000 * MIB));
	assert_false(smapsbudget_allows(&b, 1, 1001 * MIB));
}

static void a_limit_of_nothing_allows_nothing(void **state)
{
	struct smapsbudget b;

	(void)state;
	smapsbudget_init(&b, 1, 0.005);
	assert_false(smapsbudget_allows(&b, 1, 4096));
	smapsbudget_init(&b, 0, 0.005);
	assert_false(smapsbudget_allows(&b, 1, 0));
}

static void two_of_three_slow_reads_count_and_one_does_not(void **state)
{
	struct smapsbudget b;

	(void)state;
	smapsbudget_init(&b, 10 * NS_PER_MS, 0.005);
	smapsbudget_learn(&b, 100 * MIB, 50 * NS_PER_MS, 50 * NS_PER_MS);
	assert_int_equal(smapsbudget_expected_stall_ns(&b, 100 * MIB), NS_PER_MS);
	smapsbudget_learn(&b, 100 * MIB, 60 * NS_PER_MS, 50 * NS_PER_MS);
	assert_int_equal(smapsbudget_expected_stall_ns(&b, 100 * MIB), 50 * NS_PER_MS);
	assert_false(smapsbudget_allows(&b, 1, 100 * MIB));
}

static void fast_reads_raise_what_is_allowed(void **state)
{
	struct smapsbudget b;

	(void)state;
	smapsbudget_init(&b, 10 * NS_PER_MS, 0.005);
	assert_false(smapsbudget_allows(&b, 1, 2000 * MIB));
	for (int i = 0; i < 3; i++) /* many mappings: the longest read is a tenth of the whole */
		smapsbudget_learn(&b, 1000 * MIB, 10 * NS_PER_MS, NS_PER_MS);
	assert_true(smapsbudget_allows(&b, 1, 2000 * MIB));
}

static void small_processes_teach_nothing_about_large_ones(void **state)
{
	struct smapsbudget b;

	(void)state;
	smapsbudget_init(&b, 10 * NS_PER_MS, 0.005);
	for (int i = 0; i < 3; i++)
		smapsbudget_learn(&b, 2 * MIB, NS_PER_MS, NS_PER_MS);
	assert_int_equal(smapsbudget_expected_stall_ns(&b, 1000 * MIB), 10 * NS_PER_MS);
}

static void unlucky_reads_are_forgotten_after_a_while(void **state)
{
	struct smapsbudget b;
	uint64_t now_ns = NS_PER_S;

	(void)state;
	smapsbudget_init(&b, 10 * NS_PER_MS, 0.005);
	for (int i = 0; i < 3; i++)
		smapsbudget_learn(&b, 100 * MIB, 50 * NS_PER_MS, 50 * NS_PER_MS);
	assert_false(smapsbudget_allows(&b, now_ns, 100 * MIB));
	while (!smapsbudget_allows(&b, now_ns, 100 * MIB))
		now_ns += NS_PER_S;
	assert_in_range(now_ns, 20 * NS_PER_S, 24 * NS_PER_S);
	/* What was never seen within the limit is not tried again. */
	smapsbudget_init(&b, NS_PER_MS / 2, 0.005);
	for (now_ns = 1; now_ns < 1000 * NS_PER_S; now_ns += NS_PER_S)
		assert_false(smapsbudget_allows(&b, now_ns, 100 * MIB));
}

static void the_period_keeps_the_share_of_a_core(void **state)
{
	struct smapsbudget b;

	(void)state;
	smapsbudget_init(&b, 10 * NS_PER_MS, 0.005);
	assert_int_equal(smapsbudget_period_ns(&b, MIB), 100 * NS_PER_MS);
	assert_int_equal(smapsbudget_period_ns(&b, 1000 * MIB), 2 * NS_PER_S);
	smapsbudget_learn(&b, MIB, 5 * NS_PER_MS, NS_PER_MS); /* dear all the same: many mappings */
	assert_int_equal(smapsbudget_period_ns(&b, MIB), NS_PER_S);
	smapsbudget_init(&b, 10 * NS_PER_MS, 0);
	assert_true(smapsbudget_period_ns(&b, MIB) >= 3600 * NS_PER_S);
	smapsbudget_init(&b, 10 * NS_PER_MS, 1e-30);
	assert_true(smapsbudget_period_ns(&b, UINT64_MAX) >= 3600 * NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_any_read_10_us_per_mib_are_expected),
		cmocka_unit_test(a_limit_of_nothing_allows_nothing),
		cmocka_unit_test(two_of_three_slow_reads_count_and_one_does_not),
		cmocka_unit_test(fast_reads_raise_what_is_allowed),
		cmocka_unit_test(small_processes_teach_nothing_about_large_ones),
		cmocka_unit_test(unlucky_reads_are_forgotten_after_a_while),
		cmocka_unit_test(the_period_keeps_the_share_of_a_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
