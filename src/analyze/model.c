/* model.c - a model that knows nothing yet, and its end. */
#include "analyze/model.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "base/unknown.h"

static void gc_init(struct model_gc *gc)
{
	*gc = (struct model_gc){
		.cycle_count = UNKNOWN_U64,
		.forced_count = UNKNOWN_U64,
		.first_number = UNKNOWN_U64,
		.first_start_ns = UNKNOWN_U64,
		.last_end_ns = UNKNOWN_U64,
		.cpu_fraction = NAN,
		.cpu_percent_printed = UNKNOWN_U64,
		.cpu_ns = UNKNOWN_U64,
		.cpu_used_share = NAN,
		.assist_cpu_ns = UNKNOWN_U64,
		.dedicated_cpu_ns = UNKNOWN_U64,
		.idle_cpu_ns = UNKNOWN_U64,
		.stop_cpu_ns = UNKNOWN_U64,
		.procs_max = UNKNOWN_U64,
		.allocated_bytes = UNKNOWN_U64,
		.allocated_bytes_per_second = NAN,
		.heap_live_peak_bytes = UNKNOWN_U64,
		.heap_goal_peak_bytes = UNKNOWN_U64,
		.heap_goal_last_bytes = UNKNOWN_U64,
		.scav_background_bytes = UNKNOWN_U64,
		.scav_eager_bytes = UNKNOWN_U64,
		.heap_released_bytes = UNKNOWN_U64,
		.align_uncertainty_ns = UNKNOWN_U64,
	};
	gc->pause = (struct model_pause){
		.p50_ns = UNKNOWN_U64,
		.p90_ns = UNKNOWN_U64,
		.p99_ns = UNKNOWN_U64,
		.max_ns = UNKNOWN_U64,
		.total_ns = UNKNOWN_U64,
		.count = UNKNOWN_U64,
		.resolution_ns = UNKNOWN_U64,
		.total_uncertainty_ns = UNKNOWN_U64,
		.is_exact = true,
	};
}

static void returns_init(struct model_returns *r)
{
	memset(&r->all, 0xff, sizeof(r->all));
	memset(r->by_cause, 0xff, sizeof(r->by_cause));
	memset(r->by_advice, 0xff, sizeof(r->by_advice));
	r->until_scav_line_bytes = UNKNOWN_U64;
	r->checked_cycle_count = r->agreeing_cycle_count = UNKNOWN_U64;
	r->after_cycle_p50_ns = r->after_cycle_p90_ns = r->refault_cpu_ns = UNKNOWN_U64;
	memset(r->huge, 0xff, sizeof(r->huge));
	r->syscall_ns = r->failed_count = r->unended_count = UNKNOWN_U64;
	r->process_madvise_count = r->offered_bytes = r->repeated_bytes = r->away_bytes =
		r->refault_count = UNKNOWN_U64;
	r->age_p50_ns = r->age_p90_ns = r->age_p99_ns = UNKNOWN_U64;
	r->regret_ratio = NAN;
}

/* Sections of numbers only are filled with the bits of UNKNOWN_U64 as a whole. */
void model_init(struct model *m)
{
	struct model_target *t = &m->target;

	*m = (struct model){ 0 };
	t->is_go = t->pid = t->exit_status = t->term_signal = UNKNOWN_U64;
	t->cpu_count = t->page_bytes = t->user_id = t->statm_hz = t->max_stall_ns = UNKNOWN_U64;
	memset(&m->time, 0xff, sizeof(m->time));
	gc_init(&m->gc);
	m->faults = (struct model_faults){
		.minor_count = UNKNOWN_U64,
		.major_count = UNKNOWN_U64,
		.rusage_minor_count = UNKNOWN_U64,
		.rusage_major_count = UNKNOWN_U64,
		.recorded_count = UNKNOWN_U64,
		.sample_period = UNKNOWN_U64,
		.after_last_count = UNKNOWN_U64,
	};
	returns_init(&m->returns);
	memset(&m->memory, 0xff, sizeof(m->memory));
	m->memory.rss_byte_seconds = NAN;
	memset(&m->cgroup, 0xff, sizeof(m->cgroup));
	m->cpu = (struct model_cpu){ .user_ns = UNKNOWN_U64, .system_ns = UNKNOWN_U64 };
	memset(&m->observer, 0xff, sizeof(m->observer));
	m->recording.stops_at_ns = m->recording.file_bytes = UNKNOWN_U64;
	m->recording.line_count = UNKNOWN_U64;
	m->recording.bytes_per_fault = NAN;
}

