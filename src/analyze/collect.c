/* collect.c - the first walk over a recording: who, when, with what sources, at what losses. */
#include "collect_internal.h"

#include "base/units.h"
#include "base/unknown.h"
#include "goruntime/releaseadvice.h"
#include "parse/traceline.h"

typedef void handler(struct collect *c, const struct event *ev);

void collect_init(struct collect *c, struct model *m)
{
	c->m = m;
	c->memory = (struct memory){ .hwm_bytes = UNKNOWN_U64 };
	processes_init(&c->processes);
	c->exit_ns = c->last_ns = c->start_ns = UNKNOWN_U64;
	c->has_go = c->has_other = c->has_unknown = false;
	c->has_count_attr = c->count_is_user_only = c->has_round = false;
	c->gc_line_count = 0;
	c->last_scav_ns = c->last_forced_scav_ns = UNKNOWN_U64;
	c->has_untaken_lines = false;
	c->procstat.user_ns = c->procstat.system_ns = UNKNOWN_U64;
	c->procstat.minor_faults = c->procstat.major_faults = UNKNOWN_U64;
	m->target.is_known = true;
	m->faults.recorded_count = 0;
	m->losses = (struct model_losses){ .failed_read_count = UNKNOWN_U64 };
}

static void on_session(struct collect *c, const struct event *ev)
{
	const struct event_session *s = &ev->u.session;
	struct model_target *t = &c->m->target;

	if (is_known(c->start_ns))
		return; /* a recording has one */
	c->start_ns = ev->time_ns;
	model_set(&t->argv, s->argv);
	model_set(&t->godebug, s->godebug);
	model_set(&t->user_godebug, s->user_godebug);
	model_set(&t->gogc, s->gogc);
	model_set(&t->gomemlimit, s->gomemlimit);
	model_set(&t->gomaxprocs, s->gomaxprocs);
	model_set(&t->kernel_release, s->kernel_release);
	model_set(&t->machine, s->machine);
	model_set(&t->gctide_version, s->gctide_version);
	t->pid = s->pid;
	t->cpu_count = s->cpu_count;
	t->page_bytes = s->page_bytes;
	t->user_id = s->user_id;
	t->statm_hz = s->statm_hz;
	t->max_stall_ns = s->max_stall_ns;
}

static void on_clock(struct collect *c, const struct event *ev)
{
	const struct event_clock *k = &ev->u.clock;
	struct model_time *t = &c->m->time;
	uint64_t from_ns = is_known(c->start_ns) ? c->start_ns : ev->time_ns;

	if (is_known(t->start_unix_ns) || !is_known(k->monotonic_ns) || !is_known(k->realtime_ns))
		return; /* the first one is the one at the start */
	t->start_unix_ns = k->realtime_ns - k->monotonic_ns + from_ns;
}

static void on_source(struct collect *c, const struct event *ev)
{
	const struct event_source *s = &ev->u.source;
	struct model *m = c->m;
	size_t i;

	for (i = 0; i < m->source_count; i++) {
		struct text name = buf_text(&m->sources[i].name);
		if (name.len == s->name.len && memcmp(name.at, s->name.at, name.len) == 0)
			break;
	}
	if (i == MODEL_SOURCES_MAX)
		return;
	m->source_count = i == m->source_count ? i + 1 : m->source_count;
	model_set(&m->sources[i].name, s->name);
	model_set(&m->sources[i].state, s->state);
	model_set(&m->sources[i].detail, s->detail);
}

static void on_fact(struct collect *c, const struct event *ev)
{
	struct model *m = c->m;

	if (m->fact_count == MODEL_FACTS_MAX)
		return;
	model_set(&m->facts[m->fact_count].key, ev->u.fact.key);
	model_set(&m->facts[m->fact_count].value, ev->u.fact.value);
	m->fact_count++;
}

/* The target's executable, also after it replaced itself: the newest Go one counts. */
static void on_binary(struct collect *c, const struct event *ev)
{
	const struct event_binary *b = &ev->u.binary;
	struct model_target *t = &c->m->target;

	c->has_go |= b->is_go == 1;
	c->has_other |= b->is_go == 0;
	c->has_unknown |= b->is_go != 1 && b->is_go != 0;
	if (t->is_go == 1 && b->is_go != 1)
		return;
	t->is_go = b->is_go <= 1 ? b->is_go : UNKNOWN_U64;
	model_set(&t->path, b->path);
	model_set(&t->go_version, b->go_version);
	model_set(&t->version_from, b->version_from);
}

