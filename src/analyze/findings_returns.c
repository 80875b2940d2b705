/* findings_returns.c - rules about memory that is given back. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/unknown.h"
#include "findings_internal.h"

/* Less than this is nobody's trouble, whatever its share. */
#define BYTES_ENOUGH (32u << 20)
/* Forced collections that are a habit: so many, and one at least that often. */
#define LOOP_COUNT     5u
#define LOOP_PERIOD_NS (60 * NS_PER_S)
/* Memory that stays away for longer was worth giving back. */
#define SOON_NS (10 * NS_PER_S)

/* The cause that most of the refaulted bytes were given back by. */
static enum profile_cause main_cause(const struct model_returns *r)
{
	enum profile_cause most = CAUSE_NONE + 1;

	for (size_t i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++)
		if (r->by_cause[i].refault_bytes > r->by_cause[most].refault_bytes)
			most = (enum profile_cause)i;
	return most;
}

static void advise_against_regret(struct model_finding *f, enum profile_cause cause)
{
	static const char *const advice[CAUSE_COUNT] = {
		[CAUSE_BACKGROUND] =
			"the heap shrinks and grows again: a larger GOGC keeps it from it, and "
			"GODEBUG=madvdontneed=0 (MADV_FREE) makes touching it again free",
		[CAUSE_EAGER] = "the heap is at its limit: a GOMEMLIMIT further away lets it keep "
				"what it needs again",
		[CAUSE_FORCED] =
			"debug.FreeOSMemory() gives back what the program is about to use: "
			"call it less often, or let GOMEMLIMIT do it",
		[CAUSE_NATIVE] = "an allocator of C's, not Go's: for glibc MALLOC_TRIM_THRESHOLD_ "
				 "says when",
		[CAUSE_OTHER] = "not Go's scavenger: look for the callers with gctide fold --event "
				"returns",
	};

	finding_advice(f, "%s; who takes it back: gctide fold --event refaults", advice[cause]);
}

static bool is_regretted(const struct model *m, struct model_finding *f)
{
	const struct model_returns *r = &m->returns;
	char returned[UNITS_TEXT_BYTES], part[UNITS_TEXT_BYTES], age[UNITS_TEXT_BYTES];

	if (!(r->regret_ratio >= 0.5) || r->all.refault_bytes < BYTES_ENOUGH ||
	    !is_known(r->age_p50_ns) || r->age_p50_ns > SOON_NS)
		return false;
	finding_evidence(
		f, "%s of the %s that were given back were touched again, half of that within %s",
		units_ratio(part, r->regret_ratio), units_bytes(returned, r->all.bytes),
		units_duration(age, r->age_p50_ns));
	advise_against_regret(f, main_cause(r));
	return true;
}

static bool is_eager(const struct model *m, struct model_finding *f)
{
	uint64_t eager = m->returns.by_cause[CAUSE_EAGER].bytes;
	double share = finding_share(eager, m->returns.all.bytes);
	char bytes[UNITS_TEXT_BYTES], part[UNITS_TEXT_BYTES];

	if (!(share >= 0.1) || eager < BYTES_ENOUGH)
		return false;
	finding_evidence(
		f,
		"%s (%s of all that was given back) was given back by goroutines that wanted to "
		"allocate: they waited for it",
		units_bytes(bytes, eager), units_ratio(part, share));
	finding_advice(f, "the heap is at GOMEMLIMIT or grows past its goal in leaps: a limit "
			  "further away, or "
			  "less live memory, leaves the work to the background scavenger");
	return true;
}

