/* runs_internal.h - the runs that compare, bench and check make: options, place, signals, progress.
 */
#ifndef CMD_RUNS_INTERNAL_H
#define CMD_RUNS_INTERNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "cmd/command.h"
#include "base/clock.h"
#include "base/unknown.h"
#include "experiment/runner.h"
#include "experiment/variant.h"

struct runs_values {
	const char *load, *ready_when, *keep, *record;
	uint64_t duration_ns, ready_timeout_ns, stop_timeout_ns;
	bool shows_output, quiet;
};

#define RUNS_DEFAULTS                                                          \
	{                                                                      \
		.duration_ns = UNKNOWN_U64, .ready_timeout_ns = 30 * NS_PER_S, \
		.stop_timeout_ns = 10 * NS_PER_S                               \
	}

#define RUNS_AT(at, field) ((at) + offsetof(struct runs_values, field))

/* Their rows in a table of options; at: where the struct runs_values lies in the command's values.
 */
#define RUNS_OPTIONS(at)                                                                         \
	{ "duration",                                                                            \
	  0,                                                                                     \
	  OPTION_DURATION,                                                                       \
	  RUNS_AT(at, duration_ns),                                                              \
	  "TIME",                                                                                \
	  "end each run with SIGTERM after this long",                                           \
	  NULL },                                                                                \
		{ "load",                                                                        \
		  0,                                                                             \
		  OPTION_TEXT,                                                                   \
		  RUNS_AT(at, load),                                                             \
		  "CMD",                                                                         \
		  "run this in a shell beside the target, and stop the target when it ends",     \
		  NULL },                                                                        \
		{ "ready-when", 0,                                                               \
		  OPTION_TEXT,	RUNS_AT(at, ready_when),                                         \
		  "CONDITION",	"start the load then: port:[HOST:]PORT, line:TEXT or file:PATH", \
		  NULL },                                                                        \
		{ "ready-timeout",                                                               \
		  0,                                                                             \
		  OPTION_DURATION,                                                               \
		  RUNS_AT(at, ready_timeout_ns),                                                 \
		  "TIME",                                                                        \
		  "a run that is not ready then has failed (default 30s)",                       \
		  NULL },                                                                        \
		{ "stop-timeout",                                                                \
		  0,                                                                             \
		  OPTION_DURATION,                                                               \
		  RUNS_AT(at, stop_timeout_ns),                                                  \
		  "TIME",                                                                        \
		  "a target that has not ended so long after SIGTERM is killed, and has failed " \
		  "(default 10s)",                                                               \
		  NULL },                                                                        \
		{ "keep",      0,                                                                \
		  OPTION_TEXT, RUNS_AT(at, keep),                                                \
		  "DIR",       "keep the recordings and what the runs printed there",            \
		  NULL },                                                                        \
		{ "record",    0,                                                                \
		  OPTION_TEXT, RUNS_AT(at, record),                                              \
		  "OPTIONS",   "more options for gctide record, in one word",                    \
		  NULL },                                                                        \
		{ "show-output", 0,                                                              \
		  OPTION_FLAG,	 RUNS_AT(at, shows_output),                                      \
		  NULL,		 "let the runs print, all of it on stderr",                      \
		  NULL },                                                                        \
	{                                                                                        \
		"quiet", 'q', OPTION_FLAG, RUNS_AT(at, quiet), NULL, "no progress", NULL         \
	}

struct runs {
	const struct runs_values *values; /* borrowed */
	struct ready_when ready;
	char **record; /* more options; owned */
	char directory[1024];
	bool is_kept;
	char self[1024];
	sigset_t mask; /* the caller's */
	int signals;
	uint64_t made_count, planned_count;
};

/* 0, or a negative errno with *err filled; -EINVAL is for wrong options. runs_close also after a
 * failure. */
int runs_open(struct runs *r, const struct runs_values *values, const char *command,
	      struct err *err);

/* Make one run of the variant with that number and add it to e; what its analysis tells goes to
 * sink (NULL: nowhere). 0, -EINTR after SIGINT or SIGTERM, or another negative errno with *err
 * filled. */
int runs_make(struct runs *r, struct experiment *e, const struct variant *v, size_t number,
	      bool is_warmup, const struct model_sink *sink, struct err *err);

/* Every run so far of that variant failed, and there were two of them: more will not do better.
 * *err says so. */
bool runs_are_hopeless(const struct experiment *e, size_t number, struct err *err);

void runs_close(struct runs *r);

/* A number for --seed when there is none; easy to type. */
uint64_t runs_seed(void);

#endif
