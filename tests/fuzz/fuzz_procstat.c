/* fuzz_procstat.c - properties: text that is refused leaves the result alone; what is borrowed lies
 * in the input; unescaping never writes behind its buffer and ends in NUL; a found path lies below
 * the root that it was asked for. */
#include <stdlib.h>
#include <string.h>

#include "base/unknown.h"
#include "parse/cgroup.h"
#include "parse/procenviron.h"
#include "parse/procstat.h"
#include "parse/procsyscall.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_within(struct text part, struct text all)
{
	check(part.len == 0 ||
	      (part.at >= all.at && part.len <= all.len && part.at + part.len <= all.at + all.len));
}

static void check_stat(struct text t)
{
	struct proc_stat before, after;
	struct proc_statm m_before, m_after;
	uint64_t v = 77;

	memset(&before, 0xa5, sizeof(before));
	after = before;
	if (procstat_parse(&after, t))
		check_within(after.comm, t);
	else
		check(memcmp(&before, &after, sizeof(after)) == 0);
	memset(&m_before, 0xa5, sizeof(m_before));
	m_after = m_before;
	if (!procstatm_parse(&m_after, t))
		check(memcmp(&m_before, &m_after, sizeof(m_after)) == 0);
	if (procstatus_find_bytes(&v, t, "VmHWM"))
		check(v % 1024 == 0);
	else
		check(v == 77);
}

static void check_syscall(struct text t)
{
	struct proc_syscall before = { 1, 2, 3 }, after = before;
	uint64_t process = 0;

	if (!procsyscall_parse(&after, t))
		check(memcmp(&before, &after, sizeof(after)) == 0);
	check(procstatus_find_process(&process, t) == (process != 0));
}

static void check_environ(struct text t)
{
	struct text value = { 0 };

	if (procenviron_find(&value, t, "A"))
		check_within(value, t);
	else
		check(value.at == NULL);
}

static void check_mount(struct text t)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct cgroup_mount mount;
		char out[64];
		size_t len;

		if (!cgroup_parse_mount(&mount, t, version))
			continue;
		check_within(mount.root, t);
		check_within(mount.mount_point, t);
		len = mountinfo_unescape(out, sizeof(out), mount.mount_point);
		check(len < sizeof(out) && out[len] == '\0' && len <= mount.mount_point.len);
	}
}

static void check_cgroup(struct text t)
{
	struct cgroup_membership m = { .version = 7 };
	struct text below;

	if (!cgroup_parse_membership(&m, t)) {
		check(m.version == 7);
		return;
	}
	check(m.version == 1 || m.version == 2);
	check_within(m.path, t);
	if (cgroup_path_below(&below, m.path, text_of("/a")))
		check(text_starts(m.path, "/a") &&
		      (below.len == m.path.len - 2 || text_is(m.path, "/a/")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { .at = (const char *)data, .len = size };
	uint64_t amount = cgroup_parse_amount(t);

	check(!is_known(amount) || amount < INT64_MAX);
	(void)cgroup_find_count(t, "oom_kill");
	check_syscall(t);
	check_stat(t);
	check_environ(t);
	check_mount(t);
	check_cgroup(t);
	return 0;
}
