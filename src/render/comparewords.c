/* comparewords.c - figures and verdicts of experiments in words. */
#include <math.h>

#include "base/units.h"
#include "base/unknown.h"
#include "render/experiment.h"

#define RUNS_IN_REASON 1000u /* more are not made: how many more is no matter */

void metric_print(struct buf *out, enum metric_unit unit, double value)
{
	char text[UNITS_TEXT_BYTES];
	uint64_t rounded = isfinite(value) && value >= 0 ? (uint64_t)llround(value) : UNKNOWN_U64;

	switch (unit) {
	case METRIC_NS:
		buf_addf(out, "%s", units_duration(text, rounded));
		break;
	case METRIC_BYTES:
		buf_addf(out, "%s", units_bytes(text, rounded));
		break;
	case METRIC_COUNT:
		buf_addf(out, "%s", units_count(text, rounded));
		break;
	case METRIC_RATIO:
		buf_addf(out, "%s", units_ratio(text, value));
		break;
	case METRIC_BYTE_SECONDS:
		buf_addf(out, "%s%s", units_bytes(text, rounded), is_known(rounded) ? " s" : "");
		break;
	}
}

/* Three digits at most, and no more than there are. */
static void add_percent(struct buf *out, double share, bool with_sign)
{
	double percent = fabs(share) * 100;
	int decimals = percent >= 9.95 ? 0 : percent >= 0.995 ? 1 : 2;

	if (with_sign && percent >= 0.005)
		buf_addf(out, "%c", share < 0 ? '-' : '+');
	buf_addf(out, "%.*f", percent < 0.005 ? 0 : decimals, percent);
}

static void add_signed(struct buf *out, enum metric_unit unit, double value)
{
	if (value != 0)
		buf_addf(out, "%c", value < 0 ? '-' : '+');
	metric_print(out, unit, fabs(value));
}

static void add_p(struct buf *out, double p)
{
	if (p < 0.0001)
		buf_addf(out, "p<0.0001");
	else
		buf_addf(out, "p=%.2g", p);
}

static void add_n(struct buf *out, const struct comparison *c)
{
	if (c->base_count == c->count)
		buf_addf(out, "n=%zu", c->count);
	else
		buf_addf(out, "n=%zu/%zu", c->base_count, c->count);
}

/* "9..15 %" of a difference whose direction was said; "-3..+2 %" else. */
static void add_interval(struct buf *out, const struct comparison *c, bool with_sign)
{
	const struct shift *s = &c->shift;
	bool as_share = isfinite(s->ratio_low);
	double low = as_share ? s->ratio_low : s->low, high = as_share ? s->ratio_high : s->high;
	enum metric_unit unit = metrics[c->metric].unit;

	if (!isfinite(low))
		return;
	if (!with_sign && high < 0) {
		double turned = -low;

		low = -high;
		high = turned;
	}
	buf_addf(out, "95 %% CI ");
	if (as_share) {
		add_percent(out, low, with_sign);
		buf_addf(out, "..");
		add_percent(out, high, with_sign);
		buf_addf(out, " %%, ");
		return;
	}
	add_signed(out, unit, low);
	buf_addf(out, "..");
	add_signed(out, unit, high);
	buf_addf(out, ", ");
}

static void add_difference(struct buf *out, const struct comparison *c)
{
	buf_addf(out, "%s by ", c->verdict == VERDICT_LOWER ? "lower" : "higher");
	if (isfinite(c->shift.ratio_low)) {
		add_percent(out, c->shift.ratio, false);
		buf_addf(out, " %%");
	} else {
		metric_print(out, metrics[c->metric].unit, fabs(c->shift.by));
	}
	buf_addf(out, " (");
	add_interval(out, c, false);
	add_p(out, c->p);
	buf_addf(out, ", ");
	add_n(out, c);
	buf_addf(out, ")");
}

static bool reaches_beyond(const struct shift *s, double effect)
{
	return isfinite(s->ratio_low) && (s->ratio_low < -effect || s->ratio_high > effect);
}

static void add_not_shown(struct buf *out, const struct experiment *e, const struct comparison *c)
{
	double effect = e->options.effect;

	buf_addf(out, "no difference shown (");
	if (c->is_constant) {
		buf_addf(out, "all runs the same, ");
		add_n(out, c);
		buf_addf(out, ")");
		return;
	}
	add_interval(out, c, true);
	add_p(out, c->p);
	buf_addf(out, ", ");
	add_n(out, c);
	if (reaches_beyond(&c->shift, effect) &&
	    (c->needed_count == 0 || c->needed_count > RUNS_IN_REASON))
		buf_addf(out, "; n>%u for %.3g %%", RUNS_IN_REASON, effect * 100);
	else if (reaches_beyond(&c->shift, effect) && c->needed_count > c->count)
		buf_addf(out, "; n=%zu for %.3g %%", c->needed_count, effect * 100);
	buf_addf(out, ")");
}

void compare_verdict(struct buf *out, const struct experiment *e, const struct comparison *c)
{
	switch (c->verdict) {
	case VERDICT_UNKNOWN:
		buf_addf(out, "unknown");
		return;
	case VERDICT_LOWER:
	case VERDICT_HIGHER:
		add_difference(out, c);
		return;
	case VERDICT_NOT_SHOWN:
		add_not_shown(out, e, c);
		return;
	case VERDICT_NOT_DECIDABLE:
		buf_addf(out, "not decidable: n=%zu or more would be needed for %.3g %%",
			 c->needed_count, e->options.effect * 100);
		return;
	}
}
