/* recordingfinish.c - what the walks over a recording found, into the model. */
#include <stdlib.h>

#include "analyze/findings.h"
#include "base/buf.h"
#include "base/unknown.h"
#include "recording_internal.h"
#include "returns_internal.h"
#include "topstacks_internal.h"

static void finish_faults(struct run *run)
{
	const struct faults *f = &run->faults;
	struct model *m = run->m;

	m->faults.recorded_count = f->recorded_count;
	if (f->recorded_count)
		m->faults.sample_period = f->period_max;
	/* In a recording that stops early the records go further than the last count. */
	if (f->recorded_count && f->period_max <= 1 && is_known(m->faults.minor_count) &&
	    f->recorded_count > m->faults.minor_count) {
		m->faults.minor_count = f->recorded_count;
		m->faults.source = "perf";
		m->faults.mode = run->collect.count_is_user_only ? "user" : "user+kernel";
	}
	if (run->totals.row_count)
		m->faults.after_last_count = f->after.count;
	if (f->recorded_count && is_known(m->recording.file_bytes))
		m->recording.bytes_per_fault =
			(double)m->recording.file_bytes / (double)f->recorded_count;
	/* The recorder may have counted the same records as it drained the rings. */
	if (f->lost_count > m->losses.perf_lost_count)
		m->losses.perf_lost_count = f->lost_count;
	if (f->throttle_count > m->losses.throttle_count)
		m->losses.throttle_count = f->throttle_count;
	m->losses.late_record_count = f->late_count;
	if (f->bad_block_count)
		model_add_uncounted(
			m, &m->losses.more.perf,
			text_of("a block of perf records made no sense from some point on"));
}

static void finish_stacks(struct run *run)
{
	struct model *m = run->m;
	struct model_stacks *const of[] = { &m->cpu_stacks, &m->fault_stacks, &m->refault_stacks };
	size_t count = profiles_has_returns(run->profiles) ? 3 : 2; /* no returns, no refaults */

	for (size_t i = 0; i < count; i++)
		if (profiles_was_recorded(run->profiles, i))
			topstacks_fill(of[i], profiles_at(run->profiles, i));
	profiles_complain(run->profiles, &m->stacks_missing);
	returns_fill(m, run->profiles);
}

/* Whether lines were lost of which the numbers of the others need not tell. */
static bool may_miss_lines(const struct run *run, const struct process *shown)
{
	return run->m->losses.more.lines || run->collect.has_untaken_lines ||
	       processes_end_broken(&run->collect.processes, shown);
}

/* Whether cycles may have come after the newest line that was seen. */
static bool may_have_ended_unseen(const struct run *run, const struct process *shown)
{
	const struct model *m = run->m;

	return may_miss_lines(run, shown) || m->recording.end != MODEL_WHOLE ||
	       text_is(buf_text(&m->target.end_reason), "detached");
}

/* Nothing counted, and something lost: that is not 0. Nor is, in a recording that has no end, what
 * only the recorder or the relay would have told then: what the disk, the recorder and the user's
 * stderr did not take. */
static void settle_losses(struct model_losses *l, bool is_whole)
{
	const struct {
		uint64_t *count;
		bool more;
	} pairs[] = {
		{ &l->perf_lost_count, l->more.perf },
		{ &l->throttle_count, l->more.throttle },
		{ &l->unparsed_line_count, l->more.lines || !is_whole },
		{ &l->missing_cycle_count, l->more.lines },
		{ &l->foreign_cycle_count, l->more.lines },
		{ &l->missed_sample_count, l->more.samples },
		{ &l->recording_lost_count, l->more.records || !is_whole },
		{ &l->user_lost_bytes, l->more.user_bytes || !is_whole },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].more && *pairs[i].count == 0)
			*pairs[i].count = UNKNOWN_U64;
}

static void finish_check(const struct run *run)
{
	struct model_returns *r = &run->m->returns;

	r->until_scav_line_bytes = run->scav_seen_bytes;
	r->checked_cycle_count = run->checked_cycle_count;
	r->agreeing_cycle_count = run->agreeing_cycle_count;
}

static void finish_delays(const struct run *run)
{
	struct stats_slot *sorted = stats_sorted(&run->after_cycle_us);
	uint64_t p50 = stats_percentile(&run->after_cycle_us, sorted, 500);
	uint64_t p90 = stats_percentile(&run->after_cycle_us, sorted, 900);

	free(sorted);
	if (!is_known(p50))
		return;
	run->m->returns.after_cycle_p50_ns = p50 * 1000;
	run->m->returns.after_cycle_p90_ns = p90 * 1000;
}

/* A refault costs what a fault costs: its share of the time that CPU samples found in the kernel's
 * path of faults. */
static uint64_t refault_cpu_ns(const struct model *m)
{
	const struct model_stacks *s = &m->cpu_stacks;
	double share;

	if (!s->was_recorded || s->sample_count == 0 || s->by_use[USE_PAGE_FAULT] == 0 ||
	    !m->returns.has_refaults || !is_known(m->returns.refault_count) ||
	    !is_known(m->faults.minor_count) || m->faults.minor_count == 0 || !is_known(s->value))
		return UNKNOWN_U64;
	share = (double)m->returns.refault_count / (double)m->faults.minor_count;
	return (uint64_t)((double)s->value * (double)s->by_use[USE_PAGE_FAULT] /
			  (double)s->sample_count * (share < 1 ? share : 1));
}

void recording_finish(struct run *run, const struct process *shown)
{
	struct model *m = run->m;
	double used_ns = (double)m->cpu.user_ns + (double)m->cpu.system_ns;

	finish_faults(run);
	finish_stacks(run);
	m->gc.is_at_least = may_have_ended_unseen(run, shown);
	processes_describe(&run->collect.processes, shown, m);
	if (shown) {
		totals_finish(&run->totals, &m->gc);
		m->gc.align_uncertainty_ns = align_uncertainty_ns(&shown->align);
		/* The target was started by the recorder, so its first cycles were there to be
		 * seen. */
		if (m->process_is_target)
			m->losses.missing_cycle_count += shown->first_number - 1;
	} else if (m->target.is_go != 0 && m->gc.is_on && !m->gc.is_at_least) {
		totals_finish(&run->totals, &m->gc); /* no cycle at all */
	}
	if (m->cpu.source && used_ns > 0 && is_known(m->gc.cpu_ns) &&
	    m->losses.missing_cycle_count == 0 && !may_miss_lines(run, shown))
		m->gc.cpu_used_share = (double)m->gc.cpu_ns / used_ns;
	if (m->returns.source && m->gc.scav_line_count && m->process_is_target &&
	    m->process_count == 1)
		finish_check(run);
	finish_delays(run);
	m->returns.refault_cpu_ns = refault_cpu_ns(m);
	settle_losses(&m->losses, m->recording.end == MODEL_WHOLE);
	findings_make(m);
}
