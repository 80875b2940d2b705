/* compareseries_internal.h - a run over time, small enough for a page. */
#ifndef COMPARESERIES_INTERNAL_H
#define COMPARESERIES_INTERNAL_H

#include <jansson.h>

#include "base/err.h"

/* The recording at path: {"rss": [[s, bytes], ...], "honest": ..., "live": ..., "returned": ...,
 * "faults": ...}; of each column of time the least and the greatest level, of returns and faults
 * the rate per second. The caller owns *ret. 0, or a negative errno with *err filled. */
int compareseries_of(json_t **ret, const char *path, struct err *err);

#endif
