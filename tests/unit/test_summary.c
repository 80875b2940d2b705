/* test_summary.c - a recording made by hand, and its figures worked out beside it. */
#include <math.h>

#include "analyze/findings.h"
#include "report_sample.h"

static bool has_finding(const struct model *m, const char *key)
{
	for (size_t i = 0; i < m->finding_count; i++)
		if (strcmp(m->findings[i].key, key) == 0)
			return true;
	return false;
}

static struct model *new_model(void)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	return m;
}

static void free_model(struct model *m)
{
	model_done(m);
	free(m);
}

static void cycles_are_placed_and_faults_counted_into_them(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(k.count, 3);
	assert_int_equal(k.rows[0].start_ns, 12050 * US);
	assert_int_equal(k.rows[0].end_ns, 13350 * US);
	assert_int_equal(k.rows[1].start_ns, 32050 * US);
	assert_int_equal(k.rows[1].end_ns, 34250 * US);
	assert_int_equal(k.rows[2].end_ns, 52580 * US);
	/* 5, 6, 13.35 | 14, 33 | none | 60 ms */
	assert_int_equal(k.rows[0].fault_count, 3);
	assert_int_equal(k.rows[1].fault_count, 2);
	assert_int_equal(k.rows[2].fault_count, 0);
	assert_false(k.rows[0].fault_is_estimate);
	assert_int_equal(m->faults.after_last_count, 1);
	assert_int_equal(m->faults.recorded_count, 6);
	/* samples at 20, 40 and 60 ms follow the ends by less than 20 ms */
	assert_int_equal(k.rows[0].rss_end_bytes, MIB(200));
	assert_int_equal(k.rows[1].rss_end_bytes, MIB(200));
	assert_int_equal(k.rows[2].rss_end_bytes, MIB(100));
	assert_int_equal(k.rows[0].scav_background_bytes, 8 << 10);
	assert_int_equal(k.rows[0].heap_released_bytes, 3592 << 10);
	assert_true(k.rows[0].returned_bytes == UNKNOWN_U64);
	free_model(m);
}

/* Pauses in us: 10 20 50 100 150 200. p50 at rank 3, p90 at ceil(5.4) = 6. Steps: 1 1 1 10 10 10.
 */
static void collections_are_summed_up(void **state)
{
	struct model *m = new_model();
	const struct model_pause *p = &m->gc.pause;
	struct sample s;
	struct kept k;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->gc.cycle_count, 3);
	assert_int_equal(m->gc.forced_count, 1);
	assert_int_equal(p->count, 6);
	assert_int_equal(p->p50_ns, 50 * US);
	assert_int_equal(p->p90_ns, 200 * US);
	assert_int_equal(p->p99_ns, 200 * US);
	assert_int_equal(p->max_ns, 200 * US);
	assert_int_equal(p->total_ns, 530 * US);
	assert_int_equal(p->resolution_ns, 10 * US);
	assert_int_equal(p->total_uncertainty_ns, 33 * US);
	/* (0.2+0.1+0.5+0.4) + (0.1+1.0+0.3) + (0.02+0.2+0.04) = 2.86 ms of 2 x 52.58 ms; of 50 ms
	 * used */
	assert_int_equal(m->gc.cpu_ns, 2860 * US);
	assert_true(fabs(m->gc.cpu_fraction - 2.86 / 105.16) < 1e-9);
	assert_true(fabs(m->gc.cpu_used_share - 2.86 / 50) < 1e-9);
	assert_int_equal(m->gc.cpu_percent_printed, 3);
	/* 5 + (8 - 3) + (7 - 4) */
	assert_int_equal(m->gc.allocated_bytes, MIB(13));
	assert_int_equal(m->gc.heap_live_peak_bytes, MIB(4));
	assert_int_equal(m->gc.heap_goal_peak_bytes, MIB(9));
	assert_int_equal(m->gc.align_uncertainty_ns, 1100 * US);
	/* the child's line is not the target's */
	assert_int_equal(m->losses.foreign_cycle_count, 1);
	assert_int_equal(m->losses.missing_cycle_count, 0);
	assert_int_equal(m->process_count, 2);
	free_model(m);
}

