/* cmd_bench.c - gctide bench: pauses, CPU and memory of a program over a grid of GOGC and
 * GOMEMLIMIT. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/command.h"
#include "experiment/grid.h"
#include "outputfile_internal.h"
#include "render/grid.h"
#include "runs_internal.h"
#include "target/commandpath.h"

#define DEFAULT_RUNS 5u
#define RUNS_MOST    200u

struct bench_values {
	struct runs_values runs;
	const char *gogc, *gomemlimit, *name, *format, *output;
	uint64_t run_count, warmup_count, seed;
};

#define AT(field) offsetof(struct bench_values, field)

static const struct option_spec bench_options[] = {
	{ "gogc", 0, OPTION_TEXT, AT(gogc), "N,N,...", "values of GOGC: 50,100,off", NULL },
	{ "gomemlimit", 0, OPTION_TEXT, AT(gomemlimit), "SIZE,...",
	  "values of GOMEMLIMIT: off,256MiB", NULL },
	{ "runs", 'r', OPTION_COUNT, AT(run_count), "N", "runs under each pair (default 5)", NULL },
	{ "warmup", 'w', OPTION_COUNT, AT(warmup_count), "N",
	  "runs before, not among the figures (default 1)", NULL },
	{ "name", 0, OPTION_TEXT, AT(name), "NAME",
	  "of the benchmark, for benchstat (default: the program's)", NULL },
	{ "seed", 0, OPTION_COUNT, AT(seed), "N",
	  "the order of the runs by chance, the same for the same N (default: new each time)",
	  NULL },
	{ "output", 'o', OPTION_TEXT, AT(output), "FILE",
	  "where it goes; .html and .json say what it is (default: stdout)", NULL },
	{ "format", 'f', OPTION_CHOICE, AT(format), "FORMAT",
	  "text (default), json, benchstat or html", "text json benchstat html" },
	RUNS_OPTIONS(AT(runs)),
	{ 0 },
};

static void make_variants(struct variant *variants, struct experiment *e, const struct grid *g,
			  char **argv)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct grid_cell *c = &g->cells[i];

		variant_init(&variants[i], argv, environ);
		if (c->gogc)
			variant_set(&variants[i], text_of("GOGC"), text_of(c->gogc));
		if (c->gomemlimit)
			variant_set(&variants[i], text_of("GOMEMLIMIT"), text_of(c->gomemlimit));
		buf_addf(&e->labels[i], "GOGC=%s GOMEMLIMIT=%s", c->gogc ? c->gogc : "(unset)",
			 c->gomemlimit ? c->gomemlimit : "(unset)");
	}
	e->variant_count = g->count;
}

static int make_run(struct runs *r, struct grid *g, const struct variant *v, size_t cell,
		    bool is_warmup, struct err *err)
{
	struct experiment *e = g->experiment;
	struct model_sink sink = grid_sink(g);
	int rc = runs_make(r, e, v, cell, is_warmup, &sink, err);

	if (rc < 0)
		return rc;
	grid_take_run(g, &e->runs[e->run_count - 1]);
	return runs_are_hopeless(e, cell, err) ? -ECHILD : 0;
}

static int make_runs(struct runs *r, struct grid *g, const struct variant *variants,
		     const struct bench_values *v, struct err *err)
{
	size_t order[EXPERIMENT_VARIANTS_MAX];
	int rc = 0;

	r->planned_count = (v->warmup_count + v->run_count) * g->count;
	for (uint64_t round = 0; round < v->warmup_count + v->run_count; round++) {
		schedule_round(order, g->count, g->experiment->options.seed, round);
		for (size_t i = 0; i < g->count; i++) {
			rc = make_run(r, g, &variants[order[i]], order[i], round < v->warmup_count,
				      err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

struct printing {
	const struct grid *grid;
	const char *format, *name;
};

static int print(void *arg, FILE *out, struct err *err)
{
	const struct printing *p = arg;

	(void)err;
	grid_print(out, p->format, p->grid, p->name);
	return 0;
}

static int tell(struct grid *g, const struct bench_values *v, const char *program, struct err *err)
{
	const char *slash = strrchr(program, '/');
	struct printing p = { g, v->format, v->name ? v->name : slash ? slash + 1 : program };

	grid_finish(g);
	return outputfile_write(v->output ? v->output : "-", print, &p, err);
}

static bool has_empty_cell(const struct experiment *e, struct err *err)
{
	for (size_t i = 0; i < e->variant_count; i++)
		if (experiment_count(e, i, RUN_GOOD) == 0) {
			err_say(err, ENODATA, "there is no good run under %s",
				buf_cstr((struct buf *)&e->labels[i]));
			return true;
		}
	return false;
}

static int run_grid(const struct bench_values *v, struct grid *g, char **argv, struct err *err)
{
	struct variant variants[EXPERIMENT_VARIANTS_MAX];
	struct experiment *e = g->experiment;
	struct err why = { 0 };
	struct runs r;
	int rc, told = 0;

	make_variants(variants, e, g, argv);
	rc = runs_open(&r, &v->runs, "bench", err);
	if (rc == 0)
		rc = make_runs(&r, g, variants, v, &why);
	if (rc == -EINTR)
		fprintf(stderr, "gctide: interrupted: this is of the runs up to there\n");
	if (e->run_count)
		told = tell(g, v, argv[0], err);
	runs_close(&r);
	for (size_t i = 0; i < g->count; i++)
		variant_done(&variants[i]);
	if (why.code)
		*err = why;
	if (rc == -EINVAL)
		return EXIT_USAGE;
	return rc < 0 || told < 0 || has_empty_cell(e, err) ? EXIT_FAILED : EXIT_DONE;
}

static const char *format_of(const struct bench_values *v)
{
	const char *dot = v->output ? strrchr(v->output, '.') : NULL;

	if (v->format)
		return v->format;
	if (dot && (strcmp(dot, ".html") == 0 || strcmp(dot, ".json") == 0))
		return dot + 1;
	return "text";
}

static int run(int argc, char **argv, struct err *err)
{
	struct bench_values v = { .runs = RUNS_DEFAULTS,
				  .run_count = DEFAULT_RUNS,
				  .warmup_count = 1,
				  .seed = UNKNOWN_U64 };
	struct experiment e = { .options = { 0.05, 0.05, 0 } };
	struct grid g;
	int operands, status = EXIT_USAGE;

	if (options_parse(bench_options, &v, argc, argv, &operands, err) < 0)
		return EXIT_USAGE;
	if (operands >= argc || v.run_count < 1 || v.run_count > RUNS_MOST) {
		err_say(err, EINVAL,
			operands >= argc
				? "bench: which command shall run? gctide bench [options] -- CMD "
				  "[ARG...]"
				: "bench: --runs is a number from 1 to 200");
		return EXIT_USAGE;
	}
	if (commandpath_check(argv[operands], err) < 0)
		return EXIT_FAILED;
	e.options.seed = is_known(v.seed) ? v.seed : runs_seed();
	v.format = format_of(&v);
	if (grid_init(&g, &e, v.gogc, v.gomemlimit, err) == 0)
		status = run_grid(&v, &g, argv + operands, err);
	grid_done(&g);
	experiment_done(&e);
	return status;
}

const struct command cmd_bench = {
	.name = "bench",
	.usage = "[--gogc N,N] [--gomemlimit SIZE,SIZE] [options] -- CMD [ARG...]",
	.summary = "pauses, CPU and memory of a program over a grid of GOGC and GOMEMLIMIT",
	.details = "Runs are in random order; those that fail are told of and left out. benchstat "
		   "compares two outputs of -f benchstat.\n"
		   "Exit status: 0 done; 1 when a pair of settings has no good run.\n",
	.options = bench_options,
	.run = run,
};
