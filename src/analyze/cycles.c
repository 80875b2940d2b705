/* cycles.c - build the rows, one per collection. */
#include "analyze/cycles.h"

#include <stdlib.h>

#include "analyze/align.h"
#include "base/buf.h"
#include "base/unknown.h"

#define MIB_SHIFT 20

/* A greater goal is none: with the collector off the runtime prints a number near 2^63 or 2^64
 * bytes (runtime/mgcpacer.go), and no address space of Linux has as much (x86-64 with five levels
 * of page tables: 2^56). */
#define GOAL_MIB_MAX ((1ULL << 57) >> MIB_SHIFT)

static uint64_t mib(uint64_t count)
{
	if (!is_known(count) || count > (UINT64_MAX >> MIB_SHIFT) - 1)
		return UNKNOWN_U64;
	return count << MIB_SHIFT;
}

void cycles_init(struct cycles *c, uint64_t init_ns, uint64_t origin_ns, bool wants_rss)
{
	/* Without resident sizes to wait for, a ring this short stays in the cache. */
	size_t capacity = wants_rss ? CYCLES_WAITING_MAX : CYCLES_WAITING_FEW;

	*c = (struct cycles){ .init_ns = init_ns,
			      .origin_ns = origin_ns,
			      .wants_rss = wants_rss,
			      .last_live_bytes = UNKNOWN_U64,
			      .unknown_row = {
				      .scav_background_bytes = UNKNOWN_U64,
				      .scav_eager_bytes = UNKNOWN_U64,
				      .heap_released_bytes = UNKNOWN_U64,
				      .scav_line_ns = UNKNOWN_U64,
				      .scav_forced_line_ns = UNKNOWN_U64,
				      .scav_seen_bytes = UNKNOWN_U64,
				      .rss_start_bytes = UNKNOWN_U64,
				      .returned_bytes = UNKNOWN_U64,
				      .fault_count = UNKNOWN_U64,
				      .refault_count = UNKNOWN_U64,
				      .rss_end_bytes = UNKNOWN_U64,
			      },
			      .capacity = capacity,
			      .rows = xcalloc(capacity, sizeof(struct model_cycle)) };
	c->before = c->unknown_row;
}

static struct model_cycle *row_at(struct cycles *c, size_t i)
{
	return &c->rows[(c->first + i) & (c->capacity - 1)];
}

/* Place the cycle. '@' is truncated to 1 ms, so a cycle may seem to begin before the last one
 * ended; it did not. */
static void place(const struct cycles *c, struct model_cycle *row, const struct gctrace_cycle *gc)
{
	uint64_t from_ns = c->init_ns > c->origin_ns ? c->init_ns - c->origin_ns : 0;

	row->start_ns = from_ns + gc->start_ns;
	if (row->start_ns < c->last_end_ns)
		row->start_ns = c->last_end_ns;
	row->end_ns = row->start_ns + (align_cycle_end_ns(gc) - gc->start_ns);
}

static void fill_clock(struct model_cycle *row, const struct gctrace_cycle *gc)
{
	bool is_1_5 = gc->shape == GCTRACE_1_5;

	row->sweep_termination_ns = gc->sweep_termination_ns;
	row->mark_ns = gc->mark_ns;
	row->install_barrier_ns = is_1_5 ? gc->install_barrier_ns : UNKNOWN_U64;
	row->mark_termination_ns = gc->mark_termination_ns;
	row->pause_total_ns = gc->sweep_termination_ns + gc->mark_termination_ns +
			      (is_1_5 ? gc->install_barrier_ns : 0);
	row->stop_cpu_ns = gc->sweep_termination_cpu_ns + gc->mark_termination_cpu_ns;
	/* Go <= 1.8 forced, and gcstoptheworld=1 up to 1.11: the world stands from begin to end,
	 * and the other CPU figures on the line are those of the last concurrent cycle. */
	row->stopped_throughout = gc->mark_ns == 0 && gc->shape <= GCTRACE_1_6;
	row->assist_cpu_ns = row->stopped_throughout ? UNKNOWN_U64 : gc->assist_cpu_ns;
	row->dedicated_cpu_ns = row->stopped_throughout ? UNKNOWN_U64 : gc->dedicated_cpu_ns;
	row->idle_cpu_ns = row->stopped_throughout ? UNKNOWN_U64 : gc->idle_cpu_ns;
}

static void fill_heap(struct model_cycle *row, const struct gctrace_cycle *gc)
{
	row->heap_start_bytes = mib(gc->heap_start_mib);
	row->heap_end_bytes = mib(gc->heap_end_mib);
	row->heap_live_bytes = mib(gc->heap_live_mib);
	row->has_no_goal = is_known(gc->goal_mib) && gc->goal_mib > GOAL_MIB_MAX;
	row->goal_bytes = mib(gc->goal_mib);
	row->stacks_bytes = mib(gc->stacks_mib);
	row->globals_bytes = mib(gc->globals_mib);
}

/* What was allocated since the last mark termination. The figures are floors, so it may come out a
 * little below 0: then it is 0. */
static uint64_t allocated(const struct cycles *c, const struct model_cycle *row)
{
	bool is_first = row->number == 1;

	if (row->missing_before || (!is_first && !is_known(c->last_live_bytes)) ||
	    !is_known(row->heap_end_bytes))
		return UNKNOWN_U64;
	if (is_first)
		return row->heap_end_bytes;
	return row->heap_end_bytes > c->last_live_bytes ? row->heap_end_bytes - c->last_live_bytes
							: 0;
}

