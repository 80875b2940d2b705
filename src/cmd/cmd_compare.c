/* cmd_compare.c - gctide compare: the same program under two settings, run in turn, and what
 * differs. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/units.h"
#include "base/unknown.h"
#include "cmd/command.h"
#include "experiment/experiment.h"
#include "outputfile_internal.h"
#include "render/experiment.h"
#include "runs_internal.h"
#include "target/commandpath.h"

#define DEFAULT_VARY "madvdontneed=0,1"
#define DEFAULT_RUNS 10u
#define RUNS_MOST    200u
#define PILOT_RUNS   6u	 /* of --runs auto */
#define AUTO_MOST    40u /* more are for who asks for them */

struct compare_values {
	struct runs_values runs;
	const char *vary, *a, *b, *count, *output, *format, *effect, *alpha;
	uint64_t warmup_count, seed;
};

#define AT(field) offsetof(struct compare_values, field)

static const struct option_spec compare_options[] = {
	{ "vary", 0, OPTION_TEXT, AT(vary), "KEY=A,B[,C]",
	  "the setting that differs (default " DEFAULT_VARY
	  "): a variable in capitals, else a key of "
	  "GODEBUG",
	  NULL },
	{ "a", 0, OPTION_TEXT, AT(a), "'[NAME=VALUE...] CMD'",
	  "with --b: two commands instead, each with an environment of its own", NULL },
	{ "b", 0, OPTION_TEXT, AT(b), "'[NAME=VALUE...] CMD'", "the command held against --a",
	  NULL },
	{ "runs", 'r', OPTION_TEXT, AT(count), "N|auto",
	  "runs of each variant (default 10); auto: as many as --effect needs, 6 to 40", NULL },
	{ "warmup", 'w', OPTION_COUNT, AT(warmup_count), "N",
	  "runs of each variant before, not among the figures (default 1)", NULL },
	{ "effect", 0, OPTION_TEXT, AT(effect), "SHARE",
	  "the least difference of interest (default 5%)", NULL },
	{ "alpha", 0, OPTION_TEXT, AT(alpha), "SHARE",
	  "of the differences told, how many may be chance (default 5%)", NULL },
	{ "seed", 0, OPTION_COUNT, AT(seed), "N",
	  "the order of the runs by chance, the same for the same N (default: new each time)",
	  NULL },
	{ "output", 'o', OPTION_TEXT, AT(output), "FILE",
	  "where it goes; .html and .json say what it is (default: stdout)", NULL },
	{ "format", 'f', OPTION_CHOICE, AT(format), "FORMAT", "text (default), json or html",
	  "text json html" },
	RUNS_OPTIONS(AT(runs)),
	{ 0 },
};

/* What the command line asks for. */
struct plan {
	struct variant variants[EXPERIMENT_VARIANTS_MAX];
	size_t count;
	uint64_t run_count; /* of each */
	bool is_auto;
};

static void plan_done(struct plan *p)
{
	while (p->count)
		variant_done(&p->variants[--p->count]);
}

static int plan_commands(struct plan *p, const struct compare_values *v, char **argv,
			 struct err *err)
{
	int n;

	if (v->a || v->b) {
		if (!v->a || !v->b || *argv || v->vary)
			return err_say(err, EINVAL,
				       "compare: --a and --b go together, without --vary and "
				       "without another command");
		if (variant_parse(&p->variants[0], v->a, environ, err) < 0)
			return -EINVAL;
		p->count = 1;
		if (variant_parse(&p->variants[1], v->b, environ, err) < 0)
			return -EINVAL;
		p->count = 2;
		return 0;
	}
	n = variants_vary(p->variants, EXPERIMENT_VARIANTS_MAX, v->vary ? v->vary : DEFAULT_VARY,
			  argv, environ, err);
	p->count = n < 0 ? 0 : (size_t)n;
	return n < 0 ? n : 0;
}

static int plan_count(struct plan *p, const char *word, struct err *err)
{
	char *end;

	p->is_auto = word && strcmp(word, "auto") == 0;
	p->run_count = p->is_auto ? PILOT_RUNS : word ? strtoull(word, &end, 10) : DEFAULT_RUNS;
	if (p->is_auto || !word ||
	    (*word && !*end && p->run_count >= 1 && p->run_count <= RUNS_MOST && *word != '-'))
		return 0;
	return err_say(err, EINVAL, "compare: --runs is a number from 1 to %u, or auto, not '%s'",
		       RUNS_MOST, word);
}

