/* test_gate.c - each limit once kept, once not, once not to be told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/unknown.h"
#include "experiment/gate.h"
#include "experiment/runner.h"
#include "render/gate.h"
#include "experiment/runoutcome_internal.h"

#define MIB 1048576.0
#define MS  1e6

struct fixture {
	struct gate_evidence e;
	struct gate_limits limits;
	struct gate_check checks[GATE_CHECKS_MAX];
	size_t count;
};

/* A whole run with 1,000 pauses of 0.5 ms and nothing else known. */
static struct fixture *quiet(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->e.model = calloc(1, sizeof(*f->e.model));
	model_init(f->e.model);
	for (size_t i = 0; i < METRICS_COUNT; i++)
		f->e.values[i] = NAN;
	for (int i = 0; i < 1000; i++)
		stats_add(&f->e.pauses, 500000);
	f->e.is_whole = true;
	gate_limits_init(&f->limits);
	return f;
}

static void drop(struct fixture *f)
{
	gate_evidence_done(&f->e);
	free(f);
}

static void set(struct fixture *f, const char *key, double v)
{
	f->e.values[metric_find(key)] = v;
}

/* The state of the only limit that is asked for. */
static enum gate_state judged(struct fixture *f, enum gate_limit limit, double max)
{
	f->limits.max[limit] = max;
	f->count = gate_judge(f->checks, &f->e, &f->limits, UNKNOWN_U64);
	assert_int_equal(f->count, 1);
	assert_string_equal(f->checks[0].name, gate_limit_name(limit));
	assert_int_equal(gate_verdict(f->checks, 1), f->checks[0].state);
	return f->checks[0].state;
}

static bool says(const struct fixture *f, const char *words)
{
	return strstr(f->checks[0].text, words) != NULL;
}

static void a_percentile_needs_pauses(void **state)
{
	struct fixture *f = quiet();

	(void)state;
	set(f, "pause_p99", 0.5 * MS);
	assert_int_equal(judged(f, GATE_PAUSE_P99, 1 * MS), GATE_PASSED);
	assert_true(says(f, "500 us of 1,000 pauses, the limit is 1.00 ms"));
	assert_int_equal(judged(f, GATE_PAUSE_P99, 0.4 * MS), GATE_FAILED);
	/* printed as 500 us: it may have been 509 us */
	assert_int_equal(judged(f, GATE_PAUSE_P99, 0.505 * MS), GATE_INCOMPLETE);
	assert_true(says(f, "anything below 510 us"));
	assert_int_equal(judged(f, GATE_PAUSE_P99, 0.51 * MS), GATE_PASSED);
	stats_done(&f->e.pauses);
	f->e.pauses = (struct stats){ 0 };
	for (int i = 0; i < 20; i++)
		stats_add(&f->e.pauses, 500000);
	assert_int_equal(judged(f, GATE_PAUSE_P99, 1 * MS), GATE_INCOMPLETE);
	assert_true(says(f, "too few pauses: 20, and 100 are needed"));
	f->e.pauses_above = 1; /* 1 in 20 is no proof: 1 - 0.99^20 = 18 % */
	assert_int_equal(judged(f, GATE_PAUSE_P99, 1 * MS), GATE_INCOMPLETE);
	f->e.pauses_above = 2; /* chance does that in 1.7 % */
	assert_int_equal(judged(f, GATE_PAUSE_P99, 1 * MS), GATE_FAILED);
	drop(f);
}

static void a_figure_is_kept_or_not(void **state)
{
	static const struct {
		enum gate_limit limit;
		const char *key;
	} of[] = { { GATE_PAUSE_MAX, "pause_max" }, { GATE_RSS_PEAK, "rss_peak" } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture *f = quiet();

		assert_int_equal(judged(f, of[i].limit, 2e7), GATE_INCOMPLETE);
		assert_true(says(f, "not known"));
		set(f, of[i].key, 1e7);
		assert_int_equal(judged(f, of[i].limit, 2e7), GATE_PASSED);
		assert_int_equal(judged(f, of[i].limit, 0.9e7), GATE_FAILED);
		f->e.is_whole = false; /* nobody knows what came later; above is above */
		assert_int_equal(judged(f, of[i].limit, 2e7), GATE_INCOMPLETE);
		assert_int_equal(judged(f, of[i].limit, 0.9e7), GATE_FAILED);
		drop(f);
	}
}

