/* text_stacks.c - where CPU time and page faults stood. */
#include <inttypes.h>

#include "line_internal.h"
#include "renderer_internal.h"

#define FRAMES_SHOWN 6u /* of a stack: from the leaf on */

static const char *use_text(enum profile_use use)
{
	static const char *const texts[USE_COUNT] = {
		[USE_PAGE_FAULT] = "kernel page faults",
		[USE_MADVISE] = "kernel madvise",
		[USE_SCAVENGE] = "scavenging",
		[USE_SWEEP] = "sweeping",
		[USE_ASSIST] = "assists",
		[USE_MARK_WORKER] = "mark workers",
		[USE_STOP] = "stopping the world",
		[USE_ALLOCATION] = "allocation",
		[USE_MUTATOR] = "the program itself",
	};

	return texts[use];
}

/* The largest use that is not above the limit; USE_COUNT when there is none. Equal ones come in the
 * order of their numbers: after is the one before. */
static int next_use(const struct model_stacks *s, uint64_t limit, int after)
{
	int best = USE_COUNT;

	for (int i = 0; i < USE_COUNT; i++) {
		bool is_left = s->by_use[i] < limit || (s->by_use[i] == limit && i > after);

		if (is_left && s->by_use[i] &&
		    (best == USE_COUNT || s->by_use[i] > s->by_use[best]))
			best = i;
	}
	return best;
}

void text_print_uses(FILE *out, const struct model *m)
{
	const struct model_stacks *s = &m->cpu_stacks;
	struct buf line = { 0 };
	int use = -1;

	if (!s->was_recorded)
		return;
	for (uint64_t limit = UINT64_MAX; (use = next_use(s, limit, use)) < USE_COUNT;
	     limit = s->by_use[use])
		line_part(&line, "%s %s", use_text((enum profile_use)use),
			  figure_ratio((double)s->by_use[use] / (double)s->sample_count).text);
	if (s->sample_count == 0)
		line_part(&line, "unknown: no CPU sample was taken");
	else
		line_part(&line, "of %s",
			  figure_counted(s->sample_count, "CPU sample", "CPU samples").text);
	line_print(out, "CPU goes to", &line);
	buf_done(&line);
}

static void print_stack(FILE *out, const struct model_top_stack *top, const struct model_stacks *s)
{
	struct text left = buf_text(&top->frames);
	struct buf line = { 0 };
	size_t n = 0;

	for (; left.len && n < FRAMES_SHOWN; n++) {
		struct text name = text_of(left.at);

		if (n)
			buf_addf(&line, " < ");
		line_add_foreign(&line, name, 120);
		left.at += name.len + 1;
		left.len -= name.len + 1;
	}
	if (left.len)
		buf_addf(&line, " < ...");
	fprintf(out, "%9s    ",
		figure_ratio((double)top->sample_count / (double)s->sample_count).text);
	line_print_words(out, buf_text(&line));
	buf_done(&line);
}

static void print_top(FILE *out, const char *what, const struct model_stacks *s)
{
	if (!s->top_count)
		return;
	fprintf(out, "\nwhere %s, innermost function first (%s: %.*s)\n", what,
		figure_counted(s->sample_count, "sample", "samples").text, (int)s->detail.len,
		(const char *)s->detail.at);
	for (size_t i = 0; i < s->top_count; i++)
		print_stack(out, &s->top[i], s);
}

void text_print_stacks(FILE *out, const struct model *m)
{
	print_top(out, "CPU time goes", &m->cpu_stacks);
	print_top(out, "page faults happen", &m->fault_stacks);
	print_top(out, "what was given back is taken again", &m->refault_stacks);
}
