/* tracetext.h - find the runtime's trace lines in a byte stream that others write to as well.
 *
 * The runtime prints one line as 34-39 separate write(2) calls (runtime/print.go), so in a plain
 * log whole foreign lines stand in the middle of trace lines. Those are put together again where
 * that is certain, and handed out as broken where it is not: a wrong number is worse than a missing
 * one. Memory is bounded whatever the input; speed matters (hundreds of MB/s). */
#ifndef PARSE_TRACETEXT_H
#define PARSE_TRACETEXT_H

#include <stdint.h>

#include "base/text.h"
#include "parse/traceline.h"

enum tracetext_what {
	TRACETEXT_LINE,	  /* a whole runtime line: *line is filled */
	TRACETEXT_BROKEN, /* runtime text that could not be made a line again */
};

struct tracetext_item {
	enum tracetext_what what;
	struct trace_line line; /* TRACETEXT_LINE */
	bool mended;		/* it was put together from pieces */
	struct text raw;       /* the line, foreign text taken out; or the broken piece; borrowed */
	uint64_t offset_bytes; /* where it began in the stream */
};

/* Called for each item in stream order; a non-zero result ends the feed and is returned by it. */
typedef int tracetext_sink(void *arg, const struct tracetext_item *item);

struct tracetext_stats {
	uint64_t line_count; /* physical lines seen */
	uint64_t byte_count;
	uint64_t runtime_count;	 /* TRACETEXT_LINE items */
	uint64_t mended_count;	 /* of those, put together again */
	uint64_t broken_count;	 /* TRACETEXT_BROKEN items */
	uint64_t overlong_count; /* physical lines cut because longer than the limit */
};

struct tracetext;

struct tracetext *tracetext_new(tracetext_sink *sink, void *arg);
int tracetext_feed(struct tracetext *t, const void *bytes, size_t len);
int tracetext_finish(struct tracetext *t); /* the stream ended: hand out what is pending */
const struct tracetext_stats *tracetext_stats(const struct tracetext *t);
void tracetext_free(struct tracetext *t);

#endif
