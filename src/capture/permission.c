/* permission.c - why the kernel said no. */
#include "capture/permission.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"

#define PARANOID "/proc/sys/kernel/perf_event_paranoid"

int permission_read_int(const char *path)
{
	OWN_FILE FILE *f = fopen(path, "re");
	char line[64], *end;
	long v;

	if (!f || !fgets(line, sizeof(line), f))
		return INT_MIN;
	v = strtol(line, &end, 10);
	return end != line && v > INT_MIN && v < INT_MAX ? (int)v : INT_MIN;
}

int permission_has_capability(int capability)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	size_t word = (size_t)capability / 32;

	if (syscall(SYS_capget, &head, data) < 0 || word >= _LINUX_CAPABILITY_U32S_3)
		return -1;
	return (int)(data[word].effective >> ((unsigned)capability % 32) & 1);
}

bool permission_is_paranoid(bool kernel)
{
	int paranoid = permission_read_int(PARANOID);

	if (permission_has_capability(CAP_PERFMON) == 1 ||
	    permission_has_capability(CAP_SYS_ADMIN) == 1)
		return false;
	return paranoid == INT_MIN || paranoid > (kernel ? 1 : 2);
}

void permission_explain_perf(struct err *err, bool kernel)
{
	int paranoid = permission_read_int(PARANOID);

	if (err->code == ENOSYS)
		err_hint(err, "this kernel has no perf_event_open(2) (CONFIG_PERF_EVENTS)");
	else if (err->code == EMFILE)
		err_hint(err, "more descriptors are needed: ulimit -n 8192");
	else if (err->code != EACCES && err->code != EPERM)
		return;
	else if (paranoid == INT_MIN)
		err_hint(err,
			 "%s is not there: perf events are switched off in this kernel or hidden "
			 "in this container",
			 PARANOID);
	else if (!permission_is_paranoid(kernel))
		err_hint(err,
			 "kernel.perf_event_paranoid is %d, which is not in the way: a seccomp "
			 "profile (container?) or a security module blocks perf_event_open(2)",
			 paranoid);
	else if (paranoid > 2)
		err_hint(err,
			 "kernel.perf_event_paranoid is %d here; user-mode faults need 2 or less: "
			 "sudo sysctl kernel.perf_event_paranoid=2",
			 paranoid);
	else
		err_hint(err,
			 "kernel.perf_event_paranoid is %d here; kernel-mode faults need 1 or "
			 "less, or CAP_PERFMON: sudo sysctl kernel.perf_event_paranoid=1",
			 paranoid);
}
