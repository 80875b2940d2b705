/* timeline_trace.c - the JSON trace format that Chrome began and Perfetto reads: slices for cycles,
 * pauses and returns, counters for memory and faults.
 *
 * Time stamps are microseconds with three decimals. Counters are made small like the page's
 * tracks: the least and the greatest value of each column. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "analyze/profile.h"
#include "base/unknown.h"
#include "timecolumns_internal.h"
#include "json_values_internal.h"
#include "timeline_internal.h"

#define TRACE_COLUMNS 20000u

/* Tracks. Threads of the target have their own numbers, in a process of their own. */
enum { PROCESS_RUNTIME = 1, PROCESS_THREADS = 2 };
enum { TRACK_CYCLES = 1, TRACK_PAUSES = 2 };

enum counter {
	COUNTER_RSS,
	COUNTER_LAZYFREE,
	COUNTER_ANONHUGE,
	COUNTER_LIVE,
	COUNTER_GOAL,
	COUNTER_RELEASED,
	COUNTER_FAULTS,
	COUNTER_REFAULTS,
	COUNTER_COUNT,
};

static const struct {
	const char *name, *unit;
	bool is_sum;
} counters[COUNTER_COUNT] = {
	[COUNTER_RSS] = { "RSS", "bytes", false },
	[COUNTER_LAZYFREE] = { "lazy-free", "bytes", false },
	[COUNTER_ANONHUGE] = { "huge pages", "bytes", false },
	[COUNTER_LIVE] = { "heap live after the cycle", "bytes", false },
	[COUNTER_GOAL] = { "heap goal", "bytes", false },
	[COUNTER_RELEASED] = { "heap released", "bytes", false },
	[COUNTER_FAULTS] = { "minor faults", "per interval", true },
	[COUNTER_REFAULTS] = { "refaults", "per interval", true },
};

struct trace {
	struct timeline_options o;
	struct timecolumns_axis axis;
	bool has_axis;
	struct timecolumns counters[COUNTER_COUNT];
	uint64_t before[COUNTER_COUNT]; /* the newest value in front of the axis; UNKNOWN_U64 */
};

static void trace_open(void *state, const struct timeline_options *o)
{
	struct trace *t = state;

	t->o = *o;
	memset(t->before, 0xff, sizeof(t->before));
	fputs("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [", o->out);
}

static void print_name(FILE *out, const char *what, int process, uint64_t track, const char *name,
		       bool is_first)
{
	fprintf(out,
		"%s\n{\"ph\": \"M\", \"name\": \"%s\", \"pid\": %d, \"tid\": %" PRIu64
		", \"args\": {\"name\": \"%s\"}}",
		is_first ? "" : ",", what, process, track, name);
}

static void trace_begin(void *arg, const struct model *m)
{
	struct trace *t = arg;

	print_name(t->o.out, "process_name", PROCESS_RUNTIME, 0, "Go runtime", true);
	print_name(t->o.out, "thread_name", PROCESS_RUNTIME, TRACK_CYCLES, "collections", false);
	print_name(t->o.out, "thread_name", PROCESS_RUNTIME, TRACK_PAUSES, "pauses", false);
	print_name(t->o.out, "process_name", PROCESS_THREADS, 0, "returns, by thread", false);
	t->axis.count = TRACE_COLUMNS;
	t->has_axis = timeline_range(&t->o, m, &t->axis.from_ns, &t->axis.to_ns);
	for (size_t i = 0; t->has_axis && i < COUNTER_COUNT; i++)
		timecolumns_init(&t->counters[i], &t->axis);
}

static void count(struct trace *t, enum counter which, uint64_t time_ns, uint64_t value)
{
	if (!t->has_axis || !is_known(value))
		return;
	if (time_ns < t->axis.from_ns)
		t->before[which] = value;
	else
		timecolumns_add(&t->counters[which], time_ns, (double)value);
}

static void trace_rss(void *arg, uint64_t time_ns, uint64_t bytes)
{
	count(arg, COUNTER_RSS, time_ns, bytes);
}

