/* baseline.c - the figures of an earlier run: its recording, or what the gate printed of it. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/own.h"
#include "base/unknown.h"
#include "experiment/gate.h"
#include "runoutcome_internal.h"

static int read_recording(struct gate_limits *l, const char *path, struct err *err)
{
	struct analyze_options o = { .process_id = UNKNOWN_U64 };
	const struct runoutcome outcome = { .may_be_stopped = true };
	struct experiment_run run = { .state = RUN_GOOD };
	struct model *m = xcalloc(1, sizeof(*m));
	int rc = analyze_recording(m, path, &o, err);

	if (rc == 0)
		metrics_of(l->baseline, m);
	if (rc == 0)
		runoutcome_judge(&run, &outcome, m);
	if (run.state == RUN_FAILED)
		rc = err_say(err, EBADMSG, "the baseline '%s' is of a run that is no measure: %s",
			     path, run.why);
	model_done(m);
	free(m);
	return rc;
}

/* What the gate itself would not trust (gate_judge). */
static bool is_of_failed_run(const json_t *document, const char **ret_why)
{
	const json_t *check, *checks = json_object_get(document, "checks");
	size_t i;

	json_array_foreach(checks, i, check)
	{
		const char *name = json_string_value(json_object_get(check, "name"));

		if (!name || strcmp(name, "run") != 0)
			continue;
		*ret_why = json_string_value(json_object_get(check, "text"));
		return true;
	}
	return false;
}

static int read_document(struct gate_limits *l, const json_t *j, const char *path, struct err *err)
{
	const char *schema = json_string_value(json_object_get(j, "schema"));
	const json_t *values = json_object_get(j, "metrics");
	const char *why = NULL;

	if (!schema || strcmp(schema, "gctide.check/1") != 0 || !json_is_object(values)) {
		err_say(err, EINVAL, "the baseline '%s' is no document of gctide.check/1", path);
		err_hint(err, "make one with: gctide check -f json, or name a recording");
		return -EINVAL;
	}
	if (is_of_failed_run(j, &why))
		return err_say(err, EBADMSG, "the baseline '%s' is of a run that is no measure: %s",
			       path, why ? why : "it failed");
	for (size_t i = 0; i < METRICS_COUNT; i++) {
		const json_t *v = json_object_get(values, metrics[i].key);

		l->baseline[i] = json_is_number(v) ? json_number_value(v) : NAN;
	}
	return 0;
}

int gate_read_baseline(struct gate_limits *l, const char *path, struct err *err)
{
	OWN_FILE FILE *f = fopen(path, "re");
	json_error_t e;
	json_t *j;
	int first, rc;

	if (!f)
		return err_set(err, errno, "cannot open the baseline '%s'", path);
	first = fgetc(f);
	if (first != '{')
		return read_recording(l, path, err);
	rewind(f);
	j = json_loadf(f, 0, &e);
	if (!j)
		return err_say(err, EINVAL, "the baseline '%s' is no JSON: line %d: %s", path,
			       e.line, e.text);
	rc = read_document(l, j, path, err);
	json_decref(j);
	return rc;
}
