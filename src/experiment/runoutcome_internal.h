/* runoutcome_internal.h - what became of a run: is it fit to be counted, and with which figures? */
#ifndef RUNOUTCOME_INTERNAL_H
#define RUNOUTCOME_INTERNAL_H

#include <stdbool.h>

#include "analyze/model.h"
#include "experiment/experiment.h"

struct runoutcome {
	int recorder_status, load_status; /* as waitpid(2) gives them */
	bool has_load;			  /* one was started */
	bool was_stopped;		  /* by us, with SIGTERM */
	bool may_be_stopped; /* an older recording: nobody knows whether somebody asked it to end */
	bool was_killed;     /* it did not end by that */
	bool was_never_ready, load_outlived, left_processes;
};

/* Read the recording at ret->path: its figures, and whether the run is good. output: the file with
 * what was printed. */
void runoutcome_read(struct experiment_run *ret, const struct runoutcome *o, const char *output,
		     const struct model_sink *sink);

/* Pure: may a run that ended so be counted? Fills ret->state and ret->why. */
void runoutcome_judge(struct experiment_run *ret, const struct runoutcome *o,
		      const struct model *m);

#endif
