/* timeline_page.c - the recording over time as one page that needs nothing else: style, script, the
 * charting library and the data stand in it. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/unknown.h"
#include "timecolumns_internal.h"
#include "cyclerows_internal.h"
#include "json_values_internal.h"
#include "pageframe_internal.h"
#include "render/terminal.h"
#include "renderer_internal.h"
#include "timeline_internal.h"

/* Enough to look twice as close on a wide screen; a page of all tracks stays below 2 MB. */
#define PAGE_COLUMNS 4000u

#define BROKEN_MAX	 50u  /* pieces of text that are shown */
#define BROKEN_BYTES_MAX 400u /* of each */

static const char library_style[] =
#include "dygraph.css.inc"
	;
static const char library[] =
#include "dygraph.js.inc"
	;
static const char style[] =
#include "timeline.css.inc"
	;
static const char script[] =
#include "timeline.js.inc"
	;

enum track {
	TRACK_RSS,
	TRACK_LAZYFREE,
	TRACK_ANONHUGE,
	TRACK_LIVE,
	TRACK_GOAL,
	TRACK_RELEASED,
	TRACK_FAULTS,
	TRACK_REFAULTS,
	TRACK_GC_CPU,
	TRACK_PAUSES,
	TRACK_RETURNS, /* by cause, then by advice */
	TRACK_COUNT = TRACK_RETURNS + (int)CAUSE_COUNT * (int)ADVICE_COUNT,
};

static const char *const track_names[TRACK_RETURNS] = {
	[TRACK_RSS] = "rss",	   [TRACK_LAZYFREE] = "lazyfree", [TRACK_ANONHUGE] = "anonhuge",
	[TRACK_LIVE] = "live",	   [TRACK_GOAL] = "goal",	  [TRACK_RELEASED] = "released",
	[TRACK_FAULTS] = "faults", [TRACK_REFAULTS] = "refaults", [TRACK_GC_CPU] = "gc_cpu_ns",
	[TRACK_PAUSES] = "pauses",
};

static const bool is_sum[TRACK_COUNT] = {
	[TRACK_FAULTS] = true,
	[TRACK_REFAULTS] = true,
	[TRACK_GC_CPU] = true,
	[TRACK_RETURNS... TRACK_COUNT - 1] = true,
};

struct page {
	struct timeline_options o;
	struct timecolumns_axis axis;
	bool has_axis;
	struct timecolumns tracks[TRACK_COUNT];
	uint64_t before[TRACK_COUNT]; /* the newest value in front of the axis; UNKNOWN_U64 */
	struct cyclerows rows;
	json_t *broken; /* owned */
	uint64_t procs_max;
};

static void page_open(void *state, const struct timeline_options *o)
{
	struct page *p = state;

	p->o = *o;
	memset(p->before, 0xff, sizeof(p->before));
	p->broken = json_array();
	cyclerows_init(&p->rows);
}

static void page_begin(void *arg, const struct model *m)
{
	struct page *p = arg;

	p->axis.count = PAGE_COLUMNS;
	p->has_axis = timeline_range(&p->o, m, &p->axis.from_ns, &p->axis.to_ns);
	for (size_t i = 0; p->has_axis && i < TRACK_COUNT; i++)
		timecolumns_init(&p->tracks[i], &p->axis);
}

static void add(struct page *p, int track, uint64_t time_ns, uint64_t value)
{
	if (!p->has_axis || !is_known(value))
		return;
	if (time_ns < p->axis.from_ns)
		p->before[track] = value;
	timecolumns_add(&p->tracks[track], time_ns, (double)value);
}

/* A level goes on into the part that is shown. */
static void carry_in(struct page *p)
{
	static const int levels[] = { TRACK_RSS, TRACK_LIVE, TRACK_GOAL, TRACK_RELEASED };

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		int track = levels[i];

		if (is_known(p->before[track]) && p->tracks[track].at[0].value_count == 0)
			timecolumns_add(&p->tracks[track], p->axis.from_ns,
					(double)p->before[track]);
	}
}

static void page_rss(void *arg, uint64_t time_ns, uint64_t bytes)
{
	add(arg, TRACK_RSS, time_ns, bytes);
}

static void page_smaps(void *arg, const struct watch_smaps *s)
{
	add(arg, TRACK_LAZYFREE, s->time_ns, s->lazyfree_bytes);
	add(arg, TRACK_ANONHUGE, s->time_ns, s->anonhuge_bytes);
}

static void page_broken(void *arg, uint64_t time_ns, struct text bytes)
{
	struct page *p = arg;

	if (json_array_size(p->broken) == BROKEN_MAX || !timeline_shows(&p->o, time_ns, time_ns))
		return;
	if (bytes.len > BROKEN_BYTES_MAX)
		bytes.len = BROKEN_BYTES_MAX;
	json_array_append_new(p->broken, json_of_string(bytes));
}

