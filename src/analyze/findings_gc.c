/* findings_gc.c - rules about collections and memory. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/unknown.h"
#include "findings_internal.h"

/* Fewer cycles than this say nothing about a habit. */
#define CYCLES_ENOUGH 10u

static double cycles_per_second(uint64_t count, uint64_t over_ns)
{
	return over_ns ? (double)count * (double)NS_PER_S / (double)over_ns : NAN;
}

static bool uses_much_cpu(const struct model *m, struct model_finding *f)
{
	char share[UNITS_TEXT_BYTES], cpu[UNITS_TEXT_BYTES];

	if (m->gc.row_count < CYCLES_ENOUGH || !(m->gc.cpu_fraction >= 0.25))
		return false;
	finding_evidence(
		f,
		"collections used %s of the CPU time that GOMAXPROCS allows (%s in %" PRIu64
		" cycles)",
		units_ratio(share, m->gc.cpu_fraction), units_duration(cpu, m->gc.cpu_ns),
		m->gc.row_count);
	finding_advice(
		f, "a larger GOGC, or GOMEMLIMIT with GOGC=off, makes collections rarer for more "
		   "memory; allocating less helps without that price");
	return true;
}

static bool pays_with_assists(const struct model *m, struct model_finding *f)
{
	double share = finding_share(m->gc.assist_cpu_ns, m->gc.cpu_ns);
	char part[UNITS_TEXT_BYTES], time[UNITS_TEXT_BYTES];

	if (m->gc.row_count < CYCLES_ENOUGH || !(share >= 0.3) || !(m->gc.cpu_fraction >= 0.05))
		return false;
	finding_evidence(
		f,
		"%s of the collector's CPU time (%s) was assists: goroutines that wanted to "
		"allocate had to mark first",
		units_ratio(part, share), units_duration(time, m->gc.assist_cpu_ns));
	finding_advice(
		f, "allocation outruns the background workers: allocate less in bursts, give it "
		   "more CPUs, or a larger GOGC, so that a cycle has more room");
	return true;
}

static bool is_mostly_forced(const struct model *m, struct model_finding *f)
{
	if (m->gc.row_count < CYCLES_ENOUGH || m->gc.forced_count * 2 <= m->gc.row_count)
		return false;
	finding_evidence(f,
			 "%" PRIu64 " of %" PRIu64 " cycles were forced by runtime.GC() or "
			 "debug.FreeOSMemory()",
			 m->gc.forced_count, m->gc.row_count);
	finding_advice(f, "each one marks the whole heap whatever was allocated; to bound memory, "
			  "GOMEMLIMIT does it when it is needed");
	return true;
}

static bool has_long_pause(const struct model *m, struct model_finding *f)
{
	char max[UNITS_TEXT_BYTES], p99[UNITS_TEXT_BYTES];

	if (!is_known(m->gc.pause.max_ns) || m->gc.pause.max_ns < 10 * NS_PER_MS)
		return false;
	finding_evidence(f, "the longest pause was %s (p99 %s of %" PRIu64 " %s)",
			 units_duration(max, m->gc.pause.max_ns),
			 units_duration(p99, m->gc.pause.p99_ns), m->gc.pause.count,
			 units_plural(m->gc.pause.count, "pause", "pauses"));
	finding_advice(
		f, "Go's pauses are below 1 ms as a rule: look for CPU throttling by the cgroup, a "
		   "crowded machine, or a long loop in Go before 1.14");
	return true;
}

static bool thrashes_at_limit(const struct model *m, struct model_finding *f)
{
	double rate = cycles_per_second(m->gc.tight_run_count, m->gc.tight_run_ns);
	char over[UNITS_TEXT_BYTES];

	if (m->target.gomemlimit.len == 0 || text_is(buf_text(&m->target.gomemlimit), "off") ||
	    m->gc.tight_run_count < CYCLES_ENOUGH || m->gc.tight_run_ns < NS_PER_S / 2 ||
	    !(rate >= 10))
		return false;
	finding_evidence(f,
			 "under GOMEMLIMIT=%.*s, %" PRIu64
			 " cycles in a row (%.0f a second, for %s) "
			 "had a goal within 5 %% of the live heap or of the limit",
			 (int)(m->target.gomemlimit.len < 40 ? m->target.gomemlimit.len : 40),
			 (const char *)m->target.gomemlimit.at, m->gc.tight_run_count, rate,
			 units_duration(over, m->gc.tight_run_ns));
	finding_advice(
		f, "the live heap does not fit: raise the limit above the live heap with room for "
		   "a cycle's allocation, or hold less");
	return true;
}

