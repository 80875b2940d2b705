/* recording.c - the walks over a recording: first the frame, then rows and fault records side by
 * side. */
#include <errno.h>
#include <stdlib.h>

#include "analyze/analyze.h"
#include "analyze/cycles.h"
#include "analyze/findings.h"
#include "analyze/profiles.h"
#include "analyze/totals.h"
#include "base/buf.h"
#include "base/units.h"
#include "base/unknown.h"
#include "collect_internal.h"
#include "execs_internal.h"
#include "faults_internal.h"
#include "profiles_internal.h"
#include "recording/reader.h"
#include "returns_internal.h"
#include "topstacks_internal.h"

/* The second walk over everything but perf data: trace lines become rows. */
struct rows {
	struct reader *reader; /* borrowed */
	struct processes processes;
	struct cycles cycles;
	const struct watch *watch; /* borrowed; functions may be NULL */
	uint64_t origin_ns;
	uint64_t process_id;
	bool is_ours; /* the newest cycle was of the process shown: scavenger lines behind it are,
			 too */
	bool is_over;
};

struct run {
	struct model *m; /* borrowed */
	const char *path;
	struct analyze_options options;
	struct collect collect;
	struct rows rows;
	struct faults faults;
	struct profiles *profiles; /* of CPU time, then of faults */
	struct totals totals;
	struct reader *reader, *perf_reader;
	uint64_t scav_seen_bytes; /* returns that the scavenger's lines tell of, too */
	uint64_t checked_cycle_count, agreeing_cycle_count; /* cycles with such lines */
	struct stats after_cycle_us; /* from a cycle's end to the returns behind it */
	int note_rc;		     /* the first failure while returns were told of */
};

/* The worst end of all walks counts, with its sentence. */
static void note_end(struct model *m, const struct reader *r, enum reader_status status)
{
	static const enum model_end ends[] = {
		[READER_RECORD] = MODEL_WHOLE,	      [READER_END] = MODEL_WHOLE,
		[READER_TRUNCATED] = MODEL_TRUNCATED, [READER_CORRUPT] = MODEL_CORRUPT,
		[READER_FAILED] = MODEL_FAILED,
	};
	struct err end = { 0 };

	if (ends[status] <= m->recording.end)
		return;
	m->recording.end = ends[status];
	reader_describe_end(r, status, &end);
	model_set(&m->recording.end_text, text_of(end.what));
}

static int walk_frame(struct run *run, struct err *err)
{
	enum reader_status status;
	struct event ev;
	int rc = reader_rewind(run->reader, true, err);

	if (rc < 0)
		return rc;
	while ((status = reader_next(run->reader, &ev)) == READER_RECORD) {
		collect_add(&run->collect, &ev);
		profiles_declare(run->profiles, &ev);
	}
	note_end(run->m, run->reader, status);
	collect_finish(&run->collect);
	run->m->recording.file_bytes = reader_file_bytes(run->reader);
	return 0;
}

static uint64_t since(uint64_t origin_ns, uint64_t time_ns)
{
	return time_ns > origin_ns ? time_ns - origin_ns : 0;
}

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	return is_known(a) && is_known(b) ? a + b : UNKNOWN_U64;
}

static void tell_of_row_event(const struct rows *rows, const struct event *ev)
{
	const struct watch *w = rows->watch;
	uint64_t time_ns = since(rows->origin_ns, ev->time_ns);
	const struct event_smaps *s = &ev->u.smaps;

	if (ev->kind == EVENT_STATM && w->rss && is_known(ev->u.statm.resident_bytes))
		w->rss(w->arg, time_ns, ev->u.statm.resident_bytes);
	if (ev->kind == EVENT_TRACE_BROKEN && w->broken)
		w->broken(w->arg, time_ns, ev->u.trace_broken.bytes);
	if (ev->kind == EVENT_SMAPS && w->smaps) {
		const struct watch_smaps told = {
			.time_ns = time_ns,
			.rss_bytes = sum_of(s->heap_rss_bytes, s->rest_rss_bytes),
			.lazyfree_bytes = sum_of(s->heap_lazyfree_bytes, s->rest_lazyfree_bytes),
			.anonhuge_bytes = sum_of(s->heap_anonhuge_bytes, s->rest_anonhuge_bytes),
		};

		w->smaps(w->arg, &told);
	}
}

static void add_row_event(struct rows *rows, const struct event *ev)
{
	struct trace_line line;
	uint64_t missing;

	tell_of_row_event(rows, ev);
	if (ev->kind == EVENT_STATM && is_known(ev->u.statm.resident_bytes))
		cycles_add_rss(&rows->cycles, ev->time_ns, ev->u.statm.resident_bytes);
	if (ev->kind == EVENT_TRACE_BROKEN)
		processes_add_broken(&rows->processes, ev->u.trace_broken.bytes);
	if (ev->kind != EVENT_TRACE_LINE)
		return;
	switch (traceline_parse(&line, ev->u.trace_line.line)) {
	case TRACE_GC:
		rows->is_ours =
			processes_add(&rows->processes, &line.u.gc, ev->time_ns, &missing)->id ==
			rows->process_id;
		if (rows->is_ours)
			cycles_add_gc(&rows->cycles, &line.u.gc, missing);
		break;
	case TRACE_SCAV:
	case TRACE_SCVG:
		if (rows->is_ours)
			cycles_add_scav(&rows->cycles, &line, ev->time_ns);
		break;
	case TRACE_NOT_RUNTIME:
		processes_add_broken(&rows->processes, ev->u.trace_line.line);
		break;
	case TRACE_OTHER:
		break;
	}
}

