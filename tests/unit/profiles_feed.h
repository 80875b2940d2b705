/* profiles_feed.h - perf records made by hand, and the events of a recording that bring them to
 * profiles. Written from linux/perf_event.h. */
#ifndef TESTS_PROFILES_FEED_H
#define TESTS_PROFILES_FEED_H

#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/profiles.h"
#include "base/buf.h"
#include "base/unknown.h"

#define MARK_USER   ((uint64_t)-512)
#define MARK_KERNEL ((uint64_t)-128)

/* What every sample has; sample_id_all puts the same behind the other records. */
#define FEED_PLAIN (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME)

/* The events that are opened, by their ids. */
enum {
	FEED_BOOKKEEPING = 1,
	FEED_CPU,
	FEED_FAULTS,
	FEED_RETURNS,
	FEED_ADDRESSES,
	FEED_MISSES, /* of the user's own choice, with a period that is told */
	FEED_CYCLES, /* CPU time by a counter of the processor */
	FEED_NOBODY, /* never declared */
};

static inline uint64_t feed_type(unsigned id)
{
	static const uint64_t types[] = {
		[FEED_BOOKKEEPING] = FEED_PLAIN,
		[FEED_CPU] = FEED_PLAIN | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_PERIOD,
		[FEED_FAULTS] = FEED_PLAIN | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_ADDR,
		[FEED_RETURNS] = FEED_PLAIN | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW,
		[FEED_ADDRESSES] = FEED_PLAIN | PERF_SAMPLE_ADDR,
		[FEED_MISSES] = FEED_PLAIN | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_PERIOD,
		[FEED_CYCLES] = FEED_PLAIN | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_PERIOD,
		[FEED_NOBODY] = FEED_PLAIN,
	};

	return types[id];
}

/* A sample; fields that its event does not have are left out. */
struct feed_sample {
	unsigned id;
	uint64_t time_ns;
	uint64_t chain[4]; /* the user's part; ends at 0 */
	uint64_t addr, period;
	uint64_t advised[3]; /* madvise: address, length, advice */
	uint32_t pid, tid;
};

/* The record that began at `start` is whole: say its size. */
static inline void feed_end(struct buf *b, size_t start)
{
	size_t len = b->len - start;

	assert_int_equal(len % 8, 0);
	b->at[start + 6] = (uint8_t)len;
	b->at[start + 7] = (uint8_t)(len >> 8);
}

static inline size_t feed_begin(struct buf *b, uint32_t type, uint16_t misc)
{
	buf_add_uint(b, type, 4);
	buf_add_uint(b, misc, 2);
	buf_add_uint(b, 0, 2);
	return b->len - 8;
}

static inline void feed_chain(struct buf *b, const uint64_t *chain)
{
	size_t n = 0;

	while (n < 4 && chain[n])
		n++;
	buf_add_uint(b, n + 1, 8);
	buf_add_uint(b, MARK_USER, 8);
	for (size_t i = 0; i < n; i++)
		buf_add_uint(b, chain[i], 8);
}

/* sys_enter_madvise: 8 bytes of every tracepoint, the number of the call, its arguments. The size
 * before makes it whole words. */
static inline void feed_madvise(struct buf *b, const uint64_t *advised)
{
	buf_add_uint(b, 44, 4);
	buf_add_uint(b, 0, 8);
	buf_add_uint(b, 28, 8);
	for (size_t i = 0; i < 3; i++)
		buf_add_uint(b, advised[i], 8);
	buf_add_uint(b, 0, 4);
}

static inline void feed_add(struct buf *b, const struct feed_sample *s)
{
	uint64_t type = feed_type(s->id);
	size_t start = feed_begin(b, PERF_RECORD_SAMPLE, 0);

	buf_add_uint(b, s->id, 8);
	buf_add_uint(b, s->pid ? s->pid : 1, 4);
	buf_add_uint(b, s->tid ? s->tid : 1, 4);
	buf_add_uint(b, s->time_ns, 8);
	if (type & PERF_SAMPLE_ADDR)
		buf_add_uint(b, s->addr, 8);
	if (type & PERF_SAMPLE_PERIOD)
		buf_add_uint(b, s->period, 8);
	if (type & PERF_SAMPLE_CALLCHAIN)
		feed_chain(b, s->chain);
	if (type & PERF_SAMPLE_RAW)
		feed_madvise(b, s->advised);
	feed_end(b, start);
}

/* struct sample_id behind a record that is no sample. */
static inline void feed_trailer(struct buf *b, size_t start, uint64_t time_ns)
{
	buf_add_uint(b, 1, 4);
	buf_add_uint(b, 1, 4);
	buf_add_uint(b, time_ns, 8);
	buf_add_uint(b, FEED_BOOKKEEPING, 8);
	feed_end(b, start);
}

static inline void feed_text(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s) + 1);
	while (b->len % 8)
		buf_add_uint(b, 0, 1);
}

