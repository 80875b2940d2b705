/* probestacks.c - try what stacks are recorded with: CPU samples, names of kernel functions, the
 * tracepoint of page returns. */
#include "probe_internal.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "capture/perfset.h"
#include "capture/permission.h"
#include "capture/tracefs.h"
#include "parse/kallsyms.h"

#define TRACEPOINT_ID "/events/syscalls/sys_enter_madvise/id"
#define PARANOID_PATH "/proc/sys/kernel/perf_event_paranoid"
#define KPTR_PATH     "/proc/sys/kernel/kptr_restrict"
#define KALLSYMS_HINT "sudo sysctl kernel.kptr_restrict=0 kernel.perf_event_paranoid=1"

/* The same ladder as record goes down. */
void probe_cpu_samples(struct probe *p)
{
	const char *frames =
		permission_is_paranoid(true) ? "user frames only" : "kernel frames too";
	struct err cycles = { 0 }, clock = { 0 }, task = { 0 };

	if (perfset_try_event("perf::CYCLES", &cycles) == 0)
		probe_found(p, PROBE_WORKS, "hardware cycles, %s", frames);
	else if (perfset_try_event("perf::CPU-CLOCK", &clock) == 0)
		probe_found(p, PROBE_PARTLY, "cpu-clock, %s; no hardware cycles: %.150s", frames,
			    cycles.what);
	else if (perfset_try_event("perf::TASK-CLOCK", &task) == 0)
		probe_found(p, PROBE_PARTLY, "task-clock, %s; no cpu-clock: %.150s", frames,
			    clock.what);
	else
		probe_found(p, PROBE_FAILS, "%.120s%s%.130s", task.what, task.hint[0] ? "; " : "",
			    task.hint);
	if (p->state == PROBE_FAILS && permission_is_paranoid(false))
		probe_enable_with(p, "sudo sysctl kernel.perf_event_paranoid=2");
}

/* kernel/kallsyms.c shows zeros to whom addresses are hidden from. */
static bool shows_addresses(FILE *kallsyms)
{
	char line[512];
	struct kallsyms_symbol s;

	while (fgets(line, sizeof(line), kallsyms))
		if (kallsyms_parse_line(&s, (struct text){ line, strcspn(line, "\n") }) &&
		    kallsyms_is_function(&s) && s.address)
			return true;
	return false;
}

void probe_kernel_symbols(struct probe *p)
{
	OWN_FILE FILE *f = fopen("/proc/kallsyms", "re");

	if (!f)
		probe_found(p, PROBE_FAILS, "/proc/kallsyms: %s", strerror(errno));
	else if (shows_addresses(f))
		probe_found(p, PROBE_WORKS, "/proc/kallsyms shows addresses");
	else {
		probe_found(p, PROBE_FAILS,
			    "/proc/kallsyms shows no addresses; kptr_restrict is %s, "
			    "perf_event_paranoid is %s",
			    probe_read_setting(KPTR_PATH).text,
			    probe_read_setting(PARANOID_PATH).text);
		probe_enable_with(p, KALLSYMS_HINT);
	}
}

void probe_tracepoints(struct probe *p)
{
	const char *where;
	int id = tracefs_event_id("syscalls/sys_enter_madvise", &where), fd;
	struct perf_event_attr attr = { .size = sizeof(attr),
					.type = PERF_TYPE_TRACEPOINT,
					.disabled = 1 };

	if (id < 0) {
		bool denied = id == -EACCES || access("/sys/kernel/tracing", R_OK | X_OK) < 0;

		probe_found(p, PROBE_FAILS,
			    denied ? "tracefs is not readable for you"
				   : "tracefs is not mounted, or has no " TRACEPOINT_ID);
		probe_enable_with(p, geteuid() == 0 ? "mount -t tracefs nodev /sys/kernel/tracing"
						    : "run as root, or: sudo mount -t tracefs -o "
						      "mode=755 nodev /sys/kernel/tracing");
		return;
	}
	attr.config = (uint64_t)id;
	attr.sample_period = 1;
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		probe_found(p, PROBE_WORKS, "%s" TRACEPOINT_ID " opens", where);
		return;
	}
	probe_found(p, PROBE_FAILS,
		    "perf_event_open on sys_enter_madvise: %s; perf_event_paranoid is %s",
		    strerror(errno), probe_read_setting(PARANOID_PATH).text);
	probe_enable_with(p, "sudo sysctl kernel.perf_event_paranoid=-1");
}
