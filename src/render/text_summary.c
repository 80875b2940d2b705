/* text_summary.c - what a person wants to know in ten seconds. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/unknown.h"
#include "line_internal.h"
#include "render/terminal.h"
#include "renderer_internal.h"

static void print_target(FILE *out, const struct model *m)
{
	const struct model_target *t = &m->target;
	struct buf line = { 0 }, command = { 0 };

	terminal_command(&command, buf_text(&t->argv));
	line_add_foreign(&line, buf_text(&command), 300);
	line_print(out, "target", &line);
	buf_done(&command);
	line_part(&line, "pid %s", is_known(t->pid) ? "" : "unknown");
	if (is_known(t->pid))
		buf_addf(&line, "%" PRIu64, t->pid);
	if (t->is_go == 0)
		line_part(&line, "not a Go program");
	else if (t->go_version.len) {
		line_part(&line, "%s", "");
		line_add_foreign(&line, buf_text(&t->go_version), 60);
	} else
		line_part(&line, "Go version unknown");
	if (is_known(t->term_signal))
		line_part(&line, "ended by signal %" PRIu64 " (%s)", t->term_signal,
			  t->term_signal < 65 ? strsignal((int)t->term_signal) : "?");
	else if (is_known(t->exit_status))
		line_part(&line, "exited with status %" PRIu64, t->exit_status);
	else
		line_part(&line, "how it ended is unknown");
	if (t->kernel_release.len) {
		line_part(&line, "Linux ");
		line_add_foreign(&line, buf_text(&t->kernel_release), 60);
		buf_add(&line, " ", 1);
		line_add_foreign(&line, buf_text(&t->machine), 20);
	}
	if (is_known(t->cpu_count))
		line_part(&line, "%s", figure_counted(t->cpu_count, "CPU", "CPUs").text);
	line_print(out, "", &line);
	buf_done(&line);
}

static void add_setting(struct buf *line, const char *name, const struct buf *value)
{
	if (value->len == 0)
		return;
	line_part(line, "%s=", name);
	line_add_foreign(line, buf_text(value), 200);
}

static void print_settings(FILE *out, const struct model *m)
{
	const struct model_target *t = &m->target;
	struct buf line = { 0 };

	add_setting(&line, "GODEBUG", &t->godebug);
	add_setting(&line, "GOGC", &t->gogc);
	add_setting(&line, "GOMEMLIMIT", &t->gomemlimit);
	add_setting(&line, "GOMAXPROCS", &t->gomaxprocs);
	if (line.len)
		line_print(out, "settings", &line);
	if (t->is_go != 0) {
		buf_addf(&line, "memory is given back with %s",
			 text_is(buf_text(&t->release_advice), "dontneed") ? "MADV_DONTNEED"
			 : text_is(buf_text(&t->release_advice), "free")   ? "MADV_FREE"
									   : "unknown advice");
		if (t->release_from.len) {
			buf_addf(&line, " (");
			line_add_foreign(&line, buf_text(&t->release_from), 160);
			buf_addf(&line, ")");
		}
		line_print(out, "", &line);
	}
	buf_done(&line);
}

static void print_time(FILE *out, const struct model *m)
{
	struct buf line = { 0 };
	time_t start = (time_t)(m->time.start_unix_ns / NS_PER_S);
	char when[40];
	struct tm tm;

	line_part(&line, "%s wall", figure_duration(m->time.wall_ns).text);
	if (is_known(m->time.start_unix_ns) && gmtime_r(&start, &tm) &&
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm))
		buf_addf(&line, " from %s", when);
	if (m->cpu.source)
		line_part(&line, "CPU %s user + %s system (%s)",
			  figure_duration(m->cpu.user_ns).text,
			  figure_duration(m->cpu.system_ns).text, m->cpu.source);
	else
		line_part(&line, "CPU time unknown");
	line_print(out, "time", &line);
	buf_done(&line);
}

static void print_log(FILE *out, const struct model *m)
{
	struct buf line = { 0 };

	line_add_foreign(&line, buf_text(&m->input_name), 200);
	line_part(&line, "%s in %s", figure_bytes(m->recording.file_bytes).text,
		  figure_counted(m->recording.line_count, "line", "lines").text);
	line_print(out, "log", &line);
	line_part(&line, "%s from the runtime's start to the end of the last cycle",
		  figure_duration(m->time.covered_ns).text);
	line_print(out, "time", &line);
	buf_done(&line);
}

static void print_collections(FILE *out, const struct model *m)
{
	const struct model_gc *gc = &m->gc;
	struct buf line = { 0 };
	uint64_t span_ns = gc->row_count ? gc->last_end_ns - gc->first_start_ns : 0;

	if (m->target.is_go == 0 && gc->row_count == 0)
		line_part(&line, "none: the target is not a Go program");
	else
		line_part(&line, "%s%s (%s forced)",
			  gc->is_at_least && is_known(gc->cycle_count) ? "at least " : "",
			  figure_counted(gc->cycle_count, "cycle", "cycles").text,
			  figure_count(gc->forced_count).text);
	if (gc->row_count && is_known(gc->first_number) && gc->first_number > 1)
		line_part(&line, "the first one seen is %s", figure_count(gc->first_number).text);
	if (gc->row_count > 1 && span_ns)
		line_part(&line, "%.3g a second",
			  (double)(gc->row_count - 1) * (double)NS_PER_S / (double)span_ns);
	if (gc->row_count) {
		line_part(&line, "%s of the CPU time of GOMAXPROCS=%s (the runtime says %s %%)",
			  figure_ratio(gc->cpu_fraction).text, figure_count(gc->procs_max).text,
			  figure_count(gc->cpu_percent_printed).text);
		if (!isnan(gc->cpu_used_share))
			line_part(&line, "%s of the CPU time used",
				  figure_ratio(gc->cpu_used_share).text);
		if (is_known(gc->align_uncertainty_ns))
			line_part(&line, "placed by the trace clock, +- %s",
				  figure_duration(gc->align_uncertainty_ns).text);
	}
	line_print(out, "collections", &line);
	buf_done(&line);
}

static void print_pauses(FILE *out, const struct model *m)
{
	const struct model_pause *p = &m->gc.pause;
	struct buf line = { 0 };

	if (!is_known(p->count) || p->count == 0)
		return;
	buf_addf(&line, "p50 %s  p90 %s  p99 %s  max %s", figure_duration(p->p50_ns).text,
		 figure_duration(p->p90_ns).text, figure_duration(p->p99_ns).text,
		 figure_duration(p->max_ns).text);
	line_print(out, "pauses", &line);
	line_part(&line, "%s", figure_counted(p->count, "pause", "pauses").text);
	line_part(&line, "total %s, at most %s more (gctrace prints 2 digits)",
		  figure_duration(p->total_ns).text, figure_duration(p->total_uncertainty_ns).text);
	if (!p->is_exact)
		line_part(&line, "percentiles rounded down to 0.2 %%");
	line_print(out, "", &line);
	buf_done(&line);
}

static void print_heap(FILE *out, const struct model *m)
{
	const struct model_gc *gc = &m->gc;
	struct buf line = { 0 };

	if (gc->row_count == 0)
		return;
	line_part(&line, "%s", figure_rate(gc->allocated_bytes_per_second).text);
	line_part(&line, "%s in all, in MiB steps", figure_bytes(gc->allocated_bytes).text);
	line_part(&line, "live heap up to %s", figure_bytes(gc->heap_live_peak_bytes).text);
	if (gc->row_count && !is_known(gc->heap_goal_peak_bytes))
		line_part(&line, "no goal");
	else
		line_part(&line, "goal up to %s", figure_bytes(gc->heap_goal_peak_bytes).text);
	line_print(out, "allocation", &line);
	if (gc->scav_line_count) {
		line_part(&line, "gave back %s in the background",
			  figure_bytes(gc->scav_background_bytes).text);
		if (is_known(gc->scav_eager_bytes))
			line_part(&line, "%s eagerly or forced",
				  figure_bytes(gc->scav_eager_bytes).text);
		line_part(&line, "%s with the system at the last cycle (as the runtime says)",
			  figure_bytes(gc->heap_released_bytes).text);
		line_print(out, "scavenger", &line);
	}
	buf_done(&line);
}

static void print_memory(FILE *out, const struct model *m)
{
	const struct model_memory *mem = &m->memory;
	struct buf line = { 0 };

	line_part(&line, "RSS peak %s", figure_bytes(mem->rss_peak_bytes).text);
	line_part(&line, "mean %s (%s of statm)", figure_bytes(mem->rss_mean_bytes).text,
		  figure_counted(mem->sample_count, "sample", "samples").text);
	if (isfinite(mem->rss_byte_seconds))
		line_part(&line, "%.3g GiB x s", mem->rss_byte_seconds / 1073741824.0);
	line_print(out, "memory", &line);
	/* smaps is read seldom: its peaks are those of a few moments, and must not look like the
	 * peak above. */
	if (mem->lazyfree_peak_bytes == 0) {
		line_part(&line, "in %s of smaps: no lazy-free memory, so that RSS is what is used",
			  figure_counted(mem->smaps_count, "read", "reads").text);
	} else {
		line_part(&line, "in %s of smaps: RSS minus lazy-free up to %s",
			  figure_counted(mem->smaps_count, "read", "reads").text,
			  figure_bytes(mem->honest_peak_bytes).text);
		line_part(&line, "mean %s", figure_bytes(mem->honest_mean_bytes).text);
		line_part(&line, "lazy-free up to %s", figure_bytes(mem->lazyfree_peak_bytes).text);
	}
	line_part(&line, "huge pages up to %s", figure_bytes(mem->anonhuge_peak_bytes).text);
	line_part(&line, "Go heap up to %s", figure_bytes(mem->heap_rss_peak_bytes).text);
	line_print(out, "", &line);
	if (is_known(m->cgroup.version)) {
		line_part(&line, "all its processes together up to %s",
			  figure_bytes(m->cgroup.peak_bytes).text);
		if (is_known(m->cgroup.limit_bytes))
			line_part(&line, "limit %s", figure_bytes(m->cgroup.limit_bytes).text);
		else
			line_part(&line, "no limit");
		if (is_known(m->cgroup.limit_hit_count))
			line_part(&line, "limit hit %s",
				  figure_counted(m->cgroup.limit_hit_count, "time", "times").text);
		line_print(out, "cgroup", &line);
	}
	buf_done(&line);
}

