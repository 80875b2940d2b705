/* text_summary.c - what a person wants to know in ten seconds. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/unknown.h"
#include "render/terminal.h"
#include "renderer_internal.h"

#define LABEL_COLUMNS 13u

/* One figure, printed; several fit into one statement. */
struct figure {
	char text[UNITS_TEXT_BYTES];
};

static struct figure bytes(uint64_t v)
{
	struct figure f;

	units_bytes(f.text, v);
	return f;
}

static struct figure duration(uint64_t v)
{
	struct figure f;

	units_duration(f.text, v);
	return f;
}

static struct figure count(uint64_t v)
{
	struct figure f;

	units_count(f.text, v);
	return f;
}

static struct figure ratio(double v)
{
	struct figure f;

	units_ratio(f.text, v);
	return f;
}

static struct figure rate(double bytes_per_second)
{
	struct figure f;
	char size[UNITS_TEXT_BYTES];

	units_bytes(size, isfinite(bytes_per_second) && bytes_per_second >= 0
				  ? (uint64_t)bytes_per_second
				  : UNKNOWN_U64);
	snprintf(f.text, sizeof(f.text), "%.24s%s", size, isfinite(bytes_per_second) ? "/s" : "");
	return f;
}

/* The words of text, wrapped; the label in front of them was printed and takes LABEL_COLUMNS. They are
 * safe to print. A word that does not fit gets a line of its own. */
static void print_words(FILE *out, struct text text)
{
	size_t column = LABEL_COLUMNS;
	bool at_start = true;

	while (text.len) {
		const char *space = memchr(text.at, ' ', text.len);
		size_t n = space ? (size_t)(space - text.at) : text.len;

		if (!at_start && column + 1 + n > TEXT_COLUMNS) {
			fprintf(out, "\n%*s", (int)LABEL_COLUMNS, "");
			column = LABEL_COLUMNS;
			at_start = true;
		}
		column += n + !at_start;
		fprintf(out, "%s%.*s", at_start ? "" : " ", (int)n, text.at);
		at_start = false;
		n += space != NULL;
		text = (struct text){ .at = text.at + n, .len = text.len - n };
	}
	fputc('\n', out);
}

static void print_line(FILE *out, const char *label, struct buf *line)
{
	fprintf(out, "%-*s", (int)LABEL_COLUMNS, label);
	print_words(out, buf_text(line));
	buf_clear(line);
}

/* ", " between the parts of a line. */
static void part(struct buf *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void part(struct buf *line, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_addf(line, "%s%s", line->len ? ", " : "", text);
}

/* A text of the target's, safe, and not longer than a few lines. */
static void add_foreign(struct buf *line, struct text t, size_t most)
{
	struct buf safe = { 0 };
	size_t n = 0;

	terminal_escape(&safe, t);
	while (n < safe.len) {
		size_t width = utf8_length((struct text){ .at = (char *)safe.at + n, .len = safe.len - n });

		if (width == 0 || n + width > most)
			break;
		n += width;
	}
	buf_add(line, safe.at, n);
	if (n < safe.len)
		buf_addf(line, "... (%zu bytes)", t.len);
	buf_done(&safe);
}

static void print_target(FILE *out, const struct model *m)
{
	const struct model_target *t = &m->target;
	struct buf line = { 0 }, command = { 0 };

	terminal_command(&command, buf_text(&t->argv));
	add_foreign(&line, buf_text(&command), 300);
	print_line(out, "target", &line);
	buf_done(&command);
	part(&line, "pid %s", is_known(t->pid) ? "" : "unknown");
	if (is_known(t->pid))
		buf_addf(&line, "%" PRIu64, t->pid);
	if (t->is_go == 0)
		part(&line, "not a Go program");
	else if (t->go_version.len) {
		part(&line, "%s", "");
		add_foreign(&line, buf_text(&t->go_version), 60);
	} else
		part(&line, "Go version unknown");
	if (is_known(t->term_signal))
		part(&line, "ended by signal %" PRIu64 " (%s)", t->term_signal,
		     t->term_signal < 65 ? strsignal((int)t->term_signal) : "?");
	else if (is_known(t->exit_status))
		part(&line, "exited with status %" PRIu64, t->exit_status);
	else
		part(&line, "how it ended is unknown");
	if (t->kernel_release.len) {
		part(&line, "Linux ");
		add_foreign(&line, buf_text(&t->kernel_release), 60);
		buf_add(&line, " ", 1);
		add_foreign(&line, buf_text(&t->machine), 20);
	}
	if (is_known(t->cpu_count))
		part(&line, "%" PRIu64 " CPUs", t->cpu_count);
	print_line(out, "", &line);
	buf_done(&line);
}

static void add_setting(struct buf *line, const char *name, const struct buf *value)
{
	if (value->len == 0)
		return;
	part(line, "%s=", name);
	add_foreign(line, buf_text(value), 200);
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
		print_line(out, "settings", &line);
	if (t->is_go != 0) {
		buf_addf(&line, "memory is given back with ");
		if (t->release_advice.len)
			add_foreign(&line, buf_text(&t->release_advice), 40);
		else
			buf_addf(&line, "unknown advice");
		if (t->release_from.len) {
			buf_addf(&line, " (");
			add_foreign(&line, buf_text(&t->release_from), 160);
			buf_addf(&line, ")");
		}
		print_line(out, "", &line);
	}
	buf_done(&line);
}

static void print_time(FILE *out, const struct model *m)
{
	struct buf line = { 0 };
	time_t start = (time_t)(m->time.start_unix_ns / NS_PER_S);
	char when[40];
	struct tm tm;

	part(&line, "%s wall", duration(m->time.wall_ns).text);
	if (is_known(m->time.start_unix_ns) && gmtime_r(&start, &tm) &&
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm))
		buf_addf(&line, " from %s", when);
	if (m->cpu.source)
		part(&line, "CPU %s user + %s system (%s)", duration(m->cpu.user_ns).text,
		     duration(m->cpu.system_ns).text, m->cpu.source);
	else
		part(&line, "CPU time unknown");
	print_line(out, "time", &line);
	buf_done(&line);
}

