/* experiment.h - runs of some variants, and what they show against the first one. */
#ifndef EXPERIMENT_EXPERIMENT_H
#define EXPERIMENT_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "experiment/metrics.h"
#include "experiment/samplestats.h"

#define EXPERIMENT_VARIANTS_MAX 64u

/* How a run ended. Only good ones are among the figures. */
enum run_state {
	RUN_GOOD,
	RUN_FAILED, /* why: the target's status, a signal, a recording that stops early, ... */
	RUN_WARMUP, /* good, and left out */
};

struct experiment_run {
	size_t variant;
	enum run_state state;
	char why[256]; /* of a failed one */
	char *path;    /* of its recording; owned; NULL: it has none any more */
	double values[METRICS_COUNT];
	/* Of the machine's CPUs, while it ran: what others used, and what the hypervisor took; NaN:
	 * not known. */
	double foreign_share, steal_share;
};

enum verdict {
	VERDICT_UNKNOWN, /* not known in either variant */
	VERDICT_LOWER,	 /* than in the first variant */
	VERDICT_HIGHER,
	VERDICT_NOT_SHOWN,     /* no difference was shown */
	VERDICT_NOT_DECIDABLE, /* with so few runs */
};

/* One metric of one variant against the first. */
struct comparison {
	size_t metric, variant;
	size_t base_count, count; /* values of the first one and of this */
	double base_median, median;
	struct shift shift;
	double p, p_adjusted; /* adjusted for all comparisons of the experiment together */
	double scatter;	      /* of the runs of one variant, as a share of base_median: standard
				 deviation; NaN */
	bool is_constant;     /* all values of both are the same */
	/* Runs of each variant that it would take to see a difference of options.effect four times
	 * in five, as the values scatter; for VERDICT_NOT_DECIDABLE also to decide at all. 0:
	 * cannot be told. */
	size_t needed_count;
	enum verdict verdict;
};

struct experiment_options {
	double alpha;  /* 0.05 */
	double effect; /* 0.05: the least difference of interest, as a share */
	uint64_t seed;
};

struct experiment {
	struct experiment_options options;
	struct buf labels[EXPERIMENT_VARIANTS_MAX];
	size_t variant_count;
	struct experiment_run *runs; /* owned, in the order in which they ran */
	size_t run_count;
	struct comparison
		*comparisons; /* owned; of variant 1, all metrics, then of variant 2 ... */
	size_t comparison_count;
	size_t test_count; /* comparisons that could be tested */
};

/* The runs' figures of one metric and variant, into out[run_count]; returns how many. */
size_t experiment_values(const struct experiment *e, size_t variant, size_t metric, double *out);

/* Good runs of a variant, and failed ones. */
size_t experiment_count(const struct experiment *e, size_t variant, enum run_state state);

/* Append a run; the experiment owns its path from now on. */
void experiment_add(struct experiment *e, const struct experiment_run *run);

/* Compare every variant with the first, in every metric. */
void experiment_compare(struct experiment *e);

/* "unknown", "lower", "higher", "not_shown", "not_decidable". */
const char *verdict_name(enum verdict v);

/* What may have disturbed the runs, as lines; empty when nothing is known of. */
void experiment_noise(const struct experiment *e, struct buf *lines);

void experiment_done(struct experiment *e);

#endif
