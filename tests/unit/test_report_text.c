/* test_report_text.c - the report for people. */
#include "report_render.h"

static void the_report_of_a_small_recording_is_known_to_the_letter(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	text = sample_render(&s, "text", 200, false);
	assert_golden(text, "tests/data/report/small.txt");
	free(text);
}

static size_t widest(const char *text)
{
	size_t most = 0, column = 0;

	for (; *text; text++) {
		column = *text == '\n' ? 0 : column + 1;
		most = column > most ? column : most;
	}
	return most;
}

static void no_line_is_wider_than_a_hundred_columns(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	text = sample_render(&s, "text", 200, false);
	assert_true(widest(text) <= 100);
	free(text);
}

/* A recording of `count` cycles, 10 ms apart. */
static void sample_many(struct sample *s, unsigned count)
{
	char line[256];

	sample_open_go(s);
	for (unsigned i = 1; i <= count; i++) {
		snprintf(line, sizeof(line),
			 "gc %u @%u.%03us 5%%: 0.10+1.0+0.20 ms clock, 0.20+0/0/0+0.40 ms cpu, "
			 "4->5->3 MB, 6 MB goal, 0 MB stacks, 0 MB globals, 2 P",
			 i, i / 100, i % 100 * 10);
		sample_line(s, AT_MS(10.0 * i + 3), line);
	}
	sample_exit(s, AT_MS(10.0 * count + 20));
	sample_close(s);
}

static unsigned count_of(const char *text, const char *part)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		n++;
	return n;
}

/* With the collector off (Go 1.26, 1.18) the lines have a goal that is none. */
static void a_goal_beyond_any_address_space_is_none(void **state)
{
	static const char *const goals[] = { "8532210231534", "17592186044415", "6" };
	char line[256], *text;
	struct sample s;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		sample_open_go(&s);
		snprintf(line, sizeof(line),
			 "gc 1 @0.010s 5%%: 0.10+1.0+0.20 ms clock, 0.20+0/0/0+0.40 ms cpu, "
			 "4->5->3 MB, %s MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)",
			 goals[i]);
		sample_line(&s, AT_MS(13), line);
		sample_exit(&s, AT_MS(40));
		sample_close(&s);
		text = sample_render(&s, "text", 200, false);
		assert_int_equal(count_of(text, "4>5>3  none"), i < 2);
		assert_int_equal(count_of(text, "no goal"), i < 2);
		assert_int_equal(count_of(text, "goal up to 6.00 MiB"), i == 2);
		free(text);
	}
}

static void the_first_and_last_rows_are_shown_and_the_rest_counted(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_many(&s, 300);
	text = sample_render(&s, "text", 200, false);
	assert_int_equal(count_of(text, "5.00 MiB"), 0);
	assert_int_equal(count_of(text, "4>5>3"), 200);
	assert_non_null(strstr(text, "... 100 cycles left out: --cycles all shows them ..."));
	assert_non_null(strstr(text, "\n    100 "));
	assert_null(strstr(text, "\n    101 "));
	assert_null(strstr(text, "\n    200 "));
	assert_non_null(strstr(text, "\n    201 "));
	assert_non_null(strstr(text, "\n    300 "));
	free(text);
}

static void all_rows_are_shown_in_order_when_asked_for(void **state)
{
	struct sample s;
	char *text, row[16];
	const char *at;

	(void)state;
	sample_many(&s, 300);
	text = sample_render(&s, "text", RENDERER_CYCLES_ALL, false);
	assert_null(strstr(text, "left out"));
	at = text;
	for (unsigned i = 1; i <= 300; i++) {
		snprintf(row, sizeof(row), "\n%7u ", i);
		at = strstr(at, row);
		assert_non_null(at);
	}
	free(text);
}

static void odd_and_tiny_numbers_of_rows_work(void **state)
{
	for (uint64_t limit = 0; limit <= 12; limit++) {
		struct sample s;
		char *text;

		(void)state;
		sample_many(&s, 10);
		text = sample_render(&s, "text", limit, false);
		assert_int_equal(count_of(text, "4>5>3"), limit < 10 ? limit : 10);
		assert_int_equal(count_of(text, "left out"), limit > 0 && limit < 10);
		free(text);
	}
}

