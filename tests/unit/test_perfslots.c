/* test_perfslots.c - which events a target gets, and what each asks of the kernel. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "capture/perfslots_internal.h"
#include "capture/samplelimits.h"

#define RING (1u << 20)

static const char *const two_events[] = { "perf::CONTEXT-SWITCHES", "perf::CPU-MIGRATIONS" };

static struct perfset_config usual(void)
{
	return (struct perfset_config){
		.addresses = true, .thin_period = 100, .sample_hz = 99, .stack_bytes = 4096
	};
}

static void without_stacks_no_event_samples_them(void **state)
{
	struct slot slots[PERFSLOTS_MAX];
	struct perfset_config c = usual();

	(void)state;
	c.sample_hz = 0;
	c.events = two_events;
	c.event_count = 2;
	perfslots_plan(slots, &c);
	for (size_t i = 0; i < PERFSLOTS_MAX; i++)
		assert_false(slots[i].wanted && slots[i].has_stack);
	assert_true(slots[SLOT_COUNT].wanted);
	assert_true(slots[SLOT_EVERY].wanted);
	assert_true(slots[SLOT_THIN].wanted);
}

static void without_addresses_faults_are_only_counted(void **state)
{
	struct slot slots[PERFSLOTS_MAX];
	struct perfset_config c = usual();

	(void)state;
	c.addresses = false;
	perfslots_plan(slots, &c);
	assert_true(slots[SLOT_COUNT].wanted);
	assert_int_equal(slots[SLOT_COUNT].sample_period, 0);
	assert_false(slots[SLOT_EVERY].wanted);
	assert_false(slots[SLOT_THIN].wanted);
}

/* The thinned event waits for an overload; all others count from the exec on. */
static void only_the_thinned_event_waits(void **state)
{
	struct slot slots[PERFSLOTS_MAX];
	struct perfset_config c = usual();

	(void)state;
	perfslots_plan(slots, &c);
	for (size_t i = 0; i < SLOT_FIRST_EVENT; i++)
		assert_int_equal(slots[i].on_exec, i != SLOT_THIN);
	assert_int_equal(slots[SLOT_THIN].sample_period, 100);
}

static void events_that_are_asked_for_have_slots_of_their_own(void **state)
{
	struct slot slots[PERFSLOTS_MAX];
	struct perfset_config c = usual();

	(void)state;
	c.events = two_events;
	c.event_count = 2;
	perfslots_plan(slots, &c);
	for (size_t i = 0; i < 2; i++) {
		const struct slot *s = &slots[SLOT_FIRST_EVENT + i];

		assert_string_equal(s->name, two_events[i]);
		assert_int_equal(s->role, PERF_ROLE_EVENT);
		assert_true(s->wanted && s->optional && s->has_stack);
		assert_int_equal(s->sample_hz, 99);
	}
	assert_false(slots[SLOT_FIRST_EVENT + 2].wanted);
}

static void frequent_events_bring_less_of_the_stack(void **state)
{
	struct slot slots[PERFSLOTS_MAX];
	struct perfset_config c = usual();

	(void)state;
	perfslots_plan(slots, &c);
	assert_int_equal(slots[SLOT_CPU].stack_bytes, 4096);
	assert_int_equal(slots[SLOT_FAULT_STACK].stack_bytes, 512);
	assert_int_equal(slots[SLOT_RETURN].stack_bytes, 512);
	c.stack_bytes = 128;
	perfslots_plan(slots, &c);
	assert_int_equal(slots[SLOT_CPU].stack_bytes, 128);
	assert_int_equal(slots[SLOT_FAULT_STACK].stack_bytes, 128);
	assert_int_equal(slots[SLOT_RETURN].stack_bytes, 128);
}

static struct perf_event_attr attr_of(const struct slot *s, bool kernel)
{
	struct perf_event_attr attr;
	struct err err = { 0 };

	if (perfslots_make_attr(&attr, s, kernel, RING, &err) < 0)
		fail_msg("%s: %s", s->name, err.what);
	return attr;
}

/* Records of all events lie in one ring: each must say by itself whose it is, and when. */
static void every_record_has_id_thread_and_time(void **state)
{
	const uint64_t common = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
	struct slot slots[PERFSLOTS_MAX];
	struct perfset_config c = usual();

	(void)state;
	perfslots_plan(slots, &c);
	for (size_t i = 0; i < SLOT_FIRST_EVENT; i++) {
		struct perf_event_attr attr;

		if (slots[i].is_tracepoint) /* its number is the kernel's, which may hide it */
			continue;
		attr = attr_of(&slots[i], true);
		assert_int_equal(attr.sample_type & common, common);
		assert_int_equal(attr.sample_id_all, 1);
		assert_int_equal(attr.use_clockid, 1);
		assert_int_equal(attr.clockid, CLOCK_MONOTONIC);
		assert_int_equal(attr.inherit, 1);
		assert_int_equal(attr.disabled, 1);
		assert_int_equal(attr.exclude_kernel, i == SLOT_BOOKKEEPING);
		assert_int_equal(attr.mmap2, i == SLOT_BOOKKEEPING);
		assert_int_equal(attr.wakeup_watermark, RING / 4);
	}
}

