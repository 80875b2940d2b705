/* compare_json.c - a comparison for programs: gctide.compare/1. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>

#include "compare_internal.h"
#include "json_values_internal.h"
#include "render/experiment.h"

static json_t *variants_json(const struct experiment *e)
{
	json_t *list = json_array();

	for (size_t v = 0; v < e->variant_count; v++) {
		json_t *j = json_object();

		json_object_set_new(j, "label", json_of_string(buf_text(&e->labels[v])));
		json_object_set_new(j, "run_count",
				    json_of_number(experiment_count(e, v, RUN_GOOD)));
		json_object_set_new(j, "failed_count",
				    json_of_number(experiment_count(e, v, RUN_FAILED)));
		json_object_set_new(j, "warmup_count",
				    json_of_number(experiment_count(e, v, RUN_WARMUP)));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *run_json(const struct experiment_run *r)
{
	static const char *const states[] = {
		[RUN_GOOD] = "good", [RUN_FAILED] = "failed", [RUN_WARMUP] = "warmup"
	};
	json_t *j = json_object(), *values = json_object();

	json_object_set_new(j, "variant", json_of_number(r->variant));
	json_object_set_new(j, "state", json_string(states[r->state]));
	json_object_set_new(j, "reason", r->why[0] ? json_of_string(text_of(r->why)) : json_null());
	json_object_set_new(j, "recording",
			    r->path ? json_of_string(text_of(r->path)) : json_null());
	json_object_set_new(j, "foreign_cpu_ratio", json_of_real(r->foreign_share));
	json_object_set_new(j, "steal_ratio", json_of_real(r->steal_share));
	for (size_t i = 0; i < METRICS_COUNT; i++)
		json_object_set_new(values, metrics[i].key, json_of_real(r->values[i]));
	json_object_set_new(j, "values", values);
	return j;
}

json_t *compare_runs(const struct experiment *e)
{
	json_t *runs = json_array();

	for (size_t i = 0; i < e->run_count; i++)
		json_array_append_new(runs, run_json(&e->runs[i]));
	return runs;
}

static json_t *interval_json(double low, double high)
{
	return json_pack("[o, o]", json_of_real(low), json_of_real(high));
}

static json_t *comparison_json(const struct experiment *e, const struct comparison *c)
{
	const struct metric *metric = &metrics[c->metric];
	json_t *j = json_object();
	struct buf words = { 0 };

	compare_verdict(&words, e, c);
	json_object_set_new(j, "metric", json_string(metric->key));
	json_object_set_new(j, "unit", json_string(metric_unit_name(metric->unit)));
	json_object_set_new(j, "variant", json_of_number(c->variant));
	json_object_set_new(j, "base_median", json_of_real(c->base_median));
	json_object_set_new(j, "median", json_of_real(c->median));
	json_object_set_new(j, "base_run_count", json_of_number(c->base_count));
	json_object_set_new(j, "run_count", json_of_number(c->count));
	json_object_set_new(j, "difference", json_of_real(c->shift.by));
	json_object_set_new(j, "difference_interval", interval_json(c->shift.low, c->shift.high));
	json_object_set_new(j, "difference_ratio", json_of_real(c->shift.ratio));
	json_object_set_new(j, "difference_ratio_interval",
			    interval_json(c->shift.ratio_low, c->shift.ratio_high));
	json_object_set_new(j, "p", json_of_real(c->p));
	json_object_set_new(j, "p_adjusted", json_of_real(c->p_adjusted));
	json_object_set_new(j, "needed_run_count",
			    c->needed_count ? json_of_number(c->needed_count) : json_null());
	json_object_set_new(j, "verdict", json_string(verdict_name(c->verdict)));
	json_object_set_new(j, "verdict_text", json_of_string(buf_text(&words)));
	buf_done(&words);
	return j;
}

json_t *compare_noise(const struct experiment *e)
{
	json_t *list = json_array();
	struct buf lines = { 0 };
	const char *line;

	experiment_noise(e, &lines);
	line = buf_cstr(&lines);
	while (*line) {
		size_t len = strcspn(line, "\n");

		json_array_append_new(list, json_of_string((struct text){ line, len }));
		line += len + 1;
	}
	buf_done(&lines);
	return list;
}

json_t *compare_metrics(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < METRICS_COUNT; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "key", metrics[i].key,
						      "label", metrics[i].label, "unit",
						      metric_unit_name(metrics[i].unit)));
	return list;
}

json_t *compare_document(const struct experiment *e)
{
	json_t *j = json_object(), *comparisons = json_array();

	for (size_t i = 0; i < e->comparison_count; i++)
		json_array_append_new(comparisons, comparison_json(e, &e->comparisons[i]));
	json_object_set_new(j, "schema", json_string("gctide.compare/1"));
	json_object_set_new(j, "seed", json_of_number(e->options.seed));
	json_object_set_new(j, "alpha_ratio", json_of_real(e->options.alpha));
	json_object_set_new(j, "effect_ratio", json_of_real(e->options.effect));
	json_object_set_new(j, "test_count", json_of_number(e->test_count));
	json_object_set_new(j, "variants", variants_json(e));
	json_object_set_new(j, "comparisons", comparisons);
	json_object_set_new(j, "noise", compare_noise(e));
	json_object_set_new(j, "runs", compare_runs(e));
	return j;
}

void compare_print_json(FILE *out, const struct experiment *e)
{
	json_t *j = compare_document(e);

	json_dumpf(j, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	fputc('\n', out);
	json_decref(j);
}