static void on_trace_line(struct collect *c, const struct event *ev)
{
	struct trace_line line;
	uint64_t missing;

	switch (traceline_parse(&line, ev->u.trace_line.line)) {
	case TRACE_GC:
		c->gc_line_count++;
		processes_add(&c->processes, &line.u.gc, ev->time_ns, &missing);
		break;
	case TRACE_SCAV:
		*(line.u.scav.forced ? &c->last_forced_scav_ns : &c->last_scav_ns) = ev->time_ns;
		c->m->gc.scav_line_count++;
		break;
	case TRACE_SCVG:
		c->m->gc.scav_line_count++;
		break;
	case TRACE_OTHER:
		break;
	case TRACE_NOT_RUNTIME:
		c->m->losses.unparsed_line_count++;
		processes_add_broken(&c->processes, ev->u.trace_line.line);
		break;
	}
}

static void on_trace_broken(struct collect *c, const struct event *ev)
{
	c->m->losses.unparsed_line_count++;
	processes_add_broken(&c->processes, ev->u.trace_broken.bytes);
}

static void on_procstat(struct collect *c, const struct event *ev)
{
	const struct event_procstat *p = &ev->u.procstat;

	if (is_known(p->user_ns))
		c->procstat.user_ns = p->user_ns;
	if (is_known(p->system_ns))
		c->procstat.system_ns = p->system_ns;
	if (is_known(p->minor_faults))
		c->procstat.minor_faults =
			p->minor_faults +
			(is_known(p->child_minor_faults) ? p->child_minor_faults : 0);
	if (is_known(p->major_faults))
		c->procstat.major_faults =
			p->major_faults +
			(is_known(p->child_major_faults) ? p->child_major_faults : 0);
}

static void on_perf_attr(struct collect *c, const struct event *ev)
{
	const struct event_perf_attr *a = &ev->u.perf_attr;
	struct model_faults *f = &c->m->faults;

	if (a->role == PERF_ROLE_FAULT_COUNT) {
		c->has_count_attr = true;
		c->count_is_user_only = a->exclude_kernel == 1;
	} else if (a->role == PERF_ROLE_FAULT_ADDRESS) {
		f->has_records = true;
		/* One with a longer period may stand by; the records tell whether it was used. */
		if (is_known(a->sample_period) && a->sample_period < f->sample_period)
			f->sample_period = a->sample_period;
	}
}

static void on_perf_round(struct collect *c, const struct event *ev)
{
	(void)ev;
	c->has_round = true;
}

static void on_perf_count(struct collect *c, const struct event *ev)
{
	const struct event_perf_count *p = &ev->u.perf_count;

	if (is_known(p->minor_count))
		c->m->faults.minor_count = p->minor_count;
	if (is_known(p->major_count))
		c->m->faults.major_count = p->major_count;
}

static void on_loss(struct collect *c, const struct event *ev)
{
	const struct event_loss *l = &ev->u.loss;
	struct model_losses *out = &c->m->losses;
	uint64_t *sum = &out->recording_lost_count;
	bool *more = &out->more.records;

	if (text_is(l->source, "perf.throttle"))
		sum = &out->throttle_count, more = &out->more.throttle;
	else if (text_starts(l->source, "perf"))
		sum = &out->perf_lost_count, more = &out->more.perf;
	else if (text_is(l->source, "trace"))
		sum = &out->unparsed_line_count, more = &out->more.lines;
	else if (text_is(l->source, "statm") || text_is(l->source, "smaps"))
		sum = &out->missed_sample_count, more = &out->more.samples;
	else if (text_is(l->source, "stderr"))
		sum = &out->user_lost_bytes, more = &out->more.user_bytes;
	if (is_known(l->count)) {
		*sum += l->count;
		c->has_untaken_lines |= sum == &out->unparsed_line_count && l->count;
		return;
	}
	model_add_uncounted(c->m, more, l->detail);
}

static void on_fallback(struct collect *c, const struct event *ev)
{
	const struct event_fallback *f = &ev->u.fallback;
	struct model *m = c->m;
	struct model_fallback *out = &m->fallbacks[m->fallback_count];

	m->fallback_seen_count++;
	if (m->fallback_count == MODEL_FALLBACKS_MAX)
		return;
	out->time_ns =
		is_known(c->start_ns) && ev->time_ns > c->start_ns ? ev->time_ns - c->start_ns : 0;
	model_set(&out->what, f->what);
	model_set(&out->from, f->from);
	model_set(&out->to, f->to);
	model_set(&out->reason, f->reason);
	m->fallback_count++;
}

static void on_exit(struct collect *c, const struct event *ev)
{
	const struct event_exit *e = &ev->u.exit;
	struct model *m = c->m;

	c->exit_ns = ev->time_ns;
	m->target.exit_status = e->status;
	m->target.term_signal = e->signal;
	model_set(&m->target.end_reason, e->reason);
	m->faults.rusage_minor_count = e->minor_faults;
	m->faults.rusage_major_count = e->major_faults;
	if (is_known(e->user_ns) && is_known(e->system_ns))
		m->cpu = (struct model_cpu){ .user_ns = e->user_ns,
					     .system_ns = e->system_ns,
					     .source = "rusage" };
}