static void print_log(FILE *out, const struct model *m)
{
	struct buf line = { 0 };

	add_foreign(&line, buf_text(&m->input_name), 200);
	part(&line, "%s in %s lines", bytes(m->recording.file_bytes).text,
	     count(m->recording.line_count).text);
	print_line(out, "log", &line);
	part(&line, "%s from the runtime's start to the end of the last cycle",
	     duration(m->time.covered_ns).text);
	print_line(out, "time", &line);
	buf_done(&line);
}

static void print_collections(FILE *out, const struct model *m)
{
	const struct model_gc *gc = &m->gc;
	struct buf line = { 0 };
	uint64_t span_ns = gc->row_count ? gc->last_end_ns - gc->first_start_ns : 0;

	part(&line, "%s cycles (%s forced)", count(gc->cycle_count).text,
	     count(gc->forced_count).text);
	if (gc->row_count && is_known(gc->first_number) && gc->first_number > 1)
		part(&line, "the first one seen is %s", count(gc->first_number).text);
	if (gc->row_count > 1 && span_ns)
		part(&line, "%.3g a second",
		     (double)(gc->row_count - 1) * (double)NS_PER_S / (double)span_ns);
	if (gc->row_count) {
		part(&line, "%s of the CPU time of GOMAXPROCS=%s (the runtime says %s %%)",
		     ratio(gc->cpu_fraction).text, count(gc->procs_max).text,
		     count(gc->cpu_percent_printed).text);
		if (!isnan(gc->cpu_used_share))
			part(&line, "%s of the CPU time used", ratio(gc->cpu_used_share).text);
		if (is_known(gc->align_uncertainty_ns))
			part(&line, "placed by the trace clock, +- %s",
			     duration(gc->align_uncertainty_ns).text);
	}
	print_line(out, "collections", &line);
	buf_done(&line);
}

static void print_pauses(FILE *out, const struct model *m)
{
	const struct model_pause *p = &m->gc.pause;
	struct buf line = { 0 };

	if (!is_known(p->count) || p->count == 0)
		return;
	buf_addf(&line, "p50 %s  p90 %s  p99 %s  max %s", duration(p->p50_ns).text,
		 duration(p->p90_ns).text, duration(p->p99_ns).text, duration(p->max_ns).text);
	print_line(out, "pauses", &line);
	part(&line, "%s pauses", count(p->count).text);
	part(&line, "total %s, at most %s more (gctrace prints 2 digits)", duration(p->total_ns).text,
	     duration(p->total_uncertainty_ns).text);
	if (!p->is_exact)
		part(&line, "percentiles rounded down to 0.2 %%");
	print_line(out, "", &line);
	buf_done(&line);
}

