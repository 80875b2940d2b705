/* gate.h - limits held against one run: passed, failed, or too little is known to say. */
#ifndef EXPERIMENT_GATE_H
#define EXPERIMENT_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/analyze.h"
#include "analyze/stats.h"
#include "base/err.h"
#include "base/text.h"
#include "experiment/metrics.h"
#include "experiment/trend.h"

enum gate_limit {
	GATE_PAUSE_P99,
	GATE_PAUSE_MAX,
	GATE_RSS_PEAK,
	GATE_REGRET,
	GATE_GC_CPU,
	GATE_HEAP_GROWTH, /* bytes per minute */
	GATE_RSS_GROWTH,  /* bytes per minute */
	GATE_LIMIT_COUNT,
};

enum gate_state { GATE_PASSED, GATE_FAILED, GATE_INCOMPLETE };

struct gate_check {
	char name[48]; /* "max-pause-p99", "max-increase rss_peak" */
	enum gate_state state;
	enum metric_unit unit;
	bool per_minute;
	double value, limit; /* NaN: not known. An increase is a share */
	char text[320];	     /* "1.20 ms of 1,234 pauses, the limit is 1.00 ms" */
};

#define GATE_CHECKS_MAX (GATE_LIMIT_COUNT + METRICS_COUNT + 1)

/* What is asked for; NaN: nothing. increase[i]: how much more than the baseline metrics[i] may be,
 * as a share. */
struct gate_limits {
	double max[GATE_LIMIT_COUNT];
	double increase[METRICS_COUNT];
	double baseline[METRICS_COUNT]; /* of the baseline; NaN where it does not say */
};

/* No limit at all. */
void gate_limits_init(struct gate_limits *l);

/* "max-pause-p99"; its unit, with *ret_per_minute. */
const char *gate_limit_name(enum gate_limit limit);
enum metric_unit gate_limit_unit(enum gate_limit limit, bool *ret_per_minute);

/* "1MiB/min", "64KiB/s", "1GiB/h": bytes per minute. 0, or -EINVAL. */
int gate_parse_growth(double *ret, struct text word);

/* "rss_peak=5%,pause_p99=0.2": into l->increase. 0, or -EINVAL with *err filled. */
int gate_parse_increases(struct gate_limits *l, const char *list, struct err *err);

/* Points over time, however many: beyond a number neighbours become one. Starts zeroed. */
struct gate_points {
	double *x, *y; /* seconds, bytes; owned */
	size_t count;
	size_t per_point, pending; /* values that make one point, and that wait for the next one */
	double pending_x, pending_y;
};

/* What a walk over the recording gathers. */
struct gate_evidence {
	struct model *model;   /* owned */
	struct stats pauses;   /* ns, one by one */
	uint64_t pauses_above; /* of limits.max[GATE_PAUSE_P99] */
	struct gate_points heap, rss;
	double values[METRICS_COUNT];
	bool is_whole;
	char why[256]; /* the run itself is not good: killed, cut short, ... */
};

/* Read a recording. 0, or a negative errno with *err filled. gate_evidence_done also after a
 * failure. */
int gate_evidence_read(struct gate_evidence *e, const char *path, const struct gate_limits *limits,
		       struct err *err);
void gate_evidence_done(struct gate_evidence *e);

/* Every limit that is asked for, and "run" when it was not a good one, into
 * checks[GATE_CHECKS_MAX]; returns how many. skip_ns: what is left out at the beginning where
 * growth is looked for, UNKNOWN_U64: a quarter. */
size_t gate_judge(struct gate_check *checks, const struct gate_evidence *e,
		  const struct gate_limits *limits, uint64_t skip_ns);

/* Failed when one failed, else incomplete when one is, else passed. Incomplete of nothing. */
enum gate_state gate_verdict(const struct gate_check *checks, size_t count);

/* "passed", "failed", "incomplete". */
const char *gate_state_name(enum gate_state state);

/* The figures of an earlier run into l->baseline: of a recording, or of what `gctide check -f json`
 * printed. 0, or a negative errno with *err filled. */
int gate_read_baseline(struct gate_limits *l, const char *path, struct err *err);

#endif
