/* trend.h - does it grow? A robust slope with its confidence interval. Pure. */
#ifndef EXPERIMENT_TREND_H
#define EXPERIMENT_TREND_H

#include <stddef.h>

/* Values of y at ascending x. */
struct trend_points {
	const double *x, *y; /* borrowed */
	size_t count;
};

struct trend {
	double slope, low, high; /* y per x; NaN when it cannot be told */
	double widening; /* by what neighbours are alike the variance was multiplied; 1: not at all
			  */
	size_t count;	 /* of values */
};

#define TREND_POINTS_LEAST 8u
#define TREND_POINTS_MOST  400u /* the work grows with the square */

/* The slope of Theil (1950) and Sen (1968): the median of the slopes between all pairs, with Sen's
 * interval. Values that follow each other in time are alike, so the variance is widened by (1 + r)
 * / (1 - r), r being the correlation of neighbours' ranks without the trend (Bayley and Hammersley
 * 1946). Slopes are NaN for fewer than TREND_POINTS_LEAST or more than TREND_POINTS_MOST points, or
 * when all x are the same. */
void trend_of(struct trend *ret, struct trend_points points, double confidence);

/* Many points become at most `most`: those of equal spans of x, each with the medians of its x and
 * y. x and y of `most` values each are filled; returns how many. */
size_t trend_thin(struct trend_points points, double *x, double *y, size_t most);

#endif
