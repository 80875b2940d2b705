/* timeline.h - a recording over time: a page, a trace, or a table of events.
 *
 * Events are taken as the analysis meets them (analyze/watch.h) and rows by its sink, the finished
 * model behind them; what is kept is bounded. */
#ifndef RENDER_TIMELINE_H
#define RENDER_TIMELINE_H

#include <stdint.h>
#include <stdio.h>

#include "analyze/model.h"
#include "analyze/watch.h"
#include "base/err.h"

struct timeline_options {
	FILE *out; /* borrowed; the caller looks at ferror */
	/* What to show, in ns since the recording's start: UNKNOWN_U64 for its begin or end. */
	uint64_t from_ns, to_ns;
};

struct timeline;

/* format: "html", "json" (the trace format of Chrome and Perfetto), "csv". NULL when there is no
 * such format. */
struct timeline *timeline_open(const char *format, const struct timeline_options *options);

/* To be given to the analysis; lives as long as the timeline. */
const struct watch *timeline_watch(const struct timeline *t);

/* Fits struct model_sink. */
int timeline_cycle(void *timeline, const struct model_cycle *c);

/* The model is complete: print what is left. 0, or a negative errno with *err filled. */
int timeline_end(struct timeline *t, const struct model *m, struct err *err);

void timeline_close(struct timeline *t); /* NULL is fine */

#endif
