/* test_findings.c - every rule: when it applies, and that it keeps quiet just below. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analyze/findings.h"
#include "base/unknown.h"

#define MS     1000000ULL
#define S_     1000000000ULL
#define MIB(n) ((uint64_t)(n) << 20)

/* The finding with this key after the rules were asked, or NULL. */
static const struct model_finding *find(struct model *m, const char *key)
{
	findings_make(m);
	for (size_t i = 0; i < m->finding_count; i++)
		if (strcmp(m->findings[i].key, key) == 0)
			return &m->findings[i];
	return NULL;
}

/* A recording of a Go program with 100 quiet cycles in 10 s: nothing to find. */
static struct model *quiet(void)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	model_init(m);
	m->target.is_known = true;
	m->target.is_go = 1;
	m->process_count = 1;
	m->process_is_target = true;
	m->time.wall_ns = 10 * S_;
	m->gc.is_on = true;
	m->gc.cycle_count = m->gc.row_count = 100;
	m->gc.forced_count = 0;
	m->gc.first_start_ns = 0;
	m->gc.last_end_ns = 10 * S_;
	m->gc.cpu_fraction = 0.02;
	m->gc.cpu_ns = 400 * MS;
	m->gc.assist_cpu_ns = 10 * MS;
	m->gc.heap_goal_peak_bytes = MIB(100);
	m->gc.pause.count = 200;
	m->gc.pause.max_ns = MS;
	m->gc.pause.p99_ns = MS;
	m->memory.rss_peak_bytes = MIB(200);
	m->memory.lazyfree_peak_bytes = MIB(5);
	m->faults.minor_count = 1000;
	m->faults.source = "perf";
	m->faults.mode = "user+kernel";
	m->faults.recorded_count = 1000;
	m->faults.sample_period = 1;
	m->cpu = (struct model_cpu){ 9 * S_, S_, "rusage" };
	m->observer.cpu_ns = 100 * MS;
	return m;
}

static void drop(struct model *m)
{
	model_done(m);
	free(m);
}

static void fact(struct model *m, const char *key, const char *value)
{
	model_set(&m->facts[m->fact_count].key, text_of(key));
	model_set(&m->facts[m->fact_count++].value, text_of(value));
}

static void a_quiet_run_has_no_findings(void **state)
{
	struct model *m = quiet();

	(void)state;
	findings_make(m);
	assert_int_equal(m->finding_count, 0);
	drop(m);
}

static void a_model_that_knows_nothing_finds_nothing_about_figures(void **state)
{
	struct model *m = calloc(1, sizeof(*m));

	(void)state;
	model_init(m);
	findings_make(m);
	/* only that there was no trace line to see */
	assert_int_equal(m->finding_count, 1);
	assert_string_equal(m->findings[0].key, "target.no_cycles");
	drop(m);
}

static void every_finding_says_what_it_rests_on_and_what_to_do(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.pause.max_ns = 12 * MS;
	m->losses.perf_lost_count = 3;
	m->gc.cpu_fraction = 0.4;
	findings_make(m);
	assert_int_equal(m->finding_count, 3);
	for (size_t i = 0; i < m->finding_count; i++) {
		assert_true(strlen(m->findings[i].evidence) > 10);
		assert_true(strlen(m->findings[i].advice) > 10);
		assert_true(strlen(m->findings[i].evidence) < sizeof(m->findings[i].evidence) - 1);
		assert_true(strlen(m->findings[i].advice) < sizeof(m->findings[i].advice) - 1);
	}
	drop(m);
}

static void the_gravest_come_first(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->recording.end = MODEL_CORRUPT;
	model_set(&m->recording.end_text, text_of("'x' is damaged"));
	m->faults.mode = "user";
	m->gc.pause.max_ns = 12 * MS;
	findings_make(m);
	assert_int_equal(m->finding_count, 3);
	assert_string_equal(m->findings[0].key, "data.corrupt");
	assert_string_equal(m->findings[1].key, "pause.long");
	assert_string_equal(m->findings[2].key, "data.user_mode_only");
	drop(m);
}

static void an_early_end_is_found(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->recording.end = MODEL_TRUNCATED;
	m->recording.stops_at_ns = 12400 * MS;
	assert_non_null(strstr(find(m, "data.truncated")->evidence, "12.4 s"));
	drop(m);
}