/* An argument that would clear the screen, one that is not UTF-8, and one that is. */
static void control_bytes_of_the_target_do_not_reach_the_terminal(void **state)
{
	static const char argv[] = "./x\0\x1b[2J\0a\xff\0gr\xc3\xbc\xc3\x9f dich\0it's";
	struct sample s;
	char *text;

	(void)state;
	sample_open(&s);
	sample_session_with(&s, (struct text){ argv, sizeof(argv) }, "");
	sample_source(&s, "smaps", "degraded", "a\tb\nc");
	sample_close(&s);
	text = sample_render(&s, "text", 200, false);
	for (const char *at = text; *at; at++)
		assert_true((unsigned char)*at >= 0x20 || *at == '\n');
	assert_non_null(strstr(text, "./x '\\x1b[2J' a\\xff 'gr\xc3\xbc\xc3\x9f dich' 'it'\\''s'"));
	assert_non_null(strstr(text, "a\\x09b\\x0ac"));
	free(text);
}

/* In place: where lines were wrapped does not matter. */
static char *flat(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		bool is_blank = *at == ' ' || *at == '\n';

		if (!is_blank)
			*to++ = *at;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
	return text;
}

static void unknown_is_never_zero(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_open(&s);
	sample_session_with(&s, sample_argv(), "");
	sample_close(&s);
	text = sample_render(&s, "text", 200, false);
	assert_non_null(strstr(text, "unknown cycles (unknown forced)"));
	assert_non_null(strstr(text, "RSS peak unknown, mean unknown"));
	assert_non_null(strstr(text, "unknown minor, unknown major"));
	assert_non_null(strstr(text, "CPU time unknown"));
	assert_non_null(strstr(text, "how it ended is unknown"));
	assert_int_equal(count_of(flat(text), "failed reads unknown"), 2);
	free(text);
}

static void what_the_disk_did_not_take_is_unknown_without_an_end(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_small(&s);
	sample_cut(&s);
	text = flat(sample_render(&s, "text", 200, false));
	assert_int_equal(count_of(text, "not written unknown"), 2);
	assert_non_null(strstr(text, "collections at least 3 cycles"));
	assert_null(strstr(text, "data.lost"));
	free(text);
	sample_small(&s);
	sample_close(&s);
	text = sample_render(&s, "text", 200, false);
	assert_null(strstr(text, "not written"));
	free(text);
}

static void one_of_a_kind_is_singular(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_open_go(&s);
	sample_statm(&s, AT_MS(10), 100);
	sample_smaps(&s, AT_MS(11), 60, 80);
	sample_line(&s, AT_MS(13.4), LINE_GC_1);
	sample_exit(&s, AT_MS(80));
	sample_close(&s);
	text = sample_render(&s, "text", 200, false);
	assert_non_null(strstr(text, " 1 cycle (0 forced)"));
	assert_non_null(strstr(text, "(1 sample of statm)"));
	assert_non_null(strstr(text, "in 1 read of smaps:"));
	free(text);
	sample_many(&s, 3);
	text = sample_render(&s, "text", 2, false);
	assert_non_null(strstr(text, "... 1 cycle left out: "));
	free(text);
}

static void lost_without_a_count(struct sample *s, const char *source)
{
	struct event ev = { .kind = EVENT_LOSS };

	ev.u.loss = (struct event_loss){ text_of(source), UNKNOWN_U64, text_of("gone") };
	sample_add(s, AT_MS(70), ev);
}

