/* findings_target.c - rules about what was watched: which program, and why it shows no cycles. */
#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"
#include "base/unknown.h"
#include "findings_internal.h"

/* A process of a Go program with a heap below 4 MiB has less resident than this. */
#define SMALL_RSS_BYTES (32u << 20)

/* A smaller heap is not collected with GOGC=100 (runtime/mgcpacer.go, defaultHeapMinimum). */
#define HEAP_MINIMUM_BYTES (4u << 20)

static bool lost_stderr(const struct model *m, struct model_finding *f)
{
	const struct model_losses *l = &m->losses;
	char size[UNITS_TEXT_BYTES];

	if (m->is_log ||
	    !(l->more.user_bytes || (is_known(l->user_lost_bytes) && l->user_lost_bytes)))
		return false;
	if (is_known(l->user_lost_bytes))
		units_bytes(size, l->user_lost_bytes);
	else
		snprintf(size, sizeof(size), "an unknown part");
	finding_evidence(
		f,
		"%s%s of what the target wrote to stderr had not reached gctide's own when "
		"the recording ended",
		l->more.user_bytes && is_known(l->user_lost_bytes) ? "at least " : "", size);
	finding_advice(f,
		       "its reader had ended or took a rest, its disk was full, or the relay was "
		       "killed: gctide dump --kind loss says which; trace lines are counted apart");
	return true;
}

static bool is_not_go(const struct model *m, struct model_finding *f)
{
	char lines[UNITS_TEXT_BYTES];

	if (m->is_log || m->target.is_go != 0)
		return false;
	if (m->process_count) {
		finding_evidence(
			f,
			"the target is not a Go program; Go programs that it started printed "
			"%s %s",
			units_count(lines, m->losses.foreign_cycle_count),
			units_plural(m->losses.foreign_cycle_count, "cycle", "cycles"));
		finding_advice(f, "to see one of them: --process %" PRIu64 " (of 0 to %" PRIu64 ")",
			       m->other_count ? m->others[0].id : 0, m->process_count - 1);
	} else {
		finding_evidence(f, "the target is not a Go program: there are no cycles to show");
		finding_advice(f,
			       "faults and memory are those of the target; record the Go program "
			       "itself to see its cycles");
	}
	return true;
}

/* The percentage that the runtime makes of the text (runtime/mgcpacer.go, readGOGC): 100 of what is
 * no number, below 0 for no collector. */
static int64_t gogc_percent(struct text gogc)
{
	bool is_negative = gogc.len && gogc.at[0] == '-';
	int64_t n = 0;

	if (text_is(gogc, "off"))
		return -1;
	if (gogc.len == is_negative)
		return 100;
	for (size_t i = is_negative; i < gogc.len; i++) {
		if (gogc.at[i] < '0' || gogc.at[i] > '9' || n > INT32_MAX)
			return 100;
		n = 10 * n + (gogc.at[i] - '0');
	}
	n = is_negative ? -n : n;
	return n < INT32_MIN || n > INT32_MAX ? 100 : n;
}

static void explain_collector_off(const struct model *m, struct model_finding *f)
{
	struct text gogc = buf_text(&m->target.gogc), limit = buf_text(&m->target.gomemlimit);
	bool limited = is_known(model_memory_limit_bytes(m));
	char wall[UNITS_TEXT_BYTES], rss[UNITS_TEXT_BYTES];

	finding_evidence(f,
			 "the target made no collection in %s: its environment had "
			 "GOGC=%.*s%s%.*s; resident memory up to %s",
			 units_duration(wall, m->time.wall_ns), (int)gogc.len, gogc.at,
			 limited ? " and GOMEMLIMIT=" : "", limited ? (int)limit.len : 0,
			 limited ? limit.at : "", units_bytes(rss, m->memory.rss_peak_bytes));
	finding_advice(f, "%s",
		       limited ? "collections begin when memory comes near GOMEMLIMIT"
			       : "nothing bounds the heap then: unset GOGC, or set GOMEMLIMIT to "
				 "what it may use");
}

