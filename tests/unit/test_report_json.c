/* test_report_json.c - schema gctide.report/1: names and types that others read. */
#include <jansson.h>

#include "report_render.h"

/* Every field of the schema: its path and the types it may have. */
enum { INT = 1, REAL = 2, STR = 4, BOOL = 8, ARR = 16, OBJ = 32, NUL = 64 };

struct expected {
	const char *path;
	int types;
};

static const struct expected fields[] = {
	{ "target.argv", ARR | NUL },
	{ "target.pid", INT | NUL },
	{ "target.go_version", STR | NUL },
	{ "target.exit_status", INT | NUL },
	{ "target.term_signal", INT | NUL },
	{ "target.godebug", STR | NUL },
	{ "target.release_advice", STR | NUL },
	{ "time.start_unix_ns", INT | NUL },
	{ "time.start_monotonic_ns", INT | NUL },
	{ "time.wall_seconds", REAL | NUL },
	{ "sources", ARR },
	{ "gc.cycle_count", INT | NUL },
	{ "gc.forced_count", INT | NUL },
	{ "gc.cpu_fraction", REAL | NUL },
	{ "gc.pause.source", STR | NUL },
	{ "gc.pause.count", INT | NUL },
	{ "gc.pause.p50_ns", INT | NUL },
	{ "gc.pause.p90_ns", INT | NUL },
	{ "gc.pause.p99_ns", INT | NUL },
	{ "gc.pause.max_ns", INT | NUL },
	{ "gc.pause.total_ns", INT | NUL },
	{ "gc.pause.resolution_ns", INT | NUL },
	{ "returns.source", STR | NUL },
	{ "returns.call_count", INT | NUL },
	{ "returns.bytes", INT | NUL },
	{ "returns.syscall_ns", INT | NUL },
	{ "returns.by_cause.background.call_count", INT | NUL },
	{ "returns.by_cause.background.bytes", INT | NUL },
	{ "returns.by_cause.eager.bytes", INT | NUL },
	{ "returns.by_cause.forced.bytes", INT | NUL },
	{ "returns.by_cause.other.bytes", INT | NUL },
	{ "returns.by_advice.dontneed.call_count", INT | NUL },
	{ "returns.by_advice.free.bytes", INT | NUL },
	{ "faults.minor_count", INT | NUL },
	{ "faults.major_count", INT | NUL },
	{ "faults.recorded_count", INT | NUL },
	{ "faults.sample_period", INT | NUL },
	{ "faults.refault_count", INT | NUL },
	{ "faults.refault_bytes", INT | NUL },
	{ "faults.refault_ratio", REAL | NUL },
	{ "faults.refault_age_p50_ns", INT | NUL },
	{ "memory.rss_peak_bytes", INT | NUL },
	{ "memory.rss_mean_bytes", INT | NUL },
	{ "memory.rss_byte_seconds", REAL | NUL },
	{ "memory.lazyfree_peak_bytes", INT | NUL },
	{ "memory.heap_live_peak_bytes", INT | NUL },
	{ "memory.heap_goal_peak_bytes", INT | NUL },
	{ "memory.sample_count", INT | NUL },
	{ "cpu.user_seconds", REAL | NUL },
	{ "cpu.system_seconds", REAL | NUL },
	{ "observer.cpu_seconds", REAL | NUL },
	{ "observer.rss_peak_bytes", INT | NUL },
	{ "observer.recording_bytes", INT | NUL },
	{ "observer.longest_stall_ns", INT | NUL },
	{ "observer.gate_stall_ns", INT | NUL },
	{ "losses.perf_lost_count", INT | NUL },
	{ "losses.throttle_count", INT | NUL },
	{ "losses.late_record_count", INT | NUL },
	{ "losses.unparsed_line_count", INT | NUL },
	{ "losses.foreign_cycle_count", INT | NUL },
	{ "losses.failed_read_count", INT | NUL },
	{ "losses.user_stderr_lost_bytes", INT | NUL },
	{ "losses.uncounted", ARR },
	{ "losses.uncounted_reason", STR | NUL },
	{ "gc.cycle_count_is_at_least", BOOL | NUL },
	{ "recording.complete", BOOL | NUL },
	{ "recording.end", STR | NUL },
	{ "findings", ARR },
	{ "cycles", ARR },
};

static const struct expected cycle_fields[] = {
	{ "number", INT },
	{ "forced", BOOL },
	{ "start_ns", INT },
	{ "end_ns", INT },
	{ "sweep_termination_ns", INT },
	{ "mark_ns", INT },
	{ "mark_termination_ns", INT },
	{ "pause_total_ns", INT },
	{ "assist_cpu_ns", INT | NUL },
	{ "dedicated_cpu_ns", INT | NUL },
	{ "idle_cpu_ns", INT | NUL },
	{ "heap_start_bytes", INT },
	{ "heap_end_bytes", INT },
	{ "heap_live_bytes", INT },
	{ "goal_bytes", INT },
	{ "stacks_bytes", INT | NUL },
	{ "globals_bytes", INT | NUL },
	{ "procs", INT },
	{ "returned_bytes", INT | NUL },
	{ "fault_count", INT | NUL },
	{ "refault_count", INT | NUL },
	{ "rss_end_bytes", INT | NUL },
};

static int type_of(const json_t *j)
{
	switch (json_typeof(j)) {
	case JSON_INTEGER:
		return INT;
	case JSON_REAL:
		return REAL;
	case JSON_STRING:
		return STR;
	case JSON_TRUE:
	case JSON_FALSE:
		return BOOL;
	case JSON_ARRAY:
		return ARR;
	case JSON_OBJECT:
		return OBJ;
	default:
		return NUL;
	}
}