static void print_faults(FILE *out, const struct model *m)
{
	const struct model_faults *f = &m->faults;
	struct buf line = { 0 };

	line_part(&line, "%s minor", figure_count(f->minor_count).text);
	if (f->source)
		buf_addf(&line, " (%s%s%s)", f->source, strcmp(f->source, f->mode) ? ", " : "",
			 strcmp(f->source, f->mode) ? f->mode : "");
	line_part(&line, "%s major", figure_count(f->major_count).text);
	if (f->source && strcmp(f->source, "perf") == 0 && is_known(f->rusage_minor_count))
		line_part(&line, "rusage says %s minor", figure_count(f->rusage_minor_count).text);
	if (f->recorded_count)
		line_part(&line, "%s recorded with address", figure_count(f->recorded_count).text);
	else
		line_part(&line, "no addresses recorded");
	if (f->recorded_count && is_known(f->sample_period) && f->sample_period > 1)
		line_part(&line, "at times only every %s one",
			  figure_ordinal(f->sample_period).text);
	line_print(out, "faults", &line);
	buf_done(&line);
}

/* Sources that are not what they could be; facts that explain figures. */
static void print_sources(FILE *out, const struct model *m)
{
	struct buf line = { 0 };
	const char *label = "sources";

	for (size_t i = 0; i < m->source_count; i++) {
		const struct model_source *s = &m->sources[i];

		if (text_is(buf_text(&s->state), "on"))
			continue;
		line_add_foreign(&line, buf_text(&s->name), 40);
		buf_add(&line, " ", 1);
		line_add_foreign(&line, buf_text(&s->state), 20);
		if (s->detail.len) {
			buf_addf(&line, ": ");
			line_add_foreign(&line, buf_text(&s->detail), 240);
		}
		line_print(out, label, &line);
		label = "";
	}
	for (size_t i = 0; i < m->fallback_count && i < 5; i++) {
		const struct model_fallback *f = &m->fallbacks[i];

		buf_addf(&line, "at %s ", figure_duration(f->time_ns).text);
		line_add_foreign(&line, buf_text(&f->what), 60);
		buf_addf(&line, " went from ");
		line_add_foreign(&line, buf_text(&f->from), 60);
		buf_addf(&line, " to ");
		line_add_foreign(&line, buf_text(&f->to), 60);
		buf_addf(&line, ": ");
		line_add_foreign(&line, buf_text(&f->reason), 160);
		line_print(out, label, &line);
		label = "";
	}
	if (m->fallback_seen_count > 5) {
		buf_addf(&line, "and %s",
			 figure_counted(m->fallback_seen_count - 5, "more such change",
					"more such changes")
				 .text);
		line_print(out, label, &line);
	}
	buf_done(&line);
}