static void shares_are_kept_or_not(void **state)
{
	struct fixture *f = quiet();

	(void)state;
	f->e.model->gc.cpu_fraction = NAN;
	assert_int_equal(judged(f, GATE_GC_CPU, 0.3), GATE_INCOMPLETE);
	f->e.model->gc.cpu_fraction = 0.25;
	assert_int_equal(judged(f, GATE_GC_CPU, 0.3), GATE_INCOMPLETE); /* trace lines were lost */
	set(f, "gc_cpu", 2e9);
	assert_int_equal(judged(f, GATE_GC_CPU, 0.3), GATE_PASSED);
	assert_int_equal(judged(f, GATE_GC_CPU, 0.2), GATE_FAILED);
	f->e.model->gc.cpu_fraction = NAN;
	f->e.model->gc.cycle_count = 0;
	set(f, "gc_cpu", 0);
	assert_int_equal(judged(f, GATE_GC_CPU, 0.3), GATE_INCOMPLETE);
	assert_true(says(f, "there was no collection"));
	drop(f);
	f = quiet();
	assert_int_equal(judged(f, GATE_REGRET, 0.3), GATE_INCOMPLETE);
	assert_true(says(f, "returns were not recorded"));
	f->e.model->returns.source = "tracepoint";
	f->e.model->returns.has_refaults = true;
	f->e.model->returns.all.bytes = 4096;
	assert_int_equal(judged(f, GATE_REGRET, 0.3), GATE_INCOMPLETE); /* records were lost */
	set(f, "regret", 0.2);
	assert_int_equal(judged(f, GATE_REGRET, 0.3), GATE_PASSED);
	set(f, "regret", 0.4);
	assert_int_equal(judged(f, GATE_REGRET, 0.3), GATE_FAILED);
	set(f, "regret", NAN);
	f->e.model->returns.all.bytes = 0;
	assert_int_equal(judged(f, GATE_REGRET, 0.3), GATE_INCOMPLETE); /* records were lost */
	set(f, "returned", 0);
	assert_int_equal(judged(f, GATE_REGRET, 0.3), GATE_PASSED); /* nothing was given back */
	drop(f);
}

/* 200 collections in 20 s: level, growth in MiB a minute, a saw of +- MiB. */
static void grow(struct gate_points *p, double level, double growth, double saw, double span_s)
{
	free(p->x);
	free(p->y);
	p->count = 200;
	p->x = calloc(p->count, sizeof(double));
	p->y = calloc(p->count, sizeof(double));
	for (size_t i = 0; i < p->count; i++) {
		p->x[i] = span_s * (double)i / 200;
		p->y[i] = floor(level + growth / 60 * p->x[i] +
				saw * ((double)((i * 7919) % 13) / 6 - 1)) *
			  MIB;
	}
}

static void growth_is_a_leak_only_when_it_is_sure(void **state)
{
	static const enum gate_limit of[] = { GATE_HEAP_GROWTH, GATE_RSS_GROWTH };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture *f = quiet();
		struct gate_points *p = i ? &f->e.rss : &f->e.heap;

		assert_int_equal(judged(f, of[i], 30 * MIB), GATE_INCOMPLETE);
		assert_true(says(f, "too little to see growth in: 0"));
		grow(p, 50, 60, 2, 20);
		assert_int_equal(judged(f, of[i], 30 * MIB), GATE_FAILED);
		assert_true(fabs(f->checks[0].value / MIB - 60) < 6);
		assert_int_equal(judged(f, of[i], 90 * MIB), GATE_PASSED);
		assert_int_equal(judged(f, of[i], 60 * MIB), GATE_INCOMPLETE);
		assert_true(says(f, "would tell"));
		grow(p, 50, 0, 2, 20);
		assert_int_equal(judged(f, of[i], 30 * MIB), GATE_PASSED);
		grow(p, 50, 0, 0, 20);
		assert_int_equal(judged(f, of[i], 1 * MIB), GATE_PASSED);
		/* less than the step in which sizes are printed is no growth, however sure */
		grow(p, 50.5, 2, 0, 16);
		assert_int_equal(judged(f, of[i], 0.1 * MIB), GATE_INCOMPLETE);
		grow(p, 50, 600, 0, 4);
		assert_int_equal(judged(f, of[i], 30 * MIB), GATE_INCOMPLETE);
		assert_true(says(f, "too little to see growth in: 150"));
		drop(f);
	}
}

