/* event.c - the fields of every kind of record, and the one encoder and decoder that they drive.
 * Format: docs/recording-format.md. */
#include "recording/event.h"

#include <errno.h>

#include "base/cursor.h"
#include "base/unknown.h"

/* clang-format off */
#define NUMBER(kind, field) { #field, EVENT_U64, offsetof(struct event, u.kind.field) }
#define TEXT(kind, field)   { #field, EVENT_TEXT, offsetof(struct event, u.kind.field) }
/* clang-format on */

/* The order is the order in the file: append only. */
static const struct event_field session_fields[] = {
	TEXT(session, gctide_version), TEXT(session, argv),	   NUMBER(session, pid),
	NUMBER(session, page_bytes),   NUMBER(session, cpu_count), NUMBER(session, user_id),
	TEXT(session, kernel_release), TEXT(session, machine),	   TEXT(session, user_godebug),
	TEXT(session, godebug),	       TEXT(session, gogc),	   TEXT(session, gomemlimit),
	TEXT(session, gomaxprocs),     NUMBER(session, statm_hz),  NUMBER(session, max_stall_ns),
};

static const struct event_field clock_fields[] = {
	NUMBER(clock, monotonic_ns),
	NUMBER(clock, realtime_ns),
	NUMBER(clock, boottime_ns),
};

static const struct event_field source_fields[] = {
	TEXT(source, name),
	TEXT(source, state),
	TEXT(source, detail),
};

static const struct event_field fact_fields[] = {
	TEXT(fact, key),
	TEXT(fact, value),
};

static const struct event_field binary_fields[] = {
	NUMBER(binary, pid),	  NUMBER(binary, is_go),      TEXT(binary, path),
	TEXT(binary, go_version), TEXT(binary, version_from), TEXT(binary, build_id),
	TEXT(binary, detail),
};

static const struct event_field trace_line_fields[] = {
	NUMBER(trace_line, last_ns),
	NUMBER(trace_line, packet_count),
	TEXT(trace_line, line),
};

static const struct event_field trace_broken_fields[] = {
	NUMBER(trace_broken, packet_count),
	TEXT(trace_broken, why),
	TEXT(trace_broken, bytes),
};

static const struct event_field statm_fields[] = {
	NUMBER(statm, resident_bytes),
	NUMBER(statm, shared_bytes),
	NUMBER(statm, virtual_bytes),
	NUMBER(statm, data_bytes),
};

static const struct event_field procstat_fields[] = {
	NUMBER(procstat, user_ns),
	NUMBER(procstat, system_ns),
	NUMBER(procstat, minor_faults),
	NUMBER(procstat, major_faults),
	NUMBER(procstat, child_minor_faults),
	NUMBER(procstat, child_major_faults),
	NUMBER(procstat, thread_count),
	NUMBER(procstat, vm_peak_bytes),
};

static const struct event_field smaps_fields[] = {
	NUMBER(smaps, cost_ns),
	NUMBER(smaps, longest_read_ns),
	NUMBER(smaps, mapping_count),
	NUMBER(smaps, heap_mapping_count),
	NUMBER(smaps, heap_size_bytes),
	NUMBER(smaps, heap_rss_bytes),
	NUMBER(smaps, heap_anonymous_bytes),
	NUMBER(smaps, heap_lazyfree_bytes),
	NUMBER(smaps, heap_anonhuge_bytes),
	NUMBER(smaps, heap_swap_bytes),
	NUMBER(smaps, rest_size_bytes),
	NUMBER(smaps, rest_rss_bytes),
	NUMBER(smaps, rest_anonymous_bytes),
	NUMBER(smaps, rest_lazyfree_bytes),
	NUMBER(smaps, rest_anonhuge_bytes),
	NUMBER(smaps, rest_swap_bytes),
	NUMBER(smaps, file_rss_bytes),
};

static const struct event_field cgroup_fields[] = {
	NUMBER(cgroup, version),	 NUMBER(cgroup, current_bytes),
	NUMBER(cgroup, limit_bytes),	 NUMBER(cgroup, high_bytes),
	NUMBER(cgroup, peak_bytes),	 NUMBER(cgroup, anon_bytes),
	NUMBER(cgroup, file_bytes),	 NUMBER(cgroup, swap_bytes),
	NUMBER(cgroup, limit_hit_count), NUMBER(cgroup, oom_kill_count),
};

static const struct event_field perf_attr_fields[] = {
	TEXT(perf_attr, name),
	NUMBER(perf_attr, role),
	NUMBER(perf_attr, type),
	NUMBER(perf_attr, config),
	NUMBER(perf_attr, sample_type),
	NUMBER(perf_attr, sample_period),
	NUMBER(perf_attr, read_format),
	NUMBER(perf_attr, exclude_kernel),
	NUMBER(perf_attr, sample_id_all),
	TEXT(perf_attr, ids),
	NUMBER(perf_attr, ring_bytes),
	NUMBER(perf_attr, sample_hz),
	NUMBER(perf_attr, regs_user),
	NUMBER(perf_attr, stack_bytes),
};

static const struct event_field perf_data_fields[] = {
	NUMBER(perf_data, cpu),
	TEXT(perf_data, bytes),
};

static const struct event_field perf_round_fields[] = {
	NUMBER(perf_round, drained_ns),
};

static const struct event_field perf_count_fields[] = {
	NUMBER(perf_count, minor_count),
	NUMBER(perf_count, major_count),
	NUMBER(perf_count, enabled_ns),
	NUMBER(perf_count, running_ns),
};

static const struct event_field loss_fields[] = {
	TEXT(loss, source),
	NUMBER(loss, count),
	TEXT(loss, detail),
};

