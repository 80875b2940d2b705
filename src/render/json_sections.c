/* json_sections.c - the sections of schema gctide.report/1 behind the rows. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/unknown.h"
#include "render/terminal.h"
#include "json_values_internal.h"
#include "renderer_internal.h"

/* null when there is nothing. */
static json_t *text_or_null(const struct buf *b)
{
	return b->len ? json_of_string(buf_text(b)) : json_null();
}

static json_t *word_or_null(const char *word)
{
	return word ? json_string(word) : json_null();
}

static json_t *arguments(const struct buf *argv)
{
	json_t *array = json_array();
	size_t from = 0;

	for (size_t i = 0; i < argv->len; i++) {
		if (argv->at[i] != '\0')
			continue;
		json_array_append_new(array,
				      json_of_string((struct text){ .at = (char *)argv->at + from,
								    .len = i - from }));
		from = i + 1;
	}
	return array;
}

static json_t *target_json(const struct model *m)
{
	const struct model_target *t = &m->target;
	json_t *j = json_object();

	json_object_set_new(j, "argv", t->is_known ? arguments(&t->argv) : json_null());
	json_object_set_new(j, "pid", json_of_number(t->pid));
	json_object_set_new(j, "is_go", t->is_go <= 1 ? json_boolean(t->is_go) : json_null());
	json_object_set_new(j, "go_version", text_or_null(&t->go_version));
	json_object_set_new(j, "go_version_from", text_or_null(&t->version_from));
	json_object_set_new(j, "exit_status", json_of_number(t->exit_status));
	json_object_set_new(j, "term_signal", json_of_number(t->term_signal));
	json_object_set_new(j, "end_reason", text_or_null(&t->end_reason));
	json_object_set_new(j, "godebug",
			    t->is_known ? json_of_string(buf_text(&t->godebug)) : json_null());
	json_object_set_new(j, "gogc", text_or_null(&t->gogc));
	json_object_set_new(j, "gomemlimit", text_or_null(&t->gomemlimit));
	json_object_set_new(j, "gomaxprocs", text_or_null(&t->gomaxprocs));
	json_object_set_new(j, "release_advice", text_or_null(&t->release_advice));
	json_object_set_new(j, "release_advice_from", text_or_null(&t->release_from));
	json_object_set_new(j, "kernel_release", text_or_null(&t->kernel_release));
	json_object_set_new(j, "machine", text_or_null(&t->machine));
	json_object_set_new(j, "cpu_count", json_of_number(t->cpu_count));
	return j;
}

static json_t *time_json(const struct model *m)
{
	json_t *j = json_object();

	json_object_set_new(j, "start_unix_ns", json_of_number(m->time.start_unix_ns));
	json_object_set_new(j, "start_monotonic_ns", json_of_number(m->time.start_monotonic_ns));
	json_object_set_new(j, "wall_seconds", json_of_seconds(m->time.wall_ns));
	json_object_set_new(j, "covered_seconds",
			    json_of_seconds(m->is_log ? m->time.covered_ns : m->time.wall_ns));
	return j;
}

static json_t *sources_json(const struct model *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < m->source_count; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "name", json_of_string(buf_text(&m->sources[i].name)));
		json_object_set_new(j, "state", json_of_string(buf_text(&m->sources[i].state)));
		json_object_set_new(j, "detail", json_of_string(buf_text(&m->sources[i].detail)));
		json_array_append_new(array, j);
	}
	return array;
}

static json_t *facts_json(const struct model *m)
{
	json_t *j = json_object();

	for (size_t i = 0; i < m->fact_count; i++) {
		struct buf key = { 0 };

		utf8_repair(&key, buf_text(&m->facts[i].key));
		json_object_set_new(j, buf_cstr(&key),
				    json_of_string(buf_text(&m->facts[i].value)));
		buf_done(&key);
	}
	return j;
}

static json_t *fallbacks_json(const struct model *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < m->fallback_count; i++) {
		const struct model_fallback *f = &m->fallbacks[i];
		json_t *j = json_object();

		json_object_set_new(j, "time_ns", json_of_number(f->time_ns));
		json_object_set_new(j, "what", json_of_string(buf_text(&f->what)));
		json_object_set_new(j, "from", json_of_string(buf_text(&f->from)));
		json_object_set_new(j, "to", json_of_string(buf_text(&f->to)));
		json_object_set_new(j, "reason", json_of_string(buf_text(&f->reason)));
		json_array_append_new(array, j);
	}
	return array;
}