static void trace_smaps(void *arg, const struct watch_smaps *s)
{
	count(arg, COUNTER_LAZYFREE, s->time_ns, s->lazyfree_bytes);
	count(arg, COUNTER_ANONHUGE, s->time_ns, s->anonhuge_bytes);
}

static void trace_fault(void *arg, const struct watch_fault *f)
{
	count(arg, COUNTER_FAULTS, f->time_ns, f->weight);
}

static void trace_refaulted(void *arg, const struct watch_refault *r)
{
	count(arg, COUNTER_REFAULTS, r->fault.time_ns, r->fault.weight);
}

/* More is of a made-up recording; a double has it exactly. */
#define COUNTER_MAX 9007199254740992.0

static void print_us(FILE *out, const char *key, uint64_t ns)
{
	fprintf(out, ", \"%s\": %" PRIu64 ".%03u", key, ns / 1000, (unsigned)(ns % 1000));
}

/* A slice, up to its arguments. */
static void print_slice(FILE *out, const char *name, int process, uint64_t track, uint64_t begin_ns,
			uint64_t ns)
{
	fprintf(out, ",\n{\"ph\": \"X\", \"name\": \"%s\", \"pid\": %d, \"tid\": %" PRIu64, name,
		process, track & INT32_MAX); /* a thread's number is no greater */
	print_us(out, "ts", begin_ns);
	print_us(out, "dur", ns);
}

static void print_argument(FILE *out, bool *is_first, const char *name, uint64_t value)
{
	if (value > INT64_MAX) /* unknown, or more than readers of JSON can hold */
		return;
	fprintf(out, "%s\"%s\": %" PRIu64, *is_first ? "" : ", ", name, value);
	*is_first = false;
}

static void trace_returned(void *arg, const struct watch_return *r)
{
	struct trace *t = arg;
	uint64_t ns = is_known(r->syscall_ns) && r->time_ns >= r->syscall_ns ? r->syscall_ns : 0;
	char name[64];
	bool is_first = false;

	if (!timeline_shows(&t->o, r->time_ns - ns, r->time_ns))
		return;
	snprintf(name, sizeof(name), "return, %s", profile_cause_name(r->cause));
	print_slice(t->o.out, name, PROCESS_THREADS, r->thread, r->time_ns - ns, ns);
	fprintf(t->o.out, ", \"args\": {\"advice\": \"%s\", \"address\": \"0x%" PRIx64 "\"",
		r->advice == ADVICE_FREE ? "MADV_FREE" : "MADV_DONTNEED", r->address);
	print_argument(t->o.out, &is_first, "bytes", r->bytes);
	print_argument(t->o.out, &is_first, "pid", r->pid);
	fputs("}}", t->o.out);
}

static void print_cycle(const struct trace *t, const struct model_cycle *c,
			const struct timeline_span *s)
{
	FILE *out = t->o.out;
	bool is_first = true;
	char name[64];

	snprintf(name, sizeof(name), "gc %" PRIu64 "%s", c->number, c->forced ? " (forced)" : "");
	print_slice(out, name, PROCESS_RUNTIME, TRACK_CYCLES, s->begin_ns, s->len_ns);
	fputs(", \"args\": {", out);
	print_argument(out, &is_first, "heap_start_bytes", c->heap_start_bytes);
	print_argument(out, &is_first, "heap_end_bytes", c->heap_end_bytes);
	print_argument(out, &is_first, "heap_live_bytes", c->heap_live_bytes);
	print_argument(out, &is_first, "goal_bytes", c->has_no_goal ? UNKNOWN_U64 : c->goal_bytes);
	print_argument(out, &is_first, "returned_bytes", c->returned_bytes);
	print_argument(out, &is_first, "fault_count", c->fault_count);
	print_argument(out, &is_first, "refault_count", c->refault_count);
	fputs("}}", out);
}

