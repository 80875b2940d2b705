/* runoutcome.c - a run that failed, was killed or cut short is told of, and not among the figures.
 */
#include "runoutcome_internal.h"

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/own.h"
#include "base/unknown.h"
#include "experiment/runner.h"

static void fail(struct experiment_run *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void fail(struct experiment_run *r, const char *fmt, ...)
{
	va_list args;

	r->state = RUN_FAILED;
	va_start(args, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, args);
	va_end(args);
}

/* It ended because we, or --duration, asked it to: by the signal, or in order. */
static bool ended_as_asked(const struct model *m)
{
	return (is_known(m->target.term_signal) && m->target.term_signal == SIGTERM) ||
	       (is_known(m->target.exit_status) &&
		(m->target.exit_status == 0 || m->target.exit_status == 128 + SIGTERM));
}

static bool judge_end(struct experiment_run *r, const struct runoutcome *o, const struct model *m)
{
	bool was_asked = o->was_stopped || text_is(buf_text(&m->target.end_reason), "duration");

	if ((was_asked || o->may_be_stopped) && ended_as_asked(m))
		return true;
	if (text_is(buf_text(&m->target.end_reason), "detached"))
		fail(r, "it did not end within 5 s of SIGTERM, and was killed");
	else if (is_known(m->target.term_signal))
		fail(r, "killed by signal %d (%s)", (int)m->target.term_signal,
		     strsignal((int)m->target.term_signal));
	else if (is_known(m->target.exit_status) && m->target.exit_status)
		fail(r, "ended with status %d%s", (int)m->target.exit_status,
		     was_asked ? " after SIGTERM" : "");
	else if (!is_known(m->target.exit_status))
		fail(r, "its end was not seen");
	else if (o->has_load && !o->was_stopped)
		fail(r, "it ended before its load did");
	return r->state == RUN_GOOD;
}

static bool judge_load(struct experiment_run *r, const struct runoutcome *o)
{
	if (!o->has_load || o->load_outlived)
		return true;
	if (WIFSIGNALED(o->load_status))
		fail(r, "its load was killed by signal %d", WTERMSIG(o->load_status));
	else if (WEXITSTATUS(o->load_status))
		fail(r, "its load ended with status %d", WEXITSTATUS(o->load_status));
	else
		return true;
	return false;
}

void runoutcome_judge(struct experiment_run *r, const struct runoutcome *o, const struct model *m)
{
	r->state = RUN_GOOD;
	r->why[0] = '\0';
	if (o->was_never_ready)
		fail(r, "it was not ready in time");
	else if (o->was_killed)
		fail(r, "it did not end after SIGTERM, and was killed");
	else if (WIFSIGNALED(o->recorder_status))
		fail(r, "its recorder was killed by signal %d", WTERMSIG(o->recorder_status));
	else if (m->recording.end != MODEL_WHOLE)
		fail(r, "its recording is %s", model_end_name(m->recording.end));
	else if (judge_end(r, o, m) && judge_load(r, o) && o->left_processes)
		snprintf(r->why, sizeof(r->why), "it left processes behind, which were killed");
}

/* The runtime says first why it ends, and then where all goroutines are (runtime/panic.go). */
static bool is_go_reason(const char *line)
{
	return strncmp(line, "panic: ", 7) == 0 || strncmp(line, "fatal error: ", 13) == 0;
}

/* What it said last, which is mostly why. */
static void add_last_line(struct experiment_run *r, const char *output)
{
	OWN_FILE FILE *f = output ? fopen(output, "re") : NULL;
	OWN_MEM char *line = NULL;
	size_t cap = 0, len = strlen(r->why);
	char last[128] = "";

	while (f && !is_go_reason(last) && getline(&line, &cap, f) > 0)
		if (line[strspn(line, " \t\r\n")])
			snprintf(last, sizeof(last), "%s", line);
	last[strcspn(last, "\r\n")] = '\0';
	if (last[0] && len < sizeof(r->why))
		snprintf(r->why + len, sizeof(r->why) - len, ": \"%s\"", last);
}

static int read_model(struct experiment_run *ret, struct model *m, const struct model_sink *sink,
		      struct err *err)
{
	struct analyze_options options = { .process_id = UNKNOWN_U64 };
	int rc;

	if (sink)
		options.sink = *sink;
	for (size_t i = 0; i < METRICS_COUNT; i++)
		ret->values[i] = NAN;
	rc = analyze_recording(m, ret->path, &options, err);
	if (rc == 0)
		metrics_of(ret->values, m);
	return rc;
}

void runoutcome_read(struct experiment_run *ret, const struct runoutcome *o, const char *output,
		     const struct model_sink *sink)
{
	struct model *m = xcalloc(1, sizeof(*m));
	struct err err = { 0 };

	if (read_model(ret, m, sink, &err) < 0)
		fail(ret, "it was not recorded"); /* the recorder said why */
	else
		runoutcome_judge(ret, o, m);
	if (ret->state == RUN_FAILED)
		add_last_line(ret, output);
	model_done(m);
	free(m);
}

int runner_read(struct experiment_run *ret, const char *path, const struct model_sink *sink,
		struct err *err)
{
	struct model *m = xcalloc(1, sizeof(*m));
	struct runoutcome outcome = { 0 };
	int rc;

	ret->path = xstrndup(path, strlen(path));
	ret->foreign_share = ret->steal_share = NAN;
	rc = read_model(ret, m, sink, err);
	if (rc == 0) {
		outcome.may_be_stopped = true;
		runoutcome_judge(ret, &outcome, m);
	}
	model_done(m);
	free(m);
	return rc;
}
