/* What doctor says where a seccomp filter, as container runtimes install one, forbids perf events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/permission.h"
#include "capture/probe.h"

#define EXIT_NO_FILTER 77

static void forbid_perf_events(void)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(steps) / sizeof(steps[0]), steps };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(EXIT_NO_FILTER);
}

/* How a child that runs check under the filter ended. */
static int under_filter(int (*check)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		forbid_perf_events();
		_exit(check());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int probe_everything(void)
{
	struct probe probes[PROBE_MAX];
	size_t count = probe_all(probes, PROBE_MAX);

	for (size_t i = 0; i < count; i++)
		if (strncmp(probes[i].source, "perf.", 5) == 0 && probes[i].state != PROBE_FAILS)
			return 1;
	return 0;
}

static void probes_survive_a_filter_on_perf_events(void **state)
{
	int status = under_filter(probe_everything);

	(void)state;
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == EXIT_NO_FILTER)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The sysctl is named exactly where it is what forbids the event. */
static void the_sysctl_is_blamed_only_when_it_forbids(void **state)
{
	(void)state;
	for (int kernel = 0; kernel <= 1; kernel++) {
		struct err err = { .code = EPERM };

		permission_explain_perf(&err, kernel);
		if (permission_is_paranoid(kernel))
			assert_null(strstr(err.hint, "seccomp"));
		else
			assert_non_null(strstr(err.hint, "seccomp"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_survive_a_filter_on_perf_events),
		cmocka_unit_test(the_sysctl_is_blamed_only_when_it_forbids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
