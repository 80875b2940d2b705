/* report_sample.h - one small recording made by hand, for the tests of analysis and reports.
 *
 * The session begins at S = 1 s. The runtime began at S + 2 ms; the line with the least delay (50
 *us, cycle 2) places it at S + 2.05 ms. So cycles lie at (ms since S)
 *	1: 12.05 to 13.35	2: 32.05 to 34.25	3: 52.05 to 52.58 (forced)
 * and the other figures are worked out beside the tests. */
#ifndef TESTS_REPORT_SAMPLE_H
#define TESTS_REPORT_SAMPLE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/analyze.h"
#include "base/unknown.h"
#include "recording/writer.h"

#define S_NS	  1000000000ULL
#define US	  1000ULL
#define MS	  1000000ULL
#define MIB(n)	  ((uint64_t)(n) << 20)
#define AT_MS(ms) (S_NS + (uint64_t)((ms)*1e6 + 0.5))

#define LINE_GC_1                                                                    \
	"gc 1 @0.010s 5%: 0.10+1.0+0.20 ms clock, 0.20+0.10/0.50/0.30+0.40 ms cpu, " \
	"4->5->3 MB, 6 MB goal, 0 MB stacks, 0 MB globals, 2 P"
#define LINE_GC_2                                                              \
	"gc 2 @0.030s 4%: 0.050+2.0+0.15 ms clock, 0.10+0/1.0/0+0.30 ms cpu, " \
	"6->8->4 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P"
#define LINE_GC_3                                                                   \
	"gc 3 @0.050s 3%: 0.010+0.50+0.020 ms clock, 0.020+0/0.20/0+0.040 ms cpu, " \
	"7->7->2 MB, 9 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)"
#define LINE_SCAV "scav 8 KiB work (bg), 16 KiB work (eager), 3592 KiB now, 98% util"
#define LINE_CHILD                                                           \
	"gc 1 @0.004s 9%: 0.10+0.10+0.10 ms clock, 0.20+0/0/0+0.20 ms cpu, " \
	"4->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P"

/* PERF_SAMPLE_IP | TID | TIME | ADDR | IDENTIFIER */
#define SAMPLE_TYPE 0x1000fu

struct sample {
	char path[64];
	struct writer *w;
};

static inline struct text sample_argv(void)
{
	static const char argv[] = "./server\0-addr\0:8080";

	return (struct text){ .at = argv, .len = sizeof(argv) };
}

static inline void sample_add(struct sample *s, uint64_t time_ns, struct event ev)
{
	ev.time_ns = time_ns;
	assert_int_equal(writer_add(s->w, &ev), 0);
}

