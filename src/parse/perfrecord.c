/* perfrecord.c - decode raw perf_event ring records, by the sample_type of the event they belong
 * to.
 *
 * The order of the fields is that of linux/perf_event.h (enum perf_event_type, Linux 6.1), and has
 * been only added to since. A sample is read as far as its layout is known here. */
#include "parse/perfrecord.h"

#include <linux/perf_event.h>

#include "base/cursor.h"
#include "base/unknown.h"

#define HEADER_BYTES 8

/* Fields of a sample that are decoded; those above PERF_SAMPLE_CALLCHAIN come behind them. */
#define KNOWN_SAMPLE_TYPE                                                               \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | \
	 PERF_SAMPLE_ADDR | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU |  \
	 PERF_SAMPLE_PERIOD | PERF_SAMPLE_READ | PERF_SAMPLE_CALLCHAIN)

/* What sample_id_all puts behind the other records: struct sample_id. */
#define TRAILER_SAMPLE_TYPE                                                            \
	(PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | \
	 PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER)

static const struct perfrecord blank = {
	.pid = UNKNOWN_U64,
	.tid = UNKNOWN_U64,
	.time_ns = UNKNOWN_U64,
	.cpu = UNKNOWN_U64,
	.ip = UNKNOWN_U64,
	.addr = UNKNOWN_U64,
	.period = UNKNOWN_U64,
	.parent_pid = UNKNOWN_U64,
	.lost_count = UNKNOWN_U64,
	.map_start = UNKNOWN_U64,
	.map_len = UNKNOWN_U64,
	.map_pgoff = UNKNOWN_U64,
};

static const char *const type_names[] = {
	[PERF_RECORD_MMAP] = "mmap",
	[PERF_RECORD_LOST] = "lost",
	[PERF_RECORD_COMM] = "comm",
	[PERF_RECORD_EXIT] = "exit",
	[PERF_RECORD_THROTTLE] = "throttle",
	[PERF_RECORD_UNTHROTTLE] = "unthrottle",
	[PERF_RECORD_FORK] = "fork",
	[PERF_RECORD_READ] = "read",
	[PERF_RECORD_SAMPLE] = "sample",
	[PERF_RECORD_MMAP2] = "mmap2",
	[PERF_RECORD_AUX] = "aux",
	[PERF_RECORD_ITRACE_START] = "itrace_start",
	[PERF_RECORD_LOST_SAMPLES] = "lost_samples",
	[PERF_RECORD_SWITCH] = "switch",
	[PERF_RECORD_SWITCH_CPU_WIDE] = "switch_cpu_wide",
	[PERF_RECORD_NAMESPACES] = "namespaces",
	[PERF_RECORD_KSYMBOL] = "ksymbol",
	[PERF_RECORD_BPF_EVENT] = "bpf_event",
	[PERF_RECORD_CGROUP] = "cgroup",
	[PERF_RECORD_TEXT_POKE] = "text_poke",
};

const char *perfrecord_type_name(uint32_t type)
{
	return type < sizeof(type_names) / sizeof(type_names[0]) ? type_names[type] : NULL;
}

/* The kernel numbers events one after the other (kernel/events/core.c, perf_event_id), so the place
 * in the table is mostly the distance from its first id; else it is searched for. */
