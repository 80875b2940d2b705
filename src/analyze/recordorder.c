/* recordorder.c - perf records of all CPUs in the order of their times. */
#include "recordorder_internal.h"

#include "timesort_internal.h"

struct recordorder_entry {
	uint64_t time_ns;
	uint32_t offset, len; /* in bytes */
};

void recordorder_add(struct recordorder *o, struct text record, uint64_t time_ns)
{
	struct recordorder_entry e = { time_ns, (uint32_t)o->bytes.len, (uint32_t)record.len };

	buf_add(&o->bytes, record.at, record.len);
	buf_add(&o->entries, &e, sizeof(e));
}

/* What waits on, apart from what was released. */
static void copy_waiting(struct recordorder *o, struct recordorder_entry *e, size_t count)
{
	struct buf swap;

	buf_clear(&o->spare);
	for (size_t i = 0; i < count; i++) {
		uint32_t offset = (uint32_t)o->spare.len;

		buf_add(&o->spare, o->bytes.at + e[i].offset, e[i].len);
		e[i].offset = offset;
	}
	swap = o->bytes;
	o->bytes = o->spare;
	o->spare = swap;
}

/* What waits on moves to the front. It came last, and mostly stands together: then its bytes need
 * no second place for the move. */
static void keep_from(struct recordorder *o, size_t first)
{
	struct recordorder_entry *e = (void *)o->entries.at;
	size_t count, waiting_bytes = 0;
	uint32_t begin = (uint32_t)o->bytes.len;

	buf_consume(&o->entries, first * sizeof(*e));
	count = o->entries.len / sizeof(*e);
	for (size_t i = 0; i < count; i++) {
		waiting_bytes += e[i].len;
		if (e[i].offset < begin)
			begin = e[i].offset;
	}
	if (o->bytes.len - begin > 2 * waiting_bytes) {
		copy_waiting(o, e, count);
		return;
	}
	buf_consume(&o->bytes, begin);
	for (size_t i = 0; i < count; i++)
		e[i].offset -= begin;
}

void recordorder_release(struct recordorder *o, uint64_t until_ns,
			 struct perfrecord_layouts layouts, recordorder_sink *sink, void *arg)
{
	const struct recordorder_entry *e;
	size_t count = o->entries.len / sizeof(*e), i;

	timesort(&o->entries, &o->spare, sizeof(*e) / 8);
	e = (const void *)o->entries.at;
	for (i = 0; i < count && e[i].time_ns <= until_ns; i++) {
		struct text bytes = { (const char *)o->bytes.at + e[i].offset, e[i].len };
		struct perfrecord r;

		if (perfrecord_next(&r, &bytes, layouts) == PERFRECORD_OK)
			sink(arg, &r);
	}
	if (i > 0)
		keep_from(o, i);
}

void recordorder_done(struct recordorder *o)
{
	buf_done(&o->bytes);
	buf_done(&o->entries);
	buf_done(&o->spare);
}
