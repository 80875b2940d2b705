/* recording_internal.h - the analysis of one recording while it runs. */
#ifndef ANALYZE_RECORDING_INTERNAL_H
#define ANALYZE_RECORDING_INTERNAL_H

#include "analyze/analyze.h"
#include "analyze/profiles.h"
#include "analyze/stats.h"
#include "analyze/totals.h"
#include "collect_internal.h"
#include "faults_internal.h"
#include "profiles_internal.h"
#include "rows_internal.h"

struct run {
	struct model *m; /* borrowed */
	const char *path;
	struct analyze_options options;
	struct collect collect;
	struct rows rows;
	struct faults faults;
	struct profiles *profiles; /* of CPU time, then of faults */
	struct totals totals;
	struct reader *reader, *perf_reader;
	uint64_t scav_seen_bytes; /* returns that the scavenger's lines tell of, too */
	uint64_t checked_cycle_count, agreeing_cycle_count; /* cycles with such lines */
	struct stats after_cycle_us; /* from a cycle's end to the returns behind it */
	int note_rc;		     /* the first failure while returns were told of */
};

/* recordingreturns.c: from now on what is read of faults and returns goes to the rows and to who
 * watches. */
void recording_watch_returns(struct run *run);

/* recordingfinish.c: what the walks found goes into the model. shown: the process of the rows, or
 * NULL. */
void recording_finish(struct run *run, const struct process *shown);

#endif
