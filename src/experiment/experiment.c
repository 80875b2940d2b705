/* experiment.c - the runs, and each metric of each variant against the first. */
#include "experiment/experiment.h"

#include <math.h>
#include <stdlib.h>

#include "base/own.h"

#define CONFIDENCE 0.95

size_t experiment_values(const struct experiment *e, size_t variant, size_t metric, double *out)
{
	size_t n = 0;

	for (size_t i = 0; i < e->run_count; i++) {
		const struct experiment_run *r = &e->runs[i];

		if (r->variant == variant && r->state == RUN_GOOD && isfinite(r->values[metric]))
			out[n++] = r->values[metric];
	}
	return n;
}

size_t experiment_count(const struct experiment *e, size_t variant, enum run_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < e->run_count; i++)
		n += e->runs[i].variant == variant && e->runs[i].state == state;
	return n;
}

void experiment_add(struct experiment *e, const struct experiment_run *run)
{
	struct experiment_run *runs = xcalloc(e->run_count + 1, sizeof(*runs));

	for (size_t i = 0; i < e->run_count; i++)
		runs[i] = e->runs[i];
	runs[e->run_count++] = *run;
	free(e->runs);
	e->runs = runs;
}

static bool is_constant(struct sample a, struct sample b)
{
	for (size_t i = 0; i < a.count; i++)
		if (a.at[i] != a.at[0])
			return false;
	for (size_t i = 0; i < b.count; i++)
		if (b.at[i] != a.at[0])
			return false;
	return true;
}

/* As a share of the first variant's median; NaN when nothing can be said. */
static double deviation(struct sample a, struct sample b, double base)
{
	double va = sample_variance(a), vb = sample_variance(b);

	if (isnan(va) || isnan(vb) || base == 0)
		return NAN;
	return sqrt((va + vb) / 2) / fabs(base);
}

static void compare(const struct experiment *e, struct comparison *c, double *room)
{
	struct sample a = { room, experiment_values(e, 0, c->metric, room) };
	struct sample b = { room + a.count,
			    experiment_values(e, c->variant, c->metric, room + a.count) };

	c->base_count = a.count;
	c->count = b.count;
	c->base_median = sample_median(a);
	c->median = sample_median(b);
	c->is_constant = a.count && b.count && is_constant(a, b);
	shift_of(&c->shift, a, b, CONFIDENCE, e->options.seed + c->metric + 1);
	c->p = c->p_adjusted = ranksum_p(a, b);
	c->scatter = deviation(a, b, c->base_median);
}

static bool excludes_zero(const struct shift *s)
{
	return s->low > 0 || s->high < 0;
}

/* Is there an n at all with which this could have been decided, and were these runs fewer? */
static enum verdict judge(const struct experiment *e, struct comparison *c)
{
	double alpha = e->options.alpha;
	size_t least;

	if (isnan(c->p))
		return VERDICT_UNKNOWN;
	/* As if it were the only one that differs: then it has the least p to reach. */
	c->needed_count =
		ranksum_needed_count(c->scatter, e->options.effect, alpha / (double)e->test_count);
	if (c->p_adjusted <= alpha && excludes_zero(&c->shift))
		return c->shift.by > 0 ? VERDICT_HIGHER : VERDICT_LOWER;
	if (c->is_constant && ranksum_least_p(c->base_count, c->count) <= alpha)
		return VERDICT_NOT_SHOWN;
	/* Even two samples without an overlap would not have been enough; or these are likely to
	 * differ, and there are too many other questions for so few runs. */
	if (ranksum_least_p(c->base_count, c->count) > alpha)
		least = ranksum_least_count(alpha);
	else if (c->p <= alpha && c->p_adjusted > alpha)
		least = ranksum_least_count(alpha / (double)e->test_count);
	else
		return VERDICT_NOT_SHOWN;
	if (c->needed_count < least)
		c->needed_count = least;
	if (c->needed_count <= c->base_count && c->needed_count <= c->count)
		c->needed_count = (c->base_count > c->count ? c->base_count : c->count) + 1;
	return VERDICT_NOT_DECIDABLE;
}

void experiment_compare(struct experiment *e)
{
	OWN_MEM double *room = xcalloc(e->run_count + 1, sizeof(*room));
	OWN_MEM double *p = NULL;
	size_t n = e->variant_count ? (e->variant_count - 1) * METRICS_COUNT : 0;

	free(e->comparisons);
	e->comparisons = xcalloc(n + 1, sizeof(*e->comparisons));
	e->comparison_count = n;
	e->test_count = 0;
	p = xcalloc(n + 1, sizeof(*p));
	for (size_t i = 0; i < n; i++) {
		struct comparison *c = &e->comparisons[i];

		c->variant = 1 + i / METRICS_COUNT;
		c->metric = i % METRICS_COUNT;
		compare(e, c, room);
		p[i] = c->p;
		e->test_count += !isnan(c->p);
	}
	adjust_p(p, n);
	for (size_t i = 0; i < n; i++) {
		e->comparisons[i].p_adjusted = p[i];
		e->comparisons[i].verdict = judge(e, &e->comparisons[i]);
	}
}

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_UNKNOWN] = "unknown",
		[VERDICT_LOWER] = "lower",
		[VERDICT_HIGHER] = "higher",
		[VERDICT_NOT_SHOWN] = "not_shown",
		[VERDICT_NOT_DECIDABLE] = "not_decidable",
	};

	return (unsigned)v < sizeof(names) / sizeof(names[0]) ? names[v] : "";
}

void experiment_done(struct experiment *e)
{
	for (size_t i = 0; i < e->variant_count; i++)
		buf_done(&e->labels[i]);
	for (size_t i = 0; i < e->run_count; i++)
		free(e->runs[i].path);
	free(e->runs);
	free(e->comparisons);
	*e = (struct experiment){ 0 };
}