static json_t *pause_json(const struct model *m)
{
	const struct model_pause *p = &m->gc.pause;
	bool has_any = is_known(p->count) && p->count > 0;
	json_t *j = json_object(), *bars = json_array();

	json_object_set_new(j, "source", has_any ? json_string("gctrace") : json_null());
	json_object_set_new(j, "count", json_of_number(p->count));
	json_object_set_new(j, "p50_ns", json_of_number(p->p50_ns));
	json_object_set_new(j, "p90_ns", json_of_number(p->p90_ns));
	json_object_set_new(j, "p99_ns", json_of_number(p->p99_ns));
	json_object_set_new(j, "max_ns", json_of_number(p->max_ns));
	json_object_set_new(j, "total_ns", json_of_number(p->total_ns));
	json_object_set_new(j, "resolution_ns", json_of_number(p->resolution_ns));
	json_object_set_new(j, "total_uncertainty_ns", json_of_number(p->total_uncertainty_ns));
	json_object_set_new(j, "is_exact", json_boolean(p->is_exact));
	for (size_t i = 0; i < p->bucket_count; i++) {
		json_t *bar;

		if (p->buckets[i].count == 0)
			continue;
		bar = json_object();
		json_object_set_new(bar, "from_ns", json_of_number(p->buckets[i].from_ns));
		json_object_set_new(bar, "to_ns", json_of_number(p->buckets[i].to_ns));
		json_object_set_new(bar, "count", json_of_number(p->buckets[i].count));
		json_array_append_new(bars, bar);
	}
	json_object_set_new(j, "histogram", bars);
	return j;
}

static json_t *gc_json(const struct model *m)
{
	const struct model_gc *gc = &m->gc;
	json_t *j = json_object();

	json_object_set_new(j, "cycle_count", json_of_number(gc->cycle_count));
	json_object_set_new(j, "forced_count", json_of_number(gc->forced_count));
	json_object_set_new(j, "cpu_fraction", json_of_real(gc->cpu_fraction));
	json_object_set_new(j, "pause", pause_json(m));
	json_object_set_new(j, "cycle_count_is_at_least",
			    m->is_log ? json_null() : json_boolean(gc->is_at_least));
	json_object_set_new(j, "row_count", json_of_number(gc->row_count));
	json_object_set_new(j, "first_number", json_of_number(gc->first_number));
	json_object_set_new(j, "cpu_percent_printed", json_of_number(gc->cpu_percent_printed));
	json_object_set_new(j, "cpu_used_ratio", json_of_real(gc->cpu_used_share));
	json_object_set_new(j, "cpu_ns", json_of_number(gc->cpu_ns));
	json_object_set_new(j, "stop_cpu_ns", json_of_number(gc->stop_cpu_ns));
	json_object_set_new(j, "assist_cpu_ns", json_of_number(gc->assist_cpu_ns));
	json_object_set_new(j, "dedicated_cpu_ns", json_of_number(gc->dedicated_cpu_ns));
	json_object_set_new(j, "idle_cpu_ns", json_of_number(gc->idle_cpu_ns));
	json_object_set_new(j, "procs_max", json_of_number(gc->procs_max));
	json_object_set_new(j, "allocated_bytes", json_of_number(gc->allocated_bytes));
	json_object_set_new(j, "allocated_bytes_per_second",
			    json_of_real(gc->allocated_bytes_per_second));
	json_object_set_new(j, "scav_line_count", json_of_number(gc->scav_line_count));
	json_object_set_new(j, "scav_background_bytes", json_of_number(gc->scav_background_bytes));
	json_object_set_new(j, "scav_eager_bytes", json_of_number(gc->scav_eager_bytes));
	json_object_set_new(j, "heap_released_bytes", json_of_number(gc->heap_released_bytes));
	json_object_set_new(j, "align_uncertainty_ns", json_of_number(gc->align_uncertainty_ns));
	return j;
}

static json_t *return_sum_json(const struct model_return_sum *sum)
{
	json_t *j = json_object();

	json_object_set_new(j, "call_count", json_of_number(sum->call_count));
	json_object_set_new(j, "bytes", json_of_number(sum->bytes));
	json_object_set_new(j, "refault_bytes", json_of_number(sum->refault_bytes));
	return j;
}

