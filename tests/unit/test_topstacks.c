/* test_topstacks.c - a profile in short: the nine rows of profile_sample.h. */
#include "profile_sample.h"

#include "analyze/model.h"
#include "analyze/topstacks_internal.h"

static void done(struct model_stacks *s)
{
	buf_done(&s->detail);
	for (size_t i = 0; i < MODEL_TOP_STACKS_MAX; i++)
		buf_done(&s->top[i].frames);
}

/* Each name ended by NUL. */
#define CHECK_FRAMES(top, names)                                             \
	do {                                                                 \
		assert_int_equal((top)->frames.len, sizeof(names));          \
		assert_memory_equal((top)->frames.at, names, sizeof(names)); \
	} while (0)

static void the_stacks_with_the_most_samples_come_first(void **state)
{
	struct model_stacks s = { .was_recorded = false };
	struct profile p = sample_profile();

	(void)state;
	topstacks_fill(&s, &p);
	assert_int_equal(s.top_count, 5);
	assert_int_equal(s.top[0].sample_count, 40);
	assert_int_equal(s.top[0].value, 40 * TICK_NS);
	CHECK_FRAMES(&s.top[0], "main.sum\0main.work\0main.main\0runtime.goexit");
	assert_int_equal(s.top[1].sample_count, 20);
	CHECK_FRAMES(&s.top[1], "memcpy\0main.work\0main.main\0runtime.goexit");
	assert_int_equal(s.top[3].sample_count, 8);
	assert_int_equal(s.top[4].sample_count, 6);
	done(&s);
}

static void stacks_of_the_same_functions_are_one(void **state)
{
	struct model_stacks s = { .was_recorded = false };
	struct profile p = sample_profile();

	(void)state;
	topstacks_fill(&s, &p); /* 14, and 2 in another line */
	assert_int_equal(s.top[2].sample_count, 16);
	assert_int_equal(s.top[2].value, 16 * TICK_NS);
	CHECK_FRAMES(&s.top[2], "runtime.gcDrain\0runtime.gcBgMarkWorker\0runtime.goexit");
	done(&s);
}

static void figures_are_those_of_the_profile(void **state)
{
	struct model_stacks s = { .was_recorded = false };
	struct profile p = sample_profile();

	(void)state;
	p.cut_stack_count = 7;
	topstacks_fill(&s, &p);
	assert_true(s.was_recorded);
	assert_true(text_is(buf_text(&s.detail), "cpu-clock, 100 Hz, user and kernel mode"));
	assert_int_equal(s.sample_count, 100);
	assert_int_equal(s.value, 100 * TICK_NS);
	assert_int_equal(s.unknown_leaf_count, 1);
	assert_int_equal(s.cut_stack_count, 7);
	assert_int_equal(s.by_use[USE_MUTATOR], 40 + 20 + 8 + 4 + 1);
	assert_int_equal(s.by_use[USE_ASSIST], 6);
	assert_int_equal(s.by_use[USE_MARK_WORKER], 14 + 2);
	assert_int_equal(s.by_use[USE_SCAVENGE], 5);
	assert_int_equal(s.by_use[USE_SWEEP], 0);
	done(&s);
}

static void of_equal_ones_the_first_by_name_comes_first(void **state)
{
	/* rows 8, 0, 1, 2: [unknown], main.sum, memcpy, runtime.mallocgc */
	struct profile_stack rows[4] = { sample_stacks[2], sample_stacks[1], sample_stacks[0],
					 sample_stacks[8] };
	struct model_stacks s = { .was_recorded = false };
	struct profile p = sample_profile();

	(void)state;
	for (size_t i = 0; i < 4; i++)
		rows[i].sample_count = 3;
	p.stacks = rows;
	p.stack_count = 4;
	topstacks_fill(&s, &p);
	assert_int_equal(s.top_count, 4);
	assert_string_equal((const char *)s.top[0].frames.at, "[unknown]");
	assert_string_equal((const char *)s.top[1].frames.at, "main.sum");
	assert_string_equal((const char *)s.top[2].frames.at, "memcpy");
	assert_string_equal((const char *)s.top[3].frames.at, "runtime.mallocgc");
	done(&s);
}

/* runtime.mallocgc above main.work is not what is called by runtime.gcAssistAlloc above it. */
static void a_stack_is_not_the_one_that_it_begins_with(void **state)
{
	struct profile_stack rows[2] = { sample_stacks[3], sample_stacks[3] };
	struct model_stacks s = { .was_recorded = false };
	struct profile p = sample_profile();

	(void)state;
	rows[1].location_count--;
	p.stacks = rows;
	p.stack_count = 2;
	topstacks_fill(&s, &p);
	assert_int_equal(s.top_count, 2);
	assert_int_equal(s.top[0].sample_count, 6);
	CHECK_FRAMES(&s.top[0], "runtime.gcAssistAlloc\0runtime.mallocgc\0main.work\0main.main");
	done(&s);
}

static void a_name_ends_at_its_first_nul(void **state)
{
	struct model_stacks s = { .was_recorded = false };
	struct profile p = sample_profile();

	(void)state;
	p.stacks = &sample_stacks[7];
	p.stack_count = 1;
	topstacks_fill(&s, &p);
	assert_int_equal(s.top_count, 1);
	assert_int_equal(s.top[0].frames.len, strlen(EVIL) + 1 + sizeof("runtime.goexit"));
	assert_string_equal((const char *)s.top[0].frames.at + strlen(EVIL) + 1, "runtime.goexit");
	done(&s);
}

static void without_samples_there_is_no_top(void **state)
{
	struct model_stacks s = { .was_recorded = false };
	struct profile p = sample_profile();

	(void)state;
	p.stack_count = 0;
	topstacks_fill(&s, &p);
	assert_true(s.was_recorded);
	assert_int_equal(s.top_count, 0);
	done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stacks_with_the_most_samples_come_first),
		cmocka_unit_test(stacks_of_the_same_functions_are_one),
		cmocka_unit_test(figures_are_those_of_the_profile),
		cmocka_unit_test(of_equal_ones_the_first_by_name_comes_first),
		cmocka_unit_test(a_stack_is_not_the_one_that_it_begins_with),
		cmocka_unit_test(a_name_ends_at_its_first_nul),
		cmocka_unit_test(without_samples_there_is_no_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