static void losses_are_named_with_their_counts(void **state)
{
	struct model *m = quiet();
	const struct model_finding *f;

	(void)state;
	m->losses.perf_lost_count = 12;
	m->losses.missing_cycle_count = 2;
	f = find(m, "data.lost");
	assert_non_null(f);
	assert_string_equal(f->evidence, "12 perf records lost, 2 cycles missing");
	m->losses.missed_sample_count = 10;
	m->memory.sample_count = 100; /* one in ten of a level does not matter */
	assert_string_equal(find(m, "data.lost")->evidence, f->evidence);
	m->losses.missed_sample_count = 11;
	assert_non_null(strstr(find(m, "data.lost")->evidence, "11 memory samples missed"));
	drop(m);
}

static void one_lost_record_is_not_many(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->losses.perf_lost_count = m->losses.missing_cycle_count = 1;
	assert_string_equal(find(m, "data.lost")->evidence, "1 perf record lost, 1 cycle missing");
	drop(m);
}

static void a_loss_without_a_count_names_what_was_lost_and_why(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->losses.more.lines = m->losses.is_at_least = true;
	m->losses.unparsed_line_count = m->losses.missing_cycle_count = UNKNOWN_U64;
	model_set(&m->uncounted_reason, text_of("the stderr relay ended at 1.2 s"));
	assert_string_equal(
		find(m, "data.lost")->evidence,
		"an unknown number of trace lines (not counted: the stderr relay ended at "
		"1.2 s)");
	m->losses.unparsed_line_count = 3;
	m->losses.more.perf = true;
	m->losses.perf_lost_count = UNKNOWN_U64;
	assert_string_equal(find(m, "data.lost")->evidence,
			    "an unknown number of perf records, at least 3 trace lines broken "
			    "(not counted: the stderr relay ended at 1.2 s)");
	drop(m);
}

static void output_that_reached_nobody_is_found(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->losses.user_lost_bytes = 2048;
	assert_non_null(strstr(find(m, "target.stderr_lost")->evidence, "2.00 KiB of what"));
	m->losses.more.user_bytes = true;
	assert_non_null(strstr(find(m, "target.stderr_lost")->evidence, "at least 2.00 KiB"));
	m->losses.user_lost_bytes = UNKNOWN_U64;
	assert_non_null(strstr(find(m, "target.stderr_lost")->evidence, "an unknown part of"));
	m->losses.more.user_bytes = false; /* nobody knows whether anything was lost at all */
	assert_null(find(m, "target.stderr_lost"));
	assert_null(find(m, "data.lost")); /* no figure is wrong for it */
	drop(m);
}

static void counting_in_user_mode_only_is_said(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->faults.mode = "user";
	assert_non_null(find(m, "data.user_mode_only"));
	m->faults.mode = "rusage";
	assert_null(find(m, "data.user_mode_only"));
	drop(m);
}

static void sampling_faults_is_said(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->faults.sample_period = 61;
	assert_non_null(strstr(find(m, "data.sampled_faults")->evidence, "every 61st fault"));
	m->faults.recorded_count = 0;
	assert_null(find(m, "data.sampled_faults"));
	drop(m);
}

static void a_quarter_of_the_cpu_is_much(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.cpu_fraction = 0.249;
	assert_null(find(m, "gc.cpu_share"));
	m->gc.cpu_fraction = 0.25;
	assert_non_null(find(m, "gc.cpu_share"));
	m->gc.row_count = 9; /* too few to say */
	assert_null(find(m, "gc.cpu_share"));
	drop(m);
}

static void assists_that_carry_the_collector_are_found(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.cpu_fraction = 0.1;
	m->gc.assist_cpu_ns = 119 * MS; /* of 400 ms */
	assert_null(find(m, "gc.assist"));
	m->gc.assist_cpu_ns = 120 * MS;
	assert_non_null(find(m, "gc.assist"));
	m->gc.cpu_fraction = 0.01;
	assert_null(find(m, "gc.assist"));
	drop(m);
}

static void more_than_half_forced_is_a_habit(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.forced_count = 50;
	assert_null(find(m, "gc.forced"));
	m->gc.forced_count = 51;
	assert_non_null(strstr(find(m, "gc.forced")->evidence, "51 of 100"));
	m->gc.row_count = m->gc.forced_count = 9;
	assert_null(find(m, "gc.forced"));
	drop(m);
}