/* Nobody collected, although all lines would have been seen: why? */
static void explain_no_cycles(const struct model *m, struct model_finding *f)
{
	int64_t percent = gogc_percent(buf_text(&m->target.gogc));
	uint64_t rss_bytes = m->memory.rss_peak_bytes, minimum_bytes, small_bytes;
	char wall[UNITS_TEXT_BYTES], rss[UNITS_TEXT_BYTES], minimum[UNITS_TEXT_BYTES];

	if (percent < 0) {
		explain_collector_off(m, f);
		return;
	}
	minimum_bytes = (uint64_t)percent * HEAP_MINIMUM_BYTES / 100;
	small_bytes = SMALL_RSS_BYTES +
		      (minimum_bytes > HEAP_MINIMUM_BYTES ? minimum_bytes - HEAP_MINIMUM_BYTES : 0);
	units_duration(wall, m->time.wall_ns);
	units_bytes(minimum, minimum_bytes);
	if (is_known(rss_bytes) && rss_bytes > small_bytes) {
		finding_evidence(f, "the target made no collection in %s, with up to %s resident",
				 wall, units_bytes(rss, rss_bytes));
		finding_advice(f,
			       "that is more than a heap too small to be collected (%s: 4 MiB x "
			       "GOGC / 100): does the program call debug.SetGCPercent, or is the "
			       "memory not Go's (cgo, mmap)?",
			       minimum);
	} else {
		finding_evidence(f, "the target made no collection in %s", wall);
		finding_advice(f,
			       "a heap below GOGC's minimum of %s (4 MiB x GOGC / 100) is never "
			       "collected; run it longer, or with more load",
			       minimum);
	}
}

static void explain_no_trace(const struct model *m, struct model_finding *f)
{
	struct text why = model_source_detail(m, "gctrace");

	finding_evidence(f, "no trace line could be seen: gctrace was not on%s%.*s",
			 why.len ? ": " : "", (int)why.len, why.at);
	finding_advice(f, "give gctide record the program itself (sudo gctide record -- PROGRAM), "
			  "or have what starts "
			  "it hand GODEBUG on (sudo --preserve-env=GODEBUG)");
}

static bool has_no_cycles(const struct model *m, struct model_finding *f)
{
	char wall[UNITS_TEXT_BYTES];

	if (m->target.is_go == 0 || m->gc.row_count || (m->is_log && m->process_count == 0))
		return false;
	if (!m->gc.is_on) {
		explain_no_trace(m, f);
	} else if (m->gc.is_at_least) {
		finding_evidence(f, "no trace line was seen in %s, and what came later is unknown",
				 units_duration(wall, m->time.wall_ns));
		finding_advice(f, "see the other findings: the trace or the recording ended before "
				  "the target did, or a trace line was broken");
	} else if (m->process_count) {
		finding_evidence(f,
				 "the target made no collection in %s; Go programs that it started "
				 "did",
				 units_duration(wall, m->time.wall_ns));
		finding_advice(f, "to see one of them: --process N");
	} else {
		explain_no_cycles(m, f);
	}
	return true;
}

static bool has_others(const struct model *m, struct model_finding *f)
{
	if (m->process_count < 2 || m->target.is_go == 0 || m->gc.row_count == 0)
		return false;
	finding_evidence(f,
			 "%" PRIu64 " other Go process%s printed %" PRIu64
			 " %s into the same stderr; not in these figures. A line does not name its "
			 "process: numbers and clock tell them apart, and where processes print at "
			 "the same moment a single cycle may be a relative's",
			 m->process_count - 1, units_plural(m->process_count - 1, "", "es"),
			 m->losses.foreign_cycle_count,
			 units_plural(m->losses.foreign_cycle_count, "cycle", "cycles"));
	finding_advice(f, "--process %" PRIu64 " shows the busiest of them",
		       m->other_count ? m->others[0].id : 0);
	return true;
}

const struct finding_entry findings_of_target[] = {
	{ "target.stderr_lost", SEVERITY_WARNING, lost_stderr },
	{ "target.not_go", SEVERITY_WARNING, is_not_go },
	{ "target.no_cycles", SEVERITY_WARNING, has_no_cycles },
	{ "target.other_processes", SEVERITY_INFO, has_others },
	{ NULL, 0, NULL },
};
