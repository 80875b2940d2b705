/* test_timeline.c - the page and its table, from events made up here. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/profile.h"
#include "base/unknown.h"
#include "render/cyclerows_internal.h"
#include "render/timeline.h"

#define MS UINT64_C(1000000)

static struct model_cycle cycle(uint64_t number)
{
	struct model_cycle c;

	memset(&c, 0, sizeof(c));
	c.number = number;
	c.start_ns = number * 10 * MS;
	c.end_ns = c.start_ns + 3 * MS;
	c.sweep_termination_ns = MS;
	c.mark_ns = MS;
	c.mark_termination_ns = MS;
	c.install_barrier_ns = UNKNOWN_U64;
	c.pause_total_ns = 2 * MS;
	c.procs = 2;
	c.heap_live_bytes = number;
	c.returned_bytes = c.fault_count = 1;
	c.refault_count = UNKNOWN_U64;
	return c;
}

/* A timeline of a recording of 1 s with one of everything; *ret_rc is what its end said. The caller
 * frees the text. */
static char *rendered(const char *format, uint64_t from_ns, uint64_t to_ns, int *ret_rc)
{
	struct model *m = calloc(1, sizeof(*m));
	struct timeline_options o = { .from_ns = from_ns, .to_ns = to_ns };
	struct model_cycle c = cycle(1);
	const struct watch *w;
	struct timeline *t;
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;

	model_init(m);
	m->time.wall_ns = 1000 * MS;
	model_set(&m->target.argv, (struct text){ "a</script><b>\0", 14 });
	m->fault_stacks.sample_count = 1;
	m->fault_stacks.top_count = 1;
	m->fault_stacks.top[0].sample_count = 1;
	model_set(&m->fault_stacks.top[0].frames, (struct text){ "f<!--<script>\0", 14 });
	o.out = open_memstream(&text, &len);
	t = timeline_open(format, &o);
	assert_non_null(t);
	w = timeline_watch(t);
	if (w->begin)
		w->begin(w->arg, m);
	if (w->broken)
		w->broken(w->arg, 5 * MS, text_of("gc 5 </script><i>\x80"));
	w->rss(w->arg, 5 * MS, 4096);
	w->rss(w->arg, 6 * MS, 8192);
	w->smaps(w->arg, &(struct watch_smaps){ 7 * MS, 8192, UNKNOWN_U64, 0 });
	w->fault(w->arg, &(struct watch_fault){ 8 * MS, 42, 0xc000001000, 1 });
	w->returned(w->arg, &(struct watch_return){ 20 * MS, 42, 43, 0xc000000000, 65536, 2000,
						    CAUSE_FORCED, ADVICE_FREE });
	w->refaulted(w->arg, &(struct watch_refault){ { 30 * MS, 42, 0xc000001000, 1 },
						      10 * MS,
						      CAUSE_FORCED,
						      ADVICE_FREE });
	assert_int_equal(timeline_cycle(t, &c), 0);
	*ret_rc = timeline_end(t, m, &err);
	timeline_close(t);
	fclose(o.out);
	model_done(m);
	free(m);
	return text;
}

static void the_table_has_a_row_for_each_event(void **state)
{
	int rc;
	char *text = rendered("csv", UNKNOWN_U64, UNKNOWN_U64, &rc);

	(void)state;
	assert_int_equal(rc, 0);
	assert_string_equal(
		text,
		"time_ns,end_ns,event,pid,thread,cycle,address,bytes,count,cause,advice,age_ns\r\n"
		"5000000,,rss,,,,,4096,,,,\r\n"
		"6000000,,rss,,,,,8192,,,,\r\n"
		"7000000,,anonhuge,,,,,0,,,,\r\n"
		"8000000,,fault,42,,,0xc000001000,,1,,,\r\n"
		"19998000,20000000,return,42,43,,0xc000000000,65536,,forced,free,\r\n"
		"30000000,,refault,42,,,0xc000001000,,1,forced,free,10000000\r\n"
		"10000000,13000000,cycle,,,1,,,,,,\r\n"
		"10000000,11000000,sweep termination,,,1,,,,,,\r\n"
		"11000000,12000000,mark,,,1,,,,,,\r\n"
		"12000000,13000000,mark termination,,,1,,,,,,\r\n");
	free(text);
}