static int make_rounds(struct runs *r, struct experiment *e, const struct plan *p,
		       uint64_t round_count, bool is_warmup, struct err *err)
{
	size_t order[EXPERIMENT_VARIANTS_MAX];

	for (uint64_t round = 0; round < round_count; round++) {
		schedule_round(order, p->count, e->options.seed, r->made_count);
		for (size_t i = 0; i < p->count; i++) {
			int rc = runs_make(r, e, &p->variants[order[i]], order[i], is_warmup, NULL,
					   err);

			if (rc < 0)
				return rc;
			if (runs_are_hopeless(e, order[i], err))
				return -ECHILD;
		}
	}
	return 0;
}

/* How many runs would show the effect in the time, the memory and the CPU, as the pilot scatters?
 * It does not look at the difference, so that stopping there is no luck (docs/experiments.md). */
static uint64_t needed_rounds(struct experiment *e)
{
	static const char *const keys[] = { "wall", "user", "rss_peak", "rss_mean" };
	uint64_t most = PILOT_RUNS;

	experiment_compare(e);
	for (size_t i = 0; i < e->comparison_count; i++)
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if (e->comparisons[i].metric == metric_find(keys[k]) &&
			    e->comparisons[i].needed_count > most)
				most = e->comparisons[i].needed_count;
	return most < AUTO_MOST ? most : AUTO_MOST;
}

static int make_runs(struct runs *r, struct experiment *e, struct plan *p,
		     const struct compare_values *v, struct err *err)
{
	int rc;

	r->planned_count = (v->warmup_count + p->run_count) * p->count;
	rc = make_rounds(r, e, p, v->warmup_count, true, err);
	if (rc == 0)
		rc = make_rounds(r, e, p, p->run_count, false, err);
	if (rc == 0 && p->is_auto) {
		uint64_t rounds = needed_rounds(e) - PILOT_RUNS;

		r->planned_count += rounds * p->count;
		rc = make_rounds(r, e, p, rounds, false, err);
	}
	return rc;
}

static int write_result(void *arg, FILE *out, struct err *err)
{
	struct {
		const struct experiment *e;
		const char *format;
	} const *what = arg;

	if (strcmp(what->format, "json") == 0)
		compare_print_json(out, what->e);
	else if (strcmp(what->format, "html") == 0)
		return compare_print_page(out, what->e, err);
	else
		compare_print_text(out, what->e);
	return 0;
}

static int tell(struct experiment *e, const struct compare_values *v, struct err *err)
{
	struct {
		const struct experiment *e;
		const char *format;
	} what = { e, v->format };

	experiment_compare(e);
	return outputfile_write(v->output ? v->output : "-", write_result, &what, err);
}

/* 0 when each variant has a good run. */
static int check_runs(const struct experiment *e, struct err *err)
{
	for (size_t v = 0; v < e->variant_count; v++)
		if (experiment_count(e, v, RUN_GOOD) == 0)
			return err_say(err, ENODATA, "there is no good run of %c",
				       (char)('A' + v % 26));
	return 0;
}

static int run_commands(const struct compare_values *v, struct plan *p, struct experiment *e,
			struct err *err)
{
	struct runs r;
	struct err why = { 0 };
	int rc = runs_open(&r, &v->runs, "compare", err), told;

	if (rc == 0)
		rc = make_runs(&r, e, p, v, &why);
	if (rc == -EINTR)
		fprintf(stderr, "gctide: interrupted: this is of the runs up to there\n");
	told = r.signals >= 0 && e->run_count ? tell(e, v, err) : rc;
	runs_close(&r);
	if (why.code)
		*err = why;
	if (rc == -EINVAL)
		return EXIT_USAGE;
	return rc < 0 || told < 0 || check_runs(e, err) < 0 ? EXIT_FAILED : EXIT_DONE;
}

static bool is_recording(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return len > 4 && strcmp(d->d_name + len - 4, ".rec") == 0 &&
	       strncmp(d->d_name, "warmup-", 7) != 0;
}

static int is_wanted(const struct dirent *d)
{
	return is_recording(d);
}

static int read_one(struct experiment *e, size_t variant, const char *path, struct err *err)
{
	struct experiment_run run = { .variant = variant };
	int rc = runner_read(&run, path, NULL, err);

	if (rc < 0) {
		free(run.path);
		return rc;
	}
	experiment_add(e, &run);
	return 0;
}

