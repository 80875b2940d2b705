/* samplestats.c - medians, shifts and their intervals. */
#include "experiment/samplestats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/own.h"

#define RESAMPLES	4000u
#define RESAMPLES_LEAST 400u
#define WORK_MOST	40000000u /* differences, for many runs */
#define INTERVAL_LEAST	3u

static double *copy_of(struct sample s)
{
	double *copy = xcalloc(s.count ? s.count : 1, sizeof(*copy));

	if (s.count)
		memcpy(copy, s.at, s.count * sizeof(*copy));
	return copy;
}

double sample_quantile(struct sample s, double share)
{
	OWN_MEM double *sorted = copy_of(s);

	if (s.count == 0)
		return NAN;
	gsl_sort(sorted, 1, s.count);
	return gsl_stats_quantile_from_sorted_data(sorted, 1, s.count, share);
}

double sample_median(struct sample s)
{
	OWN_MEM double *copy = copy_of(s);

	return s.count ? gsl_stats_median(copy, 1, s.count) : NAN;
}

double sample_variance(struct sample s)
{
	return s.count < 2 ? NAN : gsl_stats_variance(s.at, 1, s.count);
}

/* room: a.count * b.count values. */
static double shift_in(double *room, struct sample a, struct sample b)
{
	for (size_t i = 0; i < a.count; i++)
		for (size_t j = 0; j < b.count; j++)
			room[i * b.count + j] = b.at[j] - a.at[i];
	return gsl_stats_median(room, 1, a.count * b.count);
}

double sample_shift(struct sample a, struct sample b)
{
	OWN_MEM double *room = NULL;

	if (a.count == 0 || b.count == 0)
		return NAN;
	room = xcalloc(a.count * b.count, sizeof(*room));
	return shift_in(room, a, b);
}

/* By the bootstrap: the shift again and again, of samples drawn from the samples. */
struct bootstrap {
	gsl_rng *random;
	double *a, *b, *differences; /* one drawn pair of samples, and room */
	double *by, *ratio;	     /* count each */
	size_t count;
	size_t ratio_count; /* a drawn median may be 0 */
};

static void draw(gsl_rng *random, double *out, struct sample from)
{
	for (size_t i = 0; i < from.count; i++)
		out[i] = from.at[gsl_rng_uniform_int(random, from.count)];
}

static void resample(struct bootstrap *t, struct sample a, struct sample b)
{
	for (size_t i = 0; i < t->count; i++) {
		double base;

		draw(t->random, t->a, a);
		draw(t->random, t->b, b);
		t->by[i] = shift_in(t->differences, (struct sample){ t->a, a.count },
				    (struct sample){ t->b, b.count });
		base = gsl_stats_median(t->a, 1, a.count); /* moves them about: behind their use */
		if (base != 0)
			t->ratio[t->ratio_count++] = t->by[i] / fabs(base);
	}
}

static size_t resample_count(struct sample a, struct sample b)
{
	size_t n = WORK_MOST / (a.count * b.count);

	return n > RESAMPLES ? RESAMPLES : n < RESAMPLES_LEAST ? RESAMPLES_LEAST : n;
}

/* The percentiles of a small sample's bootstrap are too narrow, by about the factor that parts n
 * from n - 1 and the t from the normal distribution. */
static double expanded_tail(size_t a_count, size_t b_count, double confidence)
{
	double least = (double)(a_count < b_count ? a_count : b_count);
	double t = gsl_cdf_tdist_Pinv((1 - confidence) / 2, (double)(a_count + b_count - 2));

	return gsl_cdf_ugaussian_P(t * sqrt(least / (least - 1)));
}

static void bounds(double *values, size_t count, double tail, double *ret_low, double *ret_high)
{
	gsl_sort(values, 1, count);
	*ret_low = gsl_stats_quantile_from_sorted_data(values, 1, count, tail);
	*ret_high = gsl_stats_quantile_from_sorted_data(values, 1, count, 1 - tail);
}

static void find_bounds(struct shift *s, struct sample a, struct sample b, double confidence,
			uint64_t seed)
{
	double tail = expanded_tail(a.count, b.count, confidence);
	size_t count = resample_count(a, b);
	struct bootstrap t = {
		.count = count,
		.random = gsl_rng_alloc(gsl_rng_mt19937),
		.a = xcalloc(a.count, sizeof(double)),
		.b = xcalloc(b.count, sizeof(double)),
		.differences = xcalloc(a.count * b.count, sizeof(double)),
		.by = xcalloc(count, sizeof(double)),
		.ratio = xcalloc(count, sizeof(double)),
	};

	gsl_rng_set(t.random, (unsigned long)seed);
	resample(&t, a, b);
	bounds(t.by, count, tail, &s->low, &s->high);
	if (isfinite(s->ratio) && t.ratio_count == count)
		bounds(t.ratio, count, tail, &s->ratio_low, &s->ratio_high);
	gsl_rng_free(t.random);
	free(t.a);
	free(t.b);
	free(t.differences);
	free(t.by);
	free(t.ratio);
}

void shift_of(struct shift *ret, struct sample a, struct sample b, double confidence, uint64_t seed)
{
	double base = sample_median(a);

	*ret = (struct shift){ sample_shift(a, b), NAN, NAN, NAN, NAN, NAN };
	if (a.count && b.count && base != 0)
		ret->ratio = ret->by / fabs(base);
	if (a.count >= INTERVAL_LEAST && b.count >= INTERVAL_LEAST)
		find_bounds(ret, a, b, confidence, seed);
}
