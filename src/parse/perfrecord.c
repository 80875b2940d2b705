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

/* Fields behind the call chain, in their order, up to the first that is not known here. */
#define TAIL_SAMPLE_TYPE (PERF_SAMPLE_RAW | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)

/* What sample_id_all puts behind the other records: struct sample_id. */
#define TRAILER_SAMPLE_TYPE                                                            \
	(PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | \
	 PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER)

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

/* How many bits are set: 8 bytes of sample each. (The builtin is a call without -mpopcnt.) */
static size_t count_bits(uint64_t v)
{
	v = v - (v >> 1 & 0x5555555555555555);
	v = (v & 0x3333333333333333) + (v >> 2 & 0x3333333333333333);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (size_t)(v * 0x0101010101010101 >> 56);
}

/* Could a sample of this type be as long as this one? Every field has 8 bytes; only a call chain
 * says itself how many. *ret_frame_count is 0 without one. */
static bool fits_type(uint64_t type, const struct cursor *body, uint64_t *ret_frame_count)
{
	size_t need = 8 * count_bits(type & KNOWN_SAMPLE_TYPE), have = cursor_left(body);
	struct cursor at_count;

	*ret_frame_count = 0;
	if (need > have)
		return false;
	if (type & PERF_SAMPLE_CALLCHAIN) {
		at_count = cursor_over(body->at + need - 8, 8);
		*ret_frame_count = cursor_uint(&at_count, 8);
		if (*ret_frame_count > (have - need) / 8)
			return false;
	}
	/* Bytes left over mean that the layout is not the one it was written with. */
	return (type & ~(uint64_t)KNOWN_SAMPLE_TYPE) || need + 8 * *ret_frame_count == have;
}

struct tail {
	struct text raw, registers, stack;
};

/* perf_output_sample_ustack (kernel/events/core.c): the size asked for, that many bytes, and how
 * many of them were really copied; without a user's stack only a size of 0. */
static struct text take_stack(struct cursor *c)
{
	uint64_t size = cursor_uint(c, 8);
	struct text bytes = cursor_bytes(c, size);
	uint64_t copied = size ? cursor_uint(c, 8) : 0;

	if (copied < bytes.len)
		bytes.len = (size_t)copied;
	return bytes;
}

/* What stands behind the call chain. False when it cannot be. */
static bool take_tail(struct tail *ret, struct cursor c, const struct perfrecord_layout *layout)
{
	uint64_t type = layout->sample_type;

	*ret = (struct tail){ 0 };
	if (type & PERF_SAMPLE_RAW)
		ret->raw = cursor_bytes(&c, cursor_uint(&c, 4));
	if (type & PERF_SAMPLE_BRANCH_STACK)
		return !c.bad;
	if ((type & PERF_SAMPLE_REGS_USER) && cursor_uint(&c, 8) != PERF_SAMPLE_REGS_ABI_NONE)
		ret->registers = cursor_bytes(&c, 8 * count_bits(layout->regs_user));
	if (type & PERF_SAMPLE_STACK_USER)
		ret->stack = take_stack(&c);
	if (type & ~(uint64_t)(KNOWN_SAMPLE_TYPE | TAIL_SAMPLE_TYPE))
		return !c.bad;
	return !c.bad && cursor_left(&c) == 0;
}

/* The next field of a sample that fits its type, or unknown when the type does not have it. */
static inline uint64_t take(const uint8_t **at, uint64_t has)
{
	uint64_t v;

	if (!has)
		return UNKNOWN_U64;
	memcpy(&v, *at, 8);
	*at += 8;
	return le64toh(v);
}

static inline uint64_t low_half(uint64_t v, uint64_t has)
{
	return has ? (uint32_t)v : v;
}

static inline uint64_t high_half(uint64_t v, uint64_t has)
{
	return has ? v >> 32 : v;
}

/* PERF_RECORD_SAMPLE that fits its type. With PERF_SAMPLE_READ, read_format is taken to be 0: one
 * number. This is where analysis spends its time: *ret is written once, field by field. */
static void fill_sample(struct perfrecord *ret, const uint8_t *at, uint64_t frame_count)
{
	uint64_t type = ret->layout->sample_type, word;

	at += 8; /* PERF_SAMPLE_IDENTIFIER: led to the layout */
	ret->ip = take(&at, type & PERF_SAMPLE_IP);
	word = take(&at, type & PERF_SAMPLE_TID);
	ret->pid = low_half(word, type & PERF_SAMPLE_TID);
	ret->tid = high_half(word, type & PERF_SAMPLE_TID);
	ret->time_ns = take(&at, type & PERF_SAMPLE_TIME);
	ret->addr = take(&at, type & PERF_SAMPLE_ADDR);
	take(&at, type & PERF_SAMPLE_ID);
	take(&at, type & PERF_SAMPLE_STREAM_ID);
	ret->cpu = low_half(take(&at, type & PERF_SAMPLE_CPU), type & PERF_SAMPLE_CPU);
	ret->period = take(&at, type & PERF_SAMPLE_PERIOD);
	take(&at, type & PERF_SAMPLE_READ);
	take(&at, type & PERF_SAMPLE_CALLCHAIN);
	if (frame_count)
		ret->callchain = (struct text){ (const char *)at, (size_t)frame_count * 8 };
}

