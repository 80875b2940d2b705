/* text_cycles.c - one row per cycle, and the histogram of pauses. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/unknown.h"
#include "renderer_internal.h"

#define BAR_COLUMNS 50u

void text_print_cycle_header(FILE *out)
{
	fputs("\n"
	      "cycles (f: forced, S: the world stood still throughout; ~ estimated; - unknown; "
	      "heap in "
	      "MiB, floor)\n"
	      "     gc       start sweep-term      mark mark-term   start>end>live  goal alloc     "
	      "faults       RSS\n",
	      out);
}

/* "1.84 ms", "0" for a figure below the runtime's smallest step (1 us). */
static const char *duration(char *buf, uint64_t ns)
{
	return ns == 0 ? "<1 us" : units_duration(buf, ns);
}

static const char *mib(char *buf, uint64_t bytes)
{
	if (is_known(bytes))
		snprintf(buf, UNITS_TEXT_BYTES, "%" PRIu64, bytes >> 20);
	else
		snprintf(buf, UNITS_TEXT_BYTES, "-");
	return buf;
}

static const char *count(char *buf, uint64_t n, bool is_estimate)
{
	char digits[UNITS_TEXT_BYTES];

	if (is_known(n))
		snprintf(buf, UNITS_TEXT_BYTES, "%s%.30s", is_estimate ? "~" : "",
			 units_count(digits, n));
	else
		snprintf(buf, UNITS_TEXT_BYTES, "-");
	return buf;
}

void text_print_cycle(FILE *out, const struct model_cycle *c)
{
	char stw1[UNITS_TEXT_BYTES], mark[UNITS_TEXT_BYTES], stw2[UNITS_TEXT_BYTES];
	char from[UNITS_TEXT_BYTES], to[UNITS_TEXT_BYTES], live[UNITS_TEXT_BYTES];
	char goal[UNITS_TEXT_BYTES], alloc[UNITS_TEXT_BYTES], faults[UNITS_TEXT_BYTES];
	char rss[UNITS_TEXT_BYTES], heap[3 * UNITS_TEXT_BYTES + 4];
	bool is_sent = is_known(c->rss_end_bytes);

	if (c->missing_before)
		fprintf(out, "        ... %s before this one not seen ...\n",
			count(stw1, c->missing_before, false));
	snprintf(heap, sizeof(heap), "%s>%s>%s", mib(from, c->heap_start_bytes),
		 mib(to, c->heap_end_bytes), mib(live, c->heap_live_bytes));
	fprintf(out, "%7" PRIu64 "%c%9.3f s  %9s %9s %9s %16s %5s %5s %10s %9s\n", c->number,
		c->stopped_throughout ? 'S'
		: c->forced	      ? 'f'
				      : ' ',
		(double)c->start_ns / (double)NS_PER_S, duration(stw1, c->sweep_termination_ns),
		duration(mark, c->mark_ns), duration(stw2, c->mark_termination_ns), heap,
		c->has_no_goal ? "none" : mib(goal, c->goal_bytes), mib(alloc, c->allocated_bytes),
		count(faults, c->fault_count, c->fault_is_estimate),
		is_sent ? units_bytes(rss, c->rss_end_bytes) : "-");
}

static void print_bar(FILE *out, const struct model_bucket *b, uint64_t most)
{
	char from[UNITS_TEXT_BYTES], to[UNITS_TEXT_BYTES], n[UNITS_TEXT_BYTES];
	size_t columns = most ? (size_t)((double)b->count / (double)most * BAR_COLUMNS) : 0;

	if (b->count && columns == 0)
		columns = 1;
	if (b->from_ns == 0)
		fprintf(out, "  %10s  < %-8s", "", units_duration(to, b->to_ns));
	else if (is_known(b->to_ns))
		fprintf(out, "  %10s  - %-8s", units_duration(from, b->from_ns),
			units_duration(to, b->to_ns));
	else
		fprintf(out, "  %10s  or more  ", units_duration(from, b->from_ns));
	fprintf(out, " %12s%s", units_count(n, b->count), columns ? " " : "");
	for (size_t i = 0; i < columns; i++)
		fputc('#', out);
	fputc('\n', out);
}

/* From the first bar that is not empty to the last one. */
void text_print_bars(FILE *out, const struct model_pause *p)
{
	size_t first = 0, last = p->bucket_count;
	uint64_t most = 0;

	if (!is_known(p->count) || p->count == 0)
		return;
	while (first < last && p->buckets[first].count == 0)
		first++;
	while (last > first && p->buckets[last - 1].count == 0)
		last--;
	for (size_t i = first; i < last; i++)
		most = p->buckets[i].count > most ? p->buckets[i].count : most;
	for (size_t i = first; i < last; i++)
		print_bar(out, &p->buckets[i], most);
}

void text_print_histogram(FILE *out, const struct model_pause *p)
{
	if (!is_known(p->count) || p->count == 0)
		return;
	fputs("\npauses\n", out);
	text_print_bars(out, p);
}
