/* test_report_stacks.c - the part of a report that tells where CPU time and faults stood, from the
 * profile of profile_sample.h. */
#include "profile_sample.h"

#include <jansson.h>

#include "analyze/model.h"
#include "analyze/topstacks_internal.h"
#include "render/renderer.h"

static struct model *new_model(void)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	model_init(m);
	return m;
}

static struct model *with_cpu_stacks(void)
{
	struct model *m = new_model();
	struct profile p = sample_profile();

	p.cut_stack_count = 3;
	topstacks_fill(&m->cpu_stacks, &p);
	return m;
}

/* Renders and frees the model; the caller frees the text. */
static char *rendered(struct model *m, const char *format)
{
	struct renderer_options options = { .cycle_limit = RENDERER_CYCLES_ALL };
	struct renderer *r = NULL;
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;

	options.out = open_memstream(&text, &len);
	assert_non_null(options.out);
	assert_int_equal(renderer_open(&r, format, &options, &err), 0);
	assert_int_equal(renderer_end(r, m, &err), 0);
	renderer_close(r);
	fclose(options.out);
	model_done(m);
	free(m);
	return text;
}

static json_t *rendered_json(struct model *m)
{
	char *text = rendered(m, "json");
	json_error_t error;
	json_t *j = json_loads(text, 0, &error);

	if (!j)
		fail_msg("%s", error.text);
	free(text);
	return j;
}

static json_t *at(json_t *j, const char *section, const char *kind)
{
	return json_object_get(json_object_get(j, section), kind);
}

static void what_was_not_recorded_is_null(void **state)
{
	json_t *j = rendered_json(new_model());

	(void)state;
	assert_true(json_is_null(at(j, "stacks", "cpu")));
	assert_true(json_is_null(at(j, "stacks", "faults")));
	json_decref(j);
}

static void json_has_the_figures_of_the_samples(void **state)
{
	json_t *j = rendered_json(with_cpu_stacks()), *cpu = at(j, "stacks", "cpu");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(cpu, "source")),
			    "cpu-clock, 100 Hz, user and kernel mode");
	assert_int_equal(json_integer_value(json_object_get(cpu, "sample_count")), 100);
	assert_int_equal(json_integer_value(json_object_get(cpu, "sampled_ns")), 100 * TICK_NS);
	assert_null(json_object_get(cpu, "sampled_fault_count"));
	assert_int_equal(json_integer_value(json_object_get(cpu, "unknown_leaf_count")), 1);
	assert_int_equal(json_integer_value(json_object_get(cpu, "cut_stack_count")), 3);
	assert_true(json_is_null(at(j, "stacks", "faults")));
	json_decref(j);
}

static void every_use_has_a_share_and_they_add_up(void **state)
{
	json_t *j = rendered_json(with_cpu_stacks()), *one;
	json_t *uses = json_object_get(at(j, "stacks", "cpu"), "by_use");
	double sum = 0;
	const char *name;

	(void)state;
	assert_int_equal(json_object_size(uses), USE_COUNT);
	json_object_foreach(uses, name, one) sum += json_real_value(json_object_get(one, "ratio"));
	assert_float_equal(sum, 1, 1e-9);
	one = json_object_get(uses, "mark_worker");
	assert_int_equal(json_integer_value(json_object_get(one, "sample_count")), 16);
	assert_float_equal(json_real_value(json_object_get(one, "ratio")), 0.16, 1e-9);
	one = json_object_get(uses, "sweep");
	assert_int_equal(json_integer_value(json_object_get(one, "sample_count")), 0);
	json_decref(j);
}

static void top_stacks_are_lists_of_functions_leaf_first(void **state)
{
	json_t *j = rendered_json(with_cpu_stacks());
	json_t *top = json_object_get(at(j, "stacks", "cpu"), "top");
	json_t *first = json_array_get(top, 0), *frames = json_object_get(first, "frames");

	(void)state;
	assert_int_equal(json_array_size(top), MODEL_TOP_STACKS_MAX);
	assert_int_equal(json_integer_value(json_object_get(first, "sample_count")), 40);
	assert_float_equal(json_real_value(json_object_get(first, "ratio")), 0.4, 1e-9);
	assert_int_equal(json_array_size(frames), 4);
	assert_string_equal(json_string_value(json_array_get(frames, 0)), "main.sum");
	assert_string_equal(json_string_value(json_array_get(frames, 3)), "runtime.goexit");
	json_decref(j);
}

static void faults_count_faults_and_have_no_uses(void **state)
{
	struct model *m = new_model();
	struct profile p = sample_profile();
	json_t *j, *faults;

	(void)state;
	p.event = text_of("faults");
	p.unit = PROFILE_COUNT;
	topstacks_fill(&m->fault_stacks, &p);
	j = rendered_json(m);
	faults = at(j, "stacks", "faults");
	assert_true(json_is_integer(json_object_get(faults, "sampled_fault_count")));
	assert_null(json_object_get(faults, "sampled_ns"));
	assert_null(json_object_get(faults, "by_use"));
	json_decref(j);
}