static void on_observer(struct collect *c, const struct event *ev)
{
	const struct event_observer *o = &ev->u.observer;
	struct model_observer *out = &c->m->observer;

	*out = (struct model_observer){
		.cpu_ns = o->cpu_ns,
		.rss_peak_bytes = o->rss_peak_bytes,
		.recording_bytes = o->written_bytes,
		.longest_stall_ns = known_max(out->longest_stall_ns, o->longest_stall_ns),
		.user_stderr_bytes = o->user_bytes,
		.gate_stall_ns = known_max(out->gate_stall_ns, o->gate_stall_ns),
	};
	c->m->losses.failed_read_count = o->failed_read_count;
}

static handler *const handlers[] = {
	[EVENT_SESSION] = on_session,
	[EVENT_CLOCK] = on_clock,
	[EVENT_SOURCE] = on_source,
	[EVENT_FACT] = on_fact,
	[EVENT_BINARY] = on_binary,
	[EVENT_TRACE_LINE] = on_trace_line,
	[EVENT_TRACE_BROKEN] = on_trace_broken,
	[EVENT_PROCSTAT] = on_procstat,
	[EVENT_PERF_ATTR] = on_perf_attr,
	[EVENT_PERF_ROUND] = on_perf_round,
	[EVENT_PERF_COUNT] = on_perf_count,
	[EVENT_LOSS] = on_loss,
	[EVENT_FALLBACK] = on_fallback,
	[EVENT_EXIT] = on_exit,
	[EVENT_OBSERVER] = on_observer,
};

void collect_add(struct collect *c, const struct event *ev)
{
	c->last_ns = known_max(c->last_ns, ev->time_ns);
	memory_add(&c->memory, c->m, ev);
	if (ev->kind < sizeof(handlers) / sizeof(handlers[0]) && handlers[ev->kind])
		handlers[ev->kind](c, ev);
}

static void finish_time(struct collect *c)
{
	struct model *m = c->m;
	uint64_t end_ns = is_known(c->exit_ns) ? c->exit_ns : c->last_ns;

	m->time.start_monotonic_ns = c->start_ns;
	if (is_known(c->start_ns) && is_known(end_ns) && end_ns >= c->start_ns)
		m->time.wall_ns = end_ns - c->start_ns;
	if (is_known(c->start_ns) && is_known(c->last_ns) && c->last_ns >= c->start_ns)
		m->recording.stops_at_ns = c->last_ns - c->start_ns;
}

/* The kernel drops a process's perf events when it executes a set-user-id program: then the counter
 * stands at 0 while the kernel's own accounting saw many faults. */
#define DROPPED_FAULTS_MIN 1000u

static void finish_faults(struct collect *c)
{
	struct model_faults *f = &c->m->faults;
	bool has_exit = is_known(f->rusage_minor_count);
	bool has_perf = is_known(f->minor_count);

	if (has_perf && f->minor_count == 0 && has_exit &&
	    f->rusage_minor_count >= DROPPED_FAULTS_MIN)
		has_perf = false;
	/* Without an exit record, what the process's own counters last said. */
	if (!has_perf)
		f->minor_count = has_exit ? f->rusage_minor_count : c->procstat.minor_faults;
	if (!is_known(f->major_count))
		f->major_count = has_exit ? f->rusage_major_count : c->procstat.major_faults;
	if (!is_known(f->minor_count))
		return;
	f->source = has_perf ? "perf" : has_exit ? "rusage" : "procstat";
	f->mode = !has_perf ? f->source : c->count_is_user_only ? "user" : "user+kernel";
}

static void finish_target(struct collect *c)
{
	struct model_target *t = &c->m->target;
	struct release_advice advice;
	struct text gctrace = model_source_state(c->m, "gctrace");

	/* One Go program among the binaries seen is enough; none, and one that could not be read:
	 * unknown. */
	if (c->has_go)
		t->is_go = 1;
	else if (c->has_other && !c->has_unknown)
		t->is_go = 0;
	else
		t->is_go = UNKNOWN_U64;
	c->m->gc.is_on =
		text_is(gctrace, "on") || text_is(gctrace, "degraded") ||
		(c->gc_line_count > 0 && !text_is(gctrace, "off")); /* off: those are of others */
	if (t->is_go == 0)
		return;
	release_advice_of(&advice, buf_text(&t->go_version), buf_text(&t->godebug));
	if (!text_is(text_of(advice.advice), "unknown")) {
		model_set(&t->release_advice, text_of(advice.advice));
		model_set(&t->release_from, text_of(advice.reason));
	}
}

void collect_finish(struct collect *c)
{
	if (c->m->cpu.source == NULL && is_known(c->procstat.user_ns) &&
	    is_known(c->procstat.system_ns))
		c->m->cpu = (struct model_cpu){ .user_ns = c->procstat.user_ns,
						.system_ns = c->procstat.system_ns,
						.source = "procstat" };
	finish_time(c);
	finish_faults(c);
	finish_target(c);
	memory_finish(&c->memory, c->m);
}
