/* probe.c - try each source of data here and now. */
#include "probe_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "base/units.h"
#include "capture/cpulist.h"
#include "capture/hwevent.h"
#include "capture/permission.h"
#include "capture/ring.h"

void probe_found(struct probe *p, enum probe_state state, const char *fmt, ...)
{
	va_list args;

	p->state = state;
	va_start(args, fmt);
	vsnprintf(p->detail, sizeof(p->detail), fmt, args);
	va_end(args);
}

void probe_enable_with(struct probe *p, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(p->enable, sizeof(p->enable), fmt, args);
	va_end(args);
}

struct probe_setting probe_read_setting(const char *path)
{
	int v = permission_read_int(path);
	struct probe_setting s = { "unknown" };

	if (v != INT_MIN)
		snprintf(s.text, sizeof(s.text), "%d", v);
	return s;
}

static void probe_gctrace(struct probe *p)
{
	int fds[2], bytes;

	if (pipe2(fds, O_CLOEXEC | O_DIRECT) < 0) {
		probe_found(p, PROBE_FAILS,
			    "pipe2(O_DIRECT): %s: trace lines that other output breaks are lost",
			    strerror(errno));
		return;
	}
	bytes = fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) >= 0 ? 1 << 20 : fcntl(fds[1], F_GETPIPE_SZ);
	close(fds[0]);
	close(fds[1]);
	if (bytes >= 1 << 18) {
		probe_found(p, PROBE_WORKS, "packet-mode pipe of %d KiB", bytes >> 10);
		return;
	}
	probe_found(p, PROBE_PARTLY,
		    "packet-mode pipe of %d KiB only: a burst of output may make the target wait",
		    bytes >> 10);
	probe_enable_with(p, "sudo sysctl fs.pipe-max-size=1048576 fs.pipe-user-pages-soft=0");
}

static int open_fault_event(bool kernel, struct err *err)
{
	struct perf_event_attr attr;
	int rc = hwevent_encode(&attr, "perf::PERF_COUNT_SW_PAGE_FAULTS_MIN", kernel, err), fd;

	if (rc < 0)
		return rc;
	attr.sample_period = 1;
	attr.sample_type =
		PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR;
	attr.disabled = 1;
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0) {
		rc = err_set(err, errno, "perf_event_open");
		permission_explain_perf(err, kernel);
		return rc;
	}
	return fd;
}

static void probe_perf(struct probe *p, bool kernel)
{
	struct err err = { 0 };
	int fd = open_fault_event(kernel, &err);

	if (fd >= 0) {
		close(fd);
		probe_found(p, PROBE_WORKS, "perf_event_paranoid is %s, CAP_PERFMON %s",
			    probe_read_setting("/proc/sys/kernel/perf_event_paranoid").text,
			    permission_has_capability(CAP_PERFMON) == 1 ? "held" : "not held");
		return;
	}
	probe_found(p, PROBE_FAILS, "%.120s%s%.130s", err.what, err.hint[0] ? "; " : "", err.hint);
	if ((fd == -EACCES || fd == -EPERM) && permission_is_paranoid(kernel))
		probe_enable_with(p, "sudo sysctl kernel.perf_event_paranoid=%d", kernel ? 1 : 2);
}

static void probe_user_faults(struct probe *p)
{
	probe_perf(p, false);
}

static void probe_kernel_faults(struct probe *p)
{
	probe_perf(p, true);
}

/* Whether every CPU can have a ring of this size; they are all held at once, as in a recording. */
static bool rings_fit(size_t ring_bytes, const struct cpulist *cpus)
{
	struct ring rings[64] = { { 0 } };
	int fds[64];
	size_t count = 0;
	bool fit = true;

	for (; fit && count < cpus->count && count < 64; count++) {
		struct err ignored = { 0 };

		fds[count] = open_fault_event(false, &ignored);
		fit = fds[count] >= 0 && ring_open(&rings[count], fds[count], ring_bytes) == 0;
	}
	for (size_t i = 0; i < count; i++) {
		ring_close(&rings[i]);
		fd_drop(&fds[i]);
	}
	return fit;
}

static void probe_ring(struct probe *p)
{
	struct cpulist cpus;
	size_t bytes = 2u << 20;

	if (cpulist_online(&cpus, NULL) < 0) {
		probe_found(p, PROBE_FAILS, "the list of CPUs cannot be read");
		return;
	}
	while (bytes >= 16384 && !rings_fit(bytes, &cpus))
		bytes /= 2;
	if (bytes < 16384)
		probe_found(p, PROBE_FAILS, "no perf ring can be mapped (see perf.user-faults)");
	else
		probe_found(p, bytes >= 2u << 20 ? PROBE_WORKS : PROBE_PARTLY,
			    "%zu KiB for each of %zu %s; perf_event_mlock_kb is %s", bytes >> 10,
			    cpus.count, units_plural(cpus.count, "CPU", "CPUs"),
			    probe_read_setting("/proc/sys/kernel/perf_event_mlock_kb").text);
	if (p->state == PROBE_PARTLY)
		probe_enable_with(p, "sudo sysctl kernel.perf_event_mlock_kb=2052");
	cpulist_done(&cpus);
}