static void page_fault(void *arg, const struct watch_fault *f)
{
	add(arg, TRACK_FAULTS, f->time_ns, f->weight);
}

static void page_returned(void *arg, const struct watch_return *r)
{
	add(arg, TRACK_RETURNS + (int)r->cause * (int)ADVICE_COUNT + (int)r->advice, r->time_ns,
	    r->bytes);
}

static void page_refaulted(void *arg, const struct watch_refault *r)
{
	add(arg, TRACK_REFAULTS, r->fault.time_ns, r->fault.weight);
}

/* The collector's CPU time, idle marking apart: as far as it is known, evenly over the cycle. */
static void add_cpu(struct page *p, const struct model_cycle *c)
{
	double ns = is_known(c->stop_cpu_ns) ? (double)c->stop_cpu_ns : 0;

	if (!is_known(c->assist_cpu_ns) || !is_known(c->dedicated_cpu_ns))
		return;
	ns += (double)c->assist_cpu_ns + (double)c->dedicated_cpu_ns;
	timecolumns_spread(&p->tracks[TRACK_GC_CPU], c->start_ns, c->end_ns, ns);
}

static void page_cycle(void *state, const struct model_cycle *c)
{
	struct timeline_span spans[TIMELINE_SPANS_MAX];
	size_t n = timeline_spans(c, spans);
	struct page *p = state;

	if (!p->has_axis)
		return;
	if (is_known(c->procs) && c->procs > p->procs_max)
		p->procs_max = c->procs;
	add(p, TRACK_LIVE, c->end_ns, c->heap_live_bytes);
	add(p, TRACK_GOAL, c->end_ns, c->has_no_goal ? UNKNOWN_U64 : c->goal_bytes);
	add(p, TRACK_RELEASED, c->end_ns, c->heap_released_bytes);
	for (size_t i = 0; i < n; i++)
		if (spans[i].is_pause)
			add(p, TRACK_PAUSES, spans[i].begin_ns, spans[i].len_ns);
	add_cpu(p, c);
	if (timeline_shows(&p->o, c->start_ns, c->end_ns))
		cyclerows_add(&p->rows, c);
}

/* More than this JavaScript cannot count one by one; only a made-up recording has as much. */
#define WHOLE_MAX 9007199254740992.0

static json_t *whole(double v)
{
	return json_integer((json_int_t)llround(fmin(fmax(v, -WHOLE_MAX), WHOLE_MAX)));
}

/* Columns with something in them: their numbers, each less the one before, and what is in them. */
static json_t *track_json(const struct timecolumns *c, bool sum)
{
	json_t *j = json_object(), *at = json_array(), *low = json_array(), *high = json_array();
	size_t last = 0;

	for (size_t i = 0; c->at && i < c->axis->count; i++) {
		const struct timecolumn *column = &c->at[i];

		if (column->value_count == 0)
			continue;
		json_array_append_new(at, json_integer((json_int_t)(i - last)));
		json_array_append_new(low, whole(sum ? column->sum : column->low));
		if (!sum)
			json_array_append_new(high, whole(column->high));
		last = i;
	}
	json_object_set_new(j, "at", at);
	json_object_set_new(j, sum ? "sum" : "low", low);
	if (sum)
		json_decref(high);
	else
		json_object_set_new(j, "high", high);
	return j;
}

static json_t *returns_json(const struct page *p)
{
	json_t *array = json_array();

	for (int i = TRACK_RETURNS; i < TRACK_COUNT; i++) {
		int cause = (i - TRACK_RETURNS) / (int)ADVICE_COUNT;
		int advice = (i - TRACK_RETURNS) % (int)ADVICE_COUNT;
		json_t *j = track_json(&p->tracks[i], true);

		if (json_array_size(json_object_get(j, "at")) == 0) {
			json_decref(j);
			continue;
		}
		json_object_set_new(j, "cause",
				    json_string(profile_cause_name((enum profile_cause)cause)));
		json_object_set_new(
			j, "advice",
			json_string(advice == ADVICE_FREE ? "MADV_FREE" : "MADV_DONTNEED"));
		json_array_append_new(array, j);
	}
	return array;
}

static json_t *tracks_json(const struct page *p)
{
	json_t *j = json_object();

	for (int i = 0; i < TRACK_RETURNS; i++)
		json_object_set_new(j, track_names[i], track_json(&p->tracks[i], is_sum[i]));
	json_object_set_new(j, "returns", returns_json(p));
	return j;
}

static json_t *findings_json(const struct model *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < m->finding_count; i++) {
		const struct model_finding *f = &m->findings[i];
		json_t *j = json_object();

		json_object_set_new(j, "key", json_string(f->key));
		json_object_set_new(j, "severity", json_string(model_severity_name(f->severity)));
		json_object_set_new(j, "evidence", json_of_string(text_of(f->evidence)));
		json_object_set_new(j, "advice", json_of_string(text_of(f->advice)));
		json_array_append_new(array, j);
	}
	return array;
}