static void ten_milliseconds_is_a_long_pause(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.pause.max_ns = 9900000;
	assert_null(find(m, "pause.long"));
	m->gc.pause.max_ns = 10 * MS;
	assert_non_null(find(m, "pause.long"));
	drop(m);
}

static void a_limit_that_does_not_fit_is_found(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.tight_run_count = 50;
	m->gc.tight_run_ns = 2 * S_;
	assert_null(find(m, "limit.thrash")); /* no limit is set */
	model_set(&m->target.gomemlimit, text_of("64MiB"));
	assert_non_null(strstr(find(m, "limit.thrash")->evidence, "GOMEMLIMIT=64MiB, 50 cycles"));
	m->gc.tight_run_ns = 6 * S_; /* 8 a second */
	assert_null(find(m, "limit.thrash"));
	m->gc.tight_run_count = 9;
	m->gc.tight_run_ns = S_ / 2;
	assert_null(find(m, "limit.thrash"));
	m->gc.tight_run_count = 50;
	model_set(&m->target.gomemlimit, text_of("off"));
	assert_null(find(m, "limit.thrash"));
	drop(m);
}

static void a_small_heap_collected_all_the_time_is_found(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.row_count = 1000; /* 100 a second */
	assert_null(find(m, "gc.small_heap"));
	m->gc.heap_goal_peak_bytes = MIB(8);
	assert_non_null(find(m, "gc.small_heap"));
	m->gc.forced_count = 900;
	assert_null(find(m, "gc.small_heap"));
	drop(m);
}

static void a_tenth_of_lazyfree_is_found(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->memory.lazyfree_peak_bytes = MIB(19);
	assert_null(find(m, "memory.lazyfree"));
	m->memory.lazyfree_peak_bytes = MIB(20);
	assert_non_null(find(m, "memory.lazyfree"));
	m->memory.lazyfree_peak_bytes = UNKNOWN_U64;
	assert_null(find(m, "memory.lazyfree"));
	drop(m);
}

static void huge_pages_matter_when_thp_is_always(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->memory.heap_anonhuge_peak_bytes = MIB(50);
	m->memory.heap_rss_at_anonhuge_peak_bytes = MIB(100);
	assert_null(find(m, "memory.thp")); /* nobody told the setting */
	fact(m, "thp.enabled", "always [madvise] never");
	assert_null(find(m, "memory.thp"));
	model_set(&m->facts[0].value, text_of("[always] madvise never"));
	fact(m, "thp.max_ptes_none", "511");
	assert_non_null(strstr(find(m, "memory.thp")->evidence, "max_ptes_none=511"));
	m->memory.heap_anonhuge_peak_bytes = MIB(49);
	assert_null(find(m, "memory.thp"));
	drop(m);
}

static void a_cgroup_near_its_limit_is_found(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->cgroup.limit_bytes = MIB(100);
	m->cgroup.peak_bytes = MIB(89);
	assert_null(find(m, "memory.cgroup_limit"));
	m->cgroup.peak_bytes = MIB(90);
	assert_non_null(find(m, "memory.cgroup_limit"));
	m->cgroup.limit_bytes = UNKNOWN_U64;
	assert_null(find(m, "memory.cgroup_limit"));
	drop(m);
}

static void reading_from_disk_is_found(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->faults.major_count = 999;
	assert_null(find(m, "faults.major"));
	m->faults.major_count = 1000;
	assert_non_null(find(m, "faults.major"));
	drop(m);
}

static void a_target_that_is_not_go_is_said_plainly(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->target.is_go = 0;
	m->gc.row_count = 0;
	m->process_count = 0;
	assert_non_null(strstr(find(m, "target.not_go")->evidence, "not a Go program"));
	assert_null(find(m, "target.no_cycles"));
	m->process_count = 1;
	m->other_count = 1;
	m->others[0] = (struct model_process){ .id = 0, .cycle_count = 12 };
	m->losses.foreign_cycle_count = 12;
	assert_non_null(strstr(find(m, "target.not_go")->advice, "--process 0"));
	m->target.is_go = UNKNOWN_U64;
	assert_null(find(m, "target.not_go"));
	drop(m);
}