/* A small heap, collected all the time: the price of GOGC's small steps. */
static bool collects_small_heap(const struct model *m, struct model_finding *f)
{
	uint64_t span_ns = m->gc.row_count ? m->gc.last_end_ns - m->gc.first_start_ns : 0;
	double rate = cycles_per_second(m->gc.row_count, span_ns);
	char goal[UNITS_TEXT_BYTES];

	if (m->gc.row_count < 50 || span_ns < NS_PER_S || !(rate >= 20) ||
	    m->gc.heap_goal_peak_bytes > (32u << 20) || m->gc.forced_count * 2 > m->gc.row_count)
		return false;
	finding_evidence(f, "%.0f cycles a second with a heap goal of at most %s", rate,
			 units_bytes(goal, m->gc.heap_goal_peak_bytes));
	finding_advice(
		f, "GOMEMLIMIT with GOGC=off, or a larger GOGC, costs a few MiB and saves most of "
		   "the collections");
	return true;
}

static bool keeps_lazyfree(const struct model *m, struct model_finding *f)
{
	double share = finding_share(m->memory.lazyfree_peak_bytes, m->memory.rss_peak_bytes);
	char lazy[UNITS_TEXT_BYTES], part[UNITS_TEXT_BYTES];

	if (!(share >= 0.1) || m->memory.lazyfree_peak_bytes < (1u << 20))
		return false;
	finding_evidence(
		f,
		"up to %s of resident memory (%s of the peak RSS) was already given back with "
		"MADV_FREE: it counts as resident until the kernel wants it",
		units_bytes(lazy, m->memory.lazyfree_peak_bytes), units_ratio(part, share));
	finding_advice(f, "read 'RSS minus lazy-free' instead of RSS, or run with "
			  "GODEBUG=madvdontneed=1 to see it fall at once");
	return true;
}

static bool thp_is_always(const struct model *m)
{
	struct text t = model_fact_value(m, "thp.enabled");

	return text_is(t, "always") || (t.len && memmem(t.at, t.len, "[always]", 8));
}

static bool has_huge_pages(const struct model *m, struct model_finding *f)
{
	double share = finding_share(m->memory.heap_anonhuge_peak_bytes,
				     m->memory.heap_rss_at_anonhuge_peak_bytes);
	char huge[UNITS_TEXT_BYTES], part[UNITS_TEXT_BYTES];
	struct text none = model_fact_value(m, "thp.max_ptes_none");

	if (!(share >= 0.5) || !thp_is_always(m))
		return false;
	finding_evidence(
		f,
		"%s of the Go heap's resident memory (%s) was in huge pages, with THP=always%s%.*s",
		units_ratio(part, share), units_bytes(huge, m->memory.heap_anonhuge_peak_bytes),
		none.len ? " and max_ptes_none=" : "", (int)(none.len < 16 ? none.len : 16),
		none.len ? none.at : "");
	finding_advice(
		f, "khugepaged can make pages resident again that the scavenger gave back; compare "
		   "with THP=madvise, or max_ptes_none=0");
	return true;
}

static bool is_near_cgroup_limit(const struct model *m, struct model_finding *f)
{
	double share = finding_share(m->cgroup.peak_bytes, m->cgroup.limit_bytes);
	char peak[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES], part[UNITS_TEXT_BYTES];
	bool was_killed = is_known(m->cgroup.oom_kill_count) && m->cgroup.oom_kill_count > 0;

	if (!(share >= 0.9) && !was_killed)
		return false;
	finding_evidence(f, "the cgroup's memory reached %s of its limit of %s (%s)%s",
			 units_bytes(peak, m->cgroup.peak_bytes),
			 units_bytes(limit, m->cgroup.limit_bytes), units_ratio(part, share),
			 was_killed ? "; the kernel killed a process in it" : "");
	finding_advice(
		f, "the peak may be older than this recording and counts page cache; leave room: "
		   "GOMEMLIMIT at about 90 %% of the limit");
	return true;
}

static bool waits_for_disk(const struct model *m, struct model_finding *f)
{
	char major[UNITS_TEXT_BYTES];

	if (!is_known(m->faults.major_count) || m->faults.major_count < 1000)
		return false;
	finding_evidence(f, "%s major faults: pages had to be read from disk or swap",
			 units_count(major, m->faults.major_count));
	finding_advice(f,
		       "look at swap and at the page cache: collections touch the whole live heap, "
		       "which must stay in memory");
	return true;
}

const struct finding_entry findings_of_gc[] = {
	{ "limit.thrash", SEVERITY_ERROR, thrashes_at_limit },
	{ "gc.cpu_share", SEVERITY_WARNING, uses_much_cpu },
	{ "pause.long", SEVERITY_WARNING, has_long_pause },
	{ "gc.assist", SEVERITY_WARNING, pays_with_assists },
	{ "gc.forced", SEVERITY_WARNING, is_mostly_forced },
	{ "gc.small_heap", SEVERITY_INFO, collects_small_heap },
	{ NULL, 0, NULL },
};

const struct finding_entry findings_of_memory[] = {
	{ "memory.cgroup_limit", SEVERITY_WARNING, is_near_cgroup_limit },
	{ "memory.thp", SEVERITY_WARNING, has_huge_pages },
	{ "faults.major", SEVERITY_WARNING, waits_for_disk },
	{ "memory.lazyfree", SEVERITY_INFO, keeps_lazyfree },
	{ NULL, 0, NULL },
};