static void probe_seccomp(struct probe *p)
{
	uint32_t action = SECCOMP_RET_USER_NOTIF;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		probe_found(p, PROBE_WORKS, "SECCOMP_RET_USER_NOTIF is available");
	else
		probe_found(p, PROBE_FAILS,
			    "SECCOMP_RET_USER_NOTIF: %s (kernel 5.0 or later is needed)",
			    strerror(errno));
}

static bool has_proc(void)
{
	return access("/proc/self", F_OK) == 0;
}

static void probe_file(struct probe *p, const char *path, const char *what)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char bytes[256];

	if (fd >= 0 && read(fd, bytes, sizeof(bytes)) > 0)
		probe_found(p, PROBE_WORKS, "%s", what);
	else
		probe_found(p, PROBE_FAILS, "%s: %s%s", path, strerror(errno),
			    has_proc() ? "" : "; /proc is not mounted here");
	if (p->state == PROBE_FAILS && !has_proc())
		probe_enable_with(p, "%smount -t proc proc /proc", geteuid() == 0 ? "" : "sudo ");
}

static void probe_statm(struct probe *p)
{
	probe_file(p, "/proc/self/statm", "readable for your own processes");
}

static void probe_smaps(struct probe *p)
{
	probe_file(p, "/proc/self/smaps", "readable for your own processes");
	if (p->state == PROBE_FAILS && has_proc())
		probe_found(p, PROBE_FAILS,
			    "/proc/self/smaps: the kernel has no CONFIG_PROC_PAGE_MONITOR");
}

static void probe_runtime_memory(struct probe *p)
{
	uint64_t secret = 0x67637469646521ULL, seen = 0;
	struct iovec here = { &seen, sizeof(seen) }, there = { &secret, sizeof(secret) };
	int scope = permission_read_int("/proc/sys/kernel/yama/ptrace_scope");
	pid_t pid = fork();
	ssize_t n;
	int code;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	n = process_vm_readv(pid, &here, 1, &there, 1, 0);
	code = errno;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (n == (ssize_t)sizeof(seen) && seen == secret) {
		probe_found(p, PROBE_WORKS,
			    scope == INT_MIN
				    ? "process_vm_readv of a child works; no Yama here"
				    : "process_vm_readv of a child works; yama.ptrace_scope is %d",
			    scope);
		return;
	}
	probe_found(p, PROBE_FAILS, "process_vm_readv of a child: %s; yama.ptrace_scope is %s",
		    strerror(code), probe_read_setting("/proc/sys/kernel/yama/ptrace_scope").text);
	probe_enable_with(p, "sudo sysctl kernel.yama.ptrace_scope=1");
}

static void probe_cgroup(struct probe *p)
{
	if (access("/sys/fs/cgroup/cgroup.controllers", R_OK) == 0)
		probe_found(p, PROBE_WORKS, "cgroup v2 is mounted at /sys/fs/cgroup");
	else if (access("/sys/fs/cgroup/memory/memory.usage_in_bytes", R_OK) == 0)
		probe_found(p, PROBE_WORKS,
			    "cgroup v1 with the memory controller at /sys/fs/cgroup/memory");
	else
		probe_found(p, PROBE_FAILS, "no cgroup with memory figures under /sys/fs/cgroup");
}

static const struct {
	const char *source, *gives;
	bool used;
	void (*run)(struct probe *p);
} probes[] = {
	{ "gctrace", "collections, pauses, scavenger totals", true, probe_gctrace },
	{ "perf.user-faults", "page faults in user mode, with address", true, probe_user_faults },
	{ "perf.kernel-faults", "page faults in kernel mode", true, probe_kernel_faults },
	{ "perf.ring", "room for fault records between two reads", true, probe_ring },
	{ "statm", "resident memory, often", true, probe_statm },
	{ "smaps", "lazy-free and huge pages, memory by mapping", true, probe_smaps },
	{ "cgroup", "the memory figures of the container", true, probe_cgroup },
	{ "perf.cpu-samples", "CPU samples with stacks", true, probe_cpu_samples },
	{ "kernel-symbols", "names of kernel functions in stacks", true, probe_kernel_symbols },
	{ "tracepoints", "stacks of page returns (madvise)", true, probe_tracepoints },
	{ "seccomp-notify", "page returns without root", false, probe_seccomp },
	{ "runtime-memory", "exact pauses and heap figures", false, probe_runtime_memory },
};

size_t probe_all(struct probe *ret, size_t max)
{
	size_t count = sizeof(probes) / sizeof(probes[0]);

	for (size_t i = 0; i < count && i < max; i++) {
		ret[i] = (struct probe){ .source = probes[i].source,
					 .gives = probes[i].gives,
					 .used = probes[i].used };
		probes[i].run(&ret[i]);
	}
	return count < max ? count : max;
}