static void no_cycle_is_told_from_no_trace(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.row_count = 0;
	assert_non_null(
		strstr(find(m, "target.no_cycles")->evidence, "made no collection in 10.0 s"));
	m->gc.is_on = false;
	assert_non_null(strstr(find(m, "target.no_cycles")->evidence, "gctrace was not on"));
	m->source_count = 1;
	model_set(&m->sources[0].name, text_of("gctrace"));
	model_set(&m->sources[0].detail, text_of("it did not arrive"));
	assert_non_null(
		strstr(find(m, "target.no_cycles")->evidence, "was not on: it did not arrive"));
	m->gc.is_on = m->gc.is_at_least = true;
	assert_non_null(
		strstr(find(m, "target.no_cycles")->evidence, "what came later is unknown"));
	drop(m);
}

static void the_advice_for_no_cycle_goes_by_what_was_recorded(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.row_count = m->process_count = 0;
	m->memory.rss_peak_bytes = MIB(6);
	assert_non_null(
		strstr(find(m, "target.no_cycles")->advice, "minimum of 4.00 MiB (4 MiB x"));
	m->memory.rss_peak_bytes = MIB(900);
	assert_non_null(strstr(find(m, "target.no_cycles")->evidence, "with up to 900 MiB"));
	assert_non_null(strstr(find(m, "target.no_cycles")->advice, "debug.SetGCPercent"));
	model_set(&m->target.gogc, text_of("off"));
	assert_string_equal(
		find(m, "target.no_cycles")->evidence,
		"the target made no collection in 10.0 s: its environment had GOGC=off; "
		"resident memory up to 900 MiB");
	assert_non_null(strstr(find(m, "target.no_cycles")->advice, "unset GOGC"));
	model_set(&m->target.gomemlimit, text_of("2GiB"));
	assert_non_null(strstr(find(m, "target.no_cycles")->evidence, "and GOMEMLIMIT=2GiB; "));
	assert_non_null(strstr(find(m, "target.no_cycles")->advice, "near GOMEMLIMIT"));
	model_set(&m->target.gogc, text_of("200"));
	assert_null(strstr(find(m, "target.no_cycles")->evidence, "GOGC"));
	drop(m);
}

static void only_a_limit_that_is_one_is_said_to_bound_the_heap(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.row_count = m->process_count = 0;
	m->memory.rss_peak_bytes = MIB(900);
	model_set(&m->target.gogc, text_of("off"));
	model_set(&m->target.gomemlimit, text_of("off"));
	assert_null(strstr(find(m, "target.no_cycles")->evidence, "GOMEMLIMIT"));
	assert_non_null(strstr(find(m, "target.no_cycles")->advice, "unset GOGC"));
	drop(m);
}

static void gogc_is_read_as_the_runtime_reads_it(void **state)
{
	static const struct {
		const char *gogc;
		bool is_off;
	} texts[] = {
		{ "-1", true },	   { "-2147483648", true }, { "-x", false },
		{ "+1", false },   { "", false },	    { "-2147483649", false },
		{ "off ", false }, { "OFF", false },	    { "0000000000000000000000-1", false },
		{ " -1", false }
	};
	struct model *m = quiet();

	(void)state;
	m->gc.row_count = m->process_count = 0;
	m->memory.rss_peak_bytes = MIB(900);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *evidence;

		model_set(&m->target.gogc, text_of(texts[i].gogc));
		evidence = find(m, "target.no_cycles")->evidence;
		assert_int_equal(strstr(evidence, "GOGC=") != NULL, texts[i].is_off);
	}
	drop(m);
}

/* GOGC=3200 leaves a heap of 128 MiB uncollected: 150 MiB resident are no riddle then. */
static void a_greater_gogc_leaves_a_greater_heap_alone(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->gc.row_count = m->process_count = 0;
	m->memory.rss_peak_bytes = MIB(150);
	model_set(&m->target.gogc, text_of("3200"));
	assert_non_null(strstr(find(m, "target.no_cycles")->advice, "minimum of 128 MiB"));
	m->memory.rss_peak_bytes = MIB(157);
	assert_non_null(strstr(find(m, "target.no_cycles")->advice, "(128 MiB: 4 MiB x"));
	drop(m);
}