/* RSS 100, 200, 200, 100 MiB at 10, 20, 40, 60 ms: (150 x 10 + 200 x 20 + 150 x 20) = 8500 MiB ms
 * in 50 ms. */
static void memory_is_weighted_by_time(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->memory.sample_count, 4);
	assert_int_equal(m->memory.rss_peak_bytes, MIB(200));
	assert_int_equal(m->memory.rss_mean_bytes, MIB(170));
	assert_true(fabs(m->memory.rss_byte_seconds - 8.5 * (double)MIB(1)) < 1);
	/* 190 - 60 = 130 and 190 - 20 = 170 MiB at two moments: on a straight line between them 150
	 */
	assert_int_equal(m->memory.honest_peak_bytes, MIB(170));
	/* mean RSS 170, less (60 + 20) / 2 for 20 ms and then 20 for 15 ms, of 50 ms: 22 */
	assert_int_equal(m->memory.honest_mean_bytes, MIB(148));
	assert_int_equal(m->memory.lazyfree_peak_bytes, MIB(60));
	assert_int_equal(m->memory.anonhuge_peak_bytes, MIB(80));
	assert_int_equal(m->memory.smaps_count, 2);
	free_model(m);
}

/* The recorder promised that nothing older would come: cycle 1 was handed on. */
static void a_fault_too_late_for_its_cycle_is_told(void **state)
{
	struct model *m = new_model();
	struct buf bytes = { 0 };
	struct sample s;
	struct kept k;

	(void)state;
	sample_small(&s);
	assert_int_equal(writer_flush(s.w), 0); /* what waits is written behind the rounds else */
	sample_fault_bytes(&bytes, 101, AT_MS(5));
	sample_data(&s, 0, &bytes, AT_MS(75));
	sample_round(&s, AT_MS(75));
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->losses.late_record_count, 1);
	assert_int_equal(m->faults.recorded_count, 7);
	assert_int_equal(k.rows[0].fault_count, 3);
	assert_true(has_finding(m, "data.lost"));
	free_model(m);
}

static void the_frame_is_told(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->target.pid, 4711);
	assert_int_equal(m->target.argv.len, sample_argv().len);
	assert_true(text_is(buf_text(&m->target.go_version), "go1.26.8"));
	assert_true(text_is(buf_text(&m->target.release_advice), "free"));
	assert_int_equal(m->target.exit_status, 0);
	assert_true(m->target.term_signal == UNKNOWN_U64);
	assert_true(m->time.start_unix_ns == 1700000000ULL * 1000000000ULL);
	assert_int_equal(m->time.start_monotonic_ns, S_NS);
	assert_int_equal(m->time.wall_ns, 80 * MS);
	assert_int_equal(m->faults.minor_count, 7);
	assert_int_equal(m->faults.major_count, 1);
	assert_string_equal(m->faults.source, "perf");
	assert_string_equal(m->faults.mode, "user+kernel");
	assert_int_equal(m->faults.rusage_minor_count, 8);
	assert_int_equal(m->faults.sample_period, 1);
	assert_string_equal(m->cpu.source, "rusage");
	assert_int_equal(m->observer.longest_stall_ns, 400 * US);
	assert_int_equal(m->recording.end, MODEL_WHOLE);
	assert_false(m->gc.is_at_least);
	assert_true(text_is(model_source_state(m, "cgroup"), "off"));
	/* lazy-free 60 of 200 MiB; huge pages 80 of the heap's 150 MiB under THP=always */
	assert_true(has_finding(m, "memory.lazyfree"));
	assert_true(has_finding(m, "memory.thp"));
	assert_true(has_finding(m, "target.other_processes"));
	assert_int_equal(m->finding_count, 3);
	free_model(m);
}

