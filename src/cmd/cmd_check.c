/* cmd_check.c - gctide check: limits in, exit status out. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"
#include "cmd/command.h"
#include "experiment/gate.h"
#include "outputfile_internal.h"
#include "render/gate.h"
#include "runs_internal.h"
#include "target/commandpath.h"

#define DEFAULT_INCREASES "rss_peak=10%"

struct check_values {
	struct runs_values runs;
	const char *baseline, *increases, *heap_growth, *rss_growth, *regret, *gc_cpu, *format,
		*output;
	uint64_t pause_p99_ns, pause_max_ns, rss_peak_bytes, skip_ns;
};

#define AT(field) offsetof(struct check_values, field)

static const struct option_spec check_options[] = {
	{ "max-pause-p99", 0, OPTION_DURATION, AT(pause_p99_ns), "TIME",
	  "the 99th percentile of the pauses", NULL },
	{ "max-pause", 0, OPTION_DURATION, AT(pause_max_ns), "TIME", "the longest pause", NULL },
	{ "max-rss-peak", 0, OPTION_SIZE, AT(rss_peak_bytes), "SIZE", "the peak of resident memory",
	  NULL },
	{ "max-regret", 0, OPTION_TEXT, AT(regret), "SHARE",
	  "of what was given back, how much may be touched again: 0.3 or 30%", NULL },
	{ "max-gc-cpu", 0, OPTION_TEXT, AT(gc_cpu), "SHARE",
	  "the collector's share of the CPU time of GOMAXPROCS", NULL },
	{ "max-heap-growth", 0, OPTION_TEXT, AT(heap_growth), "SIZE/min",
	  "of the live heap after each collection: 1MiB/min, also /s and /h", NULL },
	{ "max-rss-growth", 0, OPTION_TEXT, AT(rss_growth), "SIZE/min", "of resident memory",
	  NULL },
	{ "skip", 0, OPTION_DURATION, AT(skip_ns), "TIME",
	  "the beginning, in which growth is no leak (default: a quarter)", NULL },
	{ "baseline", 0, OPTION_TEXT, AT(baseline), "FILE",
	  "an earlier recording, or what check -f json printed of one", NULL },
	{ "max-increase", 0, OPTION_TEXT, AT(increases), "METRIC=SHARE[,...]",
	  "over the baseline (default " DEFAULT_INCREASES ")", NULL },
	{ "format", 'f', OPTION_CHOICE, AT(format), "FORMAT",
	  "text (default), json, junit or github", "text json junit github" },
	{ "output", 'o', OPTION_TEXT, AT(output), "FILE", "where it goes (default: stdout)", NULL },
	RUNS_OPTIONS(AT(runs)),
	{ 0 },
};

static int parse_growth(double *ret, const char *word, const char *option, struct err *err)
{
	if (!word || gate_parse_growth(ret, text_of(word)) == 0)
		return 0;
	return err_say(err, EINVAL, "%s wants a size per time such as 1MiB/min, not '%s'", option,
		       word);
}

static int parse_share(double *ret, const char *word, const char *option, struct err *err)
{
	if (word && strcmp(word, "0") == 0) {
		*ret = 0;
		return 0;
	}
	return word ? options_parse_share(ret, word, option, err) : 0;
}

static void set(double *limit, uint64_t v)
{
	if (is_known(v))
		*limit = (double)v;
}

static int limits_of(struct gate_limits *l, const struct check_values *v, struct err *err)
{
	size_t asked = v->baseline != NULL;

	gate_limits_init(l);
	set(&l->max[GATE_PAUSE_P99], v->pause_p99_ns);
	set(&l->max[GATE_PAUSE_MAX], v->pause_max_ns);
	set(&l->max[GATE_RSS_PEAK], v->rss_peak_bytes);
	if (parse_share(&l->max[GATE_REGRET], v->regret, "check: --max-regret", err) < 0 ||
	    parse_share(&l->max[GATE_GC_CPU], v->gc_cpu, "check: --max-gc-cpu", err) < 0 ||
	    parse_growth(&l->max[GATE_HEAP_GROWTH], v->heap_growth, "check: --max-heap-growth",
			 err) < 0 ||
	    parse_growth(&l->max[GATE_RSS_GROWTH], v->rss_growth, "check: --max-rss-growth", err) <
		    0)
		return -EINVAL;
	for (size_t i = 0; i < GATE_LIMIT_COUNT; i++)
		asked += !isnan(l->max[i]);
	if (v->increases && !v->baseline)
		return err_say(err, EINVAL, "check: --max-increase is over a --baseline");
	if (!asked)
		return err_say(err, EINVAL,
			       "check: which limit? Such as --max-pause-p99 1ms or --max-rss-peak "
			       "512MiB");
	if (!v->baseline)
		return 0;
	return gate_parse_increases(l, v->increases ? v->increases : DEFAULT_INCREASES, err);
}

static int status_of(enum gate_state verdict)
{
	switch (verdict) {
	case GATE_PASSED:
		return EXIT_DONE;
	case GATE_FAILED:
		return EXIT_FAILED;
	case GATE_INCOMPLETE:
		return EXIT_INCOMPLETE;
	}
	return EXIT_INCOMPLETE;
}

struct printing {
	const struct gate_result *result;
	const char *format;
};

static int print(void *arg, FILE *out, struct err *err)
{
	const struct printing *p = arg;

	(void)err;
	gate_print(out, p->format, p->result);
	return 0;
}

/* why: what is wrong with the run beyond what its recording says; "" for nothing. */
static int judge(const struct check_values *v, const struct gate_limits *l, const char *path,
		 const char *why, struct err *err)
{
	struct gate_check checks[GATE_CHECKS_MAX];
	struct gate_evidence e;
	struct gate_result result = { .recording = path, .checks = checks, .values = e.values };
	struct printing p = { &result, v->format };
	int rc = gate_evidence_read(&e, path, l, err), status = EXIT_INCOMPLETE;

	if (rc == 0) {
		if (*why)
			snprintf(e.why, sizeof(e.why), "%s", why);
		result.count = gate_judge(checks, &e, l, v->skip_ns);
		rc = outputfile_write(v->output ? v->output : "-", print, &p, err);
		status = rc < 0 ? EXIT_INCOMPLETE : status_of(gate_verdict(checks, result.count));
	}
	gate_evidence_done(&e);
	return status;
}