/* The first sample at or after the row's end decides, and the last one up to its start; true when
 * it is known that none will fit better. */
static bool decide_rss(const struct cycles *c, struct model_cycle *row)
{
	uint64_t start_ns = c->origin_ns + row->start_ns, end_ns = c->origin_ns + row->end_ns;
	uint64_t kept = c->sample_count < CYCLES_SAMPLES_MAX ? c->sample_count : CYCLES_SAMPLES_MAX;

	for (uint64_t i = c->sample_count - kept; i < c->sample_count; i++) {
		const struct cycles_sample *s = &c->samples[i % CYCLES_SAMPLES_MAX];

		if (s->time_ns <= start_ns && start_ns - s->time_ns <= CYCLES_RSS_WITHIN_NS)
			row->rss_start_bytes = s->rss_bytes;
		if (s->time_ns < end_ns)
			continue;
		/* With older samples dropped, the first one kept need not be the first one after.
		 */
		if (s->time_ns - end_ns <= CYCLES_RSS_WITHIN_NS)
			row->rss_end_bytes = s->rss_bytes;
		return true;
	}
	return false;
}

static void decide_waiting(struct cycles *c)
{
	if (!c->wants_rss)
		c->rss_decided = c->used;
	while (c->rss_decided < c->used && decide_rss(c, row_at(c, c->rss_decided)))
		c->rss_decided++;
}

void cycles_add_gc(struct cycles *c, const struct gctrace_cycle *gc, uint64_t missing)
{
	struct model_cycle *row;

	if (c->used == c->capacity) /* not taken, against the contract: the oldest goes */
		cycles_next(c);
	row = row_at(c, c->used++);
	*row = gc->number == 1 ? c->before : c->unknown_row;
	c->before = c->unknown_row;
	row->number = gc->number;
	row->forced = gc->forced;
	row->leak_check = gc->leak_check;
	row->missing_before = missing;
	row->procs = gc->procs;
	row->gc_cpu_percent = gc->gc_cpu_percent;
	place(c, row, gc);
	fill_clock(row, gc);
	fill_heap(row, gc);
	row->allocated_bytes = allocated(c, row);
	c->last_end_ns = row->end_ns;
	c->last_live_bytes = row->heap_live_bytes;
	decide_waiting(c);
}

/* Add to a sum that may not have begun. */
static void sum_known(uint64_t *sum, uint64_t more)
{
	if (is_known(more))
		*sum = is_known(*sum) ? *sum + more : more;
}

void cycles_add_scav(struct cycles *c, const struct trace_line *line, uint64_t time_ns)
{
	struct model_cycle *row = c->used ? row_at(c, c->used - 1) : &c->before;

	if (line->kind == TRACE_SCAV) {
		const struct scav_line *s = &line->u.scav;

		*(s->forced ? &row->scav_forced_line_ns : &row->scav_line_ns) =
			time_ns > c->origin_ns ? time_ns - c->origin_ns : 0;
		/* Up to Go 1.20 one figure is all that a line has, whoever did the work. */
		bool is_all_forced = s->forced && !is_known(s->eager_bytes);

		sum_known(is_all_forced ? &row->scav_eager_bytes : &row->scav_background_bytes,
			  s->background_bytes);
		sum_known(&row->scav_eager_bytes, s->eager_bytes);
		row->heap_released_bytes = s->released_bytes;
	} else if (line->kind == TRACE_SCVG) {
		const struct scvg_line *s = &line->u.scvg;

		if (s->is_state)
			row->heap_released_bytes = mib(s->released_mib);
		else if (s->forced)
			sum_known(&row->scav_eager_bytes, mib(s->released_mib));
		else
			sum_known(&row->scav_background_bytes, mib(s->released_mib));
	}
}

void cycles_add_rss(struct cycles *c, uint64_t time_ns, uint64_t rss_bytes)
{
	c->samples[c->sample_count++ % CYCLES_SAMPLES_MAX] =
		(struct cycles_sample){ .time_ns = time_ns, .rss_bytes = rss_bytes };
	decide_waiting(c);
}

void cycles_finish(struct cycles *c)
{
	c->is_finished = true;
}

const struct model_cycle *cycles_next(struct cycles *c)
{
	const struct model_cycle *row = row_at(c, 0);
	bool is_full = c->used == c->capacity;

	if (c->used == 0 || (!c->is_finished && !is_full && (c->used == 1 || c->rss_decided == 0)))
		return NULL;
	c->first = (c->first + 1) & (c->capacity - 1);
	c->used--;
	c->rss_decided -= c->rss_decided > 0;
	return row;
}

bool cycles_take(struct cycles *c, struct model_cycle *ret)
{
	const struct model_cycle *row = cycles_next(c);

	if (!row)
		return false;
	*ret = *row;
	return true;
}

void cycles_done(struct cycles *c)
{
	free(c->rows);
	c->rows = NULL;
	c->used = 0;
}

size_t cycle_pauses(const struct model_cycle *c, struct cycle_pause ret[3])
{
	const uint64_t figures[3] = { c->sweep_termination_ns, c->install_barrier_ns,
				      c->mark_termination_ns };
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		if (is_known(figures[i]))
			ret[n++] = (struct cycle_pause){
				.duration_ns = figures[i],
				.resolution_ns = gctrace_resolution_ns(figures[i]),
			};
	if (!c->stopped_throughout)
		return n;
	for (size_t i = 1; i < n; i++) {
		ret[0].duration_ns += ret[i].duration_ns;
		ret[0].resolution_ns += ret[i].resolution_ns;
	}
	return 1;
}
