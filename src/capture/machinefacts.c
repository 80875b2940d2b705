/* machinefacts.c - the facts that stand beside every recording. */
#include "capture/machinefacts.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "parse/cgroup.h"
#include "parse/procstat.h"
#include "procfile_internal.h"

#define THP "/sys/kernel/mm/transparent_hugepage/"

struct fact_file {
	const char *key, *path;
};

static const struct fact_file fact_files[] = {
	{ "thp.enabled", THP "enabled" },
	{ "thp.defrag", THP "defrag" },
	{ "thp.max_ptes_none", THP "khugepaged/max_ptes_none" },
	{ "thp.size_bytes", THP "hpage_pmd_size" },
	{ "perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid" },
	{ NULL, NULL },
};

static void tell(machinefacts_sink *sink, void *arg, const char *key, struct text value)
{
	struct event_fact fact = { .key = text_of(key),
				   .value = value.len ? value : text_of("unknown") };

	sink(arg, &fact);
}

/* The choice in brackets, "always [madvise] never"; the whole where there is none. */
static struct text chosen(struct text t)
{
	const char *open, *close;

	while (t.len && t.at[t.len - 1] == '\n')
		t.len--;
	open = t.len ? memchr(t.at, '[', t.len) : NULL;
	close = open ? memchr(open, ']', t.len - (size_t)(open - t.at)) : NULL;
	return close ? (struct text){ .at = open + 1, .len = (size_t)(close - open) - 1 } : t;
}

static void tell_number(machinefacts_sink *sink, void *arg, const char *key, uint64_t v)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%llu", (unsigned long long)v);
	tell(sink, arg, key, text_of(buf));
}

static void tell_memory(machinefacts_sink *sink, void *arg)
{
	static const struct fact_file keys[] = { { "memory.total_bytes", "MemTotal" },
						 { "swap.total_bytes", "SwapTotal" } };
	struct text file = { 0 };
	char buf[8192];
	uint64_t v;

	procfile_read_at(&file, AT_FDCWD, "/proc/meminfo", buf, sizeof(buf));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (procstatus_find_bytes(&v, file, keys[i].path))
			tell_number(sink, arg, keys[i].key, v);
		else
			tell(sink, arg, keys[i].key, text_of(NULL));
	}
}

static void tell_cgroup(pid_t pid, machinefacts_sink *sink, void *arg)
{
	struct cgroup_membership m;
	struct text file = { 0 };
	char buf[8192], path[32];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	procfile_read_at(&file, AT_FDCWD, path, buf, sizeof(buf));
	if (cgroup_parse_membership(&m, file)) {
		tell_number(sink, arg, "cgroup.version", m.version);
		tell(sink, arg, "cgroup.path", m.path);
	} else {
		tell(sink, arg, "cgroup.version", text_of(NULL));
		tell(sink, arg, "cgroup.path", text_of(NULL));
	}
}

void machinefacts_list(pid_t pid, machinefacts_sink *sink, void *arg)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char buf[512];

	for (const struct fact_file *f = fact_files; f->key; f++) {
		struct text file = { 0 };

		procfile_read_at(&file, AT_FDCWD, f->path, buf, sizeof(buf));
		tell(sink, arg, f->key, chosen(file));
	}
	tell_memory(sink, arg);
	if (cpus > 0)
		tell_number(sink, arg, "cpu.online_count", (uint64_t)cpus);
	else
		tell(sink, arg, "cpu.online_count", text_of(NULL));
	tell_cgroup(pid, sink, arg);
}
