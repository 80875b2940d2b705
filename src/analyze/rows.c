/* rows.c - the walk that makes rows of trace lines, and tells of samples of memory by the way. */
#include "base/unknown.h"
#include "parse/traceline.h"
#include "rows_internal.h"

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	return is_known(a) && is_known(b) ? a + b : UNKNOWN_U64;
}

static void tell_of_row_event(const struct rows *rows, const struct event *ev)
{
	const struct watch *w = rows->watch;
	uint64_t time_ns = rows_since(rows, ev->time_ns);
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

int rows_pull(void *arg, struct model_cycle *ret)
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