static inline void sample_open(struct sample *s)
{
	int fd;

	snprintf(s->path, sizeof(s->path), "/tmp/gctide-report-XXXXXX");
	fd = mkstemp(s->path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(writer_open(&s->w, s->path, NULL), 0);
}

static inline void sample_session_with(struct sample *s, struct text argv, const char *gomemlimit)
{
	struct event ev = { .kind = EVENT_SESSION };

	ev.u.session = (struct event_session){
		.gctide_version = text_of("0.1.0"),
		.argv = argv,
		.pid = 4711,
		.page_bytes = 4096,
		.cpu_count = 2,
		.user_id = 1000,
		.kernel_release = text_of("6.1.0"),
		.machine = text_of("x86_64"),
		.godebug = text_of("gctrace=1,scavtrace=1,madvdontneed=0"),
		.gomemlimit = text_of(gomemlimit),
		.statm_hz = 200,
		.max_stall_ns = 10 * MS,
	};
	sample_add(s, S_NS, ev);
	ev = (struct event){ .kind = EVENT_CLOCK,
			     .u.clock = { S_NS, 1700000000ULL * 1000000000ULL, 2 * S_NS } };
	sample_add(s, S_NS, ev);
}

static inline void sample_source(struct sample *s, const char *name, const char *state,
				 const char *detail)
{
	struct event ev = { .kind = EVENT_SOURCE };

	ev.u.source = (struct event_source){ text_of(name), text_of(state), text_of(detail) };
	sample_add(s, S_NS, ev);
}

static inline void sample_binary(struct sample *s, uint64_t is_go, const char *version)
{
	struct event ev = { .kind = EVENT_BINARY };

	ev.u.binary = (struct event_binary){ .pid = 4711,
					     .is_go = is_go,
					     .path = text_of("/srv/server"),
					     .go_version = text_of(version),
					     .version_from = text_of("buildinfo") };
	sample_add(s, S_NS, ev);
}

/* A recording of a Go program, no more than its head. */
static inline void sample_open_go(struct sample *s)
{
	sample_open(s);
	sample_session_with(s, sample_argv(), "");
	sample_binary(s, 1, "go1.26.8");
}

static inline void sample_line(struct sample *s, uint64_t arrival_ns, const char *line)
{
	struct event ev = { .kind = EVENT_TRACE_LINE };

	ev.u.trace_line = (struct event_trace_line){ .last_ns = arrival_ns + 20 * US,
						     .packet_count = 38,
						     .line = text_of(line) };
	sample_add(s, arrival_ns, ev);
}

static inline void sample_statm(struct sample *s, uint64_t time_ns, uint64_t mib)
{
	struct event ev = { .kind = EVENT_STATM };

	ev.u.statm = (struct event_statm){ MIB(mib), MIB(1), MIB(1000), MIB(500) };
	sample_add(s, time_ns, ev);
}

static inline void sample_smaps(struct sample *s, uint64_t time_ns, uint64_t lazyfree_mib,
				uint64_t anonhuge_mib)
{
	struct event ev = { .kind = EVENT_SMAPS };

	memset(&ev.u.smaps, 0, sizeof(ev.u.smaps));
	ev.u.smaps.heap_rss_bytes = MIB(150);
	ev.u.smaps.rest_rss_bytes = MIB(40);
	ev.u.smaps.heap_lazyfree_bytes = MIB(lazyfree_mib);
	ev.u.smaps.heap_anonhuge_bytes = MIB(anonhuge_mib);
	sample_add(s, time_ns, ev);
}

static inline void sample_attr(struct sample *s, uint64_t role, uint64_t exclude_kernel,
			       uint64_t period)
{
	/* ids 101 and 102, one per CPU; those of the counter are 201 and 202 */
	uint8_t ids[16] = { 101, [8] = 102 };
	struct event ev = { .kind = EVENT_PERF_ATTR };

	if (role == PERF_ROLE_FAULT_COUNT)
		ids[0] = 201, ids[8] = 202;
	ev.u.perf_attr = (struct event_perf_attr){ .name = text_of("page-faults-min"),
						   .role = role,
						   .type = 1,
						   .config = 5,
						   .sample_type = SAMPLE_TYPE,
						   .sample_period = period,
						   .exclude_kernel = exclude_kernel,
						   .sample_id_all = 1,
						   .ids = { (char *)ids, sizeof(ids) } };
	sample_add(s, S_NS, ev);
}

/* PERF_RECORD_SAMPLE of one fault: id, ip, pid and tid, time, address. */
static inline void sample_fault_bytes(struct buf *out, uint64_t id, uint64_t time_ns)
{
	buf_add_uint(out, 9, 4);
	buf_add_uint(out, 2, 2);
	buf_add_uint(out, 48, 2);
	buf_add_uint(out, id, 8);
	buf_add_uint(out, 0x401000, 8);
	buf_add_uint(out, 4711, 4);
	buf_add_uint(out, 4712, 4);
	buf_add_uint(out, time_ns, 8);
	buf_add_uint(out, 0xc000000000, 8);
}

static inline void sample_data(struct sample *s, uint64_t cpu, struct buf *bytes, uint64_t time_ns)
{
	struct event ev = { .kind = EVENT_PERF_DATA };

	ev.u.perf_data = (struct event_perf_data){ .cpu = cpu, .bytes = buf_text(bytes) };
	sample_add(s, time_ns, ev);
	buf_done(bytes);
	*bytes = (struct buf){ 0 };
}

static inline void sample_round(struct sample *s, uint64_t drained_ns)
{
	struct event ev = { .kind = EVENT_PERF_ROUND, .u.perf_round.drained_ns = drained_ns };

	sample_add(s, drained_ns, ev);
}

static inline void sample_exit(struct sample *s, uint64_t time_ns)
{
	struct event ev = { .kind = EVENT_EXIT };

	ev.u.exit = (struct event_exit){ .status = 0,
					 .signal = UNKNOWN_U64,
					 .core_dumped = 0,
					 .user_ns = 40 * MS,
					 .system_ns = 10 * MS,
					 .minor_faults = 8,
					 .major_faults = 1,
					 .max_rss_bytes = MIB(210),
					 .reason = text_of("exited") };
	sample_add(s, time_ns, ev);
	ev = (struct event){ .kind = EVENT_PERF_COUNT, .u.perf_count = { 7, 1, 1, 1 } };
	sample_add(s, time_ns, ev);
	ev = (struct event){ .kind = EVENT_OBSERVER };
	ev.u.observer = (struct event_observer){ .cpu_ns = 1 * MS,
						 .rss_peak_bytes = MIB(6),
						 .written_bytes = 4096,
						 .longest_stall_ns = 400 * US,
						 .failed_read_count = 0,
						 .user_bytes = 12,
						 .gate_stall_ns = UNKNOWN_U64 };
	sample_add(s, time_ns, ev);
}

/* Two rounds; the second CPU's faults are older than the first one's. */
static inline void sample_faults(struct sample *s)
{
	struct buf bytes = { 0 };

	sample_fault_bytes(&bytes, 101, AT_MS(5));
	sample_fault_bytes(&bytes, 101, AT_MS(13.35)); /* the very end of cycle 1: still its own */
	sample_fault_bytes(&bytes, 101, AT_MS(14));
	sample_data(s, 0, &bytes, AT_MS(20));
	sample_fault_bytes(&bytes, 102, AT_MS(6));
	sample_data(s, 1, &bytes, AT_MS(20));
	sample_round(s, AT_MS(20));
	sample_fault_bytes(&bytes, 102, AT_MS(33));
	sample_fault_bytes(&bytes, 102, AT_MS(60));
	sample_data(s, 1, &bytes, AT_MS(70));
	sample_round(s, AT_MS(70));
}

/* Everything that the target did up to its exit. */
static inline void sample_body(struct sample *s)
{
	sample_statm(s, AT_MS(10), 100);
	sample_line(s, AT_MS(13.4), LINE_GC_1);
	sample_line(s, AT_MS(13.6), LINE_SCAV);
	sample_statm(s, AT_MS(20), 200);
	sample_smaps(s, AT_MS(25), 60, 80);
	sample_line(s, AT_MS(34.25), LINE_GC_2);
	sample_statm(s, AT_MS(40), 200);
	sample_line(s, AT_MS(40), LINE_CHILD);
	sample_smaps(s, AT_MS(45), 20, 10);
	sample_line(s, AT_MS(53.53), LINE_GC_3);
	sample_statm(s, AT_MS(60), 100);
}

static inline void sample_small(struct sample *s)
{
	struct event fact = { .kind = EVENT_FACT };

	sample_open(s);
	sample_session_with(s, sample_argv(), "");
	sample_source(s, "gctrace", "on", "");
	sample_source(s, "perf.fault-addresses", "on", "");
	sample_source(s, "cgroup", "off", "no memory controller");
	fact.u.fact = (struct event_fact){ text_of("thp.enabled"), text_of("always") };
	sample_add(s, S_NS, fact);
	sample_binary(s, 1, "go1.26.8");
	sample_attr(s, PERF_ROLE_FAULT_COUNT, 0, 0);
	sample_attr(s, PERF_ROLE_FAULT_ADDRESS, 0, 1);
	sample_body(s);
	sample_faults(s);
	sample_exit(s, AT_MS(80));
}

static inline void sample_close(struct sample *s)
{
	assert_int_equal(writer_close(s->w, NULL), 0);
	s->w = NULL;
}

/* As after kill -9: what was flushed is there, the end is not. */
static inline void sample_cut(struct sample *s)
{
	assert_int_equal(writer_flush(s->w), 0);
	writer_abandon(s->w);
	s->w = NULL;
}

/* The rows, kept. */
struct kept {
	struct model_cycle rows[64];
	size_t count;
};

static inline int keep_row(void *arg, const struct model_cycle *c)
{
	struct kept *kept = arg;

	assert_true(kept->count < 64);
	kept->rows[kept->count++] = *c;
	return 0;
}

/* Analyse and remove the file. */
static inline void sample_analyze(struct sample *s, struct model *m, struct kept *kept)
{
	struct analyze_options options = { .process_id = UNKNOWN_U64, .sink = { keep_row, kept } };
	struct err err = { 0 };

	*kept = (struct kept){ 0 };
	if (analyze_recording(m, s->path, &options, &err) != 0)
		fail_msg("%s", err.what);
	unlink(s->path);
}

#endif