static inline void feed_mmap(struct buf *b, uint64_t time_ns, uint32_t pid, uint64_t at,
			     uint64_t len, const char *path)
{
	size_t start = feed_begin(b, PERF_RECORD_MMAP2, 0);

	buf_add_uint(b, pid, 4);
	buf_add_uint(b, pid, 4);
	buf_add_uint(b, at, 8);
	buf_add_uint(b, len, 8);
	for (size_t i = 0; i < 5; i++) /* offset; device, inode, generation; protection */
		buf_add_uint(b, 0, 8);
	feed_text(b, path);
	feed_trailer(b, start, time_ns);
}

static inline void feed_comm(struct buf *b, uint64_t time_ns, uint16_t misc, uint32_t tid,
			     const char *name)
{
	size_t start = feed_begin(b, PERF_RECORD_COMM, misc);

	buf_add_uint(b, 1, 4);
	buf_add_uint(b, tid, 4);
	feed_text(b, name);
	feed_trailer(b, start, time_ns);
}

/* A new thread tid of pid, made by the main thread of parent_pid. */
static inline void feed_clone(struct buf *b, uint64_t time_ns, uint32_t pid, uint32_t tid,
			      uint32_t parent_pid)
{
	size_t start = feed_begin(b, PERF_RECORD_FORK, 0);

	buf_add_uint(b, pid, 4);
	buf_add_uint(b, parent_pid, 4);
	buf_add_uint(b, tid, 4);
	buf_add_uint(b, parent_pid, 4);
	buf_add_uint(b, time_ns, 8);
	feed_trailer(b, start, time_ns);
}

static inline void feed_fork(struct buf *b, uint64_t time_ns, uint32_t pid, uint32_t parent_pid)
{
	feed_clone(b, time_ns, pid, pid, parent_pid);
}

static inline void feed_lost(struct buf *b, uint32_t type, uint64_t count)
{
	size_t start = feed_begin(b, type, 0);

	if (type == PERF_RECORD_LOST)
		buf_add_uint(b, FEED_CPU, 8);
	buf_add_uint(b, count, 8);
	feed_trailer(b, start, 0);
}

static inline struct event feed_attr(unsigned id, uint64_t role, const char *name)
{
	static const char ids[] = "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0"
				  "\5\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0";

	return (struct event){ .kind = EVENT_PERF_ATTR,
			       .u.perf_attr = { .name = text_of(name),
						.role = role,
						.type = PERF_TYPE_SOFTWARE,
						.config = PERF_COUNT_SW_PAGE_FAULTS,
						.sample_type = feed_type(id),
						.sample_period = 1,
						.sample_id_all = 1,
						.ids = { ids + 8 * (id - 1), 8 },
						.sample_hz = UNKNOWN_U64 } };
}

static inline struct event feed_session(const char *machine, uint64_t page_bytes)
{
	return (struct event){ .kind = EVENT_SESSION,
			       .u.session = { .machine = text_of(machine),
					      .page_bytes = page_bytes } };
}

static inline void feed_declare_all(struct profiles *p)
{
	struct event attrs[] = {
		feed_session("x86_64", 4096),
		feed_attr(FEED_BOOKKEEPING, PERF_ROLE_BOOKKEEPING, "dummy"),
		feed_attr(FEED_CPU, PERF_ROLE_CPU, "perf::CPU-CLOCK"),
		feed_attr(FEED_FAULTS, PERF_ROLE_FAULT_STACK, "page-faults"),
		feed_attr(FEED_RETURNS, PERF_ROLE_RETURN, "syscalls:sys_enter_madvise"),
		feed_attr(FEED_ADDRESSES, PERF_ROLE_FAULT_ADDRESS, "page-faults"),
		feed_attr(FEED_MISSES, PERF_ROLE_EVENT, "CACHE-MISSES"),
	};

	attrs[2].u.perf_attr.config = PERF_COUNT_SW_CPU_CLOCK;
	attrs[2].u.perf_attr.sample_hz = 99;
	attrs[3].u.perf_attr.sample_period = 61;
	attrs[6].u.perf_attr.type = PERF_TYPE_HARDWARE;
	attrs[6].u.perf_attr.sample_period = 10000;
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		profiles_declare(p, &attrs[i]);
}

/* What one CPU wrote. */
static inline void feed_data(struct profiles *p, struct buf *b)
{
	struct event ev = { .kind = EVENT_PERF_DATA, .u.perf_data = { 0, buf_text(b) } };

	profiles_add(p, &ev);
	memset(b->at, 0xee, b->len); /* it was borrowed no longer than that */
	buf_clear(b);
}

static inline void feed_round(struct profiles *p, uint64_t drained_ns)
{
	struct event ev = { .kind = EVENT_PERF_ROUND, .u.perf_round = { drained_ns } };

	profiles_add(p, &ev);
}

#endif
