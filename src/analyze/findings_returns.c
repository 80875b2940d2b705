/* findings_returns.c - rules about memory that is given back. */
#include "base/clock.h"
#include "base/units.h"
#include "base/unknown.h"
#include "findings_internal.h"

/* Less than this is nobody's trouble, whatever its share. */
#define BYTES_ENOUGH (32u << 20)
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

const struct finding_entry findings_of_returns[] = {
	{ "scavenger.regret", SEVERITY_WARNING, is_regretted },
	{ "scavenger.eager", SEVERITY_WARNING, is_eager },
	{ NULL, 0, NULL },
};