/* Killed before the exit record, and before the last round of faults. */
static void a_truncated_recording_is_reported_as_far_as_it_goes(void **state)
{
	struct model *m = new_model();
	struct buf bytes = { 0 };
	struct sample s;
	struct kept k;

	(void)state;
	sample_open_go(&s);
	sample_attr(&s, PERF_ROLE_FAULT_ADDRESS, 0, 1);
	sample_fault_bytes(&bytes, 101, AT_MS(5));
	sample_data(&s, 0, &bytes, AT_MS(20));
	sample_round(&s, AT_MS(20));
	sample_body(&s);
	sample_cut(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->recording.end, MODEL_TRUNCATED);
	assert_true(m->recording.end_text.len > 0);
	assert_int_equal(m->recording.stops_at_ns, 60 * MS);
	assert_int_equal(k.count, 3);
	assert_int_equal(k.rows[0].fault_count, 1);
	/* Rings were drained up to 20 ms: what fell between then and the cut is not known. */
	assert_true(k.rows[1].fault_count == UNKNOWN_U64);
	assert_true(k.rows[2].fault_count == UNKNOWN_U64);
	assert_true(m->target.exit_status == UNKNOWN_U64);
	assert_true(m->faults.minor_count == UNKNOWN_U64);
	assert_null(m->faults.source);
	assert_true(has_finding(m, "data.truncated"));
	assert_true(m->gc.is_at_least);
	/* What only the recorder and the relay could have told at the end. */
	assert_true(m->losses.user_lost_bytes == UNKNOWN_U64);
	assert_true(m->losses.unparsed_line_count == UNKNOWN_U64);
	assert_false(has_finding(m, "target.stderr_lost"));
	free_model(m);
}

static void a_recording_of_nothing_knows_nothing(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_open(&s);
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(k.count, 0);
	assert_true(m->gc.cycle_count == UNKNOWN_U64);
	assert_true(m->gc.pause.p50_ns == UNKNOWN_U64);
	assert_true(m->memory.rss_peak_bytes == UNKNOWN_U64);
	assert_true(m->time.wall_ns == UNKNOWN_U64);
	assert_true(isnan(m->gc.cpu_fraction));
	free_model(m);
}

static void a_go_program_without_cycles_has_zero_of_them(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_open(&s);
	sample_session_with(&s, sample_argv(), "");
	sample_source(&s, "gctrace", "on", "");
	sample_binary(&s, 1, "go1.26.8");
	sample_statm(&s, AT_MS(10), 5);
	sample_exit(&s, AT_MS(80));
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->gc.cycle_count, 0);
	assert_int_equal(m->gc.forced_count, 0);
	assert_int_equal(m->gc.pause.count, 0);
	assert_int_equal(m->gc.pause.total_ns, 0);
	assert_true(m->gc.pause.max_ns == UNKNOWN_U64);
	assert_true(has_finding(m, "target.no_cycles"));
	/* a single sample is its own mean, and no area */
	assert_int_equal(m->memory.rss_mean_bytes, MIB(5));
	assert_true(isnan(m->memory.rss_byte_seconds));
	free_model(m);
}

static void cycles_of_a_target_that_is_not_go_are_foreign(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_open(&s);
	sample_session_with(&s, sample_argv(), "");
	sample_source(&s, "gctrace", "on", "");
	sample_binary(&s, 0, "");
	sample_body(&s);
	sample_exit(&s, AT_MS(80));
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(k.count, 0);
	assert_true(m->gc.cycle_count == UNKNOWN_U64);
	assert_int_equal(m->losses.foreign_cycle_count, 4);
	assert_true(m->process_id == UNKNOWN_U64);
	assert_true(has_finding(m, "target.not_go"));
	assert_false(has_finding(m, "target.no_cycles"));
	assert_int_equal(m->memory.rss_peak_bytes, MIB(200));
	free_model(m);
}

static void another_process_is_shown_when_asked_for(void **state)
{
	struct analyze_options options = { .process_id = 1 };
	struct model *m = new_model();
	struct err err = { 0 };
	struct kept k = { 0 };
	struct sample s;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	options.sink = (struct model_sink){ keep_row, &k };
	assert_int_equal(analyze_recording(m, s.path, &options, &err), 0);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.rows[0].number, 1);
	/* its line came at 40 ms and says 4 + 0.3 ms: it began at 35.7 ms */
	assert_int_equal(k.rows[0].start_ns, 39700 * US);
	assert_false(m->process_is_target);
	assert_int_equal(m->losses.foreign_cycle_count, 3);
	free_model(m);

	m = new_model();
	options.process_id = 7;
	assert_int_equal(analyze_recording(m, s.path, &options, &err), -ENOENT);
	assert_non_null(strstr(err.what, "no process 7"));
	free_model(m);
	unlink(s.path);
}

