/* findings_data.c - rules about the data itself: what is missing, and what was watched. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/unknown.h"
#include "findings_internal.h"

static bool is_truncated(const struct model *m, struct model_finding *f)
{
	char at[UNITS_TEXT_BYTES];

	if (m->recording.end != MODEL_TRUNCATED)
		return false;
	finding_evidence(f,
			 "the recording has no end: its newest record is from %s after the start",
			 units_duration(at, m->recording.stops_at_ns));
	finding_advice(f,
		       "figures cover the time up to there; was the recorder killed, or the disk "
		       "full?");
	return true;
}

static bool is_corrupt(const struct model *m, struct model_finding *f)
{
	if (m->recording.end != MODEL_CORRUPT && m->recording.end != MODEL_FAILED)
		return false;
	finding_evidence(f, "%.*s", (int)m->recording.end_text.len,
			 (const char *)m->recording.end_text.at);
	finding_advice(f,
		       "figures cover the part before the damage; copy the file again from where "
		       "it was recorded");
	return true;
}

struct loss_text {
	const char *one, *many; /* "perf record lost" */
	const char *of;		/* "perf records" */
	uint64_t count;
	bool more; /* than the count, or than nothing where it is unknown */
};

/* Samples that came too late are usual on a busy machine: of a level, one in ten does not matter.
 */
static uint64_t missed_samples(const struct model *m)
{
	uint64_t missed = m->losses.missed_sample_count;
	uint64_t taken = is_known(m->memory.sample_count) ? m->memory.sample_count : 0;

	return is_known(missed) && missed > taken / 10 ? missed : 0;
}

/* One part of the evidence; empty when nothing of it was lost. */
static void add_loss(struct buf *text, const struct loss_text *l)
{
	const char *comma = text->len ? ", " : "";

	if (is_known(l->count) && l->count)
		buf_addf(text, "%s%s%" PRIu64 " %s", comma, l->more ? "at least " : "", l->count,
			 units_plural(l->count, l->one, l->many));
	else if (l->more)
		buf_addf(text, "%san unknown number of %s", comma, l->of);
}

static bool has_losses(const struct model *m, struct model_finding *f)
{
	const struct model_losses *l = &m->losses;
	const struct loss_text losses[] = {
		{ "perf record lost", "perf records lost", "perf records", l->perf_lost_count,
		  l->more.perf },
		{ "time perf was throttled", "times perf was throttled", "throttled perf events",
		  l->throttle_count, l->more.throttle },
		{ "trace line broken", "trace lines broken", "trace lines", l->unparsed_line_count,
		  l->more.lines },
		{ "cycle missing", "cycles missing", "cycles", l->missing_cycle_count, false },
		{ "memory sample missed", "memory samples missed", "memory samples",
		  missed_samples(m), l->more.samples },
		{ "record not written", "records not written", "records of the recording",
		  l->recording_lost_count, l->more.records },
	};
	struct text reason = buf_text(&m->uncounted_reason);
	struct buf text = { 0 };

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++)
		add_loss(&text, &losses[i]);
	if (text.len)
		finding_evidence(f, "%s%s%.*s", buf_cstr(&text), reason.len ? ": " : "",
				 (int)reason.len, reason.len ? reason.at : "");
	finding_advice(
		f, "%s",
		m->is_log ? "foreign output broke the lines in the log: gctide record keeps them "
			    "apart"
			  : "the figures they touch are too small by as much; fewer sources or a "
			    "lower rate lose less");
	buf_done(&text);
	return f->evidence[0] != '\0';
}

static bool lost_stderr(const struct model *m, struct model_finding *f)
{
	const struct model_losses *l = &m->losses;
	char size[UNITS_TEXT_BYTES];

	if (m->is_log || (l->user_lost_bytes == 0 && !l->more.user_bytes))
		return false;
	if (is_known(l->user_lost_bytes))
		units_bytes(size, l->user_lost_bytes);
	else
		snprintf(size, sizeof(size), "an unknown part");
	finding_evidence(f, "%s%s of what the target wrote to stderr did not reach gctide's own",
			 l->more.user_bytes && is_known(l->user_lost_bytes) ? "at least " : "",
			 size);
	finding_advice(f,
		       "its reader had ended, its disk was full, or the relay was killed: gctide "
		       "dump --kind loss says which; trace lines are counted apart");
	return true;
}

static bool is_user_mode_only(const struct model *m, struct model_finding *f)
{
	char user[UNITS_TEXT_BYTES], all[UNITS_TEXT_BYTES];

	if (!m->faults.mode || strcmp(m->faults.mode, "user") != 0)
		return false;
	finding_evidence(f,
			 "perf counted %s minor faults in user mode only; the kernel's own count "
			 "is %s",
			 units_count(user, m->faults.minor_count),
			 units_count(all, m->faults.rusage_minor_count));
	finding_advice(
		f, "faults in system calls (read into a fresh buffer) are not in it; as root, or "
		   "with kernel.perf_event_paranoid at 1, all are counted");
	return true;
}