static int pull_row(void *arg, struct model_cycle *ret)
{
	struct rows *rows = arg;
	struct event ev;

	while (!cycles_take(&rows->cycles, ret)) {
		if (rows->is_over)
			return 0;
		if (reader_next(rows->reader, &ev) == READER_RECORD) {
			add_row_event(rows, &ev);
			continue;
		}
		rows->is_over = true;
		cycles_finish(&rows->cycles);
	}
	return 1;
}

/* The runtime's own account of a cycle beside ours. */
static void check_scavenger(struct run *run, const struct model_cycle *c)
{
	uint64_t said = (is_known(c->scav_background_bytes) ? c->scav_background_bytes : 0) +
			(is_known(c->scav_eager_bytes) ? c->scav_eager_bytes : 0);

	if (!is_known(c->scav_seen_bytes))
		return;
	run->checked_cycle_count++;
	run->agreeing_cycle_count += c->scav_seen_bytes == said;
}

/* Every final row comes by here on its way to the caller. */
static int count_row(void *arg, const struct model_cycle *c)
{
	struct run *run = arg;

	totals_add(&run->totals, c);
	check_scavenger(run, c);
	return run->options.sink.cycle ? run->options.sink.cycle(run->options.sink.arg, c) : 0;
}

static int walk_rows_alone(struct run *run)
{
	struct model_cycle row;
	int rc = 0;

	while (rc == 0 && pull_row(&run->rows, &row) == 1)
		rc = count_row(run, &row);
	return rc;
}

static struct watch_fault watched_fault(const struct run *run, const struct fault *f)
{
	return (struct watch_fault){ since(run->rows.origin_ns, f->time_ns), f->pid, f->address,
				     f->weight };
}

/* Without returns nobody puts faults in order. */
static void add_fault(void *arg, const struct perfrecord *r, uint64_t weight)
{
	struct run *run = arg;
	const struct watch *w = run->rows.watch;
	struct fault f = { r->time_ns, r->addr, (uint32_t)r->pid, (uint32_t)weight };

	if (profiles_has_returns(run->profiles)) {
		profiles_add_fault(run->profiles, &f);
	} else if (w->fault) {
		const struct watch_fault told = watched_fault(run, &f);

		w->fault(w->arg, &told);
	}
}

static void note(struct run *run, uint64_t time_ns, uint64_t returned_bytes, uint64_t refault_count)
{
	if (run->note_rc == 0)
		run->note_rc = faults_note(&run->faults, time_ns, returned_bytes, refault_count);
}

/* Must a scavenger line that was seen have told of it? */
static bool is_told_of(const struct run *run, const struct ledger_return *r)
{
	uint64_t until_ns = r->cause == CAUSE_FORCED ? run->collect.last_forced_scav_ns
						     : run->collect.last_scav_ns;

	return is_known(until_ns) && r->time_ns <= until_ns;
}

/* By Go's scavenger: what its lines must tell of, and how long after a collection it came. */
static void note_scavenged(struct run *run, const struct ledger_return *r)
{
	uint64_t since_ns = faults_since_cycle_ns(&run->faults, r->time_ns);

	if (r->cause >= CAUSE_NATIVE || r->pid != run->m->target.pid)
		return;
	if (is_known(since_ns))
		stats_add(&run->after_cycle_us, since_ns / 1000);
	if (!is_told_of(run, r))
		return;
	run->scav_seen_bytes += r->len;
	faults_note_told(&run->faults, r->time_ns, r->len, r->cause == CAUSE_FORCED);
}

static void on_return(void *arg, const struct ledger_return *r)
{
	struct run *run = arg;
	const struct watch *w = run->rows.watch;

	note(run, r->time_ns, r->len, 0);
	note_scavenged(run, r);
	if (w->returned) {
		const struct watch_return told = { since(run->rows.origin_ns, r->time_ns),
						   r->pid,
						   r->thread,
						   r->address,
						   r->len,
						   r->syscall_ns,
						   r->cause,
						   r->advice };

		w->returned(w->arg, &told);
	}
}

static void on_fault(void *arg, const struct fault *f, const struct ledger_refault *r)
{
	struct run *run = arg;
	const struct watch *w = run->rows.watch;
	const struct watch_fault fault = watched_fault(run, f);

	if (r)
		note(run, f->time_ns, 0, f->weight);
	if (w->fault)
		w->fault(w->arg, &fault);
	if (r && w->refaulted) {
		const struct watch_refault told = { fault, r->age_ns, r->cause, r->advice };

		w->refaulted(w->arg, &told);
	}
}