static const struct perfrecord_layout *find_layout(struct perfrecord_layouts layouts, uint64_t id)
{
	size_t low = 0, high = layouts.count;

	if (high == 0)
		return NULL;
	if (id - layouts.at[0].id < high && layouts.at[id - layouts.at[0].id].id == id)
		return &layouts.at[id - layouts.at[0].id];
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (layouts.at[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < layouts.count && layouts.at[low].id == id ? &layouts.at[low] : NULL;
}

static void take_task(struct perfrecord *r, struct cursor *c)
{
	r->pid = cursor_uint(c, 4);
	r->tid = cursor_uint(c, 4);
}

/* CPU and a reserved word. */
static void take_cpu(struct perfrecord *r, struct cursor *c)
{
	r->cpu = cursor_uint(c, 4);
	cursor_uint(c, 4);
}

static void take_callchain(struct perfrecord *r, struct cursor *c)
{
	uint64_t count = cursor_uint(c, 8);

	if (count > cursor_left(c) / 8)
		c->bad = true;
	else
		r->callchain = cursor_bytes(c, (size_t)count * 8);
}

/* PERF_RECORD_SAMPLE. With PERF_SAMPLE_READ, read_format is taken to be 0: one number. */
static bool decode_sample(struct perfrecord *r, struct cursor c)
{
	uint64_t type = r->layout->sample_type;

	cursor_uint(&c, 8); /* PERF_SAMPLE_IDENTIFIER: led to the layout */
	if (type & PERF_SAMPLE_IP)
		r->ip = cursor_uint(&c, 8);
	if (type & PERF_SAMPLE_TID)
		take_task(r, &c);
	if (type & PERF_SAMPLE_TIME)
		r->time_ns = cursor_uint(&c, 8);
	if (type & PERF_SAMPLE_ADDR)
		r->addr = cursor_uint(&c, 8);
	if (type & PERF_SAMPLE_ID)
		cursor_uint(&c, 8);
	if (type & PERF_SAMPLE_STREAM_ID)
		cursor_uint(&c, 8);
	if (type & PERF_SAMPLE_CPU)
		take_cpu(r, &c);
	if (type & PERF_SAMPLE_PERIOD)
		r->period = cursor_uint(&c, 8);
	if (type & PERF_SAMPLE_READ)
		cursor_uint(&c, 8);
	if (type & PERF_SAMPLE_CALLCHAIN)
		take_callchain(r, &c);
	/* Bytes left over mean that the layout is not the one it was written with. */
	return !c.bad && ((type & ~(uint64_t)KNOWN_SAMPLE_TYPE) || cursor_left(&c) == 0);
}

/* struct sample_id; the caller made sure that it is there. */
static void decode_trailer(struct perfrecord *r, struct cursor c)
{
	uint64_t type = r->layout->sample_type;

	if (type & PERF_SAMPLE_TID)
		take_task(r, &c);
	if (type & PERF_SAMPLE_TIME)
		r->time_ns = cursor_uint(&c, 8);
	if (type & PERF_SAMPLE_ID)
		cursor_uint(&c, 8);
	if (type & PERF_SAMPLE_STREAM_ID)
		cursor_uint(&c, 8);
	if (type & PERF_SAMPLE_CPU)
		take_cpu(r, &c);
}

/* A name that the kernel ends and pads with NULs. */
static struct text take_name(struct cursor *c)
{
	struct text t = cursor_bytes(c, cursor_left(c));

	if (t.len)
		t.len = strnlen(t.at, t.len);
	return t;
}

static void decode_task_change(struct perfrecord *r, struct cursor *c)
{
	r->pid = cursor_uint(c, 4);
	r->parent_pid = cursor_uint(c, 4);
	r->tid = cursor_uint(c, 4);
	cursor_uint(c, 4); /* the thread that did it */
	r->time_ns = cursor_uint(c, 8);
}

static void decode_mapping(struct perfrecord *r, struct cursor *c)
{
	take_task(r, c);
	r->map_start = cursor_uint(c, 8);
	r->map_len = cursor_uint(c, 8);
	r->map_pgoff = cursor_uint(c, 8);
	if (r->type == PERF_RECORD_MMAP2)
		cursor_bytes(c, 24 + 8); /* device and inode, or build id; prot, flags */
	r->name = take_name(c);
}

/* Any record but a sample, without its trailer. What it says itself counts more than the trailer,
 * which is about the task that caused it. */
static bool decode_other(struct perfrecord *r, struct cursor c)
{
	switch (r->type) {
	case PERF_RECORD_LOST:
		cursor_uint(&c, 8); /* id: again that of the trailer */
		r->lost_count = cursor_uint(&c, 8);
		break;
	case PERF_RECORD_LOST_SAMPLES:
		r->lost_count = cursor_uint(&c, 8);
		break;
	case PERF_RECORD_THROTTLE:
	case PERF_RECORD_UNTHROTTLE:
		r->time_ns = cursor_uint(&c, 8);
		cursor_bytes(&c, 16); /* id, stream id */
		break;
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		decode_task_change(r, &c);
		break;
	case PERF_RECORD_COMM:
		take_task(r, &c);
		r->name = take_name(&c);
		break;
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		decode_mapping(r, &c);
		break;
	default:
		break;
	}
	return !c.bad;
}

/* False when the record cannot be what its type and layout say. */
static bool decode(struct perfrecord *r, struct cursor body, struct perfrecord_layouts layouts)
{
	size_t trailer_bytes, left = cursor_left(&body);
	struct cursor at_id = body, trailer = body;

	if (left < 8)
		return r->type != PERF_RECORD_SAMPLE || layouts.count == 0;
	if (r->type != PERF_RECORD_SAMPLE)
		at_id.at = body.end - 8;
	r->layout = find_layout(layouts, cursor_uint(&at_id, 8));
	if (!r->layout)
		return true;
	if (r->type == PERF_RECORD_SAMPLE)
		return decode_sample(r, body);
	if (!r->layout->sample_id_all) {
		r->layout = NULL; /* chance: those bytes were no id */
		return true;
	}
	trailer_bytes =
		8 * (size_t)__builtin_popcountll(r->layout->sample_type & TRAILER_SAMPLE_TYPE);
	if (trailer_bytes > left)
		return false;
	trailer.at = body.end - trailer_bytes;
	body.end = trailer.at;
	decode_trailer(r, trailer);
	return decode_other(r, body);
}

enum perfrecord_status perfrecord_next(struct perfrecord *ret, struct text *bytes,
				       struct perfrecord_layouts layouts)
{
	struct cursor c = cursor_over(bytes->at, bytes->len);
	struct perfrecord r = blank;

	if (bytes->len == 0)
		return PERFRECORD_END;
	r.type = (uint32_t)cursor_uint(&c, 4);
	r.misc = (uint16_t)cursor_uint(&c, 2);
	r.size_bytes = (uint16_t)cursor_uint(&c, 2);
	/* perf_output_begin: sizes are whole 8-byte words. */
	if (c.bad || r.size_bytes < HEADER_BYTES || r.size_bytes % 8 || r.size_bytes > bytes->len)
		return PERFRECORD_BAD;
	c.end = c.at + (r.size_bytes - HEADER_BYTES);
	if (!decode(&r, c, layouts))
		return PERFRECORD_BAD;
	*ret = r;
	bytes->at += r.size_bytes;
	bytes->len -= r.size_bytes;
	return PERFRECORD_OK;
}
