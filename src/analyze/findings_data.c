/* findings_data.c - rules about the data itself: what is missing, and what watching cost. */
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

/* Stacks whose names are missing because a file is: another build, or not on this machine. */
static bool lacks_images(const struct model *m, struct model_finding *f)
{
	const char *first = (const char *)m->stacks_missing.at;
	const char *end = m->stacks_missing.len ? memchr(first, '\n', m->stacks_missing.len) : NULL;

	if (!end)
		return false;
	finding_evidence(f, "names are missing in stacks: %.*s", (int)(end - first), first);
	finding_advice(
		f, "--symbols DIR names the directory with the binaries that ran; all messages: "
		   "gctide fold");
	return true;
}

/* One sample in a hundred without a name is not worth a word. */
static bool has_unknown_leaves(const struct model *m, struct model_finding *f)
{
	const struct model_stacks *s = &m->cpu_stacks;
	char ratio[UNITS_TEXT_BYTES];

	if (!s->was_recorded || s->unknown_leaf_count * 100 <= s->sample_count)
		return false;
	finding_evidence(
		f, "%s of the CPU samples have no name at their leaf",
		units_ratio(ratio, (double)s->unknown_leaf_count / (double)s->sample_count));
	finding_advice(f, "code without symbols: install the library's symbols, or build without "
			  "stripping it");
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
		{ "perf record too late for its cycle", "perf records too late for their cycle",
		  "late records", l->late_record_count, false },
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
	bool has_reason = false;

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		add_loss(&text, &losses[i]);
		has_reason |= losses[i].more && reason.len;
	}
	if (has_reason)
		buf_addf(&text, " (not counted: %.*s)", (int)reason.len, reason.at);
	if (text.len)
		finding_evidence(f, "%s", buf_cstr(&text));
	finding_advice(
		f, "%s",
		m->is_log ? "foreign output broke the lines in the log: gctide record keeps them "
			    "apart"
			  : "the figures they touch are too small by as much; fewer sources or a "
			    "lower rate lose less");
	buf_done(&text);
	return f->evidence[0] != '\0';
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

static bool is_observer_dear(const struct model *m, struct model_finding *f)
{
	double share =
		finding_share(m->observer.cpu_ns, known_add(m->cpu.user_ns, m->cpu.system_ns));
	char own[UNITS_TEXT_BYTES], ratio[UNITS_TEXT_BYTES];

	if (isnan(share) || share < 0.05 || m->observer.cpu_ns < 100 * NS_PER_MS)
		return false;
	finding_evidence(f, "watching used %s of CPU time, %s of what the target used",
			 units_duration(own, m->observer.cpu_ns), units_ratio(ratio, share));
	finding_advice(f, "record --no-fault-addresses, or a lower --rss-frequency, costs less");
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

static bool stalled_at_the_gate(const struct model *m, struct model_finding *f)
{
	char longest[UNITS_TEXT_BYTES];

	if (!is_known(m->observer.gate_stall_ns) || m->observer.gate_stall_ns < 10 * NS_PER_MS)
		return false;
	finding_evidence(f, "the return gate kept a call of madvise for %s",
			 units_duration(longest, m->observer.gate_stall_ns));
	finding_advice(f,
		       "mostly a busy machine, where the gate has to wait for a CPU; --returns off "
		       "leaves the calls alone, and root has tracepoints, which wait for nobody");
	return true;
}

const struct finding_entry findings_of_data[] = {
	{ "data.corrupt", SEVERITY_ERROR, is_corrupt },
	{ "data.truncated", SEVERITY_WARNING, is_truncated },
	{ "data.lost", SEVERITY_WARNING, has_losses },
	{ "data.user_mode_only", SEVERITY_INFO, is_user_mode_only },
	{ "data.sampled_faults", SEVERITY_INFO, is_sampled },
	{ "data.symbols", SEVERITY_WARNING, lacks_images },
	{ "data.unknown_code", SEVERITY_INFO, has_unknown_leaves },
	{ "observer.stall", SEVERITY_INFO, stalled_too_long },
	{ "observer.gate_stall", SEVERITY_INFO, stalled_at_the_gate },
	{ "observer.cost", SEVERITY_INFO, is_observer_dear },
	{ NULL, 0, NULL },
};
