/* trend.c - the slope of Theil and Sen, with an interval that knows that neighbours are alike. */
#include "experiment/trend.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/own.h"
#include "experiment/samplestats.h"

/* The slopes between all pairs, sorted. Returns how many. */
static size_t pair_slopes(double *slopes, struct trend_points p)
{
	size_t n = 0;

	for (size_t i = 0; i < p.count; i++)
		for (size_t j = i + 1; j < p.count; j++)
			if (p.x[j] > p.x[i])
				slopes[n++] = (p.y[j] - p.y[i]) / (p.x[j] - p.x[i]);
	gsl_sort(slopes, 1, n);
	return n;
}

/* What is left without the trend, by rank, around 0. */
static void ranks_without_trend(double *ranks, struct trend_points p, double slope)
{
	OWN_MEM double *left = xcalloc(p.count, sizeof(*left));
	OWN_MEM size_t *order = xcalloc(p.count, sizeof(*order));
	size_t end;

	for (size_t i = 0; i < p.count; i++)
		left[i] = p.y[i] - slope * p.x[i];
	gsl_sort_index(order, left, 1, p.count);
	for (size_t i = 0; i < p.count; i = end) {
		for (end = i + 1; end < p.count && left[order[end]] == left[order[i]];)
			end++;
		for (size_t j = i; j < end; j++)
			ranks[order[j]] = (double)(i + end + 1) / 2 - (double)(p.count + 1) / 2;
	}
}

/* How alike are neighbours? The correlation of ranks one apart, freed of what is lost with the
 * trend and the mean (Kendall 1954, and one more term for the slope). */
static double neighbours(const double *ranks, size_t count)
{
	double n = (double)count, all = 0, alike = 0, r;

	for (size_t i = 0; i < count; i++)
		all += ranks[i] * ranks[i];
	if (all == 0)
		return 0;
	for (size_t i = 0; i + 1 < count; i++)
		alike += ranks[i] * ranks[i + 1];
	r = alike / all;
	return r + (1 + 4 * r) / n + 1 / n;
}

/* So many values that are alike tell no more than fewer that are not: n (1 - r) / (1 + r) of them,
 * when each sways by what is left of the one before. The interval never becomes narrower. */
static double widening(struct trend_points p, double slope)
{
	OWN_MEM double *ranks = xcalloc(p.count, sizeof(*ranks));
	double r;

	ranks_without_trend(ranks, p, slope);
	r = neighbours(ranks, p.count);
	if (r <= 0)
		return 1;
	return r < 0.95 ? (1 + r) / (1 - r) : (1 + 0.95) / (1 - 0.95);
}

void trend_of(struct trend *ret, struct trend_points p, double confidence)
{
	OWN_MEM double *slopes = NULL;
	double n = (double)p.count, reach;
	size_t count;

	*ret = (struct trend){ NAN, NAN, NAN, NAN, p.count };
	if (p.count < TREND_POINTS_LEAST || p.count > TREND_POINTS_MOST)
		return;
	slopes = xcalloc(p.count * (p.count - 1) / 2, sizeof(*slopes));
	count = pair_slopes(slopes, p);
	if (count == 0)
		return;
	ret->slope = gsl_stats_median_from_sorted_data(slopes, 1, count);
	ret->widening = widening(p, ret->slope);
	/* Kendall's variance of the count of rising pairs; ties make it smaller, which is left out
	 */
	reach = gsl_cdf_ugaussian_Pinv(1 - (1 - confidence) / 2) *
		sqrt(n * (n - 1) * (2 * n + 5) / 18 * ret->widening);
	reach = fmin(reach, (double)count);
	ret->low = slopes[(size_t)floor(((double)count - reach) / 2)];
	ret->high = slopes[(size_t)fmin(ceil(((double)count + reach) / 2), (double)(count - 1))];
}

size_t trend_thin(struct trend_points p, double *x, double *y, size_t most)
{
	size_t n = 0, end;
	double span = p.count ? p.x[p.count - 1] - p.x[0] : 0;

	for (size_t i = 0, part = 0; i < p.count && part < most; part++, i = end) {
		double until = p.x[0] + span * (double)(part + 1) / (double)most;

		for (end = i; end < p.count && (p.x[end] < until || part + 1 == most);)
			end++;
		if (end == i)
			continue;
		x[n] = gsl_stats_mean(p.x + i, 1, end - i);
		y[n++] = gsl_stats_mean(p.y + i, 1, end - i);
	}
	return n;
}
