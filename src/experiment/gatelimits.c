/* gatelimits.c - limits from the command line's words. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/units.h"
#include "experiment/gate.h"

static const struct {
	const char *name;
	enum metric_unit unit;
	bool per_minute;
} limits[GATE_LIMIT_COUNT] = {
	[GATE_PAUSE_P99] = { "max-pause-p99", METRIC_NS, false },
	[GATE_PAUSE_MAX] = { "max-pause", METRIC_NS, false },
	[GATE_RSS_PEAK] = { "max-rss-peak", METRIC_BYTES, false },
	[GATE_REGRET] = { "max-regret", METRIC_RATIO, false },
	[GATE_GC_CPU] = { "max-gc-cpu", METRIC_RATIO, false },
	[GATE_HEAP_GROWTH] = { "max-heap-growth", METRIC_BYTES, true },
	[GATE_RSS_GROWTH] = { "max-rss-growth", METRIC_BYTES, true },
};

void gate_limits_init(struct gate_limits *l)
{
	for (size_t i = 0; i < GATE_LIMIT_COUNT; i++)
		l->max[i] = NAN;
	for (size_t i = 0; i < METRICS_COUNT; i++)
		l->increase[i] = l->baseline[i] = NAN;
}

const char *gate_limit_name(enum gate_limit limit)
{
	return limits[limit].name;
}

enum metric_unit gate_limit_unit(enum gate_limit limit, bool *ret_per_minute)
{
	*ret_per_minute = limits[limit].per_minute;
	return limits[limit].unit;
}

int gate_parse_growth(double *ret, struct text word)
{
	const char *slash = memchr(word.at, '/', word.len);
	struct text per;
	uint64_t bytes;
	double in_a_minute;

	if (!slash)
		return -EINVAL;
	per = (struct text){ slash + 1, word.len - (size_t)(slash + 1 - word.at) };
	if (text_is(per, "s"))
		in_a_minute = 60;
	else if (text_is(per, "min") || text_is(per, "m"))
		in_a_minute = 1;
	else if (text_is(per, "h"))
		in_a_minute = 1.0 / 60;
	else
		return -EINVAL;
	if (units_parse_bytes(&bytes, (struct text){ word.at, (size_t)(slash - word.at) }) < 0)
		return -EINVAL;
	*ret = (double)bytes * in_a_minute;
	return 0;
}

/* "rss_peak=5%" */
static int parse_increase(struct gate_limits *l, char *word, struct err *err)
{
	char *is = strchr(word, '='), *end = NULL;
	size_t metric;
	double share;

	if (is)
		*is = '\0';
	metric = metric_find(word);
	if (!is || metric == METRICS_COUNT)
		return err_say(err, EINVAL,
			       "--max-increase wants METRIC=SHARE such as rss_peak=5%%; '%s' is no "
			       "metric (see gctide help check)",
			       word);
	share = strtod(is + 1, &end);
	if (end && end != is + 1 && strcmp(end, "%") == 0)
		share /= 100;
	else if (!end || end == is + 1 || *end)
		share = NAN;
	if (!(share >= 0) || !isfinite(share))
		return err_say(err, EINVAL,
			       "--max-increase: %s wants a share such as 5%%, not '%s'", word,
			       is + 1);
	l->increase[metric] = share;
	return 0;
}

int gate_parse_increases(struct gate_limits *l, const char *list, struct err *err)
{
	OWN_MEM char *copy = xstrndup(list, strlen(list));
	char *rest = NULL;
	int rc = 0;

	for (char *word = strtok_r(copy, ",", &rest); word && rc == 0;
	     word = strtok_r(NULL, ",", &rest))
		rc = parse_increase(l, word, err);
	return rc;
}
