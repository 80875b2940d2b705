/* returnrecord.c - a call of madvise as a record in perf's layout (linux/perf_event.h,
 * PERF_RECORD_SAMPLE), so that it is read as those of the tracepoint are. */
#include <linux/perf_event.h>
#include <string.h>

#include "returngate_internal.h"
#include "target/returngate.h"

/* Numbers of the registers in perf's order: asm/perf_regs.h. */
#if defined(__aarch64__)
#define SP_BIT 31
#define IP_BIT 32
#else
#define SP_BIT 7
#define IP_BIT 8
#endif

#define REGISTERS_ABI_64 2u  /* PERF_SAMPLE_REGS_ABI_64 */
#define RAW_BYTES	 68u /* so that the length before it and it together are a multiple of 8 */

uint64_t returngate_sample_type(void)
{
	return PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN |
	       PERF_SAMPLE_RAW | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
}

uint64_t returngate_registers(void)
{
	return UINT64_C(1) << SP_BIT | UINT64_C(1) << IP_BIT;
}

struct writing {
	uint8_t *at;
	size_t len;
};

static void put(struct writing *w, const void *bytes, size_t len)
{
	memcpy(w->at + w->len, bytes, len);
	w->len += len;
}

static void put_u64(struct writing *w, uint64_t v)
{
	put(w, &v, sizeof(v));
}

static void put_u32(struct writing *w, uint32_t v)
{
	put(w, &v, sizeof(v));
}

static void put_chain(struct writing *w, const struct returngate_call *c)
{
	put_u64(w, c->has_place ? 2 : 0);
	if (c->has_place) {
		put_u64(w, (uint64_t)PERF_CONTEXT_USER);
		put_u64(w, c->ip);
	}
}

/* struct trace_entry (8 bytes), the number (8 bytes), the arguments. */
static void put_raw(struct writing *w, const struct returngate_call *c)
{
	put_u32(w, RAW_BYTES);
	put_u64(w, 0);
	put_u64(w, c->number);
	put(w, c->arguments, sizeof(c->arguments));
	put_u32(w, 0);
}

static void put_registers(struct writing *w, const struct returngate_call *c)
{
	put_u64(w, c->has_place ? REGISTERS_ABI_64 : 0);
	if (c->has_place) {
		put_u64(w, c->sp);
		put_u64(w, c->ip);
	}
}

/* Its size, the bytes, and how many of them count; the size alone when it is 0. */
static void put_stack(struct writing *w, const struct returngate_call *c)
{
	size_t len = c->has_place ? c->stack_len & ~(size_t)7 : 0;

	put_u64(w, len);
	if (len) {
		put(w, c->stack, len);
		put_u64(w, len);
	}
}

size_t returnrecord_make(uint8_t *out, const struct returngate_call *c)
{
	struct perf_event_header h = { .type = PERF_RECORD_SAMPLE, .misc = PERF_RECORD_MISC_USER };
	struct writing w = { out, sizeof(h) };

	put_u64(&w, RETURNGATE_ID);
	put_u32(&w, (uint32_t)c->process);
	put_u32(&w, (uint32_t)c->thread);
	put_u64(&w, c->time_ns);
	put_chain(&w, c);
	put_raw(&w, c);
	put_registers(&w, c);
	put_stack(&w, c);
	h.size = (uint16_t)w.len;
	memcpy(out, &h, sizeof(h));
	return w.len;
}
