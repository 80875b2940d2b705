/* gate.c - is a limit kept? Where too little is known, that is what is said. */
#include "experiment/gate.h"

#include <gsl/gsl_cdf.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "experiment/samplestats.h"
#include "base/unknown.h"

#define CONFIDENCE     0.95
#define CHANCE	       0.05
#define PAUSES_LEAST   100u /* below, the 99th percentile is the greatest of them */
#define GROWTH_LEAST_S 5.0  /* of time that is looked at */
#define GROWTH_POINTS  60u
#define GAIN_LEAST     1048576.0
#define GAIN_SHARE     0.01
#define SKIP_SHARE     0.25

struct judging {
	const struct gate_evidence *e;
	const struct gate_limits *limits;
	uint64_t skip_ns;
	struct gate_check *check; /* in hand */
};

static void say(struct gate_check *c, enum gate_state state, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct gate_check *c, enum gate_state state, const char *fmt, ...)
{
	va_list args;

	c->state = state;
	va_start(args, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, args);
	va_end(args);
}

static const char *figure(char *buf, const struct gate_check *c, double v)
{
	uint64_t whole = v >= 0 ? (uint64_t)llround(v) : UNKNOWN_U64;
	char sized[UNITS_TEXT_BYTES];

	switch (c->unit) {
	case METRIC_NS:
		return units_duration(buf, whole);
	case METRIC_RATIO:
		return units_ratio(buf, v);
	case METRIC_COUNT:
		return units_count(buf, whole);
	case METRIC_BYTE_SECONDS:
	case METRIC_BYTES:
		units_bytes(sized, (uint64_t)llround(fabs(v)));
		snprintf(buf, UNITS_TEXT_BYTES, "%s%.20s%s", v < 0 ? "-" : "", sized,
			 c->per_minute ? "/min" : "");
		return buf;
	}
	return buf;
}

/* Above is above, whatever is not known; below is so only when all is there. */
static void judge_figure(struct judging *j, const char *what)
{
	struct gate_check *c = j->check;
	char value[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES];

	figure(limit, c, c->limit);
	if (!isfinite(c->value))
		say(c, GATE_INCOMPLETE, "not known; the limit is %s", limit);
	else if (c->value > c->limit)
		say(c, GATE_FAILED, "%s%s, the limit is %s", figure(value, c, c->value), what,
		    limit);
	else if (!j->e->is_whole)
		say(c, GATE_INCOMPLETE, "%s%s up to where the recording stops, the limit is %s",
		    figure(value, c, c->value), what, limit);
	else
		say(c, GATE_PASSED, "%s%s, the limit is %s", figure(value, c, c->value), what,
		    limit);
}

/* The runtime prints two digits, cut off, and at least 1 us (Go runtime/mgc.go, fmtNSAsMS): the
 * true value is less than this much above. */
static double print_step_ns(double ns)
{
	return ns < 1e4 ? 1e3 : pow(10, floor(log10(ns)) - 1);
}

static bool hides_the_limit(const struct gate_check *c)
{
	return c->value <= c->limit && c->value + print_step_ns(c->value) > c->limit;
}

static void judge_printed(struct judging *j, const char *what)
{
	struct gate_check *c = j->check;
	char value[UNITS_TEXT_BYTES], most[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES];

	judge_figure(j, what);
	if (!isfinite(c->value) && j->e->model->gc.cycle_count == 0)
		say(c, GATE_INCOMPLETE, "there was no collection, and so no pause to measure");
	if (c->state == GATE_PASSED && hides_the_limit(c))
		say(c, GATE_INCOMPLETE,
		    "%s%s as printed is anything below %s, and the limit is %s: it cannot be told",
		    figure(value, c, c->value), what,
		    figure(most, c, c->value + print_step_ns(c->value)),
		    figure(limit, c, c->limit));
}

/* So many above the limit: would chance do that, if one in a hundred were? */
static bool is_beyond_chance(uint64_t above, uint64_t count)
{
	return above && gsl_cdf_binomial_Q((unsigned)(above - 1), 0.01, (unsigned)count) < CHANCE;
}

static void judge_p99(struct judging *j)
{
	const struct gate_evidence *e = j->e;
	struct gate_check *c = j->check;
	char limit[UNITS_TEXT_BYTES], what[64], count[UNITS_TEXT_BYTES];

	c->value = e->values[metric_find("pause_p99")];
	snprintf(what, sizeof(what), " of %s pauses", units_count(count, e->pauses.count));
	if (e->pauses.count >= PAUSES_LEAST) {
		judge_printed(j, what);
		return;
	}
	figure(limit, c, c->limit);
	if (is_beyond_chance(e->pauses_above, e->pauses.count))
		say(c, GATE_FAILED, "%" PRIu64 "%s are above the limit of %s", e->pauses_above,
		    what, limit);
	else
		say(c, GATE_INCOMPLETE,
		    "too few pauses: %s, and %u are needed for a 99th percentile; %" PRIu64
		    " of them are above the limit of %s",
		    count, PAUSES_LEAST, e->pauses_above, limit);
}

