/* text.c - the report for people: a summary, one row per cycle, findings, losses.
 *
 * The summary stands first but is known last, so rows wait: the first and the last of them in
 * memory, or, when all are wanted, printed into a temporary file. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/unknown.h"
#include "line_internal.h"
#include "renderer_internal.h"

struct text_state {
	struct window window;
	FILE *spool; /* all rows, printed; owned */
	uint64_t spooled_count;
};

static int text_cycle(void *state, const struct renderer_options *o, const struct model_cycle *c)
{
	struct text_state *text = state;

	if (o->cycle_limit != RENDERER_CYCLES_ALL) {
		text->window.limit = o->cycle_limit;
		window_add(&text->window, c);
		return 0;
	}
	if (!text->spool)
		text->spool = tmpfile();
	if (!text->spool)
		return -errno;
	text_print_cycle(text->spool, c);
	text->spooled_count++;
	return ferror(text->spool) ? -ENOSPC : 0;
}

static int copy_spool(FILE *out, FILE *spool)
{
	char chunk[65536];
	size_t n;

	if (fflush(spool) != 0)
		return -errno;
	rewind(spool);
	while ((n = fread(chunk, 1, sizeof(chunk), spool)) > 0)
		fwrite(chunk, 1, n, out);
	return ferror(spool) ? -EIO : 0;
}

static void print_gap(FILE *out, const struct window *w)
{
	fprintf(out, "        ... %s left out: --cycles all shows them ...\n",
		figure_counted(window_left_out_count(w), "cycle", "cycles").text);
}

static void print_window(FILE *out, const struct window *w)
{
	for (size_t i = 0; i < window_count(w); i++) {
		if (i == window_gap(w) && window_left_out_count(w))
			print_gap(out, w);
		text_print_cycle(out, window_row(w, i));
	}
	if (window_gap(w) == window_count(w) && window_left_out_count(w))
		print_gap(out, w);
}

static int text_end(void *state, const struct renderer_options *o, const struct model *m)
{
	struct text_state *text = state;
	int rc = 0;

	text_print_summary(o->out, m);
	text_print_histogram(o->out, &m->gc.pause);
	if (text->spooled_count || window_count(&text->window)) {
		text_print_cycle_header(o->out);
		print_window(o->out, &text->window);
		if (text->spool)
			rc = copy_spool(o->out, text->spool);
	}
	text_print_stacks(o->out, m);
	text_print_findings(o->out, m, o->use_color);
	fputc('\n', o->out);
	text_print_lost(o->out, "lost:", m);
	return rc;
}

static void text_done(void *state)
{
	struct text_state *text = state;

	window_done(&text->window);
	if (text->spool)
		fclose(text->spool);
}

const struct renderer_format format_text = {
	.name = "text",
	.state_bytes = sizeof(struct text_state),
	.cycles_default = 200,
	.cycle = text_cycle,
	.end = text_end,
	.done = text_done,
};