/* Records of every 10th fault, by the event's period. */
static void sampled_faults_are_scaled_and_marked(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_open_go(&s);
	sample_attr(&s, PERF_ROLE_FAULT_ADDRESS, 0, 10);
	sample_body(&s);
	sample_faults(&s);
	sample_exit(&s, AT_MS(80));
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(k.rows[0].fault_count, 30);
	assert_true(k.rows[0].fault_is_estimate);
	assert_int_equal(k.rows[2].fault_count, 0);
	assert_int_equal(m->faults.recorded_count, 6);
	assert_true(has_finding(m, "data.sampled_faults"));
	free_model(m);
}

/* The second event, of every 61st fault, stands by for an overload that never came. */
static void an_event_that_stands_by_is_no_sampling(void **state)
{
	struct event ev = { .kind = EVENT_PERF_ATTR };
	uint8_t ids[8] = { 150 };
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_open_go(&s);
	sample_attr(&s, PERF_ROLE_FAULT_ADDRESS, 0, 1);
	ev.u.perf_attr = (struct event_perf_attr){ .name = text_of("page-faults-min"),
						   .role = PERF_ROLE_FAULT_ADDRESS,
						   .sample_type = SAMPLE_TYPE,
						   .sample_period = 61,
						   .sample_id_all = 1,
						   .ids = { (char *)ids, sizeof(ids) } };
	sample_add(&s, S_NS, ev);
	sample_body(&s);
	sample_faults(&s);
	sample_exit(&s, AT_MS(80));
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->faults.sample_period, 1);
	assert_int_equal(k.rows[0].fault_count, 3);
	assert_false(has_finding(m, "data.sampled_faults"));
	free_model(m);
}

static void losses_are_added_up_by_source(void **state)
{
	static const struct {
		const char *source;
		uint64_t count;
	} losses[] = { { "perf", 5 },  { "perf.throttle", 2 }, { "trace", 3 }, { "statm", 4 },
		       { "smaps", 1 }, { "recording", 6 },     { "perf", 7 } };
	struct event broken = { .kind = EVENT_TRACE_BROKEN };
	struct model *m = new_model();
	struct buf bytes = { 0 };
	struct sample s;
	struct kept k;

	(void)state;
	sample_open_go(&s);
	sample_attr(&s, PERF_ROLE_FAULT_ADDRESS, 0, 1);
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct event ev = { .kind = EVENT_LOSS };
		ev.u.loss = (struct event_loss){ text_of(losses[i].source), losses[i].count,
						 text_of("") };
		sample_add(&s, AT_MS(1), ev);
	}
	broken.u.trace_broken = (struct event_trace_broken){ 3, text_of("cut"), text_of("gc 9 @") };
	sample_add(&s, AT_MS(2), broken);
	sample_line(&s, AT_MS(3), "gc 10 @0.1s nonsense");
	/* PERF_RECORD_LOST: id, count, and struct sample_id (pid tid, time, id) */
	buf_add_uint(&bytes, 2, 4);
	buf_add_uint(&bytes, 0, 2);
	buf_add_uint(&bytes, 48, 2);
	buf_add_uint(&bytes, 101, 8);
	buf_add_uint(&bytes, 20, 8);
	buf_add_uint(&bytes, 0, 8);
	buf_add_uint(&bytes, AT_MS(4), 8);
	buf_add_uint(&bytes, 101, 8);
	sample_data(&s, 0, &bytes, AT_MS(4));
	sample_close(&s);
	sample_analyze(&s, m, &k);
	/* The rings say 20, the recorder 5 + 7 of the same: the larger one. */
	assert_int_equal(m->losses.perf_lost_count, 20);
	assert_int_equal(m->losses.throttle_count, 2);
	assert_int_equal(m->losses.unparsed_line_count, 3 + 1 + 1);
	assert_int_equal(m->losses.missed_sample_count, 5);
	assert_int_equal(m->losses.recording_lost_count, 6);
	assert_true(m->gc.is_at_least);
	assert_true(m->gc.cycle_count == UNKNOWN_U64); /* 9 and 10 of somebody's, but unread */
	assert_true(has_finding(m, "data.lost"));
	free_model(m);
}