static json_t *frames_json(const struct buf *frames)
{
	json_t *array = json_array();

	for (size_t at = 0; at < frames->len; at += strlen((const char *)frames->at + at) + 1)
		json_array_append_new(array,
				      json_of_string(text_of((const char *)frames->at + at)));
	return array;
}

static void add_stacks(json_t *array, const char *what, const struct model_stacks *s)
{
	for (size_t i = 0; i < s->top_count; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "what", json_string(what));
		json_object_set_new(
			j, "share",
			json_real((double)s->top[i].sample_count / (double)s->sample_count));
		json_object_set_new(j, "frames", frames_json(&s->top[i].frames));
		json_array_append_new(array, j);
	}
}

static json_t *stacks_json(const struct model *m)
{
	json_t *array = json_array();

	add_stacks(array, "refaults", &m->refault_stacks);
	add_stacks(array, "faults", &m->fault_stacks);
	add_stacks(array, "CPU time", &m->cpu_stacks);
	return array;
}

/* The text report's summary, as it is. */
static json_t *summary_json(const struct model *m)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_t *j;

	if (!out)
		return json_null();
	text_print_summary(out, m);
	fclose(out);
	j = json_of_string((struct text){ text, len });
	free(text);
	return j;
}

static json_t *command_json(const struct model *m)
{
	struct buf command = { 0 };
	json_t *j;

	terminal_command(&command, buf_text(&m->target.argv));
	j = json_of_string(buf_text(&command));
	buf_done(&command);
	return j;
}

static json_t *document(const struct page *p, const struct model *m)
{
	json_t *j = json_object();

	json_object_set_new(j, "schema", json_string("gctide.timeline/1"));
	json_object_set_new(j, "recording", json_of_string(buf_text(&m->input_name)));
	json_object_set_new(j, "command", command_json(m));
	json_object_set_new(j, "go_version", json_of_string(buf_text(&m->target.go_version)));
	json_object_set_new(j, "start_unix_ns", json_of_number(m->time.start_unix_ns));
	json_object_set_new(j, "from_ns", json_of_number(p->axis.from_ns));
	json_object_set_new(j, "to_ns", json_of_number(p->axis.to_ns));
	json_object_set_new(j, "column_count", json_of_number(p->axis.count));
	json_object_set_new(j, "page_bytes", json_of_number(m->target.page_bytes));
	json_object_set_new(j, "procs", json_of_number(p->procs_max ? p->procs_max : UNKNOWN_U64));
	json_object_set_new(j, "align_uncertainty_ns", json_of_number(m->gc.align_uncertainty_ns));
	json_object_set_new(j, "returns_source",
			    m->returns.source ? json_string(m->returns.source) : json_null());
	json_object_set_new(j, "has_refaults",
			    json_boolean(m->returns.source && m->returns.has_refaults));
	json_object_set_new(j, "has_fault_records", json_boolean(m->faults.has_records));
	json_object_set_new(j, "tracks", tracks_json(p));
	json_object_set_new(j, "cycles", cyclerows_json(&p->rows));
	json_object_set_new(j, "findings", findings_json(m));
	json_object_set_new(j, "stacks", stacks_json(m));
	json_object_set_new(j, "broken", json_incref(p->broken));
	json_object_set_new(j, "summary", summary_json(m));
	return j;
}

static int page_end(void *state, const struct model *m, struct err *err)
{
	struct page *p = state;
	struct pageframe frame = {
		.title = "gctide timeline",
		.without_script =
			"This page draws itself: it needs JavaScript. The same events as a table: "
			"gctide timeline -o FILE.csv",
		.styles = { library_style, style },
		.scripts = { library, script },
	};
	json_t *j;

	if (!p->has_axis)
		return err_say(err, ENODATA, "the recording has nothing in the part asked for");
	carry_in(p);
	frame.data = j = document(p, m);
	pageframe_print(p->o.out, &frame);
	json_decref(j);
	return 0;
}

static void page_done(void *state)
{
	struct page *p = state;

	for (size_t i = 0; i < TRACK_COUNT; i++)
		timecolumns_done(&p->tracks[i]);
	cyclerows_done(&p->rows);
	json_decref(p->broken);
}

const struct timeline_format timeline_page = {
	.name = "html",
	.state_bytes = sizeof(struct page),
	.watch = { .begin = page_begin,
		   .rss = page_rss,
		   .smaps = page_smaps,
		   .broken = page_broken,
		   .fault = page_fault,
		   .returned = page_returned,
		   .refaulted = page_refaulted },
	.open = page_open,
	.cycle = page_cycle,
	.end = page_end,
	.done = page_done,
};
