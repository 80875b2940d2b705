/* traceline_check.c - what tells a number of the runtime from foreign digits that stand behind it.
 */
#include "traceline_internal.h"

#define LONGEST_NUMBER 31

static inline bool is_digit_at(struct text t, size_t i)
{
	return i < t.len && (unsigned char)(t.at[i] - '0') < 10;
}

static uint32_t bit(size_t len)
{
	return 1U << len;
}

/* Lengths of the integers that t begins with. */
static uint32_t count_lengths(struct text t)
{
	uint32_t lengths = 0;

	if (!is_digit_at(t, 0))
		return 0;
	if (t.at[0] == '0')
		return bit(1);
	for (size_t n = 0; n < 19 && is_digit_at(t, n); n++)
		lengths |= bit(n + 1);
	return lengths;
}

/* "0" may be followed by the decimals of 0.00d, 0.0dd or 0.dd. */
static uint32_t below_one_ms_lengths(struct text t)
{
	if (t.len < 4 || t.at[1] != '.' || !is_digit_at(t, 2) || !is_digit_at(t, 3))
		return bit(1);
	if (t.at[2] != '0')
		return bit(1) | bit(4);
	if (!is_digit_at(t, 4) || (t.at[3] == '0' && t.at[4] == '0'))
		return bit(1);
	return bit(1) | bit(5);
}

static uint32_t ms_lengths(struct text t)
{
	if (!is_digit_at(t, 0))
		return 0;
	if (t.at[0] == '0')
		return below_one_ms_lengths(t);
	if (t.len > 1 && t.at[1] == '.')
		return is_digit_at(t, 2) ? bit(3) : 0;
	return count_lengths(t) & ~bit(1); /* whole milliseconds start at 10 */
}

static uint32_t seconds_lengths(struct text t)
{
	size_t n = 0;

	while (n < 19 && is_digit_at(t, n))
		n++;
	if (n == 0 || (t.at[0] == '0' && n > 1) || n >= t.len || t.at[n] != '.')
		return 0;
	for (size_t i = 1; i <= 3; i++) {
		if (!is_digit_at(t, n + i))
			return 0;
	}
	return bit(n + 4);
}

uint32_t element_lengths(const struct trace_element *e, struct text t)
{
	_Static_assert(19 + 4 <= LONGEST_NUMBER, "every length has its bit");
	switch (e->kind) {
	case ELEMENT_COUNT:
		return count_lengths(t);
	case ELEMENT_MS:
		return ms_lengths(t);
	case ELEMENT_SECONDS:
		return seconds_lengths(t);
	case ELEMENT_PASS:
		return text_starts(t, "-1") ? bit(2) : count_lengths(t);
	default:
		return 0;
	}
}

/* Narrow [*low, *high] to the numbers of processors by which a clock figure can have been
 * multiplied to print this CPU figure, given that both were truncated to their steps. */
static void narrow(uint64_t *low, uint64_t *high, uint64_t clock_ns, uint64_t cpu_ns)
{
	uint64_t clock_max = clock_ns + gctrace_resolution_ns(clock_ns) - 1;
	uint64_t cpu_max = cpu_ns + gctrace_resolution_ns(cpu_ns) - 1;
	uint64_t least = cpu_ns / clock_max + (cpu_ns % clock_max != 0);

	if (least > *low)
		*low = least;
	if (clock_ns && cpu_max / clock_ns < *high)
		*high = cpu_max / clock_ns;
}

bool gctrace_cpu_fits(const struct gctrace_cycle *c)
{
	uint64_t low = 1, high = c->procs;

	narrow(&low, &high, c->sweep_termination_ns, c->sweep_termination_cpu_ns);
	narrow(&low, &high, c->mark_termination_ns, c->mark_termination_cpu_ns);
	return low <= high;
}