/* No sample at all: no share of nothing, but a figure that is 0. */
static void samples_that_never_came_are_no_ratio(void **state)
{
	struct model *m = new_model();
	json_t *j, *cpu;

	(void)state;
	m->cpu_stacks.was_recorded = true;
	j = rendered_json(m);
	cpu = at(j, "stacks", "cpu");
	assert_int_equal(json_integer_value(json_object_get(cpu, "sample_count")), 0);
	assert_true(json_is_null(json_object_get(
		json_object_get(json_object_get(cpu, "by_use"), "mutator"), "ratio")));
	assert_int_equal(json_array_size(json_object_get(cpu, "top")), 0);
	json_decref(j);
}

static void samples_that_never_came_are_said_in_words(void **state)
{
	struct model *m = new_model();
	char *text;

	(void)state;
	m->cpu_stacks.was_recorded = true;
	text = rendered(m, "text");
	assert_non_null(strstr(text, "CPU goes to  unknown: no CPU sample was taken\n"));
	free(text);
}

static void text_names_the_uses_greatest_first(void **state)
{
	char *text = rendered(with_cpu_stacks(), "text");

	(void)state;
	assert_non_null(strstr(text, "CPU goes to"));
	assert_non_null(strstr(text, "the program itself 73.0 %, mark workers 16.0 %, assists "
				     "6.0 %, scavenging 5.0 %, of"));
	assert_null(strstr(text, "sweeping"));
	free(text);
}

/* next_use walks by size: uses of one size must all come, once. */
static void uses_of_one_size_all_come(void **state)
{
	struct model *m = with_cpu_stacks();
	char *text, *first;

	(void)state;
	for (int use = 0; use < USE_COUNT; use++)
		m->cpu_stacks.by_use[use] = 0;
	m->cpu_stacks.by_use[USE_SWEEP] = m->cpu_stacks.by_use[USE_ASSIST] =
		m->cpu_stacks.by_use[USE_MUTATOR] = 25;
	text = rendered(m, "text");
	first = strstr(text, "sweeping 25.0 %, assists 25.0 %, the program itself 25.0 %");
	assert_non_null(first);
	assert_null(strstr(first + 1, "sweeping 25"));
	free(text);
}

static void text_shows_stacks_with_their_source(void **state)
{
	char *text = rendered(with_cpu_stacks(), "text");

	(void)state;
	assert_non_null(strstr(text, "where CPU time goes, innermost function first (100 samples: "
				     "cpu-clock, 100 Hz, user and kernel mode)"));
	assert_non_null(strstr(text, "main.sum < main.work < main.main < runtime.goexit"));
	assert_null(strstr(text, "where page faults happen"));
	free(text);
}

/* What a target calls its functions must not reach a terminal as it is. */
static void names_are_made_safe_for_terminals(void **state)
{
	struct model *m = new_model();
	struct profile p = sample_profile();
	char *text;

	(void)state;
	p.stacks = &sample_stacks[7];
	p.stack_count = 1;
	topstacks_fill(&m->cpu_stacks, &p);
	text = rendered(m, "text");
	assert_null(strchr(text, '\x01'));
	assert_null(strchr(text, '\xff'));
	free(text);
}

static void deep_stacks_are_cut_and_say_so(void **state)
{
	struct model *m = with_cpu_stacks();
	struct model_top_stack *top = &m->cpu_stacks.top[0];
	char *text;

	(void)state;
	buf_done(&top->frames);
	top->frames = (struct buf){ 0 };
	for (char c = 'a'; c < 'a' + 7; c++)
		buf_add(&top->frames, (char[]){ c, '\0' }, 2);
	text = rendered(m, "text");
	assert_non_null(strstr(text, "a < b < c < d < e < f < ...\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_not_recorded_is_null),
		cmocka_unit_test(json_has_the_figures_of_the_samples),
		cmocka_unit_test(every_use_has_a_share_and_they_add_up),
		cmocka_unit_test(top_stacks_are_lists_of_functions_leaf_first),
		cmocka_unit_test(faults_count_faults_and_have_no_uses),
		cmocka_unit_test(samples_that_never_came_are_no_ratio),
		cmocka_unit_test(samples_that_never_came_are_said_in_words),
		cmocka_unit_test(text_names_the_uses_greatest_first),
		cmocka_unit_test(uses_of_one_size_all_come),
		cmocka_unit_test(text_shows_stacks_with_their_source),
		cmocka_unit_test(names_are_made_safe_for_terminals),
		cmocka_unit_test(deep_stacks_are_cut_and_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
