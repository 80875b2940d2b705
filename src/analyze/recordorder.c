/* recordorder.c - perf records of all CPUs in the order of their times. */
#include "recordorder_internal.h"

#include <stdlib.h>

struct recordorder_entry {
	uint64_t time_ns;
	uint64_t offset; /* in bytes: also the order of arrival */
	size_t len;
};

void recordorder_add(struct recordorder *o, uint64_t time_ns, struct text record)
{
	struct recordorder_entry e = { time_ns, o->bytes.len, record.len };

	buf_add(&o->bytes, record.at, record.len);
	buf_add(&o->entries, &e, sizeof(e));
}

static int by_time(const void *a, const void *b)
{
	const struct recordorder_entry *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns > y->time_ns ? 1 : -1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* What stays moves to the front. */
static void keep_from(struct recordorder *o, size_t first)
{
	const struct recordorder_entry *e = (const void *)o->entries.at;
	size_t count = o->entries.len / sizeof(*e);
	struct recordorder kept = { 0 };

	for (size_t i = first; i < count; i++)
		recordorder_add(&kept, e[i].time_ns,
				(struct text){ (const char *)o->bytes.at + e[i].offset, e[i].len });
	buf_clear(&o->bytes);
	buf_clear(&o->entries);
	buf_add(&o->bytes, kept.bytes.at, kept.bytes.len);
	buf_add(&o->entries, kept.entries.at, kept.entries.len);
	recordorder_done(&kept);
}

void recordorder_release(struct recordorder *o, uint64_t until_ns, recordorder_sink *sink,
			 void *arg)
{
	struct recordorder_entry *e = (void *)o->entries.at;
	size_t count = o->entries.len / sizeof(*e), i = 0;

	if (count == 0)
		return;
	qsort(e, count, sizeof(*e), by_time);
	for (; i < count && e[i].time_ns <= until_ns; i++)
		sink(arg, (struct text){ (const char *)o->bytes.at + e[i].offset, e[i].len });
	keep_from(o, i);
}

void recordorder_done(struct recordorder *o)
{
	buf_done(&o->bytes);
	buf_done(&o->entries);
}
