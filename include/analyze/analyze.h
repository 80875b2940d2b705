/* analyze.h - from a recording, or from a log, to a finished model and a stream of rows.
 *
 * Memory is bounded whatever the size of the input: rows go to the sink as they become final, and
 * only sums, peaks and counts stay (docs/adr/0009-streaming-analysis.md). */
#ifndef ANALYZE_ANALYZE_H
#define ANALYZE_ANALYZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/model.h"
#include "analyze/watch.h"
#include "base/err.h"

struct analyze_options {
	uint64_t process_id; /* whose cycles to show; UNKNOWN_U64: the target's, in a log the
				first's */
	struct model_sink sink;
	const char *directory;	   /* where images are looked for first; NULL */
	const struct watch *watch; /* of a recording, not of a log; NULL; borrowed */
};

/* Analyse the recording at path: rows go to the sink in order, then *m is complete. *m is set up
 * here; the caller ends it with model_done also after a failure. A recording that stops early or is
 * damaged is no failure: m->recording says so. 0, a negative errno with *err filled (cannot open,
 * not a recording, no such process), or what the sink returned. */
int analyze_recording(struct model *m, const char *path, const struct analyze_options *options,
		      struct err *err);

/* A log, fed piece by piece. */
struct analyze_log;

/* The options' sink gets rows during feed and finish. */
struct analyze_log *analyze_log_new(const struct analyze_options *options);

/* 0, or what the sink returned. */
int analyze_log_feed(struct analyze_log *log, const void *bytes, size_t len);

/* The log ended: hand on what is left and complete *m, which is set up here (model_done by the
 * caller, also after a failure). -ENODATA, *err filled, when no trace line was found; -ENOENT when
 * the process asked for is not there; else 0, or what the sink returned. */
int analyze_log_finish(struct analyze_log *log, struct model *m, const char *name, struct err *err);

void analyze_log_free(struct analyze_log *log); /* NULL is fine */

#endif