static void increases_are_over_the_baseline(void **state)
{
	struct fixture *f = quiet();
	size_t rss = metric_find("rss_peak"), faults = metric_find("faults");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(gate_parse_increases(&f->limits, "rss_peak=5%,faults=0.2", &err), 0);
	assert_true(f->limits.increase[rss] == 0.05 && f->limits.increase[faults] == 0.2);
	f->limits.baseline[rss] = 100 * MIB;
	f->limits.baseline[faults] = 0;
	set(f, "rss_peak", 104 * MIB);
	set(f, "faults", 3);
	assert_int_equal(gate_judge(f->checks, &f->e, &f->limits, UNKNOWN_U64), 2);
	assert_string_equal(f->checks[0].name, "max-increase rss_peak");
	assert_int_equal(f->checks[0].state, GATE_PASSED);
	assert_int_equal(f->checks[1].state, GATE_FAILED); /* more than nothing */
	set(f, "rss_peak", 106 * MIB);
	set(f, "faults", 0);
	gate_judge(f->checks, &f->e, &f->limits, UNKNOWN_U64);
	assert_int_equal(f->checks[0].state, GATE_FAILED);
	assert_true(
		says(f, "106 MiB, the baseline had 100 MiB: more by 6.0 %, the limit is 5.0 %"));
	assert_int_equal(f->checks[1].state, GATE_PASSED);
	f->limits.baseline[rss] = NAN;
	gate_judge(f->checks, &f->e, &f->limits, UNKNOWN_U64);
	assert_int_equal(f->checks[0].state, GATE_INCOMPLETE);
	assert_int_equal(gate_verdict(f->checks, 2), GATE_INCOMPLETE);
	assert_true(gate_parse_increases(&f->limits, "rss=5%", &err) < 0);
	assert_true(gate_parse_increases(&f->limits, "rss_peak", &err) < 0);
	assert_true(gate_parse_increases(&f->limits, "rss_peak=x", &err) < 0);
	assert_true(gate_parse_increases(&f->limits, "rss_peak=-5%", &err) < 0);
	drop(f);
}

static void a_run_that_failed_is_no_pass(void **state)
{
	struct fixture *f = quiet();

	(void)state;
	set(f, "rss_peak", 1);
	f->limits.max[GATE_RSS_PEAK] = 2;
	snprintf(f->e.why, sizeof(f->e.why), "killed by signal 9");
	f->count = gate_judge(f->checks, &f->e, &f->limits, UNKNOWN_U64);
	assert_int_equal(f->count, 2);
	assert_string_equal(f->checks[0].name, "run");
	assert_int_equal(gate_verdict(f->checks, 2), GATE_INCOMPLETE);
	set(f, "rss_peak", 3);
	gate_judge(f->checks, &f->e, &f->limits, UNKNOWN_U64);
	assert_int_equal(gate_verdict(f->checks, 2), GATE_FAILED);
	assert_int_equal(gate_verdict(f->checks, 0), GATE_INCOMPLETE);
	drop(f);
}