static void a_part_has_what_reaches_into_it(void **state)
{
	int rc;
	char *text = rendered("csv", 12 * MS + MS / 2, 19998000, &rc);

	(void)state;
	assert_string_equal(strchr(text, '\n') + 1,
			    "19998000,20000000,return,42,43,,0xc000000000,65536,,forced,free,\r\n"
			    "10000000,13000000,cycle,,,1,,,,,,\r\n"
			    "12000000,13000000,mark termination,,,1,,,,,,\r\n");
	free(text);
}

/* Between the element's tags: what a browser takes for data. */
static json_t *data_of(const char *page)
{
	static const char begin[] = "<script type=\"application/json\" id=\"data\">";
	const char *from = strstr(page, begin), *to;
	json_error_t e;
	json_t *j;

	assert_non_null(from);
	from += sizeof(begin) - 1;
	to = strchr(from, '<'); /* none in between: the next tag is the end */
	assert_non_null(to);
	assert_memory_equal(to, "</script>", 9);
	j = json_loadb(from, (size_t)(to - from), 0, &e);
	if (!j)
		fail_msg("%s", e.text);
	return j;
}

static void no_markup_from_outside_is_in_the_page(void **state)
{
	int rc;
	char *text = rendered("html", UNKNOWN_U64, UNKNOWN_U64, &rc);
	json_t *j = data_of(text), *stack;

	(void)state;
	assert_int_equal(rc, 0);
	assert_string_equal(json_string_value(json_object_get(j, "command")), "'a</script><b>'");
	stack = json_array_get(json_object_get(j, "stacks"), 0);
	assert_string_equal(json_string_value(json_array_get(json_object_get(stack, "frames"), 0)),
			    "f<!--<script>");
	assert_non_null(strstr(json_string_value(json_array_get(json_object_get(j, "broken"), 0)),
			       "gc 5 </script><i>"));
	json_decref(j);
	free(text);
}

static void the_page_has_all_tracks(void **state)
{
	int rc;
	char *text = rendered("html", UNKNOWN_U64, UNKNOWN_U64, &rc);
	json_t *j = data_of(text), *tracks = json_object_get(j, "tracks"), *rss, *given;

	(void)state;
	rss = json_object_get(tracks, "rss");
	assert_int_equal(json_array_size(json_object_get(rss, "at")), 2);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(rss, "high"), 1)), 8192);
	given = json_array_get(json_object_get(tracks, "returns"), 0);
	assert_string_equal(json_string_value(json_object_get(given, "cause")), "forced");
	assert_string_equal(json_string_value(json_object_get(given, "advice")), "MADV_FREE");
	assert_int_equal(json_integer_value(json_array_get(json_object_get(given, "sum"), 0)),
			 65536);
	assert_int_equal(json_array_size(json_object_get(json_object_get(j, "cycles"), "rows")), 1);
	json_decref(j);
	free(text);
}

static void a_level_lasts_into_the_part_that_is_shown(void **state)
{
	int rc;
	char *text = rendered("html", 5 * MS + 1, 100 * MS, &rc);
	json_t *j = data_of(text), *rss = json_object_get(json_object_get(j, "tracks"), "rss");

	(void)state;
	assert_int_equal(json_array_size(json_object_get(rss, "at")), 2);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(rss, "at"), 0)), 0);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(rss, "low"), 0)), 4096);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(rss, "low"), 1)), 8192);
	json_decref(j);
	free(text);
}

/* The counters of a trace begin with what was there before. */
static void a_level_lasts_into_a_trace_too(void **state)
{
	int rc;
	char *text = rendered("json", 5 * MS + 1, 100 * MS, &rc);
	json_t *trace = json_loads(text, 0, NULL), *e;
	size_t i, rss_count = 0;

	(void)state;
	assert_int_equal(rc, 0);
	json_array_foreach(json_object_get(trace, "traceEvents"), i, e)
	{
		if (strcmp(json_string_value(json_object_get(e, "name")), "RSS") != 0)
			continue;
		assert_true(json_number_value(json_object_get(e, "ts")) >= 5000);
		if (rss_count++ == 0)
			assert_int_equal(json_integer_value(json_object_iter_value(
						 json_object_iter(json_object_get(e, "args")))),
					 4096);
	}
	assert_int_equal(rss_count, 2);
	json_decref(trace);
	free(text);
}

