/* compare_page.c - a comparison as a page: every run to be seen, and a typical one of each variant
 * over time. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/own.h"
#include "compare_internal.h"
#include "compareseries_internal.h"
#include "json_values_internal.h"
#include "pageframe_internal.h"
#include "render/experiment.h"

static const char library_style[] =
#include "dygraph.css.inc"
	;
static const char library[] =
#include "dygraph.js.inc"
	;
static const char style[] =
#include "experiment.css.inc"
	;
static const char script[] =
#include "compare.js.inc"
	;

/* The good run whose wall time is nearest to the median; NULL: none with a recording. */
static const struct experiment_run *typical(const struct experiment *e, size_t variant)
{
	OWN_MEM double *room = xcalloc(e->run_count + 1, sizeof(*room));
	size_t wall = metric_find("wall");
	double median =
		sample_median((struct sample){ room, experiment_values(e, variant, wall, room) });
	const struct experiment_run *found = NULL;

	for (size_t i = 0; i < e->run_count; i++) {
		const struct experiment_run *r = &e->runs[i];

		if (r->variant != variant || r->state != RUN_GOOD || !r->path ||
		    !isfinite(r->values[wall]))
			continue;
		if (!found || fabs(r->values[wall] - median) < fabs(found->values[wall] - median))
			found = r;
	}
	return found;
}

static int add_series(json_t *list, const struct experiment *e, size_t variant, struct err *err)
{
	const struct experiment_run *r = typical(e, variant);
	json_t *j = json_object(), *tracks = NULL;
	int rc = r ? compareseries_of(&tracks, r->path, err) : 0;

	json_object_set_new(j, "variant", json_of_number(variant));
	json_object_set_new(j, "run", r ? json_integer(r - e->runs + 1) : json_null());
	json_object_set_new(j, "tracks", tracks ? tracks : json_object());
	json_array_append_new(list, j);
	return rc;
}

int compare_print_page(FILE *out, const struct experiment *e, struct err *err)
{
	struct pageframe frame = {
		.title = "gctide compare",
		.without_script =
			"This page draws itself: it needs JavaScript. The same figures as a "
			"table: gctide compare -f text",
		.styles = { library_style, style },
		.scripts = { library, script },
	};
	json_t *j = compare_document(e), *series = json_array();
	int rc = 0;

	for (size_t v = 0; v < e->variant_count && rc == 0; v++)
		rc = add_series(series, e, v, err);
	json_object_set_new(j, "metrics", compare_metrics());
	json_object_set_new(j, "series", series);
	frame.data = j;
	if (rc == 0)
		pageframe_print(out, &frame);
	json_decref(j);
	return rc;
}