static json_t *huge_json(const struct model_returns *r)
{
	static const char *const names[HUGE_COUNT] = {
		[HUGE_WANTED] = "hugepage",
		[HUGE_UNWANTED] = "nohugepage",
		[HUGE_COLLAPSE] = "collapse",
	};
	json_t *j = json_object();

	for (size_t i = 0; i < HUGE_COUNT; i++) {
		json_t *one = json_object();

		json_object_set_new(one, "call_count", json_of_number(r->huge[i].call_count));
		json_object_set_new(one, "bytes", json_of_number(r->huge[i].bytes));
		json_object_set_new(j, names[i], one);
	}
	return j;
}

static json_t *returns_json(const struct model *m)
{
	static const char *const advices[] = {
		[ADVICE_DONTNEED] = "dontneed", [ADVICE_FREE] = "free"
	};
	const struct model_returns *r = &m->returns;
	json_t *j = json_object(), *by_cause = json_object(), *by_advice = json_object();

	for (size_t i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++)
		json_object_set_new(by_cause, profile_cause_name((enum profile_cause)i),
				    return_sum_json(&r->by_cause[i]));
	for (size_t i = 0; i < ADVICE_COUNT; i++)
		json_object_set_new(by_advice, advices[i], return_sum_json(&r->by_advice[i]));
	json_object_set_new(j, "source", word_or_null(r->source));
	json_object_set_new(j, "call_count", json_of_number(r->all.call_count));
	json_object_set_new(j, "bytes", json_of_number(r->all.bytes));
	json_object_set_new(j, "syscall_ns", json_of_number(r->syscall_ns));
	json_object_set_new(j, "by_cause", by_cause);
	json_object_set_new(j, "by_advice", by_advice);
	json_object_set_new(j, "huge_page_advice", huge_json(r));
	json_object_set_new(j, "checked_cycle_count", json_of_number(r->checked_cycle_count));
	json_object_set_new(j, "agreeing_cycle_count", json_of_number(r->agreeing_cycle_count));
	json_object_set_new(j, "after_cycle_p50_ns", json_of_number(r->after_cycle_p50_ns));
	json_object_set_new(j, "after_cycle_p90_ns", json_of_number(r->after_cycle_p90_ns));
	json_object_set_new(j, "refault_cpu_ns", json_of_number(r->refault_cpu_ns));
	json_object_set_new(j, "process_madvise_count", json_of_number(r->process_madvise_count));
	json_object_set_new(j, "failed_count", json_of_number(r->failed_count));
	json_object_set_new(j, "unended_count", json_of_number(r->unended_count));
	json_object_set_new(j, "until_scav_line_bytes", json_of_number(r->until_scav_line_bytes));
	json_object_set_new(j, "repeated_bytes", json_of_number(r->repeated_bytes));
	json_object_set_new(j, "away_bytes", json_of_number(r->away_bytes));
	json_object_set_new(j, "offered_bytes", json_of_number(r->offered_bytes));
	return j;
}

static json_t *faults_json(const struct model *m)
{
	const struct model_faults *f = &m->faults;
	const struct model_returns *r = &m->returns;
	json_t *j = json_object();

	json_object_set_new(j, "minor_count", json_of_number(f->minor_count));
	json_object_set_new(j, "major_count", json_of_number(f->major_count));
	json_object_set_new(j, "recorded_count", json_of_number(f->recorded_count));
	json_object_set_new(j, "sample_period", json_of_number(f->sample_period));
	json_object_set_new(j, "refault_count", json_of_number(r->refault_count));
	json_object_set_new(j, "refault_bytes", json_of_number(r->all.refault_bytes));
	json_object_set_new(j, "refault_ratio", json_of_real(r->regret_ratio));
	json_object_set_new(j, "refault_age_p50_ns", json_of_number(r->age_p50_ns));
	json_object_set_new(j, "refault_age_p90_ns", json_of_number(r->age_p90_ns));
	json_object_set_new(j, "refault_age_p99_ns", json_of_number(r->age_p99_ns));
	json_object_set_new(j, "refault_is_estimate",
			    r->has_refaults ? json_boolean(r->refault_is_estimate) : json_null());
	json_object_set_new(j, "source", word_or_null(f->source));
	json_object_set_new(j, "mode", word_or_null(f->mode));
	json_object_set_new(j, "rusage_minor_count", json_of_number(f->rusage_minor_count));
	json_object_set_new(j, "rusage_major_count", json_of_number(f->rusage_major_count));
	json_object_set_new(j, "after_last_cycle_count", json_of_number(f->after_last_count));
	return j;
}

