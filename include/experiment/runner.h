/* runner.h - one run: a recorder and its target in a process group of their own, a load beside it,
 * a clean stop.
 *
 * The recorder is this program itself (`gctide record`), started anew: a run is what the user would
 * get by hand, and nothing that happens to it happens to the experiment
 * (docs/adr/0020-runs-are-recorders.md). */
#ifndef EXPERIMENT_RUNNER_H
#define EXPERIMENT_RUNNER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyze/analyze.h"
#include "base/err.h"
#include "experiment/experiment.h"

/* When a target can be put under load. */
enum ready_kind { READY_AT_ONCE, READY_PORT, READY_LINE, READY_FILE };

struct ready_when {
	enum ready_kind kind;
	char *host, *port; /* owned */
	char *text;	   /* owned: in a line of its output, or the file's name */
};

/* "port:8080", "port:HOST:8080", "line:TEXT", "file:PATH"; NULL: at once. 0, or -EINVAL with *err
 * filled. */
int ready_parse(struct ready_when *ret, const char *word, struct err *err);
void ready_done(struct ready_when *r);

/* Is it ready? output: the file with what it printed; since_ns: CLOCK_REALTIME of its start, for
 * the file's age. */
bool ready_is(const struct ready_when *r, const char *output, uint64_t since_ns);

struct runner_config {
	char **argv;			/* the recorder's command line; ends with NULL */
	char **environment;		/* for execve(2) */
	const char *recording;		/* the path in it */
	const char *output;		/* the file that gets what the target and the load print */
	const struct ready_when *ready; /* NULL: at once */
	const char *load;		/* for sh(1); NULL: none */
	uint64_t ready_patience_ns, stop_patience_ns;
	bool shows_output;    /* the target prints on our stderr, not into the file */
	int signals;	      /* a signalfd(2) with what shall end the experiment; -1: none */
	const sigset_t *mask; /* what the recorder gets; NULL: ours */
};

/* Run it and fill state, why, values, path and the machine's shares of *ret; the caller has set
 * variant, and marks warm-ups. What the analysis tells goes to sink. 0; -EINTR when a signal ended
 * it; another negative errno with *err filled when no run could be made at all (fork, file of the
 * output). */
int runner_run(struct experiment_run *ret, const struct runner_config *config,
	       const struct model_sink *sink, struct err *err);

/* A recording that is there already, as a run. 0, or a negative errno with *err filled. */
int runner_read(struct experiment_run *ret, const char *path, const struct model_sink *sink,
		struct err *err);

#endif