static size_t occurrences(const char *text, const char *of)
{
	size_t n = 0;

	while ((text = strstr(text, of))) {
		text++;
		n++;
	}
	return n;
}

/* Light and dark: a canvas silently ignores a colour that is not there. */
static void every_cause_has_its_colours(void **state)
{
	int rc;
	char *text = rendered("html", UNKNOWN_U64, UNKNOWN_U64, &rc);
	char variable[64];

	(void)state;
	for (unsigned cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++) {
		snprintf(variable, sizeof(variable), "--%s: #", profile_cause_name(cause));
		assert_int_equal(occurrences(text, variable), 2);
		snprintf(variable, sizeof(variable), "--%s-free: #", profile_cause_name(cause));
		assert_int_equal(occurrences(text, variable), 2);
	}
	free(text);
}

static void an_empty_part_is_refused(void **state)
{
	int rc;
	char *text = rendered("html", 2000 * MS, UNKNOWN_U64, &rc);

	(void)state;
	assert_true(rc < 0);
	free(text);
}

static void an_unknown_format_is_none(void **state)
{
	struct timeline_options o = { .from_ns = UNKNOWN_U64, .to_ns = UNKNOWN_U64 };

	(void)state;
	assert_null(timeline_open("pdf", &o));
	timeline_close(NULL);
}

/* Of many cycles a row stands for several: sums, and the longest. */
static void many_cycles_become_few_rows(void **state)
{
	struct cyclerows r;
	json_t *j, *rows, *row;
	uint64_t cycles = 0;

	(void)state;
	cyclerows_init(&r);
	for (uint64_t n = 1; n <= 3 * CYCLEROWS_MAX + 1; n++) {
		struct model_cycle c = cycle(n);

		c.mark_ns = n == 7 ? 9 * MS : MS;
		cyclerows_add(&r, &c);
	}
	assert_int_equal(r.per_row, 4);
	j = cyclerows_json(&r);
	rows = json_object_get(j, "rows");
	assert_int_equal(json_array_size(rows), 3 * CYCLEROWS_MAX / 4 + 1);
	for (size_t i = 0; i < json_array_size(rows); i++)
		cycles += (uint64_t)json_integer_value(json_array_get(json_array_get(rows, i), 2));
	assert_int_equal(cycles, 3 * CYCLEROWS_MAX + 1);
	row = json_array_get(rows, 1); /* 5 to 8 */
	assert_int_equal(json_integer_value(json_array_get(row, 0)), 5);
	assert_int_equal(json_integer_value(json_array_get(row, 1)), 8);
	assert_int_equal(json_integer_value(json_array_get(row, 4)), 50 * MS);
	assert_int_equal(json_integer_value(json_array_get(row, 5)), 83 * MS);
	assert_int_equal(json_integer_value(json_array_get(row, 7)), 9 * MS);
	assert_int_equal(json_integer_value(json_array_get(row, 12)), 8); /* of the last */
	assert_int_equal(json_integer_value(json_array_get(row, 15)), 4); /* the sum */
	assert_true(json_is_null(json_array_get(row, 16)));		  /* unknown stays so */
	json_decref(j);
	cyclerows_done(&r);
}

/* For tests that look at it in a browser. */
static void write_sample(const char *directory)
{
	char path[4096];
	int rc;
	char *text = rendered("html", UNKNOWN_U64, UNKNOWN_U64, &rc);
	FILE *f;

	snprintf(path, sizeof(path), "%s/timeline.html", directory);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_has_a_row_for_each_event),
		cmocka_unit_test(a_part_has_what_reaches_into_it),
		cmocka_unit_test(no_markup_from_outside_is_in_the_page),
		cmocka_unit_test(the_page_has_all_tracks),
		cmocka_unit_test(a_level_lasts_into_the_part_that_is_shown),
		cmocka_unit_test(a_level_lasts_into_a_trace_too),
		cmocka_unit_test(every_cause_has_its_colours),
		cmocka_unit_test(an_empty_part_is_refused),
		cmocka_unit_test(an_unknown_format_is_none),
		cmocka_unit_test(many_cycles_become_few_rows),
	};

	if (getenv("PROFILE_SAMPLE_DIR"))
		write_sample(getenv("PROFILE_SAMPLE_DIR"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
