/* test_descriptors.c - what a process lets go of, with and without close_range(2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/descriptors_internal.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define EXIT_NO_FILTER 77

/* As on a kernel before 5.9. */
static void remove_close_range(void)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(steps) / sizeof(steps[0]), steps };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(EXIT_NO_FILTER);
}

static int highest(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 5000
		       ? (int)limit.rlim_cur - 1
		       : 4999;
}

/* In a child: 0 when just the kept ones are open afterwards. */
static int close_and_count(bool with_call)
{
	int all[6] = { 0, 5, 6, 40, 900, highest() }, keep[3] = { 40, 0, 5 }, open_count = 0;

	for (int i = 0; i < 6; i++)
		if (dup2(STDERR_FILENO, all[i]) < 0)
			return 2;
	if (!with_call)
		remove_close_range();
	descriptors_close_all_but(keep, 3);
	for (int fd = 0; fd <= highest(); fd++)
		open_count += fcntl(fd, F_GETFD) >= 0;
	for (int i = 0; i < 3; i++)
		if (fcntl(keep[i], F_GETFD) < 0)
			return 3;
	return open_count == 3 ? 0 : 4;
}

static int status_of_child(bool with_call)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(close_and_count(with_call));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void only_the_kept_ones_stay_open(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(true), 0);
}

static void an_old_kernel_closes_them_one_by_one(void **state)
{
	int status = status_of_child(false);

	(void)state;
	if (status == EXIT_NO_FILTER)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_kept_ones_stay_open),
		cmocka_unit_test(an_old_kernel_closes_them_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