static json_t *memory_json(const struct model *m)
{
	const struct model_memory *mem = &m->memory;
	json_t *j = json_object();

	json_object_set_new(j, "rss_peak_bytes", json_of_number(mem->rss_peak_bytes));
	json_object_set_new(j, "rss_mean_bytes", json_of_number(mem->rss_mean_bytes));
	json_object_set_new(j, "rss_byte_seconds", json_of_real(mem->rss_byte_seconds));
	json_object_set_new(j, "lazyfree_peak_bytes", json_of_number(mem->lazyfree_peak_bytes));
	json_object_set_new(j, "lazyfree_last_bytes", json_of_number(mem->lazyfree_last_bytes));
	json_object_set_new(j, "heap_live_peak_bytes", json_of_number(m->gc.heap_live_peak_bytes));
	json_object_set_new(j, "heap_goal_peak_bytes", json_of_number(m->gc.heap_goal_peak_bytes));
	json_object_set_new(j, "sample_count", json_of_number(mem->sample_count));
	json_object_set_new(j, "rss_growth_bytes", json_of_number(mem->rss_growth_bytes));
	json_object_set_new(j, "honest_peak_bytes", json_of_number(mem->honest_peak_bytes));
	json_object_set_new(j, "honest_mean_bytes", json_of_number(mem->honest_mean_bytes));
	json_object_set_new(j, "anonhuge_peak_bytes", json_of_number(mem->anonhuge_peak_bytes));
	json_object_set_new(j, "heap_rss_peak_bytes", json_of_number(mem->heap_rss_peak_bytes));
	json_object_set_new(j, "smaps_count", json_of_number(mem->smaps_count));
	return j;
}

static json_t *cgroup_json(const struct model *m)
{
	const struct model_cgroup *c = &m->cgroup;
	json_t *j = json_object();

	json_object_set_new(j, "version", json_of_number(c->version));
	json_object_set_new(j, "current_bytes", json_of_number(c->current_bytes));
	json_object_set_new(j, "peak_bytes", json_of_number(c->peak_bytes));
	json_object_set_new(j, "limit_bytes", json_of_number(c->limit_bytes));
	json_object_set_new(j, "high_bytes", json_of_number(c->high_bytes));
	json_object_set_new(j, "swap_peak_bytes", json_of_number(c->swap_peak_bytes));
	json_object_set_new(j, "limit_hit_count", json_of_number(c->limit_hit_count));
	json_object_set_new(j, "oom_kill_count", json_of_number(c->oom_kill_count));
	return j;
}

static json_t *cpu_json(const struct model *m)
{
	json_t *j = json_object();

	json_object_set_new(j, "user_seconds", json_of_seconds(m->cpu.user_ns));
	json_object_set_new(j, "system_seconds", json_of_seconds(m->cpu.system_ns));
	json_object_set_new(j, "source", word_or_null(m->cpu.source));
	return j;
}

static json_t *observer_json(const struct model *m)
{
	const struct model_observer *o = &m->observer;
	json_t *j = json_object();

	json_object_set_new(j, "cpu_seconds", json_of_seconds(o->cpu_ns));
	json_object_set_new(j, "rss_peak_bytes", json_of_number(o->rss_peak_bytes));
	json_object_set_new(j, "recording_bytes", json_of_number(o->recording_bytes));
	json_object_set_new(j, "longest_stall_ns", json_of_number(o->longest_stall_ns));
	json_object_set_new(j, "gate_stall_ns", json_of_number(o->gate_stall_ns));
	json_object_set_new(j, "user_stderr_bytes", json_of_number(o->user_stderr_bytes));
	return j;
}

/* The names of the counts beside it of which more was lost. */
static json_t *uncounted_json(const struct model_losses *l)
{
	const struct {
		const char *name;
		bool more;
	} counts[] = {
		{ "perf_lost_count", l->more.perf },
		{ "throttle_count", l->more.throttle },
		{ "unparsed_line_count", l->more.lines },
		{ "missing_cycle_count", l->more.lines },
		{ "foreign_cycle_count", l->more.lines },
		{ "missed_sample_count", l->more.samples },
		{ "unwritten_record_count", l->more.records },
		{ "user_stderr_lost_bytes", l->more.user_bytes },
	};
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].more)
			json_array_append_new(array, json_string(counts[i].name));
	return array;
}