static void print_processes(FILE *out, const struct model *m)
{
	struct buf line = { 0 };

	if (m->other_count == 0)
		return;
	if (is_known(m->process_id) && (m->is_log || !m->process_is_target))
		line_part(&line, "shown is process %" PRIu64, m->process_id);
	for (size_t i = 0; i < m->other_count && i < 6; i++)
		line_part(&line, "--process %" PRIu64 " (%s)", m->others[i].id,
			  figure_counted(m->others[i].cycle_count, "cycle", "cycles").text);
	if (m->process_count > 7)
		line_part(&line, "%s processes in all", figure_count(m->process_count).text);
	line_print(out, "others", &line);
	buf_done(&line);
}

static void print_observer(FILE *out, const struct model *m)
{
	const struct model_observer *o = &m->observer;
	uint64_t target_ns = known_add(m->cpu.user_ns, m->cpu.system_ns);
	struct buf line = { 0 };

	line_part(&line, "CPU %s", figure_duration(o->cpu_ns).text);
	if (is_known(o->cpu_ns) && is_known(target_ns) && target_ns)
		buf_addf(&line, " (%s of the target's)",
			 figure_ratio((double)o->cpu_ns / (double)target_ns).text);
	line_part(&line, "memory %s", figure_bytes(o->rss_peak_bytes).text);
	line_part(&line, "recording %s", figure_bytes(m->recording.file_bytes).text);
	if (isfinite(m->recording.bytes_per_fault))
		buf_addf(&line, " (%.3g bytes per fault)", m->recording.bytes_per_fault);
	line_part(&line, "longest stall caused %s", figure_duration(o->longest_stall_ns).text);
	if (is_known(o->gate_stall_ns))
		line_part(&line, "at the return gate %s", figure_duration(o->gate_stall_ns).text);
	line_print(out, "watching", &line);
	buf_done(&line);
}

void text_print_summary(FILE *out, const struct model *m)
{
	if (m->is_log) {
		print_log(out, m);
	} else {
		print_target(out, m);
		print_settings(out, m);
		print_time(out, m);
	}
	print_collections(out, m);
	print_pauses(out, m);
	print_heap(out, m);
	if (!m->is_log) {
		print_memory(out, m);
		print_faults(out, m);
		text_print_returns(out, m);
	}
	text_print_uses(out, m);
	print_processes(out, m);
	print_sources(out, m);
	text_print_lost(out, "lost", m);
	if (!m->is_log)
		print_observer(out, m);
}