/* Run it, and judge its recording while it is there. */
static int run_command(const struct check_values *v, const struct gate_limits *l, char **argv,
		       struct err *err)
{
	struct experiment e = { .variant_count = 1 };
	struct variant variant;
	struct runs r;
	int rc = commandpath_check(argv[0], err), status = EXIT_INCOMPLETE;

	if (rc < 0)
		return EXIT_INCOMPLETE;
	variant_init(&variant, argv, environ);
	rc = runs_open(&r, &v->runs, "check", err);
	r.planned_count = 1;
	if (rc == 0)
		rc = runs_make(&r, &e, &variant, 0, false, NULL, err);
	if (rc == 0 && access(e.runs[0].path, F_OK) < 0)
		err_say(err, ENODATA, "there is no verdict: %s", e.runs[0].why);
	else if (rc == 0)
		status = judge(v, l, e.runs[0].path,
			       e.runs[0].state == RUN_FAILED ? e.runs[0].why : "", err);
	if (rc == -EINTR)
		err_say(err, EINTR, "interrupted: there is no verdict");
	if (rc == -EINVAL)
		status = EXIT_USAGE;
	runs_close(&r);
	experiment_done(&e);
	variant_done(&variant);
	return status;
}

static int run(int argc, char **argv, struct err *err)
{
	struct check_values v = { .runs = RUNS_DEFAULTS,
				  .format = "text",
				  .pause_p99_ns = UNKNOWN_U64,
				  .pause_max_ns = UNKNOWN_U64,
				  .rss_peak_bytes = UNKNOWN_U64,
				  .skip_ns = UNKNOWN_U64 };
	struct gate_limits limits;
	int operands;

	if (options_parse(check_options, &v, argc, argv, &operands, err) < 0 ||
	    limits_of(&limits, &v, err) < 0)
		return EXIT_USAGE;
	if (v.baseline && gate_read_baseline(&limits, v.baseline, err) < 0)
		return EXIT_INCOMPLETE;
	if (strcmp(argv[operands - 1], "--") == 0 && operands < argc)
		return run_command(&v, &limits, argv + operands, err);
	if (argc - operands > 1) {
		err_say(err, EINVAL,
			"check: one recording at a time, not also '%s'; a command goes "
			"behind --",
			argv[operands + 1]);
		return EXIT_USAGE;
	}
	return judge(&v, &limits, operands < argc ? argv[operands] : "gctide.rec", "", err);
}

const struct command cmd_check = {
	.name = "check",
	.usage = "LIMITS [options] [FILE] | LIMITS [options] -- CMD [ARG...]",
	.summary = "hold a recording, or a run, against limits: for builds",
	.details = "Every limit that is not kept is told of. Exit status: 0 all are kept; 1 one is "
		   "not; 4 "
		   "one is not known to\nbe kept, because of too little data, a run that failed, a "
		   "recording "
		   "that stops early; 2 usage.\n"
		   "Metrics of --max-increase: wall, user, system, rss_peak, rss_mean, rss_time, "
		   "honest_peak, honest_mean, faults,\nrefaults, regret, returned, return_time, "
		   "cycles, "
		   "gc_cpu, pause_p50, pause_p99, pause_max.\n",
	.options = check_options,
	.run = run,
};
