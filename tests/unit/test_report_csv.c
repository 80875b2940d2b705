/* test_report_csv.c - one line per cycle, as RFC 4180 wants it. */
#include "report_render.h"

static size_t commas(const char *from, const char *to)
{
	size_t n = 0;

	for (; from < to; from++)
		n += *from == ',';
	return n;
}

static void the_table_of_a_small_recording_is_known_to_the_letter(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	text = sample_render(&s, "csv", RENDERER_CYCLES_ALL, false);
	assert_golden(text, "tests/data/report/small.csv");
	free(text);
}

static void every_line_has_as_many_fields_as_the_header(void **state)
{
	struct sample s;
	char *text, *at, *end;
	size_t lines = 0, want;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	text = sample_render(&s, "csv", RENDERER_CYCLES_ALL, false);
	want = commas(text, strstr(text, "\r\n"));
	assert_true(want > 20);
	for (at = text; (end = strstr(at, "\r\n")); at = end + 2) {
		assert_int_equal(commas(at, end), want);
		lines++;
	}
	assert_int_equal(lines, 4);
	assert_int_equal(*at, '\0');
	free(text);
}

static void without_cycles_there_is_only_the_header(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_open(&s);
	sample_close(&s);
	text = sample_render(&s, "csv", RENDERER_CYCLES_ALL, false);
	assert_int_equal(strncmp(text, "number,forced,start_ns,end_ns,", 30), 0);
	assert_ptr_equal(strstr(text, "\r\n") + 2, text + strlen(text));
	free(text);
}

/* What is unknown (returned_bytes, refault_count) is empty, not 0. */
static void unknown_is_an_empty_field(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_open(&s);
	sample_session_with(&s, sample_argv(), "");
	sample_line(&s, AT_MS(13.4), LINE_GC_1);
	sample_close(&s);
	text = sample_render(&s, "csv", RENDERER_CYCLES_ALL, false);
	/* procs, returned_bytes, fault_count, refault_count, rss_end_bytes, install_barrier_ns,
	 * stop_cpu_ns */
	assert_non_null(strstr(text, ",2,,,,,,600000,"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_a_small_recording_is_known_to_the_letter),
		cmocka_unit_test(every_line_has_as_many_fields_as_the_header),
		cmocka_unit_test(without_cycles_there_is_only_the_header),
		cmocka_unit_test(unknown_is_an_empty_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