static void sample_loss(struct sample *s, const char *source, uint64_t count, const char *why)
{
	struct event ev = { .kind = EVENT_LOSS };

	ev.u.loss = (struct event_loss){ text_of(source), count, text_of(why) };
	sample_add(s, AT_MS(70), ev);
}

/* The relay was killed at 70 ms: whether a fourth cycle followed, nobody knows. */
static void lines_lost_without_a_count_make_the_cycles_a_lower_bound(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_small(&s);
	sample_loss(&s, "stderr", UNKNOWN_U64, "no figure is wrong for it");
	sample_loss(&s, "trace", UNKNOWN_U64, "the relay was killed");
	sample_loss(&s, "stderr", UNKNOWN_U64, "nor for this");
	sample_loss(&s, "statm", 4, "");
	sample_loss(&s, "statm", UNKNOWN_U64, "another");
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->gc.cycle_count, 3);
	assert_true(m->gc.is_at_least);
	assert_true(isnan(m->gc.cpu_used_share));
	assert_true(m->losses.more.lines && m->losses.more.samples && m->losses.is_at_least);
	assert_false(m->losses.more.perf || m->losses.more.records || m->losses.more.throttle);
	assert_true(m->losses.unparsed_line_count == UNKNOWN_U64);
	assert_true(m->losses.missing_cycle_count == UNKNOWN_U64);
	assert_int_equal(m->losses.missed_sample_count, 4);
	assert_int_equal(m->losses.perf_lost_count, 0);
	assert_true(text_is(buf_text(&m->uncounted_reason), "the relay was killed"));
	free_model(m);
}

static void sample_broken(struct sample *s, uint64_t time_ns, const char *bytes)
{
	struct event ev = { .kind = EVENT_TRACE_BROKEN };

	ev.u.trace_broken = (struct event_trace_broken){ 3, text_of("cut"), text_of(bytes) };
	sample_add(s, time_ns, ev);
}

/* A line that was lost between two others is a number left out; behind the last one nobody can tell
 * it from none. */
static void a_broken_last_line_makes_the_cycles_a_lower_bound(void **state)
{
	static const struct {
		uint64_t at_ns;
		const char *bytes;
		bool is_at_least;
	} broken[] = { { AT_MS(1), "gc 1 @0.0", false },
		       { AT_MS(70), "gc 4 @0.0", true },
		       { AT_MS(70), "scav 8", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct model *m = new_model();
		struct sample s;
		struct kept k;

		sample_open_go(&s);
		if (broken[i].at_ns < AT_MS(10))
			sample_broken(&s, broken[i].at_ns, broken[i].bytes);
		sample_line(&s, AT_MS(10), LINE_GC_1);
		if (broken[i].at_ns > AT_MS(10))
			sample_broken(&s, broken[i].at_ns, broken[i].bytes);
		sample_exit(&s, AT_MS(80));
		sample_close(&s);
		sample_analyze(&s, m, &k);
		assert_int_equal(m->gc.cycle_count, 1);
		assert_int_equal(m->gc.is_at_least, broken[i].is_at_least);
		free_model(m);
	}
}

/* Which lines they were is not known: the last ones, maybe. */
static void lines_that_the_recorder_did_not_take_may_be_the_last(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_small(&s);
	sample_loss(&s, "trace", 2, "lines that the recorder did not take in time");
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->gc.cycle_count, 3);
	assert_true(m->gc.is_at_least);
	assert_true(isnan(m->gc.cpu_used_share));
	assert_int_equal(m->losses.unparsed_line_count, 2);
	free_model(m);
}

/* A grammar that a later Go might have: the relay knew the line for a whole one, the parser not. */
static void a_line_that_makes_no_sense_may_be_a_cycle(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_open_go(&s);
	sample_line(&s, AT_MS(3), "gc 1 @0.1s nonsense");
	sample_exit(&s, AT_MS(80));
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_true(m->gc.cycle_count == UNKNOWN_U64);
	assert_true(m->gc.is_at_least);
	assert_int_equal(m->losses.unparsed_line_count, 1);
	free_model(m);
}

