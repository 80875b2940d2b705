/* totals.c - sums, peaks and percentiles over all rows. */
#include "analyze/totals.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/cycles.h"
#include "base/clock.h"
#include "base/unknown.h"

/* Bars of the histogram begin at 1, 2 and 5 times a power of ten; the first one at 0. */
static const uint64_t bucket_starts[] = {
	0,	   1000,       2000,	   5000,       10000,	    20000,
	50000,	   100000,     200000,	   500000,     1000000,	    2000000,
	5000000,   10000000,   20000000,   50000000,   100000000,   200000000,
	500000000, 1000000000, 2000000000, 5000000000, 10000000000, 100000000000,
};

#define BUCKET_COUNT (sizeof(bucket_starts) / sizeof(bucket_starts[0]))
_Static_assert(BUCKET_COUNT <= MODEL_BUCKETS_MAX, "every bar has a place");

void totals_init(struct totals *t, uint64_t memory_limit_bytes)
{
	*t = (struct totals){
		.memory_limit_bytes = memory_limit_bytes,
		.live_peak_bytes = UNKNOWN_U64,
		.goal_peak_bytes = UNKNOWN_U64,
		.goal_last_bytes = UNKNOWN_U64,
		.procs_max = UNKNOWN_U64,
		.cpu_percent = UNKNOWN_U64,
		.scav_background_bytes = UNKNOWN_U64,
		.scav_eager_bytes = UNKNOWN_U64,
		.released_bytes = UNKNOWN_U64,
	};
}

static uint64_t or_zero(uint64_t v)
{
	return is_known(v) ? v : 0;
}

static void sum_known(uint64_t *sum, uint64_t more)
{
	if (is_known(more))
		*sum = or_zero(*sum) + more;
}

static void add_pauses(struct totals *t, const struct model_cycle *c)
{
	struct cycle_pause pauses[3];
	size_t n = cycle_pauses(c, pauses);

	for (size_t i = 0; i < n; i++) {
		stats_add(&t->pauses, pauses[i].duration_ns);
		if (pauses[i].resolution_ns > t->pause_resolution_ns)
			t->pause_resolution_ns = pauses[i].resolution_ns;
		t->pause_uncertainty_ns += pauses[i].resolution_ns;
	}
}

/* The interval from the last cycle's end to this one's, when all its cycles were seen. */
static void add_interval(struct totals *t, const struct model_cycle *c, uint64_t gc_cpu_ns)
{
	uint64_t since_ns = t->row_count ? t->last_end_ns : 0;
	bool is_whole = t->row_count ? c->missing_before == 0 : c->number == 1;

	if (!is_whole || c->end_ns <= since_ns)
		return;
	t->known_gc_cpu_ns += gc_cpu_ns;
	t->known_procs_ns += (double)c->procs * (double)(c->end_ns - since_ns);
	if (is_known(c->allocated_bytes)) {
		t->allocated_bytes += c->allocated_bytes;
		t->allocated_over_ns += c->end_ns - since_ns;
	}
}

static bool is_tight(const struct totals *t, const struct model_cycle *c)
{
	double goal = (double)c->goal_bytes, limit = (double)t->memory_limit_bytes;

	if (!is_known(c->goal_bytes) || c->goal_bytes == 0)
		return false;
	if (is_known(c->heap_live_bytes) && goal <= (double)c->heap_live_bytes * 1.05)
		return true;
	return is_known(t->memory_limit_bytes) && fabs(goal - limit) <= 0.05 * limit;
}

static void add_tightness(struct totals *t, const struct model_cycle *c)
{
	if (!is_tight(t, c)) {
		t->tight_count = 0;
		return;
	}
	if (t->tight_count++ == 0)
		t->tight_start_ns = c->start_ns;
	if (t->tight_count > t->tight_longest_count) {
		t->tight_longest_count = t->tight_count;
		t->tight_longest_ns = c->end_ns - t->tight_start_ns;
	}
}