static void what_was_lost_without_a_count_is_not_zero(void **state)
{
	static const char *const sources[] = { "perf", "perf.throttle", "trace", "smaps",
					       "recording" };
	struct sample s;
	char *text;

	(void)state;
	sample_small(&s);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		lost_without_a_count(&s, sources[i]);
	sample_close(&s);
	text = sample_render(&s, "text", 200, false);
	assert_non_null(strstr(text, "collections  at least 3 cycles (1 forced)"));
	assert_int_equal(
		count_of(text, "perf unknown, throttled unknown, broken trace lines unknown,"), 2);
	assert_int_equal(count_of(text, "missing cycles unknown"), 2);
	assert_int_equal(count_of(text, "missed samples unknown, not written unknown"), 2);
	free(text);
}

static void a_lower_bound_is_called_one(void **state)
{
	struct event broken = { .kind = EVENT_TRACE_BROKEN };
	struct sample s;
	char *text;

	(void)state;
	sample_small(&s);
	broken.u.trace_broken = (struct event_trace_broken){ 3, text_of("cut"), text_of("gc 9 @") };
	sample_add(&s, AT_MS(60), broken);
	lost_without_a_count(&s, "trace");
	sample_close(&s);
	text = sample_render(&s, "text", 200, false);
	assert_int_equal(count_of(text, "broken trace lines at least 1,"), 2);
	free(text);
}

static void color_is_only_for_severities_and_only_on_demand(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	text = sample_render(&s, "text", 200, true);
	assert_int_equal(count_of(text, "\x1b["), 2 * count_of(text, "try: "));
	free(text);
	sample_small(&s);
	sample_close(&s);
	text = sample_render(&s, "text", 200, false);
	assert_null(strchr(text, '\x1b'));
	free(text);
}

static void no_color_is_respected(void **state)
{
	(void)state;
	assert_true(renderer_wants_color("always", stdout));
	assert_false(renderer_wants_color("never", stdout));
	setenv("NO_COLOR", "1", 1);
	assert_false(renderer_wants_color("auto", stdout));
	unsetenv("NO_COLOR");
}

static void the_number_of_rows_is_checked(void **state)
{
	struct err err = { 0 };
	uint64_t n = 0;

	(void)state;
	assert_int_equal(renderer_parse_cycles(&n, NULL, "text", &err), 0);
	assert_int_equal(n, 200);
	assert_int_equal(renderer_parse_cycles(&n, NULL, "json", &err), 0);
	assert_true(n == RENDERER_CYCLES_ALL);
	assert_int_equal(renderer_parse_cycles(&n, "17", "text", &err), 0);
	assert_int_equal(n, 17);
	assert_int_equal(renderer_parse_cycles(&n, "all", "text", &err), 0);
	assert_true(n == RENDERER_CYCLES_ALL);
	assert_int_equal(renderer_parse_cycles(&n, "-1", "text", &err), -EINVAL);
	assert_int_equal(renderer_parse_cycles(&n, "100001", "text", &err), -EINVAL);
	assert_int_equal(renderer_parse_cycles(&n, "ten", "text", &err), -EINVAL);
	assert_non_null(strstr(err.what, "not 'ten'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_report_of_a_small_recording_is_known_to_the_letter),
		cmocka_unit_test(no_line_is_wider_than_a_hundred_columns),
		cmocka_unit_test(a_goal_beyond_any_address_space_is_none),
		cmocka_unit_test(the_first_and_last_rows_are_shown_and_the_rest_counted),
		cmocka_unit_test(all_rows_are_shown_in_order_when_asked_for),
		cmocka_unit_test(odd_and_tiny_numbers_of_rows_work),
		cmocka_unit_test(control_bytes_of_the_target_do_not_reach_the_terminal),
		cmocka_unit_test(unknown_is_never_zero),
		cmocka_unit_test(what_the_disk_did_not_take_is_unknown_without_an_end),
		cmocka_unit_test(one_of_a_kind_is_singular),
		cmocka_unit_test(what_was_lost_without_a_count_is_not_zero),
		cmocka_unit_test(a_lower_bound_is_called_one),
		cmocka_unit_test(color_is_only_for_severities_and_only_on_demand),
		cmocka_unit_test(no_color_is_respected),
		cmocka_unit_test(the_number_of_rows_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