static void no_cycle_seen_is_not_zero_when_lines_were_lost(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_open(&s);
	sample_session_with(&s, sample_argv(), "");
	sample_source(&s, "gctrace", "on", "");
	sample_binary(&s, 1, "go1.26.8");
	sample_loss(&s, "trace", UNKNOWN_U64, "the relay was killed");
	sample_exit(&s, AT_MS(80));
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_true(m->gc.cycle_count == UNKNOWN_U64);
	assert_true(m->gc.forced_count == UNKNOWN_U64);
	assert_true(m->gc.pause.count == UNKNOWN_U64);
	free_model(m);
}

/* Cycles 1 to 3 lost, then 4, and 5 and 6 lost, then 7. */
static void missing_cycles_are_counted_from_the_start(void **state)
{
	struct model *m = new_model();
	struct sample s;
	struct kept k;

	(void)state;
	sample_open_go(&s);
	sample_line(&s, AT_MS(103),
		    "gc 4 @0.100s 5%: 0.10+1.0+0.20 ms clock, 0.20+0/0/0+0.40 ms cpu, "
		    "4->5->3 MB, 6 MB goal, 0 MB stacks, 0 MB globals, 2 P");
	sample_line(&s, AT_MS(203),
		    "gc 7 @0.200s 5%: 0.10+1.0+0.20 ms clock, 0.20+0/0/0+0.40 ms cpu, "
		    "4->5->3 MB, 6 MB goal, 0 MB stacks, 0 MB globals, 2 P");
	sample_exit(&s, AT_MS(300));
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(k.count, 2);
	assert_int_equal(k.rows[1].missing_before, 2);
	assert_int_equal(m->gc.cycle_count, 7);
	assert_int_equal(m->gc.row_count, 2);
	assert_int_equal(m->losses.missing_cycle_count, 5);
	assert_true(isnan(m->gc.cpu_used_share)); /* the missing ones used time, too */
	free_model(m);
}

static void a_log_gives_the_same_cycles(void **state)
{
	static const char log[] = "listening on :8080\n" LINE_GC_1 "\n" LINE_SCAV
				  "\nhello\n" LINE_GC_2 "\n" LINE_GC_3 "\n";
	struct kept k = { 0 };
	struct analyze_options options = { .process_id = UNKNOWN_U64, .sink = { keep_row, &k } };
	struct analyze_log *l = analyze_log_new(&options);
	struct model *m = new_model();

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(log); i += 7)
		assert_int_equal(
			analyze_log_feed(l, log + i,
					 sizeof(log) - 1 - i < 7 ? sizeof(log) - 1 - i : 7),
			0);
	assert_int_equal(analyze_log_finish(l, m, "a.log", NULL), 0);
	assert_true(m->is_log);
	assert_int_equal(k.count, 3);
	assert_int_equal(k.rows[0].start_ns, 10 * MS);
	assert_int_equal(k.rows[1].end_ns, 32200 * US);
	assert_int_equal(k.rows[0].scav_eager_bytes, 16 << 10);
	assert_int_equal(m->gc.cycle_count, 3);
	assert_int_equal(m->gc.pause.total_ns, 530 * US);
	assert_int_equal(m->time.covered_ns, 50530 * US);
	assert_true(m->target.pid == UNKNOWN_U64);
	assert_true(m->faults.minor_count == UNKNOWN_U64);
	free_model(m);
	analyze_log_free(l);
}

static void a_log_without_trace_lines_is_an_error_with_advice(void **state)
{
	struct analyze_options options = { .process_id = UNKNOWN_U64 };
	struct analyze_log *l = analyze_log_new(&options);
	struct model *m = new_model();
	struct err err = { 0 };

	(void)state;
	assert_int_equal(analyze_log_feed(l, "hello\ngc is nice\n", 17), 0);
	assert_int_equal(analyze_log_finish(l, m, "x.log", &err), -ENODATA);
	assert_string_equal(err.what, "no gctrace or scavtrace line in 'x.log'");
	assert_non_null(strstr(err.hint, "GODEBUG=gctrace=1"));
	free_model(m);
	analyze_log_free(l);
}

