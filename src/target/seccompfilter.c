/* seccompfilter.c - a filter that hands over the calls of madvise(2) that concern us, and lets
 * everything else pass. Async-signal-safe: it runs between fork and execve. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "returngate_internal.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* linux/seccomp.h since 5.19 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* linux/mman.h since 6.1 */
#endif

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#define OUR_ARCH 0 /* no filter is installed */
#endif

#define LOAD(field)	      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP_IF(value, n)     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, n, 0)
#define JUMP_UNLESS(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n)

static int install(unsigned long flags)
{
	/* The lower half of the third argument comes first on little-endian machines, which both
	 * are; the kernel takes advice as an int. */
	struct sock_filter program[] = {
		LOAD(arch),
		JUMP_UNLESS(OUR_ARCH, 8),
		LOAD(nr),
		JUMP_UNLESS(__NR_madvise, 6),
		LOAD(args[2]),
		JUMP_IF(MADV_DONTNEED, 5),
		JUMP_IF(MADV_FREE, 4),
		JUMP_IF(MADV_HUGEPAGE, 3),
		JUMP_IF(MADV_NOHUGEPAGE, 2),
		JUMP_IF(MADV_COLLAPSE, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog whole = { sizeof(program) / sizeof(program[0]), program };
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &whole);

	return fd < 0 ? -errno : (int)fd;
}

/* A signal must not interrupt a call that the gate has heard of: Go's threads get many (5.19). And
 * the filter alone shall not slow the target down by measures against speculation, as it would up
 * to Linux 5.15 (4.17). */
static int install_best(void)
{
	static const unsigned long more[] = {
		SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		0,
	};
	int fd = -EINVAL;

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]) && fd == -EINVAL; i++)
		fd = install(SECCOMP_FILTER_FLAG_NEW_LISTENER | more[i]);
	return fd;
}

#define TAKES_RIGHTS 255 /* no errno is as large */

int seccompfilter_try(void)
{
	int had = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), status = 0, fd;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		fd = seccompfilter_install();
		if (fd < 0)
			_exit(-fd);
		_exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == had ? 0 : TAKES_RIGHTS);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	if (!WIFEXITED(status))
		return -ECANCELED;
	return WEXITSTATUS(status) == TAKES_RIGHTS ? 1 : -WEXITSTATUS(status);
}

int seccompfilter_install(void)
{
	int fd;

	if (OUR_ARCH == 0)
		return -ENOSYS;
	fd = install_best();
	if (fd != -EACCES)
		return fd;
	/* seccomp(2): without CAP_SYS_ADMIN only for who cannot gain rights by execve. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return install_best();
}