static bool is_sampled(const struct model *m, struct model_finding *f)
{
	char nth[UNITS_TEXT_BYTES];

	if (!is_known(m->faults.sample_period) || m->faults.sample_period <= 1 ||
	    m->faults.recorded_count == 0)
		return false;
	finding_evidence(f, "at times only every %s fault was recorded with its address",
			 units_ordinal(nth, m->faults.sample_period));
	finding_advice(f, "the faults of single cycles are estimates; the total is exact");
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

/* "off", or a number below 0 (runtime/mgcpacer.go, readGOGC). */
static bool is_collector_off(const struct model *m)
{
	struct text gogc = buf_text(&m->target.gogc);

	return text_is(gogc, "off") || text_starts(gogc, "-");
}

/* A process of a Go program with a heap below 4 MiB has less resident than this. */
#define SMALL_RSS_BYTES (32u << 20)

/* Nobody collected, although all lines would have been seen: why? */
static void explain_no_cycles(const struct model *m, struct model_finding *f)
{
	struct text gogc = buf_text(&m->target.gogc), limit = buf_text(&m->target.gomemlimit);
	uint64_t rss_bytes = m->memory.rss_peak_bytes;
	char wall[UNITS_TEXT_BYTES], rss[UNITS_TEXT_BYTES];

	units_duration(wall, m->time.wall_ns);
	units_bytes(rss, rss_bytes);
	if (is_collector_off(m)) {
		finding_evidence(f,
				 "the target made no collection in %s: its environment had "
				 "GOGC=%.*s%s%.*s; resident memory up to %s",
				 wall, (int)(gogc.len < 20 ? gogc.len : 20), gogc.at,
				 limit.len ? " and GOMEMLIMIT=" : "",
				 (int)(limit.len < 20 ? limit.len : 20), limit.len ? limit.at : "",
				 rss);
		finding_advice(f, "%s",
			       limit.len ? "collections begin when memory comes near GOMEMLIMIT"
					 : "nothing bounds the heap then: unset GOGC, or set "
					   "GOMEMLIMIT to what it may use");
	} else if (is_known(rss_bytes) && rss_bytes > SMALL_RSS_BYTES) {
		finding_evidence(f, "the target made no collection in %s, with up to %s resident",
				 wall, rss);
		finding_advice(f,
			       "that is more than a heap too small to be collected (4 MiB x "
			       "GOGC / 100): does the program call debug.SetGCPercent, or is the "
			       "memory not Go's (cgo, mmap)?");
	} else {
		finding_evidence(f, "the target made no collection in %s", wall);
		finding_advice(f, "a heap below GOGC's minimum of 4 MiB is never collected; run it "
				  "longer, or with more load");
	}
}

static bool has_no_cycles(const struct model *m, struct model_finding *f)
{
	char wall[UNITS_TEXT_BYTES];

	if (m->target.is_go == 0 || m->gc.row_count || (m->is_log && m->process_count == 0))
		return false;
	if (!m->gc.is_on) {
		finding_evidence(f, "no trace line could be seen: gctrace was not on");
		finding_advice(f, "the program must be started by gctide record, or with "
				  "GODEBUG=gctrace=1");
	} else if (m->gc.is_at_least) {
		finding_evidence(f, "no trace line was seen in %s, and what came later is unknown",
				 units_duration(wall, m->time.wall_ns));
		finding_advice(f, "see the other findings: the trace or the recording ended before "
				  "the target did");
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

static bool is_observer_dear(const struct model *m, struct model_finding *f)
{
	double share =
		finding_share(m->observer.cpu_ns, known_add(m->cpu.user_ns, m->cpu.system_ns));
	char own[UNITS_TEXT_BYTES], ratio[UNITS_TEXT_BYTES];

	if (isnan(share) || share < 0.05 || m->observer.cpu_ns < 100 * NS_PER_MS)
		return false;
	finding_evidence(f, "watching used %s of CPU time, %s of what the target used",
			 units_duration(own, m->observer.cpu_ns), units_ratio(ratio, share));
	finding_advice(f, "record --no-fault-addresses, or a lower -F, costs less");
	return true;
}

static bool stalled_too_long(const struct model *m, struct model_finding *f)
{
	uint64_t longest_ns = m->observer.longest_stall_ns, limit_ns = m->target.max_stall_ns;
	char longest[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES];

	if (!is_known(longest_ns) || !is_known(limit_ns) || longest_ns <= limit_ns)
		return false;
	finding_evidence(f,
			 "the longest read of smaps took %s, --max-stall was %s: the target may "
			 "have waited as long for its mmap lock",
			 units_duration(longest, longest_ns), units_duration(limit, limit_ns));
	finding_advice(f,
		       "the limit is what a read is expected to take, and a busy machine makes "
		       "it longer; a lower --max-stall leaves more room, 0 reads no smaps at all");
	return true;
}

const struct finding_entry findings_of_data[] = {
	{ "data.corrupt", SEVERITY_ERROR, is_corrupt },
	{ "data.truncated", SEVERITY_WARNING, is_truncated },
	{ "data.lost", SEVERITY_WARNING, has_losses },
	{ "target.stderr_lost", SEVERITY_WARNING, lost_stderr },
	{ "target.not_go", SEVERITY_WARNING, is_not_go },
	{ "target.no_cycles", SEVERITY_WARNING, has_no_cycles },
	{ "data.user_mode_only", SEVERITY_INFO, is_user_mode_only },
	{ "data.sampled_faults", SEVERITY_INFO, is_sampled },
	{ "target.other_processes", SEVERITY_INFO, has_others },
	{ "observer.stall", SEVERITY_INFO, stalled_too_long },
	{ "observer.cost", SEVERITY_INFO, is_observer_dear },
	{ NULL, 0, NULL },
};