/* debug.FreeOSMemory() again and again. */
static bool is_forced_in_a_loop(const struct model *m, struct model_finding *f)
{
	const struct model_return_sum *forced = &m->returns.by_cause[CAUSE_FORCED];
	double share = finding_share(forced->bytes, m->returns.all.bytes);
	double again = finding_share(forced->refault_bytes, forced->bytes);
	char bytes[UNITS_TEXT_BYTES], part[UNITS_TEXT_BYTES], over[UNITS_TEXT_BYTES];

	if (!(share >= 0.5) || forced->bytes < BYTES_ENOUGH || !is_known(m->gc.forced_count) ||
	    m->gc.forced_count < LOOP_COUNT || !is_known(m->time.wall_ns) ||
	    m->time.wall_ns / m->gc.forced_count > LOOP_PERIOD_NS)
		return false;
	finding_evidence(f,
			 "debug.FreeOSMemory() gave back %s in %s, with %" PRIu64
			 " forced collections; %s of that was touched again",
			 units_bytes(bytes, forced->bytes), units_duration(over, m->time.wall_ns),
			 m->gc.forced_count, units_ratio(part, again));
	finding_advice(f,
		       "each call marks the whole heap and gives back all that is free, while the "
		       "program waits: leave it to the background scavenger, or to GOMEMLIMIT");
	return true;
}

/* RSS that came back without faults enough for it. */
static bool is_reinflated(const struct model *m, struct model_finding *f)
{
	uint64_t growth = m->memory.rss_growth_bytes, faults = m->faults.minor_count, by_faults;
	char grown[UNITS_TEXT_BYTES], told[UNITS_TEXT_BYTES], rest[UNITS_TEXT_BYTES];

	if (!is_known(growth) || !is_known(faults) || !is_known(m->target.page_bytes) ||
	    !is_known(m->memory.rss_peak_bytes) || !is_known(m->returns.all.bytes) ||
	    m->returns.all.bytes < BYTES_ENOUGH)
		return false;
	by_faults = faults * m->target.page_bytes + m->memory.rss_peak_bytes;
	if (growth <= by_faults || growth - by_faults < BYTES_ENOUGH)
		return false;
	finding_evidence(
		f,
		"resident memory grew by %s in all; its peak and a page for each fault are "
		"%s: %s that had been given back came back in huge pages",
		units_bytes(grown, growth), units_bytes(told, by_faults),
		units_bytes(rest, growth - by_faults));
	finding_advice(f, "one touch brings 2 MiB, khugepaged brings it without any: refaults are "
			  "too few; compare with THP=madvise, or max_ptes_none=0");
	return true;
}

/* Much more is resident than the heap may grow to, and nobody gives it back. */
static bool is_idle(const struct model *m, struct model_finding *f)
{
	uint64_t heap = m->memory.heap_rss_last_bytes, goal = m->gc.heap_goal_last_bytes;
	uint64_t background = m->returns.by_cause[CAUSE_BACKGROUND].bytes;
	char resident[UNITS_TEXT_BYTES], wanted[UNITS_TEXT_BYTES], given[UNITS_TEXT_BYTES];

	if (!is_known(heap) || !is_known(goal) || !is_known(background) ||
	    !is_known(m->time.wall_ns) || m->time.wall_ns < SOON_NS ||
	    !text_is(buf_text(&m->target.release_advice), "dontneed"))
		return false;
	if (heap < goal + goal / 2 + BYTES_ENOUGH || background > (heap - goal) / 20)
		return false;
	finding_evidence(f,
			 "at the end %s of the Go heap were resident for a goal of %s, and the "
			 "background scavenger gave back %s in all",
			 units_bytes(resident, heap), units_bytes(wanted, goal),
			 units_bytes(given, background));
	finding_advice(f,
		       "it keeps 10 %% above the goal, gives back slowly (1 %% of a CPU), and only "
		       "where memory is free for good: GOMEMLIMIT makes it give back at once");
	return true;
}

const struct finding_entry findings_of_returns[] = {
	{ "scavenger.regret", SEVERITY_WARNING, is_regretted },
	{ "scavenger.eager", SEVERITY_WARNING, is_eager },
	{ "scavenger.forced_loop", SEVERITY_WARNING, is_forced_in_a_loop },
	{ "scavenger.reinflation", SEVERITY_WARNING, is_reinflated },
	{ "scavenger.idle", SEVERITY_INFO, is_idle },
	{ NULL, 0, NULL },
};
