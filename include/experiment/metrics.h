/* metrics.h - the figures of one run that experiments and gates speak of. */
#ifndef EXPERIMENT_METRICS_H
#define EXPERIMENT_METRICS_H

#include <stddef.h>

#include "analyze/model.h"

enum metric_unit {
	METRIC_NS,
	METRIC_BYTES,
	METRIC_COUNT,
	METRIC_RATIO,
	METRIC_BYTE_SECONDS,
};

struct metric {
	const char *key;   /* "rss_peak": for options and JSON */
	const char *label; /* "RSS peak" */
	enum metric_unit unit;
	double (*of)(const struct model *m); /* NaN: not known */
};

#define METRICS_COUNT 18u

extern const struct metric metrics[METRICS_COUNT];

/* The place in metrics[], METRICS_COUNT when there is none of that key. */
size_t metric_find(const char *key);

/* "ns", "bytes", "count", "ratio", "byte_seconds". */
const char *metric_unit_name(enum metric_unit unit);

/* All of a run's figures into values[METRICS_COUNT]. */
void metrics_of(double *values, const struct model *m);

#endif