/* Faults are decoded where they are counted, put in order with the returns, and what comes of it
 * goes to the rows. */
static void watch_returns(struct run *run)
{
	struct profiles_watch watch = { on_return, on_fault, run };
	bool has_returns = profiles_has_returns(run->profiles);

	if (has_returns)
		profiles_watch(run->profiles, &watch);
	if (has_returns || run->rows.watch->fault)
		faults_hand_on(&run->faults, has_returns, add_fault, run);
}

static int walk_rows_and_faults(struct run *run, struct err *err)
{
	enum reader_status status;
	struct event ev;
	int rc = reader_open(&run->perf_reader, run->path, err);

	if (rc < 0)
		return rc;
	faults_rows_from(&run->faults, pull_row, &run->rows);
	watch_returns(run);
	while ((status = reader_next(run->perf_reader, &ev)) == READER_RECORD) {
		profiles_add(run->profiles, &ev);
		rc = run->note_rc ? run->note_rc : faults_add(&run->faults, &ev);
		if (rc)
			return rc;
	}
	note_end(run->m, run->perf_reader, status);
	profiles_finish(run->profiles);
	if (run->note_rc)
		return run->note_rc;
	return faults_finish(&run->faults, status == READER_END);
}

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

/* The process whose cycles are shown, or NULL. */
static int choose_process(struct run *run, const struct process **ret, struct err *err)
{
	const struct processes *p = &run->collect.processes;
	const struct process *target = processes_earliest(p);
	struct model *m = run->m;

	/* What a program that is not Go starts may well be: its children's cycles are not the
	 * target's. */
	if (m->target.is_go == 0 || (target && execs_is_child(run->path, m, target->align.init_ns)))
		target = NULL;
	*ret = target;
	if (is_known(run->options.process_id)) {
		*ret = processes_find(p, run->options.process_id);
		if (!*ret)
			return err_say(
				err, ENOENT,
				"there is no process %llu in '%s': it has trace lines of %llu",
				(unsigned long long)run->options.process_id, run->path,
				(unsigned long long)p->seen_count);
	}
	m->process_is_target = *ret == target;
	return 0;
}

static int walk_rows(struct run *run, const struct process *shown, struct err *err)
{
	struct model *m = run->m;
	uint64_t origin_ns = is_known(m->time.start_monotonic_ns) ? m->time.start_monotonic_ns : 0;
	int rc = reader_rewind(run->reader, true, err);

	if (rc < 0)
		return rc;
	run->rows.reader = run->reader;
	run->rows.origin_ns = origin_ns;
	run->rows.process_id = shown ? shown->id : UNKNOWN_U64;
	run->rows.is_ours = shown && run->collect.processes.seen_count == 1;
	processes_init(&run->rows.processes);
	cycles_init(&run->rows.cycles, shown ? shown->align.init_ns : 0, origin_ns,
		    m->memory.sample_count > 0);
	faults_init(&run->faults, origin_ns, (struct model_sink){ .cycle = count_row, .arg = run });
	if (!m->faults.has_records && !profiles_has_stacks(run->profiles)) {
		profiles_finish(run->profiles);
		return walk_rows_alone(run);
	}
	return walk_rows_and_faults(run, err);
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

static void finish(struct run *run, const struct process *shown)
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

static int run_walks(struct run *run, struct err *err)
{
	const struct process *shown;
	int rc = walk_frame(run, err);

	if (rc == 0)
		rc = choose_process(run, &shown, err);
	if (rc)
		return rc;
	totals_init(&run->totals, model_memory_limit_bytes(run->m));
	if (run->rows.watch->begin)
		run->rows.watch->begin(run->rows.watch->arg, run->m);
	rc = walk_rows(run, shown, err);
	if (rc == 0)
		finish(run, shown);
	cycles_done(&run->rows.cycles);
	faults_done(&run->faults);
	totals_done(&run->totals);
	stats_done(&run->after_cycle_us);
	return rc;
}

int analyze_recording(struct model *m, const char *path, const struct analyze_options *options,
		      struct err *err)
{
	static const struct watch nobody;
	static const struct profile_request requests[] = {
		{ .role = PERF_ROLE_CPU, .unit = PROFILE_NANOSECONDS },
		{ .role = PERF_ROLE_FAULT_STACK, .unit = PROFILE_COUNT },
		{ .role = PERF_ROLE_FAULT_STACK, .unit = PROFILE_COUNT, .refaults = true },
	};
	struct profiles_options stacks = { requests, 3, options->directory };
	struct run *run = xcalloc(1, sizeof(*run));
	int rc;

	model_init(m);
	model_set(&m->input_name, text_of(path));
	run->m = m;
	run->path = path;
	run->options = *options;
	run->rows.watch = options->watch ? options->watch : &nobody;
	run->profiles = profiles_new(&stacks);
	collect_init(&run->collect, m);
	rc = reader_open(&run->reader, path, err);
	if (rc == 0)
		rc = run_walks(run, err);
	reader_close(run->reader);
	reader_close(run->perf_reader);
	profiles_free(run->profiles);
	free(run);
	return rc;
}