static void print_heap(FILE *out, const struct model *m)
{
	const struct model_gc *gc = &m->gc;
	struct buf line = { 0 };

	if (gc->row_count == 0)
		return;
	part(&line, "%s", rate(gc->allocated_bytes_per_second).text);
	part(&line, "%s in all, in MiB steps", bytes(gc->allocated_bytes).text);
	part(&line, "live heap up to %s", bytes(gc->heap_live_peak_bytes).text);
	part(&line, "goal up to %s", bytes(gc->heap_goal_peak_bytes).text);
	print_line(out, "allocation", &line);
	if (gc->scav_line_count) {
		part(&line, "gave back %s in the background",
		     bytes(gc->scav_background_bytes).text);
		if (is_known(gc->scav_eager_bytes))
			part(&line, "%s eagerly or forced", bytes(gc->scav_eager_bytes).text);
		part(&line, "%s with the system at the last cycle (as the runtime says)",
		     bytes(gc->heap_released_bytes).text);
		print_line(out, "scavenger", &line);
	}
	buf_done(&line);
}

static void print_memory(FILE *out, const struct model *m)
{
	const struct model_memory *mem = &m->memory;
	struct buf line = { 0 };

	part(&line, "RSS peak %s", bytes(mem->rss_peak_bytes).text);
	part(&line, "mean %s (%s samples of statm)", bytes(mem->rss_mean_bytes).text,
	     count(mem->sample_count).text);
	if (isfinite(mem->rss_byte_seconds))
		part(&line, "%.3g GiB x s", mem->rss_byte_seconds / 1073741824.0);
	print_line(out, "memory", &line);
	part(&line, "RSS minus lazy-free: peak %s", bytes(mem->honest_peak_bytes).text);
	part(&line, "mean %s (%s reads of smaps)", bytes(mem->honest_mean_bytes).text,
	     count(mem->smaps_count).text);
	part(&line, "lazy-free up to %s", bytes(mem->lazyfree_peak_bytes).text);
	part(&line, "huge pages up to %s", bytes(mem->anonhuge_peak_bytes).text);
	part(&line, "Go heap up to %s", bytes(mem->heap_rss_peak_bytes).text);
	print_line(out, "", &line);
	if (is_known(m->cgroup.version)) {
		part(&line, "memory up to %s", bytes(m->cgroup.peak_bytes).text);
		if (is_known(m->cgroup.limit_bytes))
			part(&line, "limit %s", bytes(m->cgroup.limit_bytes).text);
		else
			part(&line, "no limit");
		if (is_known(m->cgroup.limit_hit_count))
			part(&line, "limit hit %s times", count(m->cgroup.limit_hit_count).text);
		print_line(out, "cgroup", &line);
	}
	buf_done(&line);
}

static void print_faults(FILE *out, const struct model *m)
{
	const struct model_faults *f = &m->faults;
	struct buf line = { 0 };

	part(&line, "%s minor", count(f->minor_count).text);
	if (f->source)
		buf_addf(&line, " (%s%s%s)", f->source, strcmp(f->source, f->mode) ? ", " : "",
			 strcmp(f->source, f->mode) ? f->mode : "");
	part(&line, "%s major", count(f->major_count).text);
	if (f->source && strcmp(f->source, "rusage") != 0 && is_known(f->rusage_minor_count))
		part(&line, "rusage says %s minor", count(f->rusage_minor_count).text);
	if (f->recorded_count)
		part(&line, "%s recorded with address", count(f->recorded_count).text);
	else
		part(&line, "no addresses recorded");
	if (f->recorded_count && is_known(f->sample_period) && f->sample_period > 1)
		part(&line, "at times only each %s-th one", count(f->sample_period).text);
	print_line(out, "faults", &line);
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
		add_foreign(&line, buf_text(&s->name), 40);
		buf_add(&line, " ", 1);
		add_foreign(&line, buf_text(&s->state), 20);
		if (s->detail.len) {
			buf_addf(&line, ": ");
			add_foreign(&line, buf_text(&s->detail), 240);
		}
		print_line(out, label, &line);
		label = "";
	}
	for (size_t i = 0; i < m->fallback_count && i < 5; i++) {
		const struct model_fallback *f = &m->fallbacks[i];

		buf_addf(&line, "at %s ", duration(f->time_ns).text);
		add_foreign(&line, buf_text(&f->what), 60);
		buf_addf(&line, " went from ");
		add_foreign(&line, buf_text(&f->from), 60);
		buf_addf(&line, " to ");
		add_foreign(&line, buf_text(&f->to), 60);
		buf_addf(&line, ": ");
		add_foreign(&line, buf_text(&f->reason), 160);
		print_line(out, label, &line);
		label = "";
	}
	if (m->fallback_seen_count > 5) {
		buf_addf(&line, "and %s more such changes", count(m->fallback_seen_count - 5).text);
		print_line(out, label, &line);
	}
	buf_done(&line);
}