/* The bytes behind the call chain of a sample that fits its type. */
static struct cursor after_chain(struct cursor body, uint64_t type, uint64_t frame_count)
{
	cursor_bytes(&body, 8 * (count_bits(type & KNOWN_SAMPLE_TYPE) + (size_t)frame_count));
	return body;
}

/* Everything else is not known yet. */
static inline void clear(struct perfrecord *r, uint32_t type,
			 const struct perfrecord_layout *layout)
{
	r->type = type;
	r->layout = layout;
	r->pid = r->tid = r->time_ns = r->cpu = UNKNOWN_U64;
	r->ip = r->addr = r->period = UNKNOWN_U64;
	r->callchain = r->raw = r->registers = r->stack = (struct text){ 0 };
	r->parent_pid = r->parent_tid = r->lost_count = UNKNOWN_U64;
	r->name = (struct text){ 0 };
	r->map_start = r->map_len = r->map_pgoff = UNKNOWN_U64;
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
	r->parent_tid = cursor_uint(c, 4);
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

/* The layout that the id in the first (samples) or last 8 bytes leads to, or NULL. */
static const struct perfrecord_layout *layout_of(uint32_t type, struct cursor body,
						 struct perfrecord_layouts layouts)
{
	const struct perfrecord_layout *layout;

	if (cursor_left(&body) < 8)
		return NULL;
	if (type == PERF_RECORD_SAMPLE)
		return find_layout(layouts, cursor_uint(&body, 8));
	body.at = body.end - 8;
	layout = find_layout(layouts, cursor_uint(&body, 8));
	/* Without sample_id_all those bytes were no id: it was chance. */
	return layout && layout->sample_id_all ? layout : NULL;
}

/* A record that is no sample: its trailer, then itself. False when it cannot be what it says. */
static bool decode_framed(struct perfrecord *r, struct cursor body)
{
	size_t trailer_bytes = 8 * count_bits(r->layout->sample_type & TRAILER_SAMPLE_TYPE);
	struct cursor trailer = body;

	if (trailer_bytes > cursor_left(&body))
		return false;
	trailer.at = body.end - trailer_bytes;
	body.end = trailer.at;
	decode_trailer(r, trailer);
	return decode_other(r, body);
}

/* The sample that recordings are full of: one per page fault. */
#define FAULT_SAMPLE_TYPE \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR)

#define FAULT_BODY_BYTES 32

static inline void fill_fault(struct perfrecord *ret, const uint8_t *at)
{
	uint64_t task;

	at += 8;
	task = take(&at, 1);
	ret->pid = (uint32_t)task;
	ret->tid = task >> 32;
	ret->time_ns = take(&at, 1);
	ret->addr = take(&at, 1);
}

/* *ret is untouched when the result is false. */
static bool decode(struct perfrecord *ret, uint32_t type, struct cursor body,
		   struct perfrecord_layouts layouts)
{
	const struct perfrecord_layout *layout = layout_of(type, body, layouts);
	struct perfrecord r;
	struct tail tail = { 0 };
	uint64_t frame_count;

	if (type == PERF_RECORD_SAMPLE && layout) {
		if (layout->sample_type == FAULT_SAMPLE_TYPE &&
		    cursor_left(&body) == FAULT_BODY_BYTES) {
			clear(ret, type, layout);
			fill_fault(ret, body.at);
			return true;
		}
		if (!fits_type(layout->sample_type, &body, &frame_count))
			return false;
		if ((layout->sample_type & TAIL_SAMPLE_TYPE) &&
		    !take_tail(&tail, after_chain(body, layout->sample_type, frame_count), layout))
			return false;
		clear(ret, type, layout);
		fill_sample(ret, body.at, frame_count);
		ret->raw = tail.raw;
		ret->registers = tail.registers;
		ret->stack = tail.stack;
		return true;
	}
	/* A sample without room for its id. */
	if (type == PERF_RECORD_SAMPLE && layouts.count && cursor_left(&body) < 8)
		return false;
	clear(&r, type, layout);
	if (layout && !decode_framed(&r, body))
		return false;
	*ret = r;
	return true;
}

enum perfrecord_status perfrecord_next(struct perfrecord *ret, struct text *bytes,
				       struct perfrecord_layouts layouts)
{
	struct cursor c = cursor_over(bytes->at, bytes->len);
	uint64_t header = cursor_uint(&c, HEADER_BYTES); /* type u32, misc u16, size u16 */
	uint16_t size_bytes = (uint16_t)(header >> 48);

	if (bytes->len == 0)
		return PERFRECORD_END;
	/* perf_output_begin: sizes are whole 8-byte words. */
	if (c.bad || size_bytes < HEADER_BYTES || size_bytes % 8 || size_bytes > bytes->len)
		return PERFRECORD_BAD;
	c.end = c.at + (size_bytes - HEADER_BYTES);
	if (!decode(ret, (uint32_t)header, c, layouts))
		return PERFRECORD_BAD;
	ret->misc = (uint16_t)(header >> 32);
	ret->size_bytes = size_bytes;
	bytes->at += size_bytes;
	bytes->len -= size_bytes;
	return PERFRECORD_OK;
}
