/* recording.c - the walks over a recording: first the frame, then rows and fault records side by
 * side. */
#include <errno.h>
#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/buf.h"
#include "base/unknown.h"
#include "execs_internal.h"
#include "recording_internal.h"

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

	while (rc == 0 && rows_pull(&run->rows, &row) == 1)
		rc = count_row(run, &row);
	return rc;
}

static int walk_rows_and_faults(struct run *run, struct err *err)
{
	enum reader_status status;
	struct event ev;
	int rc = reader_open(&run->perf_reader, run->path, err);

	if (rc < 0)
		return rc;
	faults_rows_from(&run->faults, rows_pull, &run->rows);
	recording_watch_returns(run);
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
		recording_finish(run, shown);
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
