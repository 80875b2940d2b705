/* timeline_csv.c - a row for each event (RFC 4180). Columns that an event does not have are empty,
 * as is what is not known. */
#include <inttypes.h>

#include "analyze/profile.h"
#include "base/buf.h"
#include "base/unknown.h"
#include "timeline_internal.h"

struct csv {
	struct timeline_options o;
};

/* One row. A text is one of ours: nothing in it needs quotes. */
struct row {
	uint64_t time_ns, end_ns, pid, thread, cycle, address, bytes, count, age_ns;
	const char *event, *cause, *advice;
};

#define NO_ROW                                                                                \
	{                                                                                     \
		UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, \
			UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, "", "", ""                     \
	}

static const char *advice_name(enum model_advice advice)
{
	return advice == ADVICE_FREE ? "free" : "dontneed";
}

static void print_number(FILE *out, uint64_t v)
{
	if (is_known(v))
		fprintf(out, ",%" PRIu64, v);
	else
		fputc(',', out);
}

static void print_row(const struct csv *c, const struct row *r)
{
	FILE *out = c->o.out;

	if (!timeline_shows(&c->o, r->time_ns, is_known(r->end_ns) ? r->end_ns : r->time_ns))
		return;
	fprintf(out, "%" PRIu64, r->time_ns);
	print_number(out, r->end_ns);
	fprintf(out, ",%s", r->event);
	print_number(out, r->pid);
	print_number(out, r->thread);
	print_number(out, r->cycle);
	if (is_known(r->address))
		fprintf(out, ",0x%" PRIx64, r->address);
	else
		fputc(',', out);
	print_number(out, r->bytes);
	print_number(out, r->count);
	fprintf(out, ",%s,%s", r->cause, r->advice);
	print_number(out, r->age_ns);
	fputs("\r\n", out);
}

static void csv_open(void *state, const struct timeline_options *o)
{
	struct csv *c = state;

	c->o = *o;
	fputs("time_ns,end_ns,event,pid,thread,cycle,address,bytes,count,cause,advice,age_ns\r\n",
	      o->out);
}

static void csv_rss(void *arg, uint64_t time_ns, uint64_t bytes)
{
	struct row r = NO_ROW;

	r.event = "rss";
	r.time_ns = time_ns;
	r.bytes = bytes;
	print_row(arg, &r);
}

static void csv_smaps(void *arg, const struct watch_smaps *s)
{
	struct row r = NO_ROW;

	r.time_ns = s->time_ns;
	r.event = "lazyfree";
	r.bytes = s->lazyfree_bytes;
	if (is_known(r.bytes))
		print_row(arg, &r);
	r.event = "anonhuge";
	r.bytes = s->anonhuge_bytes;
	if (is_known(r.bytes))
		print_row(arg, &r);
}

static void csv_fault(void *arg, const struct watch_fault *f)
{
	struct row r = NO_ROW;

	r.event = "fault";
	r.time_ns = f->time_ns;
	r.pid = f->pid;
	r.address = f->address;
	r.count = f->weight;
	print_row(arg, &r);
}

static void csv_returned(void *arg, const struct watch_return *w)
{
	struct row r = NO_ROW;

	r.event = "return";
	r.time_ns = is_known(w->syscall_ns) && w->time_ns >= w->syscall_ns
			    ? w->time_ns - w->syscall_ns
			    : w->time_ns;
	r.end_ns = is_known(w->syscall_ns) ? w->time_ns : UNKNOWN_U64;
	r.pid = w->pid;
	r.thread = w->thread;
	r.address = w->address;
	r.bytes = w->bytes;
	r.cause = profile_cause_name(w->cause);
	r.advice = advice_name(w->advice);
	print_row(arg, &r);
}

static void csv_refaulted(void *arg, const struct watch_refault *w)
{
	struct row r = NO_ROW;

	r.event = "refault";
	r.time_ns = w->fault.time_ns;
	r.pid = w->fault.pid;
	r.address = w->fault.address;
	r.count = w->fault.weight;
	r.cause = profile_cause_name(w->cause);
	r.advice = advice_name(w->advice);
	r.age_ns = w->age_ns;
	print_row(arg, &r);
}

static void csv_cycle(void *state, const struct model_cycle *m)
{
	struct timeline_span spans[TIMELINE_SPANS_MAX];
	size_t count = timeline_spans(m, spans);

	for (size_t i = 0; i < count; i++) {
		struct row r = NO_ROW;

		r.event = spans[i].name;
		r.time_ns = spans[i].begin_ns;
		r.end_ns = spans[i].begin_ns + spans[i].len_ns;
		r.cycle = m->number;
		print_row(state, &r);
	}
}

static int csv_end(void *state, const struct model *m, struct err *err)
{
	(void)state;
	(void)m;
	(void)err;
	return 0;
}

static void csv_done(void *state)
{
	(void)state;
}

const struct timeline_format timeline_csv = {
	.name = "csv",
	.state_bytes = sizeof(struct csv),
	.watch = { .rss = csv_rss,
		   .smaps = csv_smaps,
		   .fault = csv_fault,
		   .returned = csv_returned,
		   .refaulted = csv_refaulted },
	.open = csv_open,
	.cycle = csv_cycle,
	.end = csv_end,
	.done = csv_done,
};
