/* test_syscallraw.c - the fields of system calls' tracepoints. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "parse/syscallraw.h"

/* What sys_enter_madvise wrote on Linux 6.18, x86-64: common_type 726, common_pid 31679, number 28,
 * then (0xc000400000, 4194304, MADV_DONTNEED), and 4 bytes that perf pads with. */
static const uint64_t enter[] = {
	UINT64_C(0x7bbf000002d6), 28, UINT64_C(0xc000400000), 4194304, 4, 0
};

static struct text bytes_of(struct buf *b, const uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_add_uint(b, words[i], 8);
	return buf_text(b);
}

static void arguments_are_read_as_far_as_they_are_wanted(void **state)
{
	uint64_t a[3] = { 0 };
	struct buf b = { 0 };
	struct text raw = bytes_of(&b, enter, 6);

	(void)state;
	assert_true(syscallraw_arguments(raw, a, 3));
	assert_int_equal(a[0], 0xc000400000);
	assert_int_equal(a[1], 4194304);
	assert_int_equal(a[2], 4);
	a[1] = 7;
	assert_true(syscallraw_arguments(raw, a, 1));
	assert_int_equal(a[1], 7);
	buf_done(&b);
}

static void results_have_a_sign(void **state)
{
	const uint64_t failed[] = { 0, 28, (uint64_t)-22 }, done[] = { 0, 28, 0 };
	int64_t result = 1;
	struct buf b = { 0 };

	(void)state;
	assert_true(syscallraw_result(bytes_of(&b, failed, 3), &result));
	assert_int_equal(result, -22);
	buf_clear(&b);
	assert_true(syscallraw_result(bytes_of(&b, done, 3), &result));
	assert_int_equal(result, 0);
	buf_done(&b);
}

static void too_few_bytes_fill_nothing(void **state)
{
	uint64_t a[3] = { 1, 2, 3 };
	int64_t result = 9;
	struct buf b = { 0 };
	struct text raw = bytes_of(&b, enter, 5);

	(void)state;
	for (raw.len = 0; raw.len < 40; raw.len++)
		assert_false(syscallraw_arguments(raw, a, 3));
	assert_true(a[0] == 1 && a[1] == 2 && a[2] == 3);
	for (raw.len = 0; raw.len < 24; raw.len++)
		assert_false(syscallraw_result(raw, &result));
	assert_int_equal(result, 9);
	raw.len = 40;
	assert_true(syscallraw_arguments(raw, a, 3));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_read_as_far_as_they_are_wanted),
		cmocka_unit_test(results_have_a_sign),
		cmocka_unit_test(too_few_bytes_fill_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
