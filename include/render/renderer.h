/* renderer.h - print a model and its rows: text for people, JSON and CSV for programs.
 *
 * Rows are handed over one by one as the analysis finds them, the finished model behind them; what
 * a renderer keeps is bounded. Nothing is printed before the first row or the end. */
#ifndef RENDER_RENDERER_H
#define RENDER_RENDERER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analyze/model.h"
#include "base/err.h"

#define RENDERER_CYCLES_ALL UINT64_MAX
#define RENDERER_CYCLES_MAX 100000u /* as a number; more only as "all" */

struct renderer_options {
	FILE *out;	      /* borrowed; the caller looks at ferror */
	uint64_t cycle_limit; /* rows to show: the first and the last half of it; or
				 RENDERER_CYCLES_ALL */
	bool use_color;
};

struct renderer;

/* format: "text", "json", "csv". 0, or -EINVAL / the reason why no temporary file can be had, *err
 * filled. */
int renderer_open(struct renderer **ret, const char *format, const struct renderer_options *options,
		  struct err *err);

/* The next row; fits struct model_sink. 0 or a negative errno. */
int renderer_cycle(void *renderer, const struct model_cycle *c);

/* The model is complete: print the rest. 0, or a negative errno with *err filled. */
int renderer_end(struct renderer *r, const struct model *m, struct err *err);

void renderer_close(struct renderer *r); /* NULL is fine */

/* "all", or a number up to RENDERER_CYCLES_MAX; NULL gives the format's own default: 200 for
 * text, all for the others. 0, or -EINVAL with *err filled. */
int renderer_parse_cycles(uint64_t *ret, const char *word, const char *format, struct err *err);

/* "always", "never", or "auto": is out a terminal, and is NO_COLOR unset (no-color.org)? */
bool renderer_wants_color(const char *choice, FILE *out);

#endif
