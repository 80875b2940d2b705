/* test_procsyscall.c - /proc/PID/syscall and the process of a thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "parse/procsyscall.h"

/* A thread in read(2), Linux 6.18. */
#define READING                                                                      \
	"0 0x3 0x7fd5b1206000 0x20000 0x7fd5b1298b60 0xffffffff 0x0 0x7ffdb4c3f418 " \
	"0x7fd5b13812ad\n"

static void a_call_has_its_place(void **state)
{
	struct proc_syscall s;

	(void)state;
	assert_true(procsyscall_parse(&s, text_of(READING)));
	assert_int_equal(s.number, 0);
	assert_true(s.sp == 0x7ffdb4c3f418 && s.ip == 0x7fd5b13812ad);
	assert_true(procsyscall_parse(&s, text_of("-1 0x7ffc00000000 0x47abcd\n")));
	assert_true(s.number == UINT64_MAX && s.sp == 0x7ffc00000000 && s.ip == 0x47abcd);
}

static void everything_else_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"running\n",
		"0\n",
		"-1\n",
		"-1 0x1\n",
		"28 0x1 0x2 0x3 0x4 0x5 0x6 0x7\n",
		"28 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8",
		"28 1 2 3 4 5 6 7 8\n",
		"28 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9\n",
		"28 0x1 0x2 0x3 0x4 0x5 0x6 0x11112222333344445 0x8\n",
		"x 0x1 0x2\n",
	};
	struct proc_syscall s = { 5, 6, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(procsyscall_parse(&s, text_of(texts[i])));
	for (size_t i = 0; i + 1 < sizeof(READING); i++)
		assert_false(procsyscall_parse(&s, (struct text){ READING, i }));
	assert_true(s.number == 5 && s.sp == 6 && s.ip == 7);
}

static void a_thread_belongs_to_a_process(void **state)
{
	uint64_t pid = 3;

	(void)state;
	assert_true(procstatus_find_process(
		&pid,
		text_of("Name:\tTgid: 9\nUmask:\t0022\nTgid:\t4711\nNgid:\t0\nPid:\t4712\n")));
	assert_int_equal(pid, 4711);
	assert_false(procstatus_find_process(&pid, text_of("Name:\tx\nPid:\t4712\n")));
	assert_false(procstatus_find_process(&pid, text_of("Tgid:\t\n")));
	assert_false(procstatus_find_process(&pid, text_of("Tgid:\t0\n")));
	assert_false(procstatus_find_process(&pid, text_of("Tgid:\t12x\n")));
	assert_false(procstatus_find_process(&pid, text_of("")));
	assert_int_equal(pid, 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_has_its_place),
		cmocka_unit_test(everything_else_is_refused),
		cmocka_unit_test(a_thread_belongs_to_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
