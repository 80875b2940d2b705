/* align.c - fit the trace clock to CLOCK_MONOTONIC. */
#include "analyze/align.h"

#include "base/clock.h"
#include "base/unknown.h"

void align_init(struct align *a)
{
	*a = (struct align){ .init_ns = UNKNOWN_U64 };
}

/* Printed figures are whatever a log says: a sum of them stops at 146 years, it does not wrap. */
#define SPAN_NS_MAX (UINT64_MAX / 4)

static uint64_t plus(uint64_t a, uint64_t b)
{
	return a > SPAN_NS_MAX || b > SPAN_NS_MAX || a + b > SPAN_NS_MAX ? SPAN_NS_MAX : a + b;
}

/* Sums of five figures below this stay within SPAN_NS_MAX. */
#define FIGURE_NS_MAX (SPAN_NS_MAX / 8)

uint64_t align_cycle_end_ns(const struct gctrace_cycle *gc)
{
	uint64_t any = gc->start_ns | gc->mark_ns | gc->sweep_termination_ns |
		       gc->install_barrier_ns | gc->mark_termination_ns;
	uint64_t pauses_ns;

	if (any <= FIGURE_NS_MAX)
		return gc->start_ns + gc->mark_ns + gc->sweep_termination_ns +
		       gc->install_barrier_ns + gc->mark_termination_ns;
	pauses_ns = plus(plus(gc->sweep_termination_ns, gc->install_barrier_ns),
			 gc->mark_termination_ns);
	return plus(plus(gc->start_ns, gc->mark_ns), pauses_ns);
}

uint64_t align_line_init_ns(const struct gctrace_cycle *gc, uint64_t arrival_ns)
{
	uint64_t end_ns = align_cycle_end_ns(gc);

	return arrival_ns > end_ns ? arrival_ns - end_ns : 0;
}

void align_add(struct align *a, const struct gctrace_cycle *gc, uint64_t arrival_ns)
{
	uint64_t init_ns = align_line_init_ns(gc, arrival_ns);

	if (!is_known(a->init_ns) || init_ns < a->init_ns)
		a->init_ns = init_ns;
	a->line_count++;
}

uint64_t align_uncertainty_ns(const struct align *a)
{
	return a->line_count ? NS_PER_MS + ALIGN_LAG_NS : UNKNOWN_U64;
}