static json_t *at(json_t *root, const char *path)
{
	char name[64];

	while (root && *path) {
		size_t n = strcspn(path, ".");

		assert_true(n < sizeof(name));
		memcpy(name, path, n);
		name[n] = '\0';
		root = json_object_get(root, name);
		path += n + (path[n] == '.');
	}
	return root;
}

static void assert_fields(json_t *root, const struct expected *expected, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *j = at(root, expected[i].path);

		if (!j)
			fail_msg("there is no %s", expected[i].path);
		if (!(type_of(j) & expected[i].types))
			fail_msg("%s has another type", expected[i].path);
	}
}

/* Parse and check names and types; the caller gives it back with json_decref. */
static json_t *load(char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	json_t *cycle;
	size_t i;

	if (!root)
		fail_msg("line %d: %s", error.line, error.text);
	assert_int_equal(strncmp(text, "{\"schema\": \"gctide.report/1\"", 28), 0);
	assert_fields(root, fields, sizeof(fields) / sizeof(fields[0]));
	json_array_foreach(json_object_get(root, "cycles"), i, cycle)
		assert_fields(cycle, cycle_fields, sizeof(cycle_fields) / sizeof(cycle_fields[0]));
	free(text);
	return root;
}

static json_int_t number_at(json_t *root, const char *path)
{
	json_t *j = at(root, path);

	assert_true(json_is_integer(j));
	return json_integer_value(j);
}

static void the_document_of_a_small_recording_is_known_to_the_letter(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	text = sample_render(&s, "json", RENDERER_CYCLES_ALL, false);
	assert_golden(text, "tests/data/report/small.json");
	free(text);
}

static void every_field_of_the_schema_is_there_with_its_type(void **state)
{
	struct sample s;
	json_t *root;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	root = load(sample_render(&s, "json", RENDERER_CYCLES_ALL, false));
	assert_int_equal(json_array_size(at(root, "cycles")), 3);
	assert_int_equal(number_at(root, "gc.cycle_count"), 3);
	assert_int_equal(number_at(root, "gc.pause.total_ns"), 530000);
	assert_int_equal(number_at(root, "faults.minor_count"), 7);
	assert_int_equal(json_array_size(at(root, "target.argv")), 3);
	assert_true(json_is_null(at(root, "target.term_signal")));
	assert_true(json_is_true(at(root, "recording.complete")));
	assert_string_equal(json_string_value(at(root, "target.release_advice")), "free");
	json_decref(root);
}

static void a_truncated_recording_is_still_a_whole_document(void **state)
{
	struct sample s;
	json_t *root;

	(void)state;
	sample_open_go(&s);
	sample_body(&s);
	sample_cut(&s);
	root = load(sample_render(&s, "json", RENDERER_CYCLES_ALL, false));
	assert_true(json_is_false(at(root, "recording.complete")));
	assert_string_equal(json_string_value(at(root, "recording.end")), "truncated");
	assert_int_equal(json_array_size(at(root, "cycles")), 3);
	assert_true(json_is_null(at(root, "faults.minor_count")));
	json_decref(root);
}

static void a_recording_of_nothing_is_a_document_of_nulls(void **state)
{
	struct sample s;
	json_t *root;

	(void)state;
	sample_open(&s);
	sample_close(&s);
	root = load(sample_render(&s, "json", RENDERER_CYCLES_ALL, false));
	assert_int_equal(json_array_size(at(root, "cycles")), 0);
	assert_true(json_is_null(at(root, "target.pid")));
	assert_true(json_is_null(at(root, "gc.cycle_count")));
	assert_true(json_is_null(at(root, "gc.pause.p50_ns")));
	assert_true(json_is_null(at(root, "memory.rss_peak_bytes")));
	assert_true(json_is_null(at(root, "cpu.user_seconds")));
	json_decref(root);
}

static void foreign_bytes_become_valid_text(void **state)
{
	static const char argv[] = "./x\0a\xff\xc0\x80z\0\"\\\n\0\xf0\x9f\x98\x80";
	struct sample s;
	json_t *root, *list;

	(void)state;
	sample_open(&s);
	sample_session_with(&s, (struct text){ argv, sizeof(argv) }, "");
	sample_close(&s);
	root = load(sample_render(&s, "json", RENDERER_CYCLES_ALL, false));
	list = at(root, "target.argv");
	assert_int_equal(json_array_size(list), 4);
	assert_string_equal(json_string_value(json_array_get(list, 1)),
			    "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
	assert_string_equal(json_string_value(json_array_get(list, 2)), "\"\\\n");
	assert_string_equal(json_string_value(json_array_get(list, 3)), "\xf0\x9f\x98\x80");
	json_decref(root);
}

static void rows_left_out_are_counted(void **state)
{
	struct sample s;
	json_t *root;

	(void)state;
	sample_small(&s);
	sample_close(&s);
	root = load(sample_render(&s, "json", 2, false));
	assert_int_equal(json_array_size(at(root, "cycles")), 2);
	assert_int_equal(number_at(root, "cycles_left_out_count"), 1);
	assert_int_equal(number_at(json_array_get(at(root, "cycles"), 1), "number"), 3);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document_of_a_small_recording_is_known_to_the_letter),
		cmocka_unit_test(every_field_of_the_schema_is_there_with_its_type),
		cmocka_unit_test(a_truncated_recording_is_still_a_whole_document),
		cmocka_unit_test(a_recording_of_nothing_is_a_document_of_nulls),
		cmocka_unit_test(foreign_bytes_become_valid_text),
		cmocka_unit_test(rows_left_out_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