static void sizes_per_time_are_parsed(void **state)
{
	static const char *const wrong[] = { "",       "1MiB",	"1MiB/",    "/min",
					     "1MiB/d", "x/min", "-1MiB/min" };
	double v;

	(void)state;
	assert_int_equal(gate_parse_growth(&v, text_of("1MiB/min")), 0);
	assert_true(v == MIB);
	assert_int_equal(gate_parse_growth(&v, text_of("64KiB/s")), 0);
	assert_true(v == 60 * 65536);
	assert_int_equal(gate_parse_growth(&v, text_of("60MiB/h")), 0);
	assert_true(fabs(v - MIB) < 1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_true(gate_parse_growth(&v, text_of(wrong[i])) < 0);
}

static int read_text(struct gate_limits *l, const char *text, struct err *err)
{
	char path[] = "/tmp/gctide-test-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	gate_limits_init(l);
	*err = (struct err){ 0 };
	rc = gate_read_baseline(l, path, err);
	unlink(path);
	return rc;
}

static void a_baseline_is_what_the_gate_printed(void **state)
{
	static const char *const wrong[] = {
		"{",
		"{}",
		"{\"schema\": \"gctide.report/1\", \"metrics\": {}}",
		"{\"schema\": \"gctide.check/1\"}",
		"{\"schema\": \"gctide.check/1\", \"metrics\": {\"wall\": 1}, \"checks\": "
		"[{\"name\": \"run\", \"text\": \"ended with status 3\"}]}",
		"",
		"rubbish"
	};
	struct gate_limits l;
	struct err err;

	(void)state;
	assert_int_equal(
		read_text(&l,
			  "{\"schema\": \"gctide.check/1\", \"metrics\": {\"rss_peak\": 4096, "
			  "\"regret\": 0.25, \"wall\": null, \"faults\": \"many\"}}",
			  &err),
		0);
	assert_true(l.baseline[metric_find("rss_peak")] == 4096);
	assert_true(l.baseline[metric_find("regret")] == 0.25);
	assert_true(isnan(l.baseline[metric_find("wall")]));
	assert_true(isnan(l.baseline[metric_find("faults")]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_true(read_text(&l, wrong[i], &err) < 0);
		assert_true(err.what[0]);
	}
}

static void texts_are_escaped(void **state)
{
	struct gate_check c = { .name = "max-<&\">:,",
				.state = GATE_FAILED,
				.text = "5 % <b>\n\x1b&\"" };
	struct gate_result r = { "x.rec", &c, 1, NULL };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	gate_print(out, "junit", &r);
	fclose(out);
	assert_non_null(strstr(text, "name=\"max-&lt;&amp;&quot;&gt;:,\"><failure message=\"5 % "
				     "&lt;b&gt;??&amp;&quot;\"/>"));
	free(text);
	out = open_memstream(&text, &len);
	gate_print(out, "github", &r);
	fclose(out);
	assert_string_equal(text,
			    "::error title=gctide failed max-<&\">%3A%2C::5 %25 <b>%0A\x1b&\"\n");
	free(text);
}

/* How a run ended, and whether it may be counted. */
static void runs_are_good_or_not(void **state)
{
	static const struct {
		uint64_t status, signal;
		const char *reason;
		struct runoutcome o;
		const char *why; /* NULL: good */
	} runs[] = {
		{ 0, UNKNOWN_U64, "exited", { 0 }, NULL },
		{ 3, UNKNOWN_U64, "exited", { 0 }, "ended with status 3" },
		{ UNKNOWN_U64, 9, "signaled", { 0 }, "killed by signal 9" },
		{ UNKNOWN_U64, 15, "signaled", { 0 }, "killed by signal 15" },
		{ UNKNOWN_U64, 15, "signaled", { .was_stopped = true }, NULL },
		{ 143, UNKNOWN_U64, "exited", { .was_stopped = true }, NULL },
		{ 1, UNKNOWN_U64, "exited", { .was_stopped = true }, "status 1 after SIGTERM" },
		{ UNKNOWN_U64, 15, "signaled", { .may_be_stopped = true }, NULL },
		{ UNKNOWN_U64, 15, "duration", { 0 }, NULL },
		{ UNKNOWN_U64, 9, "duration", { 0 }, "killed by signal 9" },
		{ UNKNOWN_U64, UNKNOWN_U64, "detached", { 0 }, "did not end within" },
		{ UNKNOWN_U64, UNKNOWN_U64, "", { 0 }, "its end was not seen" },
		{ 0, UNKNOWN_U64, "exited", { .has_load = true }, "before its load did" },
		{ 0, UNKNOWN_U64, "exited", { .has_load = true, .was_stopped = true }, NULL },
		{ 0,
		  UNKNOWN_U64,
		  "exited",
		  { .has_load = true, .was_stopped = true, .load_status = 7 << 8 },
		  "its load ended with status 7" },
		{ 0, UNKNOWN_U64, "exited", { .was_never_ready = true }, "not ready in time" },
		{ 0, UNKNOWN_U64, "exited", { .was_killed = true }, "did not end after SIGTERM" },
		{ 0, UNKNOWN_U64, "exited", { .recorder_status = 9 }, "recorder was killed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct model *m = calloc(1, sizeof(*m));
		struct experiment_run r = { 0 };

		model_init(m);
		m->target.exit_status = runs[i].status;
		m->target.term_signal = runs[i].signal;
		model_set(&m->target.end_reason, text_of(runs[i].reason));
		runoutcome_judge(&r, &runs[i].o, m);
		if (runs[i].why ? r.state != RUN_FAILED || !strstr(r.why, runs[i].why)
				: r.state != RUN_GOOD || r.why[0])
			fail_msg("run %zu: state %d, '%s'", i, (int)r.state, r.why);
		m->recording.end = MODEL_TRUNCATED;
		runoutcome_judge(&r, &runs[i].o, m);
		assert_int_equal(r.state, RUN_FAILED);
		model_done(m);
		free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_percentile_needs_pauses),
		cmocka_unit_test(a_figure_is_kept_or_not),
		cmocka_unit_test(shares_are_kept_or_not),
		cmocka_unit_test(growth_is_a_leak_only_when_it_is_sure),
		cmocka_unit_test(increases_are_over_the_baseline),
		cmocka_unit_test(a_run_that_failed_is_no_pass),
		cmocka_unit_test(sizes_per_time_are_parsed),
		cmocka_unit_test(a_baseline_is_what_the_gate_printed),
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(runs_are_good_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
