/* cyclerows.c - the cycles of a timeline's table. */
#include "cyclerows_internal.h"

#include "base/unknown.h"
#include "json_values_internal.h"

static const struct field {
	const char *name;
	size_t offset;
} fields[] = {
#define FIELD(name)                                    \
	{                                              \
#name, offsetof(struct cyclerow, name) \
	}
	FIELD(first),
	FIELD(last),
	FIELD(cycle_count),
	FIELD(forced_count),
	FIELD(start_ns),
	FIELD(end_ns),
	FIELD(sweep_termination_ns),
	FIELD(mark_ns),
	FIELD(mark_termination_ns),
	FIELD(pause_total_ns),
	FIELD(heap_start_bytes),
	FIELD(heap_end_bytes),
	FIELD(heap_live_bytes),
	FIELD(goal_bytes),
	FIELD(returned_bytes),
	FIELD(fault_count),
	FIELD(refault_count),
	FIELD(rss_end_bytes),
#undef FIELD
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

void cyclerows_init(struct cyclerows *r)
{
	*r = (struct cyclerows){ .per_row = 1 };
}

void cyclerows_done(struct cyclerows *r)
{
	buf_done(&r->rows);
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return is_known(a) && is_known(b) ? a + b : UNKNOWN_U64;
}

static uint64_t longer(uint64_t a, uint64_t b)
{
	return is_known(a) && is_known(b) ? (a > b ? a : b) : UNKNOWN_U64;
}

/* b follows a. */
static struct cyclerow joined(const struct cyclerow *a, const struct cyclerow *b)
{
	struct cyclerow j = *b;

	j.first = a->first;
	j.cycle_count += a->cycle_count;
	j.forced_count += a->forced_count;
	j.start_ns = a->start_ns;
	j.sweep_termination_ns = longer(a->sweep_termination_ns, b->sweep_termination_ns);
	j.mark_ns = longer(a->mark_ns, b->mark_ns);
	j.mark_termination_ns = longer(a->mark_termination_ns, b->mark_termination_ns);
	j.pause_total_ns = add(a->pause_total_ns, b->pause_total_ns);
	j.returned_bytes = add(a->returned_bytes, b->returned_bytes);
	j.fault_count = add(a->fault_count, b->fault_count);
	j.refault_count = add(a->refault_count, b->refault_count);
	return j;
}

/* Two rows become one. */
static void halve(struct cyclerows *r)
{
	struct cyclerow *at = (void *)r->rows.at;
	size_t count = r->rows.len / sizeof(*at);

	for (size_t i = 0; at && i < count; i += 2)
		at[i / 2] = i + 1 < count ? joined(&at[i], &at[i + 1]) : at[i];
	r->rows.len = (count + 1) / 2 * sizeof(*at);
	r->per_row *= 2;
}

void cyclerows_add(struct cyclerows *r, const struct model_cycle *c)
{
	struct cyclerow row = {
		.first = c->number,
		.last = c->number,
		.cycle_count = 1,
		.forced_count = c->forced,
		.start_ns = c->start_ns,
		.end_ns = c->end_ns,
		.sweep_termination_ns = c->sweep_termination_ns,
		.mark_ns = c->mark_ns,
		.mark_termination_ns = c->mark_termination_ns,
		.pause_total_ns = c->pause_total_ns,
		.heap_start_bytes = c->heap_start_bytes,
		.heap_end_bytes = c->heap_end_bytes,
		.heap_live_bytes = c->heap_live_bytes,
		.goal_bytes = c->has_no_goal ? UNKNOWN_U64 : c->goal_bytes,
		.returned_bytes = c->returned_bytes,
		.fault_count = c->fault_count,
		.refault_count = c->refault_count,
		.rss_end_bytes = c->rss_end_bytes,
	};
	size_t count = r->rows.len / sizeof(row);
	struct cyclerow *last = count ? &((struct cyclerow *)(void *)r->rows.at)[count - 1] : NULL;

	if (last && last->cycle_count < r->per_row) {
		*last = joined(last, &row);
		return;
	}
	if (count == CYCLEROWS_MAX)
		halve(r);
	buf_add(&r->rows, &row, sizeof(row));
}

static json_t *row_json(const struct cyclerow *row)
{
	json_t *j = json_array();

	for (size_t i = 0; i < FIELD_COUNT; i++)
		json_array_append_new(
			j, json_of_number(*(const uint64_t *)(const void *)((const char *)row +
									    fields[i].offset)));
	return j;
}

json_t *cyclerows_json(const struct cyclerows *r)
{
	const struct cyclerow *at = (const void *)r->rows.at;
	json_t *j = json_object(), *names = json_array(), *rows = json_array();

	for (size_t i = 0; i < FIELD_COUNT; i++)
		json_array_append_new(names, json_string(fields[i].name));
	for (size_t i = 0; i < r->rows.len / sizeof(*at); i++)
		json_array_append_new(rows, row_json(&at[i]));
	json_object_set_new(j, "fields", names);
	json_object_set_new(j, "rows", rows);
	json_object_set_new(j, "per_row", json_of_number(r->per_row));
	return j;
}