static void judge_regret(struct judging *j)
{
	const struct model_returns *r = &j->e->model->returns;

	j->check->value = j->e->values[metric_find("regret")];
	if (r->has_refaults && j->e->values[metric_find("returned")] == 0)
		j->check->value = 0; /* nothing was given back, nothing in vain */
	if (!r->source)
		say(j->check, GATE_INCOMPLETE, "not known: returns were not recorded (%.*s)",
		    (int)(r->why_off.len < 200 ? r->why_off.len : 200),
		    (const char *)r->why_off.at);
	else
		judge_figure(j, " of what was given back");
}

/* Without a collection nothing was measured; when lines are missing their share is, too. */
static void judge_gc_cpu(struct judging *j)
{
	const struct model_gc *gc = &j->e->model->gc;
	struct gate_check *c = j->check;

	c->value = gc->cpu_fraction;
	if (c->value <= c->limit && isnan(j->e->values[metric_find("gc_cpu")]))
		c->value = NAN;
	judge_figure(j, " of GOMAXPROCS");
	if (gc->cycle_count == 0)
		say(c, GATE_INCOMPLETE, "there was no collection, and so nothing to measure");
}

/* What is left behind the part that is skipped. */
static struct trend_points settled(const struct judging *j, const struct gate_points *p)
{
	double end_s = p->count ? p->x[p->count - 1] : 0;
	double from_s = is_known(j->skip_ns) ? (double)j->skip_ns / 1e9 : end_s * SKIP_SHARE;
	size_t i = 0;

	while (i < p->count && p->x[i] < from_s)
		i++;
	return (struct trend_points){ p->x + i, p->y + i, p->count - i };
}

/* As sure as the interval is narrow, and that goes with time to the power of three halves. */
static double needed_s(double span_s, double too_wide)
{
	return span_s * pow(too_wide, 2.0 / 3) / (1 - SKIP_SHARE);
}

/* least_gain: less than that over the whole time is never called growth. */
static void judge_trend(struct gate_check *c, const struct trend *t, double span_s,
			double least_gain)
{
	char value[UNITS_TEXT_BYTES], low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES],
		limit[UNITS_TEXT_BYTES], more[UNITS_TEXT_BYTES];
	double width = (t->high - t->low) * 60, sure = t->low * span_s;

	c->value = t->slope * 60;
	figure(value, c, c->value);
	figure(low, c, t->low * 60);
	figure(high, c, t->high * 60);
	figure(limit, c, c->limit);
	if (sure > least_gain && c->value > c->limit)
		say(c, GATE_FAILED, "%s (95 %% CI %s to %s) over %.3g s, the limit is %s", value,
		    low, high, span_s, limit);
	else if (t->high * 60 <= c->limit)
		say(c, GATE_PASSED, "%s (95 %% CI %s to %s) over %.3g s, the limit is %s", value,
		    low, high, span_s, limit);
	else
		say(c, GATE_INCOMPLETE,
		    "%s (95 %% CI %s to %s) over %.3g s, and the limit of %s is within: a "
		    "recording of "
		    "about %s would tell",
		    value, low, high, span_s, limit,
		    units_duration(more,
				   (uint64_t)(needed_s(span_s, fmax(2, width / fmax(c->limit, 1))) *
					      1e9)));
}

/* The step in which the runtime prints sizes, or a hundredth of the usual level. */
static double least_gain(struct trend_points p)
{
	double level = sample_median((struct sample){ p.y, p.count });

	return fmax(GAIN_LEAST, GAIN_SHARE * level);
}

static void judge_growth(struct judging *j, const struct gate_points *of, const char *unit)
{
	struct gate_check *c = j->check;
	struct trend_points points = settled(j, of);
	double x[GROWTH_POINTS], y[GROWTH_POINTS];
	double span_s = points.count ? points.x[points.count - 1] - points.x[0] : 0;
	struct trend t;

	if (span_s < GROWTH_LEAST_S || points.count < TREND_POINTS_LEAST) {
		say(c, GATE_INCOMPLETE,
		    "too little to see growth in: %zu %s in %.3g s behind the beginning, and %u in "
		    "%.3g s are needed",
		    points.count, unit, span_s, TREND_POINTS_LEAST, GROWTH_LEAST_S);
		return;
	}
	trend_of(&t, (struct trend_points){ x, y, trend_thin(points, x, y, GROWTH_POINTS) },
		 CONFIDENCE);
	if (isnan(t.slope))
		say(c, GATE_INCOMPLETE, "too unevenly spread to see growth in: %zu %s",
		    points.count, unit);
	else
		judge_trend(c, &t, span_s, least_gain(points));
}