static void target_done(struct model_target *t)
{
	struct buf *texts[] = { &t->argv,	    &t->go_version,	&t->version_from,
				&t->path,	    &t->end_reason,	&t->godebug,
				&t->user_godebug,   &t->gogc,		&t->gomemlimit,
				&t->gomaxprocs,	    &t->release_advice, &t->release_from,
				&t->kernel_release, &t->machine,	&t->gctide_version };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		buf_done(texts[i]);
}

static void stacks_done(struct model_stacks *s)
{
	for (size_t i = 0; i < s->top_count; i++)
		buf_done(&s->top[i].frames);
	buf_done(&s->detail);
	s->top_count = 0;
}

void model_done(struct model *m)
{
	target_done(&m->target);
	buf_done(&m->input_name);
	buf_done(&m->recording.end_text);
	buf_done(&m->uncounted_reason);
	buf_done(&m->stacks_missing);
	buf_done(&m->returns.why_off);
	stacks_done(&m->cpu_stacks);
	stacks_done(&m->fault_stacks);
	stacks_done(&m->refault_stacks);
	for (size_t i = 0; i < m->source_count; i++) {
		buf_done(&m->sources[i].name);
		buf_done(&m->sources[i].state);
		buf_done(&m->sources[i].detail);
	}
	for (size_t i = 0; i < m->fact_count; i++) {
		buf_done(&m->facts[i].key);
		buf_done(&m->facts[i].value);
	}
	for (size_t i = 0; i < m->fallback_count; i++) {
		buf_done(&m->fallbacks[i].what);
		buf_done(&m->fallbacks[i].from);
		buf_done(&m->fallbacks[i].to);
		buf_done(&m->fallbacks[i].reason);
	}
	m->source_count = m->fact_count = m->fallback_count = 0;
}

void model_set(struct buf *b, struct text t)
{
	buf_clear(b);
	buf_add(b, t.at, t.len);
}

static bool has_uncounted_figures(const struct model_losses *l)
{
	return l->more.perf || l->more.throttle || l->more.lines || l->more.samples ||
	       l->more.records;
}

void model_add_uncounted(struct model *m, bool *more, struct text reason)
{
	struct model_losses *l = &m->losses;

	if (!l->is_at_least || (more != &l->more.user_bytes && !has_uncounted_figures(l)))
		model_set(&m->uncounted_reason, reason);
	*more = l->is_at_least = true;
}

uint64_t model_memory_limit_bytes(const struct model *m)
{
	uint64_t bytes;

	if (units_parse_bytes(&bytes, buf_text(&m->target.gomemlimit)) < 0 || bytes == 0)
		return UNKNOWN_U64;
	return bytes;
}

struct text model_fact_value(const struct model *m, const char *key)
{
	for (size_t i = 0; i < m->fact_count; i++)
		if (text_is(buf_text(&m->facts[i].key), key))
			return buf_text(&m->facts[i].value);
	return (struct text){ 0 };
}

struct text model_source_state(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->source_count; i++)
		if (text_is(buf_text(&m->sources[i].name), name))
			return buf_text(&m->sources[i].state);
	return (struct text){ 0 };
}

struct text model_source_detail(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->source_count; i++)
		if (text_is(buf_text(&m->sources[i].name), name))
			return buf_text(&m->sources[i].detail);
	return (struct text){ 0 };
}

const char *model_end_name(enum model_end end)
{
	static const char *const names[] = { "whole", "truncated", "corrupt", "unreadable" };

	return names[end];
}

const char *model_severity_name(enum model_severity severity)
{
	static const char *const names[] = { "info", "warning", "error" };

	return names[severity];
}
