/* timecolumns.c - a track of a timeline, made small. */
#include "timecolumns_internal.h"

#include <stdlib.h>

#include "base/buf.h"

void timecolumns_init(struct timecolumns *c, const struct timecolumns_axis *axis)
{
	c->axis = axis;
	c->at = xcalloc(axis->count, sizeof(*c->at));
}

void timecolumns_done(struct timecolumns *c)
{
	free(c->at);
	c->at = NULL;
}

static double width_ns(const struct timecolumns_axis *axis)
{
	return (double)(axis->to_ns - axis->from_ns) / (double)axis->count;
}

bool timecolumns_find(const struct timecolumns_axis *axis, uint64_t time_ns, size_t *ret)
{
	size_t i;

	if (time_ns < axis->from_ns || time_ns > axis->to_ns)
		return false;
	i = (size_t)((double)(time_ns - axis->from_ns) / width_ns(axis));
	*ret = i < axis->count ? i : axis->count - 1; /* the end belongs to the last one */
	return true;
}

uint64_t timecolumns_begin_ns(const struct timecolumns_axis *axis, size_t column)
{
	return axis->from_ns + (uint64_t)((double)column * width_ns(axis));
}

static void add_to(struct timecolumn *c, double value)
{
	if (c->value_count == 0 || value < c->low)
		c->low = value;
	if (c->value_count == 0 || value > c->high)
		c->high = value;
	c->sum += value;
	c->value_count++;
}

void timecolumns_add(struct timecolumns *c, uint64_t time_ns, double value)
{
	size_t i;

	if (timecolumns_find(c->axis, time_ns, &i))
		add_to(&c->at[i], value);
}

void timecolumns_spread(struct timecolumns *c, uint64_t begin_ns, uint64_t end_ns, double amount)
{
	const struct timecolumns_axis *axis = c->axis;
	double width = width_ns(axis), rate;
	size_t first;

	if (end_ns <= begin_ns) {
		timecolumns_add(c, begin_ns, amount);
		return;
	}
	rate = amount / (double)(end_ns - begin_ns);
	if (begin_ns > axis->to_ns || end_ns < axis->from_ns)
		return;
	if (!timecolumns_find(axis, begin_ns > axis->from_ns ? begin_ns : axis->from_ns, &first))
		return;
	for (size_t i = first; i < axis->count; i++) {
		double low = (double)axis->from_ns + (double)i * width, high = low + width;

		if (low >= (double)end_ns)
			return;
		low = low > (double)begin_ns ? low : (double)begin_ns;
		high = high < (double)end_ns ? high : (double)end_ns;
		if (high > low)
			add_to(&c->at[i], (high - low) * rate);
	}
}
