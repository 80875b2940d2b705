/* text_losses.c - the line that says what is missing: at the end of the summary, and once more last
 * of all. */
#include "base/unknown.h"
#include "line_internal.h"
#include "renderer_internal.h"

/* One count; more: it is a lower bound, or unknown. */
static void add_count(struct buf *line, const char *name, uint64_t count, bool more)
{
	line_part(line, "%s %s%s", name, more && is_known(count) ? "at least " : "",
		  figure_count(count).text);
}

static void add_log_losses(struct buf *line, const struct model_losses *l)
{
	line_part(line, "broken trace lines %s (%s mended)",
		  figure_count(l->unparsed_line_count).text,
		  figure_count(l->mended_line_count).text);
	line_part(line, "missing cycles %s", figure_count(l->missing_cycle_count).text);
}

static void add_losses(struct buf *line, const struct model *m)
{
	const struct model_losses *l = &m->losses;

	add_count(line, "perf", l->perf_lost_count, l->more.perf);
	add_count(line, "throttled", l->throttle_count, l->more.throttle);
	add_count(line, "broken trace lines", l->unparsed_line_count, l->more.lines);
	add_count(line, "missing cycles", l->missing_cycle_count, l->more.lines);
	add_count(line, "missed samples", l->missed_sample_count, l->more.samples);
	if (l->failed_read_count)
		add_count(line, "failed reads", l->failed_read_count, false);
	if (l->late_record_count)
		add_count(line, "in no cycle", l->late_record_count, false);
	if (l->recording_lost_count)
		add_count(line, "not written", l->recording_lost_count, l->more.records);
	if (l->user_lost_bytes)
		line_part(line, "stderr bytes %s%s",
			  l->more.user_bytes && is_known(l->user_lost_bytes) ? "at least " : "",
			  figure_count(l->user_lost_bytes).text);
	if (m->recording.end != MODEL_WHOLE)
		line_part(line, "the recording is %s", model_end_name(m->recording.end));
}

void text_print_lost(FILE *out, const char *label, const struct model *m)
{
	struct buf line = { 0 };

	if (m->is_log)
		add_log_losses(&line, &m->losses);
	else
		add_losses(&line, m);
	line_print(out, label, &line);
	buf_done(&line);
}
