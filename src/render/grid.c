/* grid.c - a grid as text, and as lines that benchstat reads. */
#include "render/grid.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#include "analyze/totals.h"
#include "base/unknown.h"
#include "grid_internal.h"
#include "line_internal.h"
#include "render/experiment.h"
#include "renderer_internal.h"

#define GOGC_COLUMNS  7
#define LIMIT_COLUMNS 10

static const char *or_default(const char *setting)
{
	return setting ? setting : "(unset)";
}

static struct model_pause described(const struct stats *of)
{
	struct model_pause p = { .p50_ns = UNKNOWN_U64,
				 .p90_ns = UNKNOWN_U64,
				 .p99_ns = UNKNOWN_U64,
				 .max_ns = UNKNOWN_U64 };

	totals_describe_pauses(&p, of);
	return p;
}

static void print_metric(FILE *out, const struct grid_cell *c, const char *key, int columns)
{
	size_t metric = metric_find(key);
	struct buf text = { 0 };

	metric_print(&text, metrics[metric].unit, c->medians[metric]);
	fprintf(out, " %*s", columns, isnan(c->medians[metric]) ? "-" : buf_cstr(&text));
	buf_done(&text);
}

static void print_row(FILE *out, const struct grid *g, size_t i)
{
	const struct grid_cell *c = &g->cells[i];
	struct model_pause pause = described(&c->pauses), cycle = described(&c->cycles);

	fprintf(out, "%c %-*s %-*s %4zu", c->is_on_front ? '*' : ' ', GOGC_COLUMNS,
		or_default(c->gogc), LIMIT_COLUMNS, or_default(c->gomemlimit),
		experiment_count(g->experiment, i, RUN_GOOD));
	print_metric(out, c, "cycles", 6);
	fprintf(out, " | %7s %7s %7s %7s | %7s %7s |", figure_duration(pause.p50_ns).text,
		figure_duration(pause.p90_ns).text, figure_duration(pause.p99_ns).text,
		figure_duration(pause.max_ns).text, figure_duration(cycle.p50_ns).text,
		figure_duration(cycle.p99_ns).text);
	print_metric(out, c, "gc_cpu", 7);
	print_metric(out, c, "rss_peak", 8);
	print_metric(out, c, "wall", 7);
	fputc('\n', out);
}

static void print_failures(FILE *out, const struct experiment *e)
{
	for (size_t i = 0; i < e->run_count; i++) {
		const struct experiment_run *r = &e->runs[i];
		struct buf line = { 0 };

		if (!r->why[0])
			continue;
		buf_addf(&line, "run %zu (%s): ", i + 1,
			 buf_cstr((struct buf *)&e->labels[r->variant]));
		line_add_foreign(&line, text_of(r->why), sizeof(r->why));
		if (r->state == RUN_FAILED)
			buf_addf(&line, "; not among the figures");
		line_print(out, r->state == RUN_FAILED ? "failed" : "note", &line);
		buf_done(&line);
	}
}

void grid_print_text(FILE *out, const struct grid *g)
{
	print_failures(out, g->experiment);
	fprintf(out, "  %-*s %-*s %4s %6s | %-31s | %-15s | %s\n", GOGC_COLUMNS, "", LIMIT_COLUMNS,
		"", "", "", "pauses of all runs", "of each cycle", "medians of runs");
	fprintf(out, "  %-*s %-*s %4s %6s | %7s %7s %7s %7s | %7s %7s | %7s %8s %7s\n",
		GOGC_COLUMNS, "GOGC", LIMIT_COLUMNS, "GOMEMLIMIT", "runs", "cycles", "p50", "p90",
		"p99", "max", "p50", "p99", "GC CPU", "RSS peak", "wall");
	for (size_t i = 0; i < g->count; i++)
		print_row(out, g, i);
	fputs("\n* no other setting takes less GC CPU without a higher RSS peak, or less memory "
	      "without "
	      "more GC CPU\n",
	      out);
	for (size_t i = 0; i < g->count; i++) {
		struct model_pause p = described(&g->cells[i].pauses);

		if (p.count == 0)
			continue;
		fprintf(out, "\npauses under GOGC=%s GOMEMLIMIT=%s\n", or_default(g->cells[i].gogc),
			or_default(g->cells[i].gomemlimit));
		text_print_bars(out, &p);
	}
	compare_print_noise(out, g->experiment);
}

/* "rss_peak" in bytes: "B/rss-peak". */
static void print_unit(FILE *out, const struct metric *m)
{
	static const char *const prefixes[] = {
		[METRIC_NS] = "ns/",
		[METRIC_BYTES] = "B/",
		[METRIC_COUNT] = "count/",
		[METRIC_RATIO] = "ratio/",
		[METRIC_BYTE_SECONDS] = "B-sec/",
	};

	fputs(prefixes[m->unit], out);
	for (const char *c = m->key; *c; c++)
		fputc(*c == '_' ? '-' : *c, out);
}

/* A name may have no blank in it, and a slash ends it (golang.org/design/14313-benchmark-format).
 */
static void print_name(FILE *out, const char *name, bool at_start)
{
	for (const char *c = name; *c; c++) {
		bool is_plain = isalnum((unsigned char)*c) || *c == '_' || *c == '.';

		fputc(is_plain ? (at_start && c == name ? toupper((unsigned char)*c) : *c) : '_',
		      out);
	}
}

static const char *architecture(const char *machine)
{
	if (strcmp(machine, "x86_64") == 0)
		return "amd64";
	return strcmp(machine, "aarch64") == 0 ? "arm64" : machine;
}

void grid_print_benchstat(FILE *out, const struct grid *g, const char *name)
{
	const struct experiment *e = g->experiment;
	struct utsname u;

	fputs("goos: linux\n", out);
	if (uname(&u) == 0)
		fprintf(out, "goarch: %s\n", architecture(u.machine));
	/* no key of the format: outputs of different seeds are to be compared */
	fprintf(out, "# gctide bench, seed %" PRIu64 "\n", e->options.seed);
	for (size_t i = 0; i < e->run_count; i++) {
		const struct experiment_run *r = &e->runs[i];
		const struct grid_cell *c = &g->cells[r->variant];

		if (r->state != RUN_GOOD)
			continue;
		fputs("Benchmark", out);
		print_name(out, name, true);
		if (c->gogc) {
			fputs("/gogc=", out);
			print_name(out, c->gogc, false);
		}
		if (c->gomemlimit) {
			fputs("/gomemlimit=", out);
			print_name(out, c->gomemlimit, false);
		}
		fputs("\t1", out);
		for (size_t m = 0; m < METRICS_COUNT; m++) {
			if (!isfinite(r->values[m]))
				continue;
			fprintf(out, "\t%.15g ", r->values[m]);
			print_unit(out, &metrics[m]);
		}
		fputc('\n', out);
	}
}

void grid_print(FILE *out, const char *format, const struct grid *g, const char *name)
{
	if (strcmp(format, "json") == 0)
		grid_print_json(out, g);
	else if (strcmp(format, "html") == 0)
		grid_print_page(out, g);
	else if (strcmp(format, "benchstat") == 0)
		grid_print_benchstat(out, g, name);
	else
		grid_print_text(out, g);
}
