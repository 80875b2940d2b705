/* experiment.h - what experiments showed: for people, for programs, as a page. */
#ifndef RENDER_EXPERIMENT_H
#define RENDER_EXPERIMENT_H

#include <stdio.h>

#include "base/err.h"
#include "experiment/experiment.h"

/* A comparison, whole: experiment_compare was called. The caller looks at ferror(out). */
void compare_print_text(FILE *out, const struct experiment *e);
void compare_print_json(FILE *out, const struct experiment *e);

/* What disturbed the runs, a line each; nothing when nothing is known of. */
void compare_print_noise(FILE *out, const struct experiment *e);

/* The page: distributions of all runs, and both variants over time. 0, or a negative errno with
 * *err filled. */
int compare_print_page(FILE *out, const struct experiment *e, struct err *err);

/* One verdict in words: "lower by 12 % (95 % CI 9..15 %, p=0.008, n=5)". */
void compare_verdict(struct buf *out, const struct experiment *e, const struct comparison *c);

/* A figure of that unit: "12.0 MiB"; NaN prints "unknown". Appended. */
void metric_print(struct buf *out, enum metric_unit unit, double value);

#endif