static void other_processes_are_pointed_out(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->process_count = 3;
	m->other_count = 2;
	m->others[0] = (struct model_process){ .id = 2, .cycle_count = 30 };
	m->losses.foreign_cycle_count = 40;
	assert_non_null(strstr(find(m, "target.other_processes")->advice, "--process 2"));
	m->process_count = 1;
	assert_null(find(m, "target.other_processes"));
	drop(m);
}

static void watching_that_costs_is_said(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->observer.cpu_ns = 499 * MS; /* of 10 s */
	assert_null(find(m, "observer.cost"));
	m->observer.cpu_ns = 500 * MS;
	assert_non_null(find(m, "observer.cost"));
	m->observer.cpu_ns = UNKNOWN_U64;
	assert_null(find(m, "observer.cost"));
	drop(m);
}

static void a_stall_beyond_the_limit_is_said(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->target.max_stall_ns = 10 * MS;
	assert_null(find(m, "observer.stall")); /* nobody told how long */
	m->observer.longest_stall_ns = 10 * MS;
	assert_null(find(m, "observer.stall"));
	m->observer.longest_stall_ns = 14 * MS;
	assert_non_null(
		strstr(find(m, "observer.stall")->evidence, "14.0 ms, --max-stall was 10.0 ms"));
	assert_int_equal(m->finding_count, 1);
	assert_int_equal(m->findings[0].severity, SEVERITY_INFO);
	m->observer.gate_stall_ns = 9 * MS;
	assert_null(find(m, "observer.gate_stall"));
	m->observer.gate_stall_ns = 27 * MS;
	assert_non_null(strstr(find(m, "observer.gate_stall")->evidence, "27.0 ms"));
	m->observer.gate_stall_ns = UNKNOWN_U64;
	m->target.max_stall_ns = UNKNOWN_U64;
	assert_null(find(m, "observer.stall"));
	drop(m);
}

static void an_image_that_is_missing_is_named(void **state)
{
	struct model *m = quiet();
	const struct model_finding *f;

	(void)state;
	model_set(&m->stacks_missing, text_of("/srv/lib.so: not this build\n/srv/b: gone\n"));
	f = find(m, "data.symbols");
	assert_non_null(f);
	assert_string_equal(f->evidence,
			    "names are missing in stacks: /srv/lib.so: not this build");
	assert_non_null(strstr(f->advice, "--symbols DIR"));
	drop(m);
}

static void more_than_one_leaf_in_a_hundred_without_a_name_is_said(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->cpu_stacks.was_recorded = true;
	m->cpu_stacks.sample_count = 1000;
	m->cpu_stacks.unknown_leaf_count = 10;
	assert_null(find(m, "data.unknown_code"));
	m->cpu_stacks.unknown_leaf_count = 11;
	assert_non_null(strstr(find(m, "data.unknown_code")->evidence, "1.1 %"));
	m->cpu_stacks.was_recorded = false;
	assert_null(find(m, "data.unknown_code"));
	drop(m);
}

/* 100 MiB given back in the background, 60 MiB of it touched again, half of that after 2 s. */
static struct model *regretful(void)
{
	struct model *m = quiet();
	struct model_returns *r = &m->returns;

	r->source = "tracepoint";
	r->has_refaults = true;
	memset(r->by_cause, 0, sizeof(r->by_cause));
	r->all = r->by_cause[CAUSE_BACKGROUND] =
		(struct model_return_sum){ 1000, MIB(100), MIB(60) };
	r->regret_ratio = 0.6;
	r->age_p50_ns = 2 * S_;
	return m;
}

static void memory_that_is_soon_needed_again_is_regretted(void **state)
{
	struct model *m = regretful();
	const struct model_finding *f = find(m, "scavenger.regret");

	(void)state;
	assert_non_null(f);
	assert_string_equal(f->evidence, "60.0 % of the 100 MiB that were given back were touched "
					 "again, half of that within 2.00 s");
	assert_non_null(strstr(f->advice, "madvdontneed=0"));
	m->returns.regret_ratio = 0.49;
	assert_null(find(m, "scavenger.regret"));
	m->returns.regret_ratio = 0.6;
	m->returns.age_p50_ns = 10 * S_ + 1;
	assert_null(find(m, "scavenger.regret"));
	m->returns.age_p50_ns = UNKNOWN_U64;
	assert_null(find(m, "scavenger.regret"));
	m->returns.age_p50_ns = 10 * S_;
	assert_non_null(find(m, "scavenger.regret"));
	m->returns.all.refault_bytes = MIB(32) - 1;
	assert_null(find(m, "scavenger.regret"));
	model_done(m);
	free(m);
}

