/* cycles.h - trace lines, scavenger lines and resident sizes become rows, one per collection.
 *
 * A row is ready when the next cycle's line was seen (scavenger lines trail) and its resident size
 * is decided. At most CYCLES_WAITING_MAX rows wait; then the oldest goes without its resident size.
 */
#ifndef ANALYZE_CYCLES_H
#define ANALYZE_CYCLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/model.h"
#include "parse/traceline.h"

/* Powers of two; the second one where no resident sizes are to be had. */
#define CYCLES_WAITING_MAX 1024u
#define CYCLES_WAITING_FEW 8u
#define CYCLES_SAMPLES_MAX 256u

/* A resident size later than this after a cycle's end is not the cycle's. */
#define CYCLES_RSS_WITHIN_NS 20000000u

struct cycles_sample {
	uint64_t time_ns, rss_bytes;
};

struct cycles {
	uint64_t init_ns;   /* where '@' begins, on the clock of samples; 0 in a log */
	uint64_t origin_ns; /* rows count from here; 0 in a log */
	bool wants_rss;
	uint64_t last_end_ns, last_live_bytes;
	struct model_cycle unknown_row; /* a row of which no line has told anything */
	struct model_cycle before;	/* what scavenger lines before the first row told */
	struct model_cycle *rows;	/* ring; owned */
	size_t capacity, first, used;
	size_t rss_decided; /* of the waiting rows, from the front */
	bool is_finished;
	struct cycles_sample samples[CYCLES_SAMPLES_MAX]; /* the newest ones, a ring */
	uint64_t sample_count;
};

void cycles_init(struct cycles *c, uint64_t init_ns, uint64_t origin_ns, bool wants_rss);

/* A collection of the process that is shown. missing: cycles before it that were not seen. Take the
 * ready rows before the next call. */
void cycles_add_gc(struct cycles *c, const struct gctrace_cycle *gc, uint64_t missing);

/* A TRACE_SCAV or TRACE_SCVG line: belongs to the newest row. Before any row it is the first one's,
 * when that is cycle 1: its line may be printed later than that of a debug.FreeOSMemory() that
 * waited for it. Else it is dropped. time_ns: when it was printed; 0 in a log. */
void cycles_add_scav(struct cycles *c, const struct trace_line *line, uint64_t time_ns);

/* A resident size; times never go back by more than the sampling period. */
void cycles_add_rss(struct cycles *c, uint64_t time_ns, uint64_t rss_bytes);

/* No more lines: every waiting row is ready. */
void cycles_finish(struct cycles *c);

/* The next ready row, borrowed until the next line is added; NULL when there is none. */
const struct model_cycle *cycles_next(struct cycles *c);

/* The same, copied to *ret; false when there is none. */
bool cycles_take(struct cycles *c, struct model_cycle *ret);

void cycles_done(struct cycles *c);

/* One stop of the world, as printed, and the step of its figures. */
struct cycle_pause {
	uint64_t duration_ns, resolution_ns;
};

/* The pauses of a cycle: sweep termination and mark termination; in Go 1.5 also the installation of
 * the write barrier. A cycle of Go <= 1.8 that stopped the world throughout (mark is 0) is one
 * pause, A + C. Returns how many of the 3 were filled. */
size_t cycle_pauses(const struct model_cycle *c, struct cycle_pause ret[3]);

#endif
