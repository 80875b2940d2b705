/* recordorder.c - perf records of all CPUs in the order of their times. */
#include "recordorder_internal.h"

#include <stdlib.h>

/* The texts of the record say how long they are; they stand in bytes one behind the other. */
struct recordorder_entry {
	uint64_t offset; /* also the order of arrival */
	struct perfrecord record;
};

static void add_text(struct recordorder *o, struct text t)
{
	buf_add(&o->bytes, t.at, t.len);
}

void recordorder_add(struct recordorder *o, const struct perfrecord *record)
{
	struct recordorder_entry e = { o->bytes.len, *record };

	add_text(o, record->callchain);
	add_text(o, record->raw);
	add_text(o, record->registers);
	add_text(o, record->stack);
	add_text(o, record->name);
	buf_add(&o->bytes, "", 1); /* no two records have the same offset */
	buf_add(&o->entries, &e, sizeof(e));
}

static int by_time(const void *a, const void *b)
{
	const struct recordorder_entry *x = *(const struct recordorder_entry *const *)a,
				       *y = *(const struct recordorder_entry *const *)b;

	if (x->record.time_ns != y->record.time_ns)
		return x->record.time_ns > y->record.time_ns ? 1 : -1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static const char *place_text(struct text *t, const char *at)
{
	t->at = at;
	return at + t->len;
}

/* The record, with its texts where they are now. */
static struct perfrecord record_of(const struct recordorder *o, const struct recordorder_entry *e)
{
	struct perfrecord r = e->record;
	const char *at = (const char *)o->bytes.at + e->offset;

	at = place_text(&r.callchain, at);
	at = place_text(&r.raw, at);
	at = place_text(&r.registers, at);
	at = place_text(&r.stack, at);
	place_text(&r.name, at);
	return r;
}

/* What stays moves to the front. */
static void keep_from(struct recordorder *o, const struct recordorder_entry *const *order,
		      size_t count)
{
	struct recordorder kept = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct perfrecord r = record_of(o, order[i]);

		recordorder_add(&kept, &r);
	}
	buf_clear(&o->bytes);
	buf_clear(&o->entries);
	buf_add(&o->bytes, kept.bytes.at, kept.bytes.len);
	buf_add(&o->entries, kept.entries.at, kept.entries.len);
	recordorder_done(&kept);
}

void recordorder_release(struct recordorder *o, uint64_t until_ns, recordorder_sink *sink,
			 void *arg)
{
	const struct recordorder_entry *e = (const void *)o->entries.at, **order;
	size_t count = o->entries.len / sizeof(*e), i = 0;

	if (count == 0)
		return;
	order = xcalloc(count, sizeof(*order));
	for (size_t k = 0; k < count; k++)
		order[k] = &e[k];
	qsort(order, count, sizeof(*order), by_time);
	for (; i < count && order[i]->record.time_ns <= until_ns; i++) {
		struct perfrecord r = record_of(o, order[i]);

		sink(arg, &r);
	}
	keep_from(o, order + i, count - i);
	free(order);
}

void recordorder_done(struct recordorder *o)
{
	buf_done(&o->bytes);
	buf_done(&o->entries);
}
