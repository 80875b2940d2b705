/* ranksum.c - is it chance? The rank sum test, and how many runs it needs. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/own.h"
#include "experiment/samplestats.h"

#define EXACT_MOST  100u
#define NEEDED_MOST 100000u
#define POWER	    0.8

struct ranks {
	size_t *doubled; /* of each value of both, doubled so that a tie's middle is a whole number;
			    owned */
	size_t a_sum;	 /* of a's */
	double tie_factor; /* the sum of t^3 - t over ties of t */
};

/* Values of a first, then of b; ranks in that order. */
static struct ranks rank(struct sample a, struct sample b)
{
	size_t n = a.count + b.count, end;
	OWN_MEM double *values = xcalloc(n, sizeof(*values));
	OWN_MEM size_t *order = xcalloc(n, sizeof(*order));
	struct ranks r = { .doubled = xcalloc(n, sizeof(*r.doubled)) };

	for (size_t i = 0; i < n; i++)
		values[i] = i < a.count ? a.at[i] : b.at[i - a.count];
	gsl_sort_index(order, values, 1, n);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && values[order[end]] == values[order[i]];)
			end++;
		for (size_t j = i; j < end; j++)
			r.doubled[order[j]] = i + end + 1; /* first and last rank: i + 1, end */
		r.tie_factor += pow((double)(end - i), 3) - (double)(end - i);
	}
	for (size_t i = 0; i < a.count; i++)
		r.a_sum += r.doubled[i];
	return r;
}

/* In how many ways do a_count of the ranks add up to each sum? ways[chosen * stride + sum]. */
static double *count_ways(const struct ranks *r, size_t n, size_t a_count, size_t stride)
{
	double *ways = xcalloc((a_count + 1) * stride, sizeof(*ways));

	ways[0] = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t chosen = a_count; chosen-- > 0;)
			for (size_t sum = 0; sum + r->doubled[i] < stride; sum++)
				ways[(chosen + 1) * stride + sum + r->doubled[i]] +=
					ways[chosen * stride + sum];
	return ways;
}

static double exact_p(const struct ranks *r, size_t n, size_t a_count)
{
	size_t stride = n * (n + 1) + 1; /* the doubled sum of all ranks is n (n + 1) */
	OWN_MEM double *ways = count_ways(r, n, a_count, stride);
	const double *of = ways + a_count * stride;
	double below = 0, above = 0, all = 0, p;

	for (size_t sum = 0; sum < stride; sum++) {
		all += of[sum];
		below += sum <= r->a_sum ? of[sum] : 0;
		above += sum >= r->a_sum ? of[sum] : 0;
	}
	p = 2 * (below < above ? below : above) / all;
	return p < 1 ? p : 1;
}

static double normal_p(const struct ranks *r, double a, double b)
{
	double n = a + b, sum = (double)r->a_sum / 2;
	double variance = a * b / 12 * (n + 1 - r->tie_factor / (n * (n - 1)));
	double away = fabs(sum - a * (n + 1) / 2) - 0.5;

	if (variance <= 0 || away <= 0)
		return 1; /* all alike */
	return 2 * gsl_cdf_ugaussian_Q(away / sqrt(variance));
}

double ranksum_p(struct sample a, struct sample b)
{
	size_t n = a.count + b.count;
	struct ranks r;
	double p;

	if (a.count == 0 || b.count == 0)
		return NAN;
	r = rank(a, b);
	p = n <= EXACT_MOST ? exact_p(&r, n, a.count)
			    : normal_p(&r, (double)a.count, (double)b.count);
	free(r.doubled);
	return p;
}

double ranksum_least_p(size_t a_count, size_t b_count)
{
	double ways = 1;

	for (size_t i = 1; i <= a_count; i++)
		ways *= (double)(b_count + i) / (double)i;
	return ways > 2 ? 2 / ways : 1;
}

size_t ranksum_least_count(double p)
{
	size_t n = 1;

	while (n < NEEDED_MOST && ranksum_least_p(n, n) > p)
		n++;
	return n;
}

size_t ranksum_needed_count(double deviation, double effect, double alpha)
{
	double z = gsl_cdf_ugaussian_Qinv(alpha / 2) + gsl_cdf_ugaussian_Pinv(POWER);
	double n = ceil(2 * pow(z * deviation / effect, 2) * M_PI / 3);
	size_t least = ranksum_least_count(alpha);

	if (!isfinite(n) || n > NEEDED_MOST)
		return 0;
	return n > (double)least ? (size_t)n : least;
}

/* The places of those that are tests, in the order of their p. */
static size_t tests_in_order(size_t *order, const double *p, size_t count)
{
	OWN_MEM double *kept = xcalloc(count + 1, sizeof(*kept));
	OWN_MEM size_t *place = xcalloc(count + 1, sizeof(*place));
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (!isnan(p[i])) {
			kept[n] = p[i];
			place[n++] = i;
		}
	gsl_sort_index(order, kept, 1, n);
	for (size_t i = 0; i < n; i++)
		order[i] = place[order[i]];
	return n;
}

void adjust_p(double *p, size_t count)
{
	OWN_MEM size_t *order = xcalloc(count + 1, sizeof(*order));
	size_t n = tests_in_order(order, p, count);
	double least = 1;

	for (size_t i = n; i-- > 0;) {
		double adjusted = p[order[i]] * (double)n / (double)(i + 1);

		least = adjusted < least ? adjusted : least;
		p[order[i]] = least;
	}
}
