/* compare_text.c - a comparison for people: the variants, a table of metrics, what may have gone
 * wrong. */
#include <math.h>

#include "base/units.h"
#include "line_internal.h"
#include "render/experiment.h"

#define METRIC_COLUMNS 21
#define VALUE_COLUMNS  11

static char letter(size_t variant)
{
	return variant < 26 ? (char)('A' + variant) : '?';
}

static void print_variants(FILE *out, const struct experiment *e)
{
	for (size_t v = 0; v < e->variant_count; v++) {
		size_t good = experiment_count(e, v, RUN_GOOD);
		size_t failed = experiment_count(e, v, RUN_FAILED);
		size_t warmup = experiment_count(e, v, RUN_WARMUP);
		struct buf line = { 0 };
		char label[LABEL_COLUMNS + 1];

		line_add_foreign(&line, buf_text(&e->labels[v]), 160);
		buf_addf(&line, ": %s", figure_counted(good, "run", "runs").text);
		if (warmup)
			buf_addf(&line, " after %zu to warm up", warmup);
		if (failed)
			buf_addf(&line, ", %zu failed", failed);
		snprintf(label, sizeof(label), "%c", letter(v));
		line_print(out, label, &line);
		buf_done(&line);
	}
}

static void print_failures(FILE *out, const struct experiment *e)
{
	for (size_t i = 0; i < e->run_count; i++) {
		const struct experiment_run *r = &e->runs[i];
		struct buf line = { 0 };

		if (!r->why[0])
			continue;
		buf_addf(&line, "run %zu (%c): ", i + 1, letter(r->variant));
		line_add_foreign(&line, text_of(r->why), sizeof(r->why));
		if (r->state == RUN_FAILED)
			buf_addf(&line, "; not among the figures");
		line_print(out, r->state == RUN_FAILED ? "failed" : "note", &line);
		buf_done(&line);
	}
}

static void print_value(FILE *out, enum metric_unit unit, double value)
{
	struct buf text = { 0 };

	metric_print(&text, unit, value);
	fprintf(out, " %*s", VALUE_COLUMNS, buf_cstr(&text));
	buf_done(&text);
}

static void print_table(FILE *out, const struct experiment *e, size_t variant)
{
	fprintf(out, "\n%-*s %*c %*c   %c against A\n", METRIC_COLUMNS, "median of", VALUE_COLUMNS,
		'A', VALUE_COLUMNS, letter(variant), letter(variant));
	for (size_t i = 0; i < e->comparison_count; i++) {
		const struct comparison *c = &e->comparisons[i];
		struct buf words = { 0 };

		if (c->variant != variant)
			continue;
		fprintf(out, "%-*s", METRIC_COLUMNS, metrics[c->metric].label);
		print_value(out, metrics[c->metric].unit, c->base_median);
		print_value(out, metrics[c->metric].unit, c->median);
		compare_verdict(&words, e, c);
		fprintf(out, "   %s\n", buf_cstr(&words));
		buf_done(&words);
	}
}

static void print_method(FILE *out, const struct experiment *e)
{
	struct buf line = { 0 };

	buf_addf(&line,
		 "seed %llu; differences are medians of all pairs of runs, intervals by bootstrap, "
		 "p by the rank sum test; %zu tests at once, so a difference is told only where p, "
		 "adjusted after Benjamini and Hochberg, is at most %.3g: of what is told that "
		 "share is "
		 "expected to be chance",
		 (unsigned long long)e->options.seed, e->test_count, e->options.alpha);
	line_print(out, "method", &line);
	buf_done(&line);
}

void compare_print_noise(FILE *out, const struct experiment *e)
{
	struct buf lines = { 0 };
	struct text left;

	experiment_noise(e, &lines);
	left = buf_text(&lines);
	while (left.len) {
		size_t len = strcspn(buf_cstr(&lines) + (left.at - (const char *)lines.at), "\n");
		struct buf line = { 0 };

		buf_add(&line, left.at, len);
		line_print(out, "noisy", &line);
		buf_done(&line);
		left.at += len + 1;
		left.len -= len + 1;
	}
	buf_done(&lines);
}

void compare_print_text(FILE *out, const struct experiment *e)
{
	print_variants(out, e);
	print_failures(out, e);
	for (size_t v = 1; v < e->variant_count; v++)
		print_table(out, e, v);
	fputc('\n', out);
	print_method(out, e);
	compare_print_noise(out, e);
}