static const struct event_field fallback_fields[] = {
	TEXT(fallback, what),
	TEXT(fallback, from),
	TEXT(fallback, to),
	TEXT(fallback, reason),
};

static const struct event_field exit_fields[] = {
	NUMBER(exit, status),	    NUMBER(exit, signal),	 NUMBER(exit, core_dumped),
	NUMBER(exit, user_ns),	    NUMBER(exit, system_ns),	 NUMBER(exit, minor_faults),
	NUMBER(exit, major_faults), NUMBER(exit, max_rss_bytes), TEXT(exit, reason),
};

static const struct event_field observer_fields[] = {
	NUMBER(observer, cpu_ns),
	NUMBER(observer, rss_peak_bytes),
	NUMBER(observer, written_bytes),
	NUMBER(observer, longest_stall_ns),
	NUMBER(observer, failed_read_count),
	NUMBER(observer, user_bytes),
	NUMBER(observer, gate_stall_ns),
};

static const struct event_field end_fields[] = {
	NUMBER(end, record_count),
};

static const struct event_field image_fields[] = {
	NUMBER(image, pid),	   TEXT(image, path),	TEXT(image, build_id),
	NUMBER(image, file_bytes), TEXT(image, detail), TEXT(image, content),
};

static const struct event_field kernel_symbol_fields[] = {
	NUMBER(kernel_symbol, address),
	TEXT(kernel_symbol, name),
	TEXT(kernel_symbol, module),
};

/* clang-format off */
#define SHAPE(kind) { #kind, kind##_fields, sizeof(kind##_fields) / sizeof(kind##_fields[0]) }
/* clang-format on */

static const struct event_shape shapes[] = {
	[EVENT_SESSION] = SHAPE(session),
	[EVENT_CLOCK] = SHAPE(clock),
	[EVENT_SOURCE] = SHAPE(source),
	[EVENT_FACT] = SHAPE(fact),
	[EVENT_BINARY] = SHAPE(binary),
	[EVENT_TRACE_LINE] = SHAPE(trace_line),
	[EVENT_TRACE_BROKEN] = SHAPE(trace_broken),
	[EVENT_STATM] = SHAPE(statm),
	[EVENT_PROCSTAT] = SHAPE(procstat),
	[EVENT_SMAPS] = SHAPE(smaps),
	[EVENT_CGROUP] = SHAPE(cgroup),
	[EVENT_PERF_ATTR] = SHAPE(perf_attr),
	[EVENT_PERF_DATA] = SHAPE(perf_data),
	[EVENT_PERF_ROUND] = SHAPE(perf_round),
	[EVENT_PERF_COUNT] = SHAPE(perf_count),
	[EVENT_LOSS] = SHAPE(loss),
	[EVENT_FALLBACK] = SHAPE(fallback),
	[EVENT_EXIT] = SHAPE(exit),
	[EVENT_OBSERVER] = SHAPE(observer),
	[EVENT_END] = SHAPE(end),
	[EVENT_IMAGE] = SHAPE(image),
	[EVENT_KERNEL_SYMBOL] = SHAPE(kernel_symbol),
};

const struct event_shape *event_shape_of(uint64_t kind)
{
	if (kind >= sizeof(shapes) / sizeof(shapes[0]) || !shapes[kind].name)
		return NULL;
	return &shapes[kind];
}

static void encode_field(struct buf *out, const struct event *ev, const struct event_field *f)
{
	const void *at = (const char *)ev + f->offset;

	if (f->type == EVENT_U64) {
		buf_add_uint(out, *(const uint64_t *)at, 8);
	} else {
		const struct text *t = at;
		buf_add_uint(out, t->len, 4);
		buf_add(out, t->at, t->len);
	}
}

void event_encode(struct buf *out, const struct event *ev)
{
	const struct event_shape *shape = event_shape_of(ev->kind);
	size_t size_at, body_at;

	buf_add_uint(out, ev->kind, 2);
	buf_add_uint(out, 0, 2);
	size_at = out->len;
	buf_add_uint(out, 0, 4); /* the body's size, known below */
	buf_add_uint(out, ev->time_ns, 8);
	body_at = out->len;
	for (size_t i = 0; shape && i < shape->field_count; i++)
		encode_field(out, ev, &shape->fields[i]);
	if (!shape)
		buf_add(out, ev->u.unknown.at, ev->u.unknown.len);
	for (size_t i = 0; i < 4; i++)
		out->at[size_at + i] = (uint8_t)((out->len - body_at) >> (8 * i));
}

/* A field that does not begin before the body's end was added after the recording was made. */
static void decode_field(struct event *ev, const struct event_field *f, struct cursor *c)
{
	void *at = (char *)ev + f->offset;
	bool is_missing = !c->bad && cursor_left(c) == 0;

	if (f->type == EVENT_U64)
		*(uint64_t *)at = is_missing ? UNKNOWN_U64 : cursor_uint(c, 8);
	else if (is_missing)
		*(struct text *)at = (struct text){ 0 };
	else
		*(struct text *)at = cursor_bytes(c, cursor_uint(c, 4));
}

int event_decode(struct event *ret, uint64_t kind, uint64_t time_ns, struct text body)
{
	const struct event_shape *shape = event_shape_of(kind);
	struct event ev = { .kind = kind, .time_ns = time_ns };
	struct cursor c = cursor_over(body.at, body.len);

	if (!shape)
		ev.u.unknown = body;
	for (size_t i = 0; shape && i < shape->field_count; i++)
		decode_field(&ev, &shape->fields[i], &c);
	if (c.bad)
		return -EBADMSG;
	*ret = ev;
	return 0;
}
