/* samplestats.h - two samples held against each other: how far apart, how sure, is it chance?
 *
 * Pure, and in arrays of double that are left as they are; NaN must not be among them. What the
 * methods claim, and what they do not, is in docs/experiments.md. */
#ifndef EXPERIMENT_SAMPLESTATS_H
#define EXPERIMENT_SAMPLESTATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sample {
	const double *at; /* borrowed */
	size_t count;
};

/* The middle one, or the mean of the middle two; NaN of nothing. */
double sample_median(struct sample s);

/* The value at or below which the share of `share` (0..1) lies, between two values by their
 * distance (GSL, gsl_stats_quantile_from_sorted_data); NaN of nothing. */
double sample_quantile(struct sample s, double share);

/* By n - 1; NaN of fewer than two. */
double sample_variance(struct sample s);

/* How much b is above a: the median of all differences b[j] - a[i] (Hodges and Lehmann 1963). NaN
 * when one is empty. */
double sample_shift(struct sample a, struct sample b);

/* A shift with its confidence interval, absolute and as a share of the median of a; NaN when that
 * median is 0, or a sample is empty. */
struct shift {
	double by, low, high;
	double ratio, ratio_low, ratio_high;
};

/* The interval is that of the bootstrap (resamples drawn by seed from both samples), its
 * percentiles expanded for small samples as Hesterberg (The American Statistician 69, 2015,
 * section 5.3) has it. With fewer than 3 values in one of them the bounds are NaN. confidence:
 * 0.95. */
void shift_of(struct shift *ret, struct sample a, struct sample b, double confidence,
	      uint64_t seed);

/* The probability that chance alone moves two samples of one distribution as far apart, either way:
 * the rank sum test of Mann and Whitney (1947). Exact, ties included, for up to 100 values in all;
 * beyond that by the normal distribution, corrected for ties and continuity. NaN when one is empty.
 */
double ranksum_p(struct sample a, struct sample b);

/* The least p that samples of these sizes can have: 2 over the number of ways to choose. 1 when one
 * is 0. */
double ranksum_least_p(size_t a_count, size_t b_count);

/* How many values a sample needs at least, of two of that size, so that p can be `p` at all. */
size_t ranksum_least_count(double p);

/* How many values each sample needs so that a shift of `effect` is found with four chances in five
 * at level alpha, when the values scatter by `deviation` (both in one unit): the normal
 * approximation, by the test's efficiency of 3 / pi against the t test. At least
 * ranksum_least_count(alpha). 0 when it cannot be told. */
size_t ranksum_needed_count(double deviation, double effect, double alpha);

/* Many tests at once: each p becomes the smallest share of wrong ones among those called different
 * at which it would be called so itself (Benjamini and Hochberg 1995). NaN stays, and is no test.
 */
void adjust_p(double *p, size_t count);

#endif