/* A recording, or a directory of them. */
static int read_variant(struct experiment *e, const char *path, struct err *err)
{
	size_t variant = e->variant_count++;
	struct dirent **names = NULL;
	struct stat st;
	int n, rc = 0;

	buf_addf(&e->labels[variant], "%s", path);
	if (stat(path, &st) < 0)
		return err_set(err, errno, "cannot open '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return read_one(e, variant, path, err);
	n = scandir(path, &names, is_wanted, alphasort);
	if (n <= 0)
		rc = err_say(err, ENODATA, "there is no recording (*.rec) in '%s'", path);
	for (int i = 0; i < n; i++) {
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (rc == 0)
			rc = read_one(e, variant, file, err);
		free(names[i]);
	}
	free(names);
	return rc;
}

static int run_recordings(const struct compare_values *v, int count, char **paths,
			  struct experiment *e, struct err *err)
{
	int rc = 0;

	if (v->vary || v->a || v->b || v->count || v->runs.load || v->runs.keep) {
		err_say(err, EINVAL,
			"compare: of recordings there is nothing to run; a command goes behind --");
		return EXIT_USAGE;
	}
	if (count < 2 || count > (int)EXPERIMENT_VARIANTS_MAX) {
		err_say(err, EINVAL,
			"compare: two recordings, or directories of them, or: -- CMD [ARG...]");
		return EXIT_USAGE;
	}
	for (int i = 0; i < count && rc == 0; i++)
		rc = read_variant(e, paths[i], err);
	if (rc == 0)
		rc = tell(e, v, err);
	return rc < 0 || check_runs(e, err) < 0 ? EXIT_FAILED : EXIT_DONE;
}

static const char *format_of(const struct compare_values *v)
{
	const char *dot = v->output ? strrchr(v->output, '.') : NULL;

	if (v->format)
		return v->format;
	if (dot && (strcmp(dot, ".html") == 0 || strcmp(dot, ".json") == 0))
		return dot + 1;
	return "text";
}

static int compare_commands(const struct compare_values *v, char **argv, struct experiment *e,
			    struct err *err)
{
	struct plan p = { .count = 0 };
	int status = EXIT_USAGE;

	if (!*argv && !v->a && !v->b) {
		err_say(err, EINVAL,
			"compare: which command shall run? gctide compare [options] -- CMD "
			"[ARG...]");
		return EXIT_USAGE;
	}
	if (plan_count(&p, v->count, err) == 0 && plan_commands(&p, v, argv, err) == 0) {
		status = EXIT_DONE;
		for (size_t i = 0; i < p.count; i++) {
			buf_addf(&e->labels[i], "%s", buf_cstr(&p.variants[i].label));
			if (commandpath_check(p.variants[i].argv[0], err) < 0)
				status = EXIT_FAILED;
		}
		e->variant_count = p.count;
		if (status == EXIT_DONE)
			status = run_commands(v, &p, e, err);
	}
	plan_done(&p);
	return status;
}

static int run(int argc, char **argv, struct err *err)
{
	struct compare_values v = { .runs = RUNS_DEFAULTS,
				    .effect = "5%",
				    .alpha = "5%",
				    .warmup_count = 1,
				    .seed = UNKNOWN_U64 };
	struct experiment e = { .options = { 0.05, 0.05, 0 } };
	int operands, status;
	bool is_command;

	if (options_parse(compare_options, &v, argc, argv, &operands, err) < 0 ||
	    options_parse_share(&e.options.effect, v.effect, "compare: --effect", err) < 0 ||
	    options_parse_share(&e.options.alpha, v.alpha, "compare: --alpha", err) < 0)
		return EXIT_USAGE;
	if (e.options.alpha > 0.5) {
		err_say(err, EINVAL, "compare: --alpha is at most 50%%, not %s", v.alpha);
		return EXIT_USAGE;
	}
	e.options.seed = is_known(v.seed) ? v.seed : runs_seed();
	v.format = format_of(&v);
	is_command = strcmp(argv[operands - 1], "--") == 0 || v.a || v.b;
	if (is_command || operands == argc)
		status = compare_commands(&v, argv + operands, &e, err);
	else
		status = run_recordings(&v, argc - operands, argv + operands, &e, err);
	experiment_done(&e);
	return status;
}

const struct command cmd_compare = {
	.name = "compare",
	.usage = "[options] -- CMD [ARG...] | A B",
	.summary = "run a program in turn under two settings, and say what differs and how surely",
	.details = "A and B are recordings, or directories of them. The first variant is what the "
		   "others "
		   "are held against.\n"
		   "Runs are in random order; those that fail are told of and left out. Exit "
		   "status: 0 "
		   "done, whatever\n"
		   "differs; 1 when a variant has no good run. For limits see gctide check.\n",
	.options = compare_options,
	.run = run,
};
