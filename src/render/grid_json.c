/* grid_json.c - a grid for programs, gctide.bench/1, and as a page that has the same in it. */
#include <jansson.h>
#include <math.h>

#include "analyze/totals.h"
#include "base/unknown.h"
#include "compare_internal.h"
#include "grid_internal.h"
#include "json_values_internal.h"
#include "pageframe_internal.h"

static const char style[] =
#include "experiment.css.inc"
	;
static const char script[] =
#include "bench.js.inc"
	;

static json_t *text_or_null(const char *text)
{
	return text ? json_of_string(text_of(text)) : json_null();
}

static json_t *buckets_json(const struct model_pause *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->bucket_count; i++)
		if (p->buckets[i].count)
			json_array_append_new(
				list, json_pack("{s:o, s:o, s:o}", "from_ns",
						json_of_number(p->buckets[i].from_ns), "to_ns",
						json_of_number(p->buckets[i].to_ns), "count",
						json_of_number(p->buckets[i].count)));
	return list;
}

static json_t *distribution_json(const struct stats *of)
{
	struct model_pause p = { .p50_ns = UNKNOWN_U64,
				 .p90_ns = UNKNOWN_U64,
				 .p99_ns = UNKNOWN_U64,
				 .max_ns = UNKNOWN_U64 };
	json_t *j = json_object();

	totals_describe_pauses(&p, of);
	json_object_set_new(j, "count", json_of_number(p.count));
	json_object_set_new(j, "p50_ns", json_of_number(p.p50_ns));
	json_object_set_new(j, "p90_ns", json_of_number(p.p90_ns));
	json_object_set_new(j, "p99_ns", json_of_number(p.p99_ns));
	json_object_set_new(j, "max_ns", json_of_number(p.max_ns));
	json_object_set_new(j, "total_ns", json_of_number(p.total_ns));
	json_object_set_new(j, "histogram", buckets_json(&p));
	return j;
}

static json_t *cell_json(const struct grid *g, size_t i)
{
	const struct grid_cell *c = &g->cells[i];
	json_t *j = json_object(), *medians = json_object();

	for (size_t m = 0; m < METRICS_COUNT; m++)
		json_object_set_new(medians, metrics[m].key, json_of_real(c->medians[m]));
	json_object_set_new(j, "gogc", text_or_null(c->gogc));
	json_object_set_new(j, "gomemlimit", text_or_null(c->gomemlimit));
	json_object_set_new(j, "run_count",
			    json_of_number(experiment_count(g->experiment, i, RUN_GOOD)));
	json_object_set_new(j, "failed_count",
			    json_of_number(experiment_count(g->experiment, i, RUN_FAILED)));
	json_object_set_new(j, "is_on_front", json_boolean(c->is_on_front));
	json_object_set_new(j, "medians", medians);
	json_object_set_new(j, "pauses", distribution_json(&c->pauses));
	json_object_set_new(j, "pauses_per_cycle", distribution_json(&c->cycles));
	return j;
}

static json_t *document(const struct grid *g)
{
	json_t *j = json_object(), *cells = json_array();

	for (size_t i = 0; i < g->count; i++)
		json_array_append_new(cells, cell_json(g, i));
	json_object_set_new(j, "schema", json_string("gctide.bench/1"));
	json_object_set_new(j, "seed", json_of_number(g->experiment->options.seed));
	json_object_set_new(j, "cells", cells);
	json_object_set_new(j, "noise", compare_noise(g->experiment));
	json_object_set_new(j, "runs", compare_runs(g->experiment));
	return j;
}

void grid_print_json(FILE *out, const struct grid *g)
{
	json_t *j = document(g);

	json_dumpf(j, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	fputc('\n', out);
	json_decref(j);
}

void grid_print_page(FILE *out, const struct grid *g)
{
	json_t *j = document(g);
	struct pageframe frame = {
		.title = "gctide bench",
		.without_script =
			"This page draws itself: it needs JavaScript. The same figures as a "
			"table: gctide bench -f text",
		.styles = { style },
		.scripts = { script },
		.data = j,
	};

	json_object_set_new(j, "metrics", compare_metrics());
	pageframe_print(out, &frame);
	json_decref(j);
}