static void trace_cycle(void *state, const struct model_cycle *c)
{
	struct timeline_span spans[TIMELINE_SPANS_MAX];
	size_t n = timeline_spans(c, spans);
	struct trace *t = state;

	count(t, COUNTER_LIVE, c->end_ns, c->heap_live_bytes);
	count(t, COUNTER_GOAL, c->end_ns, c->has_no_goal ? UNKNOWN_U64 : c->goal_bytes);
	count(t, COUNTER_RELEASED, c->end_ns, c->heap_released_bytes);
	if (!timeline_shows(&t->o, c->start_ns, c->end_ns))
		return;
	print_cycle(t, c, &spans[0]);
	for (size_t i = 1; i < n; i++) {
		print_slice(t->o.out, spans[i].name, PROCESS_RUNTIME, TRACK_CYCLES,
			    spans[i].begin_ns, spans[i].len_ns);
		fputc('}', t->o.out);
	}
	for (size_t i = 0; i < n; i++) {
		bool is_first = true;

		if (!spans[i].is_pause)
			continue;
		print_slice(t->o.out, "pause", PROCESS_RUNTIME, TRACK_PAUSES, spans[i].begin_ns,
			    spans[i].len_ns);
		fputs(", \"args\": {", t->o.out);
		print_argument(t->o.out, &is_first, "cycle", c->number);
		fputs("}}", t->o.out);
	}
}

static void print_counter(const struct trace *t, size_t which, uint64_t time_ns, double value)
{
	fprintf(t->o.out, ",\n{\"ph\": \"C\", \"name\": \"%s\", \"pid\": %d, \"tid\": 0",
		counters[which].name, PROCESS_RUNTIME);
	print_us(t->o.out, "ts", time_ns);
	fprintf(t->o.out, ", \"args\": {\"%s\": %.0f}}", counters[which].unit,
		fmin(value, COUNTER_MAX));
}

/* A level keeps its least and greatest value, the greatest in the middle of the column; a sum is 0
 * where nothing happened. */
static void print_track(const struct trace *t, size_t which)
{
	bool was_zero = true;

	for (size_t i = 0; i < t->axis.count; i++) {
		const struct timecolumn *c = &t->counters[which].at[i];
		uint64_t time_ns = timecolumns_begin_ns(&t->axis, i);

		if (counters[which].is_sum) {
			if (c->value_count || !was_zero)
				print_counter(t, which, time_ns, c->sum);
			was_zero = c->value_count == 0;
		} else if (c->value_count) {
			print_counter(t, which, time_ns, c->low);
			if (c->high > c->low)
				print_counter(t, which,
					      (time_ns + timecolumns_begin_ns(&t->axis, i + 1)) / 2,
					      c->high);
		}
	}
}

static bool has_values(const struct timecolumns *c)
{
	for (size_t i = 0; c->at && i < c->axis->count; i++)
		if (c->at[i].value_count)
			return true;
	return false;
}

static int trace_end(void *state, const struct model *m, struct err *err)
{
	struct trace *t = state;
	json_t *other = json_object();

	(void)err;
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		if (!counters[i].is_sum && is_known(t->before[i])) /* a level goes on */
			timecolumns_add(&t->counters[i], t->axis.from_ns, (double)t->before[i]);
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		if (has_values(&t->counters[i]))
			print_track(t, i);
	json_object_set_new(other, "recording", json_of_string(buf_text(&m->input_name)));
	json_object_set_new(other, "go_version", json_of_string(buf_text(&m->target.go_version)));
	json_object_set_new(other, "clock", json_string("ns since the recording's start"));
	fputs("\n], \"otherData\": ", t->o.out);
	json_dumpf(other, t->o.out, JSON_ENSURE_ASCII);
	json_decref(other);
	fputs("}\n", t->o.out);
	return 0;
}

static void trace_done(void *state)
{
	struct trace *t = state;

	for (size_t i = 0; i < COUNTER_COUNT; i++)
		timecolumns_done(&t->counters[i]);
}

const struct timeline_format timeline_trace = {
	.name = "json",
	.state_bytes = sizeof(struct trace),
	.watch = { .begin = trace_begin,
		   .rss = trace_rss,
		   .smaps = trace_smaps,
		   .fault = trace_fault,
		   .returned = trace_returned,
		   .refaulted = trace_refaulted },
	.open = trace_open,
	.cycle = trace_cycle,
	.end = trace_end,
	.done = trace_done,
};