static void judge_limit(struct judging *j, enum gate_limit limit)
{
	struct gate_check *c = j->check;

	snprintf(c->name, sizeof(c->name), "%s", gate_limit_name(limit));
	c->unit = gate_limit_unit(limit, &c->per_minute);
	c->limit = j->limits->max[limit];
	c->value = NAN;
	switch (limit) {
	case GATE_PAUSE_P99:
		judge_p99(j);
		break;
	case GATE_PAUSE_MAX:
		c->value = j->e->values[metric_find("pause_max")];
		judge_printed(j, "");
		break;
	case GATE_RSS_PEAK:
		c->value = j->e->values[metric_find("rss_peak")];
		judge_figure(j, "");
		break;
	case GATE_REGRET:
		judge_regret(j);
		break;
	case GATE_GC_CPU:
		judge_gc_cpu(j);
		break;
	case GATE_HEAP_GROWTH:
		judge_growth(j, &j->e->heap, "collections");
		break;
	case GATE_RSS_GROWTH:
		judge_growth(j, &j->e->rss, "samples");
		break;
	case GATE_LIMIT_COUNT:
		break;
	}
}

static void judge_increase(struct judging *j, size_t metric)
{
	struct gate_check *c = j->check, in_unit = { .unit = metrics[metric].unit };
	double base = j->limits->baseline[metric], now = j->e->values[metric];
	char was[UNITS_TEXT_BYTES], is[UNITS_TEXT_BYTES], by[UNITS_TEXT_BYTES],
		limit[UNITS_TEXT_BYTES];

	snprintf(c->name, sizeof(c->name), "max-increase %s", metrics[metric].key);
	c->unit = METRIC_RATIO;
	c->limit = j->limits->increase[metric];
	c->value = base > 0 ? now / base - 1 : now > 0 ? INFINITY : now == 0 ? 0 : NAN;
	units_ratio(limit, c->limit);
	if (!isfinite(base) || !isfinite(now))
		say(c, GATE_INCOMPLETE, "not known in %s",
		    isfinite(now) ? "the baseline" : "this run");
	else if (c->value > c->limit)
		say(c, GATE_FAILED, "%s, the baseline had %s: more by %s, the limit is %s",
		    figure(is, &in_unit, now), figure(was, &in_unit, base),
		    isfinite(c->value) ? units_ratio(by, c->value) : "anything", limit);
	else
		say(c, j->e->is_whole ? GATE_PASSED : GATE_INCOMPLETE,
		    "%s%s, the baseline had %s; the limit is %s more", figure(is, &in_unit, now),
		    j->e->is_whole ? "" : " up to where the recording stops",
		    figure(was, &in_unit, base), limit);
	if (!isfinite(c->value))
		c->value = NAN;
}

size_t gate_judge(struct gate_check *checks, const struct gate_evidence *e,
		  const struct gate_limits *limits, uint64_t skip_ns)
{
	struct judging j = { e, limits, skip_ns, NULL };
	size_t n = 0;

	memset(checks, 0, GATE_CHECKS_MAX * sizeof(*checks));
	if (e->why[0]) {
		struct gate_check *c = &checks[n++];

		snprintf(c->name, sizeof(c->name), "run");
		c->unit = METRIC_COUNT;
		c->value = c->limit = NAN;
		say(c, GATE_INCOMPLETE, "%s", e->why);
	}
	for (int i = 0; i < GATE_LIMIT_COUNT; i++)
		if (!isnan(limits->max[i])) {
			j.check = &checks[n++];
			judge_limit(&j, (enum gate_limit)i);
		}
	for (size_t i = 0; i < METRICS_COUNT; i++)
		if (!isnan(limits->increase[i])) {
			j.check = &checks[n++];
			judge_increase(&j, i);
		}
	return n;
}

enum gate_state gate_verdict(const struct gate_check *checks, size_t count)
{
	enum gate_state worst = count ? GATE_PASSED : GATE_INCOMPLETE;

	for (size_t i = 0; i < count; i++) {
		if (checks[i].state == GATE_FAILED)
			return GATE_FAILED;
		if (checks[i].state == GATE_INCOMPLETE)
			worst = GATE_INCOMPLETE;
	}
	return worst;
}

const char *gate_state_name(enum gate_state state)
{
	static const char *const names[] = {
		[GATE_PASSED] = "passed", [GATE_FAILED] = "failed", [GATE_INCOMPLETE] = "incomplete"
	};

	return names[state];
}
