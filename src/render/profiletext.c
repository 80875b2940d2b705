/* profiletext.c - sentences that go with a profile wherever it is shown. */
#include "profiletext_internal.h"

#include <time.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/unknown.h"

static void add_counted(struct buf *out, uint64_t count, const char *one, const char *many)
{
	char number[UNITS_TEXT_BYTES];

	buf_addf(out, "%s %s", units_count(number, count), units_plural(count, one, many));
}

void profile_add_weight(struct buf *out, const struct profile *p, enum profile_weight weight,
			uint64_t v)
{
	char text[UNITS_TEXT_BYTES];

	if (weight == WEIGHT_SAMPLES)
		add_counted(out, v, "sample", "samples");
	else if (p->unit == PROFILE_NANOSECONDS)
		buf_addf(out, "%s", units_duration(text, v));
	else if (p->unit == PROFILE_BYTES)
		buf_addf(out, "%s", units_bytes(text, v));
	else
		buf_addf(out, "%s", units_count(text, v));
}

static void add_start(struct buf *out, uint64_t start_unix_ns)
{
	time_t s = (time_t)(start_unix_ns / NS_PER_S);
	char text[64];
	struct tm utc;

	if (!is_known(start_unix_ns) || !gmtime_r(&s, &utc) ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
		return;
	buf_addf(out, " from %s", text);
}

void profile_add_measured(struct buf *out, const struct profile *p)
{
	char duration[UNITS_TEXT_BYTES];

	buf_add(out, p->event.at, p->event.len);
	if (p->event_detail.len) {
		buf_add(out, ": ", 2);
		buf_add(out, p->event_detail.at, p->event_detail.len);
	}
	buf_add(out, "; ", 2);
	profile_add_weight(out, p, WEIGHT_SAMPLES, p->sample_count);
	buf_add(out, ", ", 2);
	profile_add_weight(out, p, WEIGHT_VALUE, p->value);
	if (p->unit == PROFILE_COUNT)
		buf_addf(out, " in all");
	if (is_known(p->duration_ns))
		buf_addf(out, "; recorded for %s", units_duration(duration, p->duration_ns));
	else if (is_known(p->start_unix_ns))
		buf_addf(out, "; recorded");
	add_start(out, p->start_unix_ns);
}

void profile_add_losses(struct buf *out, const struct profile *p)
{
	char lost[UNITS_TEXT_BYTES];

	if (!is_known(p->lost_count))
		buf_addf(out, "how many perf records were lost is not known");
	else if (p->lost_count == 0)
		buf_addf(out, "no perf record was lost");
	else
		buf_addf(out, "%s %s lost, of all events together",
			 units_count(lost, p->lost_count),
			 units_plural(p->lost_count, "perf record was", "perf records were"));
	if (p->unknown_leaf_count) {
		buf_addf(out, "; ");
		add_counted(out, p->unknown_leaf_count, "sample has no name for its leaf",
			    "samples have no name for their leaf");
	}
	if (p->cut_stack_count) {
		buf_addf(out, "; ");
		add_counted(out, p->cut_stack_count, "stack does not reach its root",
			    "stacks do not reach their root");
	}
}