static void the_advice_on_regret_is_for_its_main_cause(void **state)
{
	struct model *m = regretful();

	(void)state;
	m->returns.by_cause[CAUSE_FORCED].refault_bytes = MIB(61);
	assert_non_null(strstr(find(m, "scavenger.regret")->advice, "debug.FreeOSMemory()"));
	m->returns.by_cause[CAUSE_EAGER].refault_bytes = MIB(62);
	assert_non_null(strstr(find(m, "scavenger.regret")->advice, "GOMEMLIMIT"));
	m->returns.by_cause[CAUSE_OTHER].refault_bytes = MIB(63);
	assert_non_null(strstr(find(m, "scavenger.regret")->advice, "not Go's scavenger"));
	model_done(m);
	free(m);
}

static void allocating_goroutines_that_give_memory_back_are_told_of(void **state)
{
	struct model *m = quiet();

	(void)state;
	assert_null(find(m, "scavenger.eager"));
	m->returns.source = "tracepoint";
	m->returns.all.bytes = MIB(320);
	m->returns.by_cause[CAUSE_EAGER].bytes = MIB(32);
	assert_non_null(find(m, "scavenger.eager"));
	m->returns.by_cause[CAUSE_EAGER].bytes = MIB(32) - 1;
	assert_null(find(m, "scavenger.eager"));
	m->returns.by_cause[CAUSE_EAGER].bytes = MIB(33);
	m->returns.all.bytes = MIB(331);
	assert_null(find(m, "scavenger.eager"));
	model_done(m);
	free(m);
}

static void memory_forced_out_in_a_loop_is_told_of(void **state)
{
	struct model *m = quiet();
	const struct model_finding *f;

	(void)state;
	m->returns.source = "tracepoint";
	m->returns.all.bytes = MIB(128);
	m->returns.by_cause[CAUSE_FORCED] = (struct model_return_sum){ 10, MIB(64), MIB(48) };
	m->gc.forced_count = 5;
	f = find(m, "scavenger.forced_loop");
	assert_non_null(f);
	assert_string_equal(f->evidence,
			    "debug.FreeOSMemory() gave back 64.0 MiB in 10.0 s, with 5 forced "
			    "collections; 75.0 % of that was touched again");
	m->gc.forced_count = 4;
	assert_null(find(m, "scavenger.forced_loop"));
	m->gc.forced_count = 5;
	m->time.wall_ns = 301 * S_;
	assert_null(find(m, "scavenger.forced_loop"));
	m->time.wall_ns = 300 * S_;
	assert_non_null(find(m, "scavenger.forced_loop"));
	m->returns.all.bytes = MIB(129);
	assert_null(find(m, "scavenger.forced_loop"));
	model_done(m);
	free(m);
}

static void memory_that_came_back_without_faults_is_told_of(void **state)
{
	struct model *m = quiet();
	const struct model_finding *f;

	(void)state;
	m->returns.source = "tracepoint";
	m->target.page_bytes = 4096;
	m->returns.all.bytes = MIB(200);
	m->memory.rss_peak_bytes = MIB(100);
	m->memory.rss_growth_bytes = MIB(172);
	m->faults.minor_count = MIB(40) / 4096;
	f = find(m, "scavenger.reinflation");
	assert_non_null(f);
	assert_string_equal(
		f->evidence,
		"resident memory grew by 172 MiB in all; its peak and a page for each fault are "
		"140 MiB: 32.0 MiB that had been given back came back in huge pages");
	m->memory.rss_growth_bytes--;
	assert_null(find(m, "scavenger.reinflation"));
	m->memory.rss_growth_bytes = MIB(300);
	m->returns.all.bytes = MIB(31);
	assert_null(find(m, "scavenger.reinflation"));
	m->returns.all.bytes = UNKNOWN_U64;
	assert_null(find(m, "scavenger.reinflation"));
	model_done(m);
	free(m);
}