static int refuse_row(void *arg, const struct model_cycle *c)
{
	(void)arg;
	(void)c;
	return -ENOSPC;
}

static void a_sink_that_refuses_ends_the_analysis(void **state)
{
	struct analyze_options options = { .process_id = UNKNOWN_U64,
					   .sink = { refuse_row, NULL } };
	struct model *m = new_model();
	struct sample s;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	assert_int_equal(analyze_recording(m, s.path, &options, NULL), -ENOSPC);
	unlink(s.path);
	free_model(m);
}

/* perf saw the target executed at 0 ms and a child at 35 ms; only the child made collections, and
 * its runtime began at 35.7 ms. */
static void a_childs_cycles_are_not_taken_for_the_targets(void **state)
{
	static const struct {
		uint64_t pid;
		double at_ms;
	} execs[] = { { 4711, 0.1 }, { 4800, 35 } };
	struct model *m = new_model();
	struct buf bytes = { 0 };
	struct sample s;
	struct kept k;

	(void)state;
	sample_open(&s);
	sample_session_with(&s, sample_argv(), "");
	sample_source(&s, "gctrace", "on", "");
	sample_binary(&s, 1, "go1.26.8");
	sample_attr(&s, PERF_ROLE_BOOKKEEPING, 0, 0);
	for (size_t i = 0; i < 2; i++) {
		/* PERF_RECORD_COMM with PERF_RECORD_MISC_COMM_EXEC: pid, tid, name; then struct
		 * sample_id */
		buf_add_uint(&bytes, 3, 4);
		buf_add_uint(&bytes, 1 << 13, 2);
		buf_add_uint(&bytes, 48, 2);
		buf_add_uint(&bytes, execs[i].pid, 4);
		buf_add_uint(&bytes, execs[i].pid, 4);
		buf_add(&bytes, "server\0", 8);
		buf_add_uint(&bytes, 0, 8);
		buf_add_uint(&bytes, AT_MS(execs[i].at_ms), 8);
		buf_add_uint(&bytes, 101, 8);
	}
	sample_data(&s, 0, &bytes, AT_MS(36));
	sample_line(&s, AT_MS(40), LINE_CHILD);
	sample_round(&s, AT_MS(41));
	sample_exit(&s, AT_MS(80));
	sample_close(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(k.count, 0);
	assert_int_equal(m->gc.cycle_count, 0);
	assert_int_equal(m->losses.foreign_cycle_count, 1);
	free_model(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cycles_are_placed_and_faults_counted_into_them),
		cmocka_unit_test(collections_are_summed_up),
		cmocka_unit_test(memory_is_weighted_by_time),
		cmocka_unit_test(a_fault_too_late_for_its_cycle_is_told),
		cmocka_unit_test(the_frame_is_told),
		cmocka_unit_test(a_truncated_recording_is_reported_as_far_as_it_goes),
		cmocka_unit_test(a_recording_of_nothing_knows_nothing),
		cmocka_unit_test(a_go_program_without_cycles_has_zero_of_them),
		cmocka_unit_test(cycles_of_a_target_that_is_not_go_are_foreign),
		cmocka_unit_test(another_process_is_shown_when_asked_for),
		cmocka_unit_test(sampled_faults_are_scaled_and_marked),
		cmocka_unit_test(an_event_that_stands_by_is_no_sampling),
		cmocka_unit_test(losses_are_added_up_by_source),
		cmocka_unit_test(lines_lost_without_a_count_make_the_cycles_a_lower_bound),
		cmocka_unit_test(a_broken_last_line_makes_the_cycles_a_lower_bound),
		cmocka_unit_test(lines_that_the_recorder_did_not_take_may_be_the_last),
		cmocka_unit_test(a_line_that_makes_no_sense_may_be_a_cycle),
		cmocka_unit_test(no_cycle_seen_is_not_zero_when_lines_were_lost),
		cmocka_unit_test(missing_cycles_are_counted_from_the_start),
		cmocka_unit_test(a_log_gives_the_same_cycles),
		cmocka_unit_test(a_log_without_trace_lines_is_an_error_with_advice),
		cmocka_unit_test(a_sink_that_refuses_ends_the_analysis),
		cmocka_unit_test(a_childs_cycles_are_not_taken_for_the_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