static void stacks_come_with_registers_and_as_many_bytes_as_asked(void **state)
{
	struct slot slots[PERFSLOTS_MAX];
	struct perfset_config c = usual();
	struct perf_event_attr attr;

	(void)state;
	perfslots_plan(slots, &c);
	attr = attr_of(&slots[SLOT_CPU], true);
	assert_int_equal(attr.freq, 1);
	assert_int_equal(attr.sample_freq, 99);
	assert_true(attr.sample_type & PERF_SAMPLE_CALLCHAIN);
	assert_true(attr.sample_type & PERF_SAMPLE_PERIOD);
	assert_int_equal(attr.sample_regs_user, samplelimits_register_mask());
	if (samplelimits_register_mask())
		assert_int_equal(attr.sample_stack_user, 4096);
	attr = attr_of(&slots[SLOT_FAULT_STACK], true);
	assert_int_equal(attr.freq, 0);
	assert_int_equal(attr.sample_period, 61);
	assert_int_equal(attr.sample_regs_user, samplelimits_frame_register_mask());
	/* it would make the kernel sample every fault */
	assert_false(attr.sample_type & PERF_SAMPLE_PERIOD);
	assert_true(attr.sample_type & PERF_SAMPLE_ADDR);
}

static void no_stack_bytes_means_frame_pointers_alone(void **state)
{
	struct slot slots[PERFSLOTS_MAX];
	struct perfset_config c = usual();
	struct perf_event_attr attr;

	(void)state;
	c.stack_bytes = 0;
	perfslots_plan(slots, &c);
	attr = attr_of(&slots[SLOT_CPU], true);
	assert_true(attr.sample_type & PERF_SAMPLE_CALLCHAIN);
	assert_false(attr.sample_type & (PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER));
	assert_int_equal(attr.sample_regs_user, 0);
	assert_int_equal(attr.sample_stack_user, 0);
}

static void user_mode_excludes_the_kernel_and_its_tracepoints(void **state)
{
	struct slot slots[PERFSLOTS_MAX];
	struct perfset_config c = usual();
	struct perf_event_attr attr;
	struct err err = { 0 };

	(void)state;
	perfslots_plan(slots, &c);
	assert_int_equal(attr_of(&slots[SLOT_CPU], false).exclude_kernel, 1);
	assert_int_equal(attr_of(&slots[SLOT_COUNT], false).exclude_kernel, 1);
	assert_int_equal(perfslots_make_attr(&attr, &slots[SLOT_RETURN], false, RING, &err),
			 -EACCES);
	assert_non_null(strstr(err.what, "CAP_PERFMON"));
}

/* Two samplers of one software event confuse Linux 6.18: see ALL_FAULTS. */
static void no_two_events_sample_the_same_software_event(void **state)
{
	struct slot slots[PERFSLOTS_MAX];
	struct perfset_config c = usual();

	(void)state;
	perfslots_plan(slots, &c);
	assert_int_equal(attr_of(&slots[SLOT_FAULT_STACK], true).config, PERF_COUNT_SW_PAGE_FAULTS);
	assert_int_equal(attr_of(&slots[SLOT_EVERY], true).config, PERF_COUNT_SW_PAGE_FAULTS_MIN);
	assert_int_equal(attr_of(&slots[SLOT_MAJOR], true).config, PERF_COUNT_SW_PAGE_FAULTS_MAJ);
}

static void all_three_events_of_faults_are_known_as_such(void **state)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE };

	(void)state;
	attr.config = PERF_COUNT_SW_PAGE_FAULTS;
	assert_true(perfslots_is_fault_event(&attr));
	attr.config = PERF_COUNT_SW_PAGE_FAULTS_MIN;
	assert_true(perfslots_is_fault_event(&attr));
	attr.config = PERF_COUNT_SW_PAGE_FAULTS_MAJ;
	assert_true(perfslots_is_fault_event(&attr));
	attr.config = PERF_COUNT_SW_CPU_CLOCK;
	assert_false(perfslots_is_fault_event(&attr));
	attr.type = PERF_TYPE_HARDWARE;
	attr.config = PERF_COUNT_SW_PAGE_FAULTS;
	assert_false(perfslots_is_fault_event(&attr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_stacks_no_event_samples_them),
		cmocka_unit_test(without_addresses_faults_are_only_counted),
		cmocka_unit_test(only_the_thinned_event_waits),
		cmocka_unit_test(events_that_are_asked_for_have_slots_of_their_own),
		cmocka_unit_test(frequent_events_bring_less_of_the_stack),
		cmocka_unit_test(every_record_has_id_thread_and_time),
		cmocka_unit_test(stacks_come_with_registers_and_as_many_bytes_as_asked),
		cmocka_unit_test(no_stack_bytes_means_frame_pointers_alone),
		cmocka_unit_test(user_mode_excludes_the_kernel_and_its_tracepoints),
		cmocka_unit_test(no_two_events_sample_the_same_software_event),
		cmocka_unit_test(all_three_events_of_faults_are_known_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