static json_t *losses_json(const struct model *m)
{
	const struct model_losses *l = &m->losses;
	json_t *j = json_object();

	json_object_set_new(j, "perf_lost_count",
			    m->is_log ? json_null() : json_of_number(l->perf_lost_count));
	json_object_set_new(j, "throttle_count",
			    m->is_log ? json_null() : json_of_number(l->throttle_count));
	json_object_set_new(j, "late_record_count",
			    m->is_log ? json_null() : json_of_number(l->late_record_count));
	json_object_set_new(j, "unparsed_line_count", json_of_number(l->unparsed_line_count));
	json_object_set_new(j, "foreign_cycle_count", json_of_number(l->foreign_cycle_count));
	json_object_set_new(j, "failed_read_count",
			    m->is_log ? json_null() : json_of_number(l->failed_read_count));
	json_object_set_new(j, "missing_cycle_count", json_of_number(l->missing_cycle_count));
	json_object_set_new(j, "missed_sample_count",
			    m->is_log ? json_null() : json_of_number(l->missed_sample_count));
	json_object_set_new(j, "unwritten_record_count",
			    m->is_log ? json_null() : json_of_number(l->recording_lost_count));
	json_object_set_new(j, "user_stderr_lost_bytes",
			    m->is_log ? json_null() : json_of_number(l->user_lost_bytes));
	json_object_set_new(j, "mended_line_count",
			    m->is_log ? json_of_number(l->mended_line_count) : json_null());
	json_object_set_new(j, "is_at_least", json_boolean(l->is_at_least));
	json_object_set_new(j, "uncounted", uncounted_json(l));
	json_object_set_new(j, "uncounted_reason", text_or_null(&m->uncounted_reason));
	return j;
}

static json_t *recording_json(const struct model *m)
{
	const struct model_recording *r = &m->recording;
	json_t *j = json_object();

	json_object_set_new(j, "name", json_of_string(buf_text(&m->input_name)));
	json_object_set_new(j, "kind", json_string(m->is_log ? "log" : "recording"));
	json_object_set_new(j, "complete",
			    m->is_log ? json_null() : json_boolean(r->end == MODEL_WHOLE));
	json_object_set_new(j, "end",
			    m->is_log ? json_null() : json_string(model_end_name(r->end)));
	json_object_set_new(j, "stops_at_ns", json_of_number(r->stops_at_ns));
	json_object_set_new(j, "file_bytes", json_of_number(r->file_bytes));
	json_object_set_new(j, "line_count", json_of_number(r->line_count));
	json_object_set_new(j, "bytes_per_fault", json_of_real(r->bytes_per_fault));
	return j;
}

static json_t *processes_json(const struct model *m)
{
	json_t *j = json_object(), *others = json_array();

	json_object_set_new(j, "shown", json_of_number(m->process_id));
	json_object_set_new(j, "count", json_of_number(m->process_count));
	for (size_t i = 0; i < m->other_count; i++) {
		json_t *other = json_object();

		json_object_set_new(other, "process", json_of_number(m->others[i].id));
		json_object_set_new(other, "cycle_count", json_of_number(m->others[i].cycle_count));
		json_object_set_new(other, "forced_count",
				    json_of_number(m->others[i].forced_count));
		json_array_append_new(others, other);
	}
	json_object_set_new(j, "others", others);
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

struct section {
	const char *name;
	json_t *(*make)(const struct model *m);
};

static const struct section sections[] = {
	{ "target", target_json },
	{ "time", time_json },
	{ "sources", sources_json },
	{ "gc", gc_json },
	{ "returns", returns_json },
	{ "faults", faults_json },
	{ "memory", memory_json },
	{ "cgroup", cgroup_json },
	{ "cpu", cpu_json },
	{ "stacks", json_of_stacks },
	{ "observer", observer_json },
	{ "losses", losses_json },
	{ "recording", recording_json },
	{ "processes", processes_json },
	{ "facts", facts_json },
	{ "fallbacks", fallbacks_json },
	{ "findings", findings_json },
};

void json_print_sections(FILE *out, const struct model *m)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		json_t *section = sections[i].make(m);
		char *text = json_dumps(section, JSON_REAL_PRECISION(15));

		fprintf(out, ",\n \"%s\": %s", sections[i].name, text ? text : "null");
		free(text);
		json_decref(section);
	}
}
