/* columns.c - the fields of a row as programs read them, in JSON and CSV alike. */
#include <stddef.h>

#include "base/unknown.h"
#include "renderer_internal.h"

#define NUMBER(field)                                              \
	{                                                          \
#field, offsetof(struct model_cycle, field), false \
	}
#define BOOL(field)                                               \
	{                                                         \
#field, offsetof(struct model_cycle, field), true \
	}

const struct cycle_column cycle_columns[] = {
	NUMBER(number),
	BOOL(forced),
	NUMBER(start_ns),
	NUMBER(end_ns),
	NUMBER(sweep_termination_ns),
	NUMBER(mark_ns),
	NUMBER(mark_termination_ns),
	NUMBER(pause_total_ns),
	NUMBER(assist_cpu_ns),
	NUMBER(dedicated_cpu_ns),
	NUMBER(idle_cpu_ns),
	NUMBER(heap_start_bytes),
	NUMBER(heap_end_bytes),
	NUMBER(heap_live_bytes),
	NUMBER(goal_bytes),
	NUMBER(stacks_bytes),
	NUMBER(globals_bytes),
	NUMBER(procs),
	NUMBER(returned_bytes),
	NUMBER(fault_count),
	NUMBER(refault_count),
	NUMBER(rss_end_bytes),
	/* beyond the schema's first fields */
	NUMBER(install_barrier_ns),
	NUMBER(stop_cpu_ns),
	NUMBER(gc_cpu_percent),
	NUMBER(allocated_bytes),
	NUMBER(scav_background_bytes),
	NUMBER(scav_eager_bytes),
	NUMBER(heap_released_bytes),
	BOOL(fault_is_estimate),
	BOOL(stopped_throughout),
	BOOL(leak_check),
	{ "missing_before_count", offsetof(struct model_cycle, missing_before), false },
	NUMBER(scav_seen_bytes),
	NUMBER(rss_start_bytes),
};

const size_t cycle_column_count = sizeof(cycle_columns) / sizeof(cycle_columns[0]);

uint64_t cycle_number_at(const struct cycle_column *column, const struct model_cycle *c)
{
	uint64_t v = *(const uint64_t *)(const void *)((const char *)c + column->offset);

	return v > INT64_MAX ? UNKNOWN_U64 : v;
}

bool cycle_bool_at(const struct cycle_column *column, const struct model_cycle *c)
{
	return *(const bool *)((const char *)c + column->offset);
}