static void a_scavenger_that_leaves_much_free_memory_is_told_of(void **state)
{
	struct model *m = quiet();

	(void)state;
	m->returns.source = "tracepoint";
	model_set(&m->target.release_advice, text_of("dontneed"));
	m->memory.heap_rss_last_bytes = MIB(182);
	m->gc.heap_goal_last_bytes = MIB(100);
	m->returns.by_cause[CAUSE_BACKGROUND].bytes = MIB(4);
	assert_non_null(find(m, "scavenger.idle"));
	m->returns.by_cause[CAUSE_BACKGROUND].bytes = MIB(5);
	assert_null(find(m, "scavenger.idle"));
	m->returns.by_cause[CAUSE_BACKGROUND].bytes = 0;
	m->memory.heap_rss_last_bytes = MIB(182) - 1;
	assert_null(find(m, "scavenger.idle"));
	m->memory.heap_rss_last_bytes = MIB(500);
	assert_non_null(find(m, "scavenger.idle"));
	m->time.wall_ns = 9 * S_;
	assert_null(find(m, "scavenger.idle")); /* it may not have got to it */
	m->time.wall_ns = 10 * S_;
	model_set(&m->target.release_advice, text_of("free"));
	assert_null(find(m, "scavenger.idle")); /* what was offered is resident */
	model_done(m);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_run_has_no_findings),
		cmocka_unit_test(a_model_that_knows_nothing_finds_nothing_about_figures),
		cmocka_unit_test(every_finding_says_what_it_rests_on_and_what_to_do),
		cmocka_unit_test(the_gravest_come_first),
		cmocka_unit_test(an_early_end_is_found),
		cmocka_unit_test(losses_are_named_with_their_counts),
		cmocka_unit_test(one_lost_record_is_not_many),
		cmocka_unit_test(a_loss_without_a_count_names_what_was_lost_and_why),
		cmocka_unit_test(output_that_reached_nobody_is_found),
		cmocka_unit_test(counting_in_user_mode_only_is_said),
		cmocka_unit_test(sampling_faults_is_said),
		cmocka_unit_test(an_image_that_is_missing_is_named),
		cmocka_unit_test(more_than_one_leaf_in_a_hundred_without_a_name_is_said),
		cmocka_unit_test(a_quarter_of_the_cpu_is_much),
		cmocka_unit_test(assists_that_carry_the_collector_are_found),
		cmocka_unit_test(more_than_half_forced_is_a_habit),
		cmocka_unit_test(ten_milliseconds_is_a_long_pause),
		cmocka_unit_test(a_limit_that_does_not_fit_is_found),
		cmocka_unit_test(a_small_heap_collected_all_the_time_is_found),
		cmocka_unit_test(a_tenth_of_lazyfree_is_found),
		cmocka_unit_test(huge_pages_matter_when_thp_is_always),
		cmocka_unit_test(a_cgroup_near_its_limit_is_found),
		cmocka_unit_test(reading_from_disk_is_found),
		cmocka_unit_test(a_target_that_is_not_go_is_said_plainly),
		cmocka_unit_test(no_cycle_is_told_from_no_trace),
		cmocka_unit_test(the_advice_for_no_cycle_goes_by_what_was_recorded),
		cmocka_unit_test(only_a_limit_that_is_one_is_said_to_bound_the_heap),
		cmocka_unit_test(gogc_is_read_as_the_runtime_reads_it),
		cmocka_unit_test(a_greater_gogc_leaves_a_greater_heap_alone),
		cmocka_unit_test(other_processes_are_pointed_out),
		cmocka_unit_test(a_stall_beyond_the_limit_is_said),
		cmocka_unit_test(watching_that_costs_is_said),
		cmocka_unit_test(memory_that_is_soon_needed_again_is_regretted),
		cmocka_unit_test(the_advice_on_regret_is_for_its_main_cause),
		cmocka_unit_test(allocating_goroutines_that_give_memory_back_are_told_of),
		cmocka_unit_test(memory_forced_out_in_a_loop_is_told_of),
		cmocka_unit_test(memory_that_came_back_without_faults_is_told_of),
		cmocka_unit_test(a_scavenger_that_leaves_much_free_memory_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