static void print_processes(FILE *out, const struct model *m)
{
	struct buf line = { 0 };

	if (m->other_count == 0)
		return;
	if (is_known(m->process_id) && (m->is_log || !m->process_is_target))
		part(&line, "shown is process %" PRIu64, m->process_id);
	for (size_t i = 0; i < m->other_count && i < 6; i++)
		part(&line, "--process %" PRIu64 " (%s cycles)", m->others[i].id,
		     count(m->others[i].cycle_count).text);
	if (m->process_count > 7)
		part(&line, "%s processes in all", count(m->process_count).text);
	print_line(out, "others", &line);
	buf_done(&line);
}

static void print_observer(FILE *out, const struct model *m)
{
	const struct model_observer *o = &m->observer;
	uint64_t target_ns = known_add(m->cpu.user_ns, m->cpu.system_ns);
	struct buf line = { 0 };

	part(&line, "CPU %s", duration(o->cpu_ns).text);
	if (is_known(o->cpu_ns) && is_known(target_ns) && target_ns)
		buf_addf(&line, " (%s of the target's)",
			 ratio((double)o->cpu_ns / (double)target_ns).text);
	part(&line, "memory %s", bytes(o->rss_peak_bytes).text);
	part(&line, "recording %s", bytes(m->recording.file_bytes).text);
	if (isfinite(m->recording.bytes_per_fault))
		buf_addf(&line, " (%.3g bytes per fault)", m->recording.bytes_per_fault);
	part(&line, "longest stall caused %s", duration(o->longest_stall_ns).text);
	print_line(out, "watching", &line);
	buf_done(&line);
}

static void add_losses(struct buf *line, const struct model *m)
{
	const struct model_losses *l = &m->losses;

	if (m->is_log) {
		part(line, "broken trace lines %s (%s mended)", count(l->unparsed_line_count).text,
		     count(l->mended_line_count).text);
		part(line, "missing cycles %s", count(l->missing_cycle_count).text);
		return;
	}
	part(line, "perf %s", count(l->perf_lost_count).text);
	part(line, "throttled %s", count(l->throttle_count).text);
	part(line, "broken trace lines %s", count(l->unparsed_line_count).text);
	part(line, "missing cycles %s", count(l->missing_cycle_count).text);
	part(line, "missed samples %s", count(l->missed_sample_count).text);
	if (is_known(l->failed_read_count) && l->failed_read_count)
		part(line, "failed reads %s", count(l->failed_read_count).text);
	if (l->recording_lost_count)
		part(line, "not written %s", count(l->recording_lost_count).text);
	if (l->is_at_least)
		part(line, "and an unknown number");
	if (m->recording.end != MODEL_WHOLE)
		part(line, "the recording is %s", model_end_name(m->recording.end));
}

void text_print_losses(FILE *out, const struct model *m)
{
	struct buf line = { 0 };

	add_losses(&line, m);
	fputc('\n', out);
	print_line(out, "lost:", &line);
	buf_done(&line);
}

void text_print_summary(FILE *out, const struct model *m)
{
	struct buf line = { 0 };

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
	}
	print_processes(out, m);
	print_sources(out, m);
	add_losses(&line, m);
	print_line(out, "lost", &line);
	buf_done(&line);
	if (!m->is_log)
		print_observer(out, m);
}

static const char *color_of(enum model_severity severity)
{
	static const char *const colors[] = { "\x1b[36m", "\x1b[33m", "\x1b[31;1m" };

	return colors[severity];
}

void text_print_findings(FILE *out, const struct model *m, bool use_color)
{
	struct buf line = { 0 };

	fputs(m->finding_count ? "\nfindings\n" : "\nfindings: none\n", out);
	for (size_t i = 0; i < m->finding_count; i++) {
		const struct model_finding *f = &m->findings[i];

		fprintf(out, "  %s%-*s%s", use_color ? color_of(f->severity) : "",
			(int)LABEL_COLUMNS - 2, model_severity_name(f->severity),
			use_color ? "\x1b[0m" : "");
		buf_addf(&line, "%s: ", f->key);
		add_foreign(&line, text_of(f->evidence), sizeof(f->evidence) * 4);
		print_words(out, buf_text(&line));
		buf_clear(&line);
		buf_addf(&line, "try: ");
		add_foreign(&line, text_of(f->advice), sizeof(f->advice) * 4);
		print_line(out, "", &line);
	}
	buf_done(&line);
}
