/* compare_internal.h - the document of a comparison, which a page has in it, too. */
#ifndef COMPARE_INTERNAL_H
#define COMPARE_INTERNAL_H

#include <jansson.h>

#include "experiment/experiment.h"

/* gctide.compare/1; the caller owns it. */
json_t *compare_document(const struct experiment *e);

/* Parts that other documents of experiments have, too: arrays of the runs, of what disturbed them,
 * of the metrics' keys, labels and units. */
json_t *compare_runs(const struct experiment *e);
json_t *compare_noise(const struct experiment *e);
json_t *compare_metrics(void);

#endif
