/* log.c - a GODEBUG log without a recording: lines, their order, and nothing else. */
#include <errno.h>
#include <stdlib.h>

#include "analyze/analyze.h"
#include "analyze/cycles.h"
#include "analyze/findings.h"
#include "analyze/processes.h"
#include "analyze/totals.h"
#include "base/unknown.h"
#include "parse/tracetext.h"

struct analyze_log {
	struct analyze_options options;
	struct tracetext *text; /* owned */
	struct processes processes;
	struct cycles cycles;
	struct totals totals;
	uint64_t process_id;
	uint64_t scav_line_count;
	bool is_ours; /* the newest cycle was of the process shown */
};

static int take_rows(struct analyze_log *log)
{
	const struct model_cycle *row;
	int rc = 0;

	while (rc == 0 && (row = cycles_next(&log->cycles))) {
		totals_add(&log->totals, row);
		if (log->options.sink.cycle)
			rc = log->options.sink.cycle(log->options.sink.arg, row);
	}
	return rc;
}

static int on_item(void *arg, const struct tracetext_item *item)
{
	struct analyze_log *log = arg;
	uint64_t missing;

	if (item->what != TRACETEXT_LINE)
		return 0;
	switch (item->line.kind) {
	case TRACE_GC:
		log->is_ours =
			processes_add(&log->processes, &item->line.u.gc, UNKNOWN_U64, &missing)
				->id == log->process_id;
		if (log->is_ours)
			cycles_add_gc(&log->cycles, &item->line.u.gc, missing);
		return take_rows(log);
	case TRACE_SCAV:
	case TRACE_SCVG:
		log->scav_line_count++;
		if (log->is_ours)
			cycles_add_scav(&log->cycles, &item->line, 0);
		return 0;
	default:
		return 0;
	}
}

struct analyze_log *analyze_log_new(const struct analyze_options *options)
{
	struct analyze_log *log = xcalloc(1, sizeof(*log));

	log->options = *options;
	log->process_id = is_known(options->process_id) ? options->process_id : 0;
	log->text = tracetext_new(on_item, log);
	processes_init(&log->processes);
	cycles_init(&log->cycles, 0, 0, false);
	totals_init(&log->totals, UNKNOWN_U64);
	return log;
}

int analyze_log_feed(struct analyze_log *log, const void *bytes, size_t len)
{
	return tracetext_feed(log->text, bytes, len);
}

static void add_source(struct model *m, const char *name, bool is_on, const char *detail)
{
	struct model_source *s = &m->sources[m->source_count++];

	model_set(&s->name, text_of(name));
	model_set(&s->state, text_of(is_on ? "on" : "off"));
	model_set(&s->detail, text_of(detail));
}

static void fill_model(const struct analyze_log *log, const struct process *shown, struct model *m)
{
	const struct tracetext_stats *stats = tracetext_stats(log->text);

	m->gc.is_on = log->processes.line_count > 0;
	m->gc.scav_line_count = log->scav_line_count;
	processes_describe(&log->processes, shown, m);
	m->process_is_target = true;
	if (shown)
		totals_finish(&log->totals, &m->gc);
	m->time.covered_ns = m->gc.last_end_ns;
	m->losses.unparsed_line_count = stats->broken_count;
	m->losses.mended_line_count = stats->mended_count;
	m->recording.file_bytes = stats->byte_count;
	m->recording.line_count = stats->line_count;
	add_source(m, "gctrace", log->processes.line_count > 0, "a log");
	add_source(m, "scavtrace", log->scav_line_count > 0,
		   log->scav_line_count > 0 ? "a log" : "no such line in the log");
	findings_make(m);
}

int analyze_log_finish(struct analyze_log *log, struct model *m, const char *name, struct err *err)
{
	const struct process *shown;
	int rc;

	model_init(m);
	m->is_log = true;
	model_set(&m->input_name, text_of(name));
	rc = tracetext_finish(log->text);
	cycles_finish(&log->cycles);
	if (rc == 0)
		rc = take_rows(log);
	if (rc)
		return rc;
	if (log->processes.line_count == 0 && log->scav_line_count == 0) {
		rc = err_say(err, ENODATA, "no gctrace or scavtrace line in '%s'", name);
		err_hint(err, "the runtime writes them to stderr when it is started like this: "
			      "GODEBUG=gctrace=1 CMD 2>LOG");
		return rc;
	}
	shown = processes_find(&log->processes, log->process_id);
	if (!shown && is_known(log->options.process_id))
		return err_say(err, ENOENT,
			       "there is no process %llu in '%s': it has cycles of %llu",
			       (unsigned long long)log->process_id, name,
			       (unsigned long long)log->processes.seen_count);
	fill_model(log, shown, m);
	return 0;
}

void analyze_log_free(struct analyze_log *log)
{
	if (!log)
		return;
	tracetext_free(log->text);
	cycles_done(&log->cycles);
	totals_done(&log->totals);
	free(log);
}
