/* traceline_print.h - write a decoded line as the runtime does: printing what was decoded must give
 * the line again. Written from the runtime's print calls, without the decoder's tables. */
#ifndef TRACELINE_PRINT_H
#define TRACELINE_PRINT_H

#include <inttypes.h>
#include <stdio.h>

#include "base/unknown.h"
#include "parse/traceline.h"

#define PRINT_MAX_BYTES 1024
#define MS_MAX_BYTES	32

struct ms_text {
	char at[MS_MAX_BYTES];
};

/* runtime/mgc.go, fmtNSAsMS */
static inline struct ms_text print_ms(uint64_t ns)
{
	uint64_t us = ns / 1000;
	struct ms_text t;

	if (ns >= 10000000)
		snprintf(t.at, sizeof(t.at), "%" PRIu64, ns / 1000000);
	else if (us == 0)
		snprintf(t.at, sizeof(t.at), "0");
	else if (us < 100)
		snprintf(t.at, sizeof(t.at), "0.%03" PRIu64, us);
	else if (us < 1000)
		snprintf(t.at, sizeof(t.at), "0.%02" PRIu64, us / 10);
	else
		snprintf(t.at, sizeof(t.at), "%" PRIu64 ".%" PRIu64, us / 1000, us / 100 % 10);
	return t;
}

static inline size_t print_gc(char *buf, const struct gctrace_cycle *c)
{
	size_t n;

	n = (size_t)snprintf(buf, PRINT_MAX_BYTES,
			     "gc %" PRIu64 " @%" PRIu64 ".%03" PRIu64 "s %" PRIu64 "%%%s: %s+",
			     c->number, c->start_ns / 1000000000, c->start_ns / 1000000 % 1000,
			     c->gc_cpu_percent,
			     c->leak_check ? " (checking for goroutine leaks)" : "",
			     print_ms(c->sweep_termination_ns).at);
	if (c->shape == GCTRACE_1_5)
		n += (size_t)snprintf(
			buf + n, PRINT_MAX_BYTES - n, "%s+%s+%s+%s ms clock, %s+%s+0+",
			print_ms(c->scan_ns).at, print_ms(c->install_barrier_ns).at,
			print_ms(c->mark_ns - c->scan_ns).at, print_ms(c->mark_termination_ns).at,
			print_ms(c->sweep_termination_cpu_ns).at, print_ms(c->scan_cpu_ns).at);
	else
		n += (size_t)snprintf(buf + n, PRINT_MAX_BYTES - n, "%s+%s ms clock, %s+",
				      print_ms(c->mark_ns).at, print_ms(c->mark_termination_ns).at,
				      print_ms(c->sweep_termination_cpu_ns).at);
	n += (size_t)snprintf(buf + n, PRINT_MAX_BYTES - n,
			      "%s/%s/%s+%s ms cpu, %" PRIu64 "->%" PRIu64 "->%" PRIu64
			      " MB, %" PRIu64 " MB goal, ",
			      print_ms(c->assist_cpu_ns).at, print_ms(c->dedicated_cpu_ns).at,
			      print_ms(c->idle_cpu_ns).at, print_ms(c->mark_termination_cpu_ns).at,
			      c->heap_start_mib, c->heap_end_mib, c->heap_live_mib, c->goal_mib);
	if (is_known(c->stacks_mib))
		n += (size_t)snprintf(buf + n, PRINT_MAX_BYTES - n,
				      "%" PRIu64 " MB stacks, %" PRIu64 " MB globals, ",
				      c->stacks_mib, c->globals_mib);
	n += (size_t)snprintf(buf + n, PRINT_MAX_BYTES - n, "%" PRIu64 " P%s", c->procs,
			      c->forced ? " (forced)" : "");
	return n;
}

static inline size_t print_scav(char *buf, const struct scav_line *s)
{
	size_t n = (size_t)snprintf(buf, PRINT_MAX_BYTES, "scav ");

	if (is_known(s->generation))
		n += (size_t)snprintf(buf + n, PRINT_MAX_BYTES - n, "%" PRIu64 " ", s->generation);
	n += (size_t)snprintf(buf + n, PRINT_MAX_BYTES - n, "%" PRIu64 " KiB work",
			      s->background_bytes >> 10);
	if (is_known(s->eager_bytes))
		n += (size_t)snprintf(buf + n, PRINT_MAX_BYTES - n,
				      " (bg), %" PRIu64 " KiB work (eager)", s->eager_bytes >> 10);
	n += (size_t)snprintf(buf + n, PRINT_MAX_BYTES - n,
			      ", %" PRIu64 " KiB %s, %" PRIu64 "%% util%s", s->released_bytes >> 10,
			      is_known(s->eager_bytes) ? "now" : "total", s->heap_in_use_percent,
			      s->forced		    ? " (forced)"
			      : s->controller_reset ? " [controller reset]"
						    : "");
	return n;
}

/* Go 1.13 has another word for a forced pass than the releases before, so it needs the line. */
static inline size_t print_scvg(char *buf, const struct scvg_line *s, bool is_1_13)
{
	size_t n;

	if (is_1_13)
		n = (size_t)snprintf(buf, PRINT_MAX_BYTES, "%sscvg: ", s->forced ? "forced " : "");
	else if (s->forced)
		n = (size_t)snprintf(buf, PRINT_MAX_BYTES, "scvg-1: ");
	else
		n = (size_t)snprintf(buf, PRINT_MAX_BYTES, "scvg%" PRIu64 ": ", s->number);
	if (!s->is_state)
		return n + (size_t)snprintf(buf + n, PRINT_MAX_BYTES - n, "%" PRIu64 " MB released",
					    s->released_mib);
	return n + (size_t)snprintf(buf + n, PRINT_MAX_BYTES - n,
				    "inuse: %" PRIu64 ", idle: %" PRIu64 ", sys: %" PRIu64
				    ", released: %" PRIu64 ", consumed: %" PRIu64 " (MB)",
				    s->in_use_mib, s->idle_mib, s->sys_mib, s->released_mib,
				    s->consumed_mib);
}

/* Whether line is what the runtime prints for *t (TRACE_OTHER has no figures: always true). */
static inline bool prints_as(const struct trace_line *t, struct text line)
{
	char buf[PRINT_MAX_BYTES];
	size_t n;

	switch (t->kind) {
	case TRACE_GC:
		n = print_gc(buf, &t->u.gc);
		break;
	case TRACE_SCAV:
		n = print_scav(buf, &t->u.scav);
		break;
	case TRACE_SCVG:
		n = print_scvg(buf, &t->u.scvg,
			       text_starts(line, "scvg: ") || text_starts(line, "forced "));
		break;
	default:
		return t->kind == TRACE_OTHER;
	}
	return n == line.len && memcmp(buf, line.at, n) == 0;
}

#endif