void totals_add(struct totals *t, const struct model_cycle *c)
{
	uint64_t gc_cpu_ns =
		c->stop_cpu_ns + or_zero(c->assist_cpu_ns) + or_zero(c->dedicated_cpu_ns);

	add_pauses(t, c);
	add_interval(t, c, gc_cpu_ns);
	add_tightness(t, c);
	if (t->row_count == 0) {
		t->first_number = c->number;
		t->first_start_ns = c->start_ns;
	}
	t->row_count++;
	t->forced_count += c->forced;
	t->missing_count += c->missing_before;
	t->last_number = c->number;
	t->last_end_ns = c->end_ns;
	t->assist_cpu_ns += or_zero(c->assist_cpu_ns);
	t->dedicated_cpu_ns += or_zero(c->dedicated_cpu_ns);
	t->idle_cpu_ns += or_zero(c->idle_cpu_ns);
	t->stop_cpu_ns += c->stop_cpu_ns;
	t->live_peak_bytes = known_max(t->live_peak_bytes, c->heap_live_bytes);
	if (!c->has_no_goal)
		t->goal_peak_bytes = known_max(t->goal_peak_bytes, c->goal_bytes);
	t->goal_last_bytes = c->has_no_goal ? UNKNOWN_U64 : c->goal_bytes;
	t->procs_max = known_max(t->procs_max, c->procs);
	t->cpu_percent = c->gc_cpu_percent;
	sum_known(&t->scav_background_bytes, c->scav_background_bytes);
	sum_known(&t->scav_eager_bytes, c->scav_eager_bytes);
	if (is_known(c->heap_released_bytes))
		t->released_bytes = c->heap_released_bytes;
}

static void fill_histogram(struct model_pause *p, const struct stats_slot *sorted, size_t n)
{
	size_t bucket = 0;

	for (size_t b = 0; b < BUCKET_COUNT; b++)
		p->buckets[b] = (struct model_bucket){
			.from_ns = bucket_starts[b],
			.to_ns = b + 1 < BUCKET_COUNT ? bucket_starts[b + 1] : UNKNOWN_U64,
		};
	p->bucket_count = BUCKET_COUNT;
	for (size_t i = 0; i < n; i++) {
		while (bucket + 1 < BUCKET_COUNT && sorted[i].value >= p->buckets[bucket].to_ns)
			bucket++;
		p->buckets[bucket].count += sorted[i].count;
	}
}

void totals_describe_pauses(struct model_pause *p, const struct stats *of)
{
	struct stats_slot *sorted = stats_sorted(of);

	p->count = of->count;
	p->total_ns = of->total;
	p->is_exact = !of->is_coarse;
	if (of->count) {
		p->p50_ns = stats_percentile(of, sorted, 500);
		p->p90_ns = stats_percentile(of, sorted, 900);
		p->p99_ns = stats_percentile(of, sorted, 990);
		p->max_ns = of->max;
	}
	fill_histogram(p, sorted, of->used);
	free(sorted);
}

static void finish_pauses(const struct totals *t, struct model_pause *p)
{
	totals_describe_pauses(p, &t->pauses);
	p->total_uncertainty_ns = t->pause_uncertainty_ns;
	if (t->pauses.count)
		p->resolution_ns = t->pause_resolution_ns;
}

void totals_finish(const struct totals *t, struct model_gc *gc)
{
	finish_pauses(t, &gc->pause);
	gc->row_count = t->row_count;
	gc->forced_count = t->forced_count;
	gc->cycle_count = t->last_number;
	if (t->row_count == 0)
		return;
	gc->first_number = t->first_number;
	gc->first_start_ns = t->first_start_ns;
	gc->last_end_ns = t->last_end_ns;
	gc->cpu_percent_printed = t->cpu_percent;
	gc->assist_cpu_ns = t->assist_cpu_ns;
	gc->dedicated_cpu_ns = t->dedicated_cpu_ns;
	gc->idle_cpu_ns = t->idle_cpu_ns;
	gc->stop_cpu_ns = t->stop_cpu_ns;
	gc->cpu_ns = t->stop_cpu_ns + t->assist_cpu_ns + t->dedicated_cpu_ns;
	if (t->known_procs_ns > 0)
		gc->cpu_fraction = (double)t->known_gc_cpu_ns / t->known_procs_ns;
	gc->procs_max = t->procs_max;
	gc->heap_live_peak_bytes = t->live_peak_bytes;
	gc->heap_goal_peak_bytes = t->goal_peak_bytes;
	gc->heap_goal_last_bytes = t->goal_last_bytes;
	if (t->allocated_over_ns) {
		gc->allocated_bytes = t->allocated_bytes;
		gc->allocated_bytes_per_second = (double)t->allocated_bytes * (double)NS_PER_S /
						 (double)t->allocated_over_ns;
	}
	gc->scav_background_bytes = t->scav_background_bytes;
	gc->scav_eager_bytes = t->scav_eager_bytes;
	gc->heap_released_bytes = t->released_bytes;
	gc->tight_run_count = t->tight_longest_count;
	gc->tight_run_ns = t->tight_longest_ns;
}

void totals_done(struct totals *t)
{
	stats_done(&t->pauses);
}
