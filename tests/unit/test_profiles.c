/* test_profiles.c - from the events of a recording to its profiles, through the public header. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

#include "profiles_feed.h"
#include "program_cut.h"
#include "recording_sample.h"

#define PAGE	  UINT64_C(4096)
#define HEAP	  UINT64_C(0xc000000000)
#define MISC_EXEC (1u << 13)

/* madvise(2) */
#define ADVICE_DONTNEED 4
#define ADVICE_FREE	8
#define ADVICE_HUGEPAGE 14

/* In the program of Go 1.19.8. */
#define SWAP	   UINT64_C(0x465620)
#define MAIN	   UINT64_C(0x465760)
#define GOEXIT	   UINT64_C(0x465582)
#define BGSCAVENGE UINT64_C(0x4655a6)

static const struct profile_request cpu = { .role = PERF_ROLE_CPU, .unit = PROFILE_NANOSECONDS };
static const struct profile_request threads = { .role = PERF_ROLE_CPU,
						.by_thread = true,
						.unit = PROFILE_NANOSECONDS };
static const struct profile_request faults = { .role = PERF_ROLE_FAULT_STACK };
static const struct profile_request fault_bytes = { .role = PERF_ROLE_FAULT_STACK,
						    .unit = PROFILE_BYTES };
static const struct profile_request refaults = { .role = PERF_ROLE_FAULT_STACK, .refaults = true };
static const struct profile_request returns = { .role = PERF_ROLE_RETURN };
static const struct profile_request return_bytes = { .role = PERF_ROLE_RETURN,
						     .unit = PROFILE_BYTES };
static const struct profile_request misses = { .role = PERF_ROLE_EVENT, .event = "CACHE-MISSES" };
static const struct profile_request hits = { .role = PERF_ROLE_EVENT, .event = "CACHE-HITS" };

static struct profiles *open_for(const struct profile_request *requests, size_t count)
{
	struct profiles_options options = { requests, count, NULL };

	return profiles_new(&options);
}

#define OPEN(...)                                                 \
	open_for((const struct profile_request[]){ __VA_ARGS__ }, \
		 sizeof((const struct profile_request[]){ __VA_ARGS__ }) / sizeof(cpu))

/* With everything declared that profiles_feed.h knows. */
static struct profiles *feed_for(const struct profile_request *requests, size_t count)
{
	struct profiles *p = open_for(requests, count);

	feed_declare_all(p);
	return p;
}

#define FEED(...)                                                 \
	feed_for((const struct profile_request[]){ __VA_ARGS__ }, \
		 sizeof((const struct profile_request[]){ __VA_ARGS__ }) / sizeof(cpu))

static void feed_samples(struct profiles *p, const struct feed_sample *s, size_t count)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < count; i++)
		feed_add(&b, &s[i]);
	feed_data(p, &b);
	buf_done(&b);
}

#define SAMPLES(p, ...)                                                    \
	feed_samples((p), (const struct feed_sample[]){ __VA_ARGS__ },     \
		     sizeof((const struct feed_sample[]){ __VA_ARGS__ }) / \
			     sizeof(struct feed_sample))

static void check(const struct profiles *p, size_t i, uint64_t samples, uint64_t value)
{
	assert_int_equal(profiles_at(p, i)->sample_count, samples);
	assert_int_equal(profiles_at(p, i)->value, value);
}

/* The name of a frame of a row, leaf first. */
static struct text frame(const struct profile *p, size_t row, size_t i)
{
	const struct profile_stack *s = &p->stacks[row];
	const struct profile_location *l;

	assert_in_range(row, 0, p->stack_count - 1);
	assert_in_range(i, 0, s->location_count - 1);
	l = &p->locations[p->stack_locations[s->first_location + i]];
	return p->functions[p->lines[l->first_line + l->line_count - 1].function].name;
}

#define assert_text(t, s) assert_true(text_is((t), (s)))

static void declare_program(struct profiles *p)
{
	static const struct cut_name names[] = {
		{ "main.(*byLen).Len", "runtime.goexit" },
		{ "main.(*byLen).Less", "runtime.bgscavenge" },
	};
	struct buf program = cut_program("go1.19.8", names, 2);
	struct event ev = { .kind = EVENT_IMAGE,
			    .u.image = { .pid = 1,
					 .path = text_of(CUT_PATH),
					 .build_id = text_of(""),
					 .file_bytes = UNKNOWN_U64,
					 .content = buf_text(&program) } };

	profiles_declare(p, &ev);
	buf_done(&program);
}

static void map_program(struct profiles *p, uint64_t time_ns)
{
	struct buf b = { 0 };

	feed_mmap(&b, time_ns, 1, CUT_CODE, CUT_CODE_BYTES, CUT_PATH);
	feed_data(p, &b);
	buf_done(&b);
}

static void cpu_time_is_the_period_of_a_clock(void **state)
{
	struct profiles *p = FEED(cpu);

	(void)state;
	SAMPLES(p, { .id = FEED_CPU, .time_ns = 1, .chain = { MAIN }, .period = 10101010 },
		{ .id = FEED_CPU, .time_ns = 2, .chain = { MAIN }, .period = 20000000 });
	profiles_finish(p);
	check(p, 0, 2, 30101010);
	assert_int_equal(profiles_at(p, 0)->unit, PROFILE_NANOSECONDS);
	assert_int_equal(profiles_at(p, 0)->period, 1000000000 / 99);
	assert_int_equal(profiles_at(p, 0)->stack_count, 1);
	assert_int_equal(profiles_at(p, 0)->stacks[0].sample_count, 2);
	assert_int_equal(profiles_at(p, 0)->stacks[0].value, 30101010);
	profiles_free(p);
}

/* Cycles are no time: what stands between two samples is known by their rate alone. */
static void cpu_time_by_another_counter_is_that_of_its_rate(void **state)
{
	static const uint64_t rates[] = { 50, 0, UNKNOWN_U64 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct event session = feed_session("x86_64", PAGE);
		struct event attr = feed_attr(FEED_CYCLES, PERF_ROLE_CPU, "cycles");
		struct profiles *p = OPEN(cpu);

		attr.u.perf_attr.type = PERF_TYPE_HARDWARE;
		attr.u.perf_attr.config = PERF_COUNT_SW_CPU_CLOCK; /* the number means another */
		attr.u.perf_attr.sample_hz = rates[i];
		profiles_declare(p, &session);
		profiles_declare(p, &attr);
		SAMPLES(p, { .id = FEED_CYCLES, .time_ns = 1, .chain = { MAIN }, .period = 12345 });
		profiles_finish(p);
		check(p, 0, 1, i == 0 ? 20000000 : 0);
		assert_int_equal(profiles_at(p, 0)->period, i == 0 ? 20000000 : UNKNOWN_U64);
		profiles_free(p);
	}
}

static void a_sampled_fault_stands_for_its_period(void **state)
{
	struct profiles *p = FEED(faults, fault_bytes);

	(void)state;
	SAMPLES(p, { .id = FEED_FAULTS, .time_ns = 1, .chain = { MAIN } },
		{ .id = FEED_FAULTS, .time_ns = 2, .chain = { SWAP } });
	profiles_finish(p);
	check(p, 0, 2, 2 * 61);
	check(p, 1, 2, 2 * 61 * PAGE);
	assert_int_equal(profiles_at(p, 0)->period, 61);
	assert_int_equal(profiles_at(p, 0)->unit, PROFILE_COUNT);
	assert_int_equal(profiles_at(p, 1)->unit, PROFILE_BYTES);
	assert_int_equal(profiles_at(p, 0)->stack_count, 2);
	profiles_free(p);
}

static void a_sample_that_says_its_period_is_believed(void **state)
{
	struct profiles *p = FEED(misses, hits);

	(void)state;
	SAMPLES(p, { .id = FEED_MISSES, .time_ns = 1, .chain = { MAIN }, .period = 9000 },
		{ .id = FEED_MISSES, .time_ns = 2, .chain = { MAIN }, .period = 500 });
	profiles_finish(p);
	check(p, 0, 2, 9500);
	assert_int_equal(profiles_at(p, 0)->period, 10000);
	check(p, 1, 0, 0); /* another event */
	assert_int_equal(profiles_at(p, 1)->period, UNKNOWN_U64);
	profiles_free(p);
}

static void pages_have_the_size_of_the_recorded_machine(void **state)
{
	static const struct {
		uint64_t told, used;
	} sizes[] = { { 16384, 16384 },	       { 4096, 4096 }, { 1u << 20, 1u << 20 },
		      { UNKNOWN_U64, 4096 },   { 0, 4096 },    { 4095, 4096 },
		      { (1u << 20) + 1, 4096 } };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct event first = feed_session("aarch64", sizes[i].told);
		struct profiles *p = OPEN(fault_bytes);

		profiles_declare(p, &first);
		feed_declare_all(p); /* a second session is none of this recording */
		SAMPLES(p, { .id = FEED_FAULTS, .time_ns = 1, .chain = { MAIN } });
		profiles_finish(p);
		check(p, 0, 1, 61 * sizes[i].used);
		profiles_free(p);
	}
}

static void returns_are_the_calls_that_give_pages_back(void **state)
{
	struct profiles *p = FEED(returns, return_bytes);

	(void)state;
	SAMPLES(p,
		{ .id = FEED_RETURNS,
		  .time_ns = 1,
		  .chain = { MAIN },
		  .advised = { HEAP, 3 * PAGE, ADVICE_DONTNEED } },
		{ .id = FEED_RETURNS,
		  .time_ns = 2,
		  .chain = { MAIN },
		  .advised = { HEAP, 5 * PAGE, ADVICE_FREE } },
		{ .id = FEED_RETURNS,
		  .time_ns = 3,
		  .chain = { MAIN },
		  .advised = { HEAP, 7 * PAGE, ADVICE_HUGEPAGE } },
		{ .id = FEED_RETURNS, .time_ns = 4, .advised = { HEAP, 9 * PAGE, 0 } });
	profiles_finish(p);
	check(p, 0, 2, 2);
	check(p, 1, 2, 8 * PAGE);
	assert_int_equal(profiles_at(p, 0)->period, 1);
	profiles_free(p);
}

/* The fields of another tracepoint: the last argument is not there. */
static void a_return_without_all_of_its_arguments_is_left_out(void **state)
{
	struct profiles *p = FEED(returns);
	struct buf b = { 0 };

	(void)state;
	feed_add(&b, &(struct feed_sample){ .id = FEED_RETURNS,
					    .time_ns = 1,
					    .advised = { HEAP, PAGE, ADVICE_DONTNEED } });
	b.at[b.len - 48] = 36; /* the size of the fields, of 44 */
	b.len -= 8;
	b.at[6] = (uint8_t)b.len;
	feed_data(p, &b);
	profiles_finish(p);
	check(p, 0, 0, 0);
	profiles_complain(p, &b);
	assert_int_equal(b.len, 0); /* the record itself is whole */
	profiles_free(p);
	buf_done(&b);
}

static void only_the_first_touch_after_a_return_is_a_refault(void **state)
{
	struct profiles *p = FEED(refaults, faults);

	(void)state;
	SAMPLES(p, { .id = FEED_FAULTS, .time_ns = 5, .addr = HEAP },
		{ .id = FEED_RETURNS,
		  .time_ns = 10,
		  .advised = { HEAP, 2 * PAGE, ADVICE_DONTNEED } },
		{ .id = FEED_FAULTS, .time_ns = 20, .addr = HEAP + 8 },
		{ .id = FEED_ADDRESSES, .time_ns = 21, .addr = HEAP + 8 },
		{ .id = FEED_FAULTS, .time_ns = 30, .addr = HEAP + 16 },
		{ .id = FEED_FAULTS, .time_ns = 40, .addr = HEAP + PAGE },
		{ .id = FEED_FAULTS, .time_ns = 50, .addr = HEAP + 2 * PAGE },
		{ .id = FEED_FAULTS, .time_ns = 60, .addr = HEAP + PAGE, .pid = 2 });
	profiles_finish(p);
	check(p, 0, 2, 2 * 61);
	check(p, 1, 6, 6 * 61);
	profiles_free(p);
}

static void a_page_that_is_not_given_back_is_not_refaulted(void **state)
{
	struct profiles *p = FEED(refaults);

	(void)state;
	SAMPLES(p,
		{ .id = FEED_RETURNS, .time_ns = 10, .advised = { HEAP, PAGE, ADVICE_HUGEPAGE } },
		{ .id = FEED_FAULTS, .time_ns = 20, .addr = HEAP },
		{ .id = FEED_RETURNS, .time_ns = 30, .advised = { HEAP, PAGE, ADVICE_FREE } },
		{ .id = FEED_FAULTS, .time_ns = 40, .addr = HEAP });
	profiles_finish(p);
	check(p, 0, 1, 61);
	profiles_free(p);
}

/* Faults without a stack are passed over where nobody asks for them: only as whole records. */
static void plain_faults_do_not_hide_what_stands_between_them(void **state)
{
	static const struct profile_request *const requests[] = { &faults, &refaults };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct profiles *p = FEED(*requests[i], cpu);
		struct buf b = { 0 };
		size_t torn;

		for (uint64_t k = 0; k < 10; k++) {
			feed_add(&b, &(struct feed_sample){ .id = FEED_ADDRESSES,
							    .time_ns = 3 * k + 1,
							    .addr = HEAP });
			feed_add(&b, &(struct feed_sample){
					     .id = FEED_CPU, .time_ns = 3 * k + 2, .period = 1 });
		}
		feed_add(&b, &(struct feed_sample){ .id = FEED_ADDRESSES, .time_ns = 99 });
		torn = b.len - 8;
		feed_add(&b, &(struct feed_sample){ .id = FEED_CPU, .time_ns = 99, .period = 1 });
		b.len = torn; /* what stands behind is not the recording's */
		feed_data(p, &b);
		profiles_finish(p);
		check(p, 0, 0, 0);
		check(p, 1, 10, 10);
		profiles_complain(p, &b);
		assert_non_null(strstr(buf_cstr(&b), "made no sense from some point on: 1\n"));
		profiles_free(p);
		buf_done(&b);
	}
}

/* No record tells the name of a new thread: it has its maker's at that time. */
static void a_new_thread_has_the_name_of_its_maker(void **state)
{
	struct profiles *p = FEED(cpu, threads);
	const struct profile *one;
	struct buf b = { 0 };

	(void)state;
	SAMPLES(p, { .id = FEED_CPU, .time_ns = 4, .chain = { MAIN }, .tid = 8 },
		{ .id = FEED_CPU, .time_ns = 5, .chain = { MAIN }, .tid = 9 },
		{ .id = FEED_CPU, .time_ns = 6, .chain = { MAIN }, .tid = 10 });
	feed_clone(&b, 1, 1, 10, 1); /* before its maker has one */
	feed_comm(&b, 2, 0, 1, "server");
	feed_clone(&b, 3, 1, 8, 1);
	feed_clone(&b, 3, 1, 9, 1);
	feed_comm(&b, 4, 0, 9, "worker");
	feed_comm(&b, 5, 0, 1, "renamed");
	feed_data(p, &b);
	profiles_finish(p);
	one = profiles_at(p, 1);
	assert_int_equal(one->stack_count, 3);
	for (size_t i = 0; i < one->stack_count; i++) {
		const struct profile_thread *t = &one->threads[one->stacks[i].thread];

		assert_text(t->name, t->tid == 8 ? "server" : t->tid == 9 ? "worker" : "");
	}
	profiles_free(p);
	buf_done(&b);
}

static void threads_have_rows_and_names_of_their_own(void **state)
{
	struct profiles *p = FEED(cpu, threads);
	const struct profile *one;
	struct buf b = { 0 };

	(void)state;
	SAMPLES(p, { .id = FEED_CPU, .time_ns = 1, .chain = { MAIN }, .period = 5, .tid = 7 },
		{ .id = FEED_CPU, .time_ns = 2, .chain = { MAIN }, .period = 6, .tid = 8 },
		{ .id = FEED_CPU, .time_ns = 3, .chain = { MAIN }, .period = 7, .tid = 7 });
	feed_comm(&b, 2, 0, 7, "early");
	feed_comm(&b, 4, 0, 7, "late");
	feed_data(p, &b);
	feed_round(p, 5);
	for (uint64_t i = 0; i < 100; i++) /* where the names stood */
		feed_comm(&b, 6, 0, 9, "xxxxxxxxxxxxxxx");
	feed_data(p, &b);
	profiles_finish(p);
	assert_int_equal(profiles_at(p, 0)->stack_count, 1);
	assert_int_equal(profiles_at(p, 0)->stacks[0].thread, PROFILE_NONE);
	one = profiles_at(p, 1);
	assert_int_equal(one->stack_count, 2);
	assert_int_equal(one->thread_count, 3);
	assert_int_equal(one->threads[one->stacks[0].thread].tid, 7);
	assert_int_equal(one->threads[one->stacks[0].thread].pid, 1);
	assert_text(one->threads[one->stacks[0].thread].name, "late");
	assert_int_equal(one->stacks[0].value, 12);
	assert_int_equal(one->threads[one->stacks[1].thread].tid, 8);
	assert_text(one->threads[one->stacks[1].thread].name, "");
	assert_int_equal(one->stacks[1].value, 6);
	profiles_free(p);
	buf_done(&b);
}

static void lost_records_are_counted_for_every_profile(void **state)
{
	struct profiles *p = FEED(cpu, faults);
	struct buf b = { 0 };

	(void)state;
	feed_lost(&b, PERF_RECORD_LOST, 40);
	feed_lost(&b, PERF_RECORD_LOST_SAMPLES, 2);
	feed_data(p, &b);
	profiles_finish(p);
	assert_int_equal(profiles_at(p, 0)->lost_count, 42);
	assert_int_equal(profiles_at(p, 1)->lost_count, 42);
	profiles_free(p);
	buf_done(&b);
}

static void a_sample_of_an_event_that_was_not_declared_is_passed_over(void **state)
{
	struct profiles *p = FEED(cpu);
	struct buf complaints = { 0 };

	(void)state;
	SAMPLES(p, { .id = FEED_NOBODY, .time_ns = 1 },
		{ .id = FEED_CPU, .time_ns = 2, .period = 3 });
	profiles_finish(p);
	check(p, 0, 1, 3);
	profiles_complain(p, &complaints);
	assert_int_equal(complaints.len, 0);
	profiles_free(p);
}

static void a_bad_block_is_counted_and_the_next_one_read(void **state)
{
	struct profiles *p = FEED(cpu);
	struct buf b = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 2; i++) {
		feed_add(&b, &(struct feed_sample){ .id = FEED_CPU, .time_ns = i, .period = i });
		feed_add(&b, &(struct feed_sample){ .id = FEED_CPU, .time_ns = 9, .period = 100 });
		b.at[b.len / 2 + 6] = 4; /* a size that cannot be */
		feed_data(p, &b);
	}
	SAMPLES(p, { .id = FEED_CPU, .time_ns = 3, .period = 3 });
	profiles_finish(p);
	check(p, 0, 3, 1 + 2 + 3);
	profiles_complain(p, &b);
	assert_string_equal(buf_cstr(&b),
			    "blocks of perf records that made no sense from some point on: 2\n");
	profiles_free(p);
	buf_done(&b);
}

/* The block of the CPU that mapped the program comes after that of the one that ran in it. */
static void records_of_two_cpus_are_taken_in_the_order_of_time(void **state)
{
	struct profiles *p = FEED(cpu);

	(void)state;
	declare_program(p);
	SAMPLES(p, { .id = FEED_CPU, .time_ns = 20, .chain = { SWAP }, .period = 1 },
		{ .id = FEED_CPU, .time_ns = 5, .chain = { SWAP }, .period = 1 });
	map_program(p, 10);
	feed_round(p, 30);
	profiles_finish(p);
	assert_int_equal(profiles_at(p, 0)->stack_count, 2);
	assert_text(frame(profiles_at(p, 0), 0, 0), "[unknown]"); /* at 5 */
	assert_text(frame(profiles_at(p, 0), 1, 0), "main.(*byLen).Swap");
	profiles_free(p);
}

static void what_is_newer_than_a_round_waits_for_the_next(void **state)
{
	struct profiles *p = FEED(cpu);

	(void)state;
	declare_program(p);
	SAMPLES(p, { .id = FEED_CPU, .time_ns = 20, .chain = { SWAP }, .period = 1 },
		{ .id = FEED_CPU, .time_ns = 40, .chain = { SWAP }, .period = 1 });
	feed_round(p, 30);
	map_program(p, 10); /* too late for the one at 20 */
	feed_round(p, UNKNOWN_U64);
	SAMPLES(p, { .id = FEED_CPU, .time_ns = 9, .chain = { MAIN }, .period = 1 });
	profiles_finish(p);
	assert_int_equal(profiles_at(p, 0)->stack_count, 3);
	assert_text(frame(profiles_at(p, 0), 0, 0), "[unknown]");	   /* at 20 */
	assert_text(frame(profiles_at(p, 0), 1, 0), "[unknown]");	   /* at 9 */
	assert_text(frame(profiles_at(p, 0), 2, 0), "main.(*byLen).Swap"); /* at 40 */
	profiles_free(p);
}

static void a_recording_without_a_session_has_no_samples(void **state)
{
	struct event attr = feed_attr(FEED_CPU, PERF_ROLE_CPU, "cpu-clock");
	struct profiles *p = OPEN(cpu);
	struct buf complaints = { 0 };

	(void)state;
	profiles_declare(p, &attr);
	SAMPLES(p, { .id = FEED_CPU, .time_ns = 1, .period = 1 });
	feed_round(p, 9);
	profiles_finish(p);
	check(p, 0, 0, 0);
	assert_int_equal(profiles_at(p, 0)->stack_count, 0);
	assert_true(profiles_was_recorded(p, 0));
	profiles_complain(p, &complaints);
	assert_int_equal(complaints.len, 0);
	profiles_free(p);
}

static void an_exec_ends_what_was_mapped_and_a_fork_takes_it_along(void **state)
{
	struct profiles *p = FEED(cpu);
	struct buf b = { 0 };

	(void)state;
	declare_program(p);
	map_program(p, 1);
	feed_fork(&b, 2, 2, 1);
	feed_comm(&b, 3, 0, 1, "renamed");
	feed_data(p, &b);
	SAMPLES(p, { .id = FEED_CPU, .time_ns = 4, .chain = { SWAP }, .period = 1 },
		{ .id = FEED_CPU, .time_ns = 6, .chain = { SWAP }, .period = 1 },
		{ .id = FEED_CPU, .time_ns = 7, .chain = { SWAP }, .period = 1, .pid = 2 });
	feed_comm(&b, 5, MISC_EXEC, 1, "executed");
	feed_data(p, &b);
	profiles_finish(p);
	assert_int_equal(profiles_at(p, 0)->stack_count, 2);
	assert_text(frame(profiles_at(p, 0), 0, 0), "main.(*byLen).Swap");
	assert_int_equal(profiles_at(p, 0)->stacks[0].sample_count, 2);
	assert_text(frame(profiles_at(p, 0), 1, 0), "[unknown]");
	profiles_free(p);
	buf_done(&b);
}

static void a_row_says_what_its_stack_does(void **state)
{
	struct profiles *p = FEED(cpu, returns);
	const struct profile_stack *s;

	(void)state;
	declare_program(p);
	map_program(p, 1);
	SAMPLES(p,
		{ .id = FEED_CPU,
		  .time_ns = 2,
		  .chain = { SWAP, BGSCAVENGE, GOEXIT },
		  .period = 1 },
		{ .id = FEED_CPU, .time_ns = 3, .chain = { SWAP, MAIN, GOEXIT }, .period = 1 },
		{ .id = FEED_RETURNS,
		  .time_ns = 4,
		  .chain = { SWAP, BGSCAVENGE, GOEXIT },
		  .advised = { HEAP, PAGE, ADVICE_DONTNEED } });
	profiles_finish(p);
	s = profiles_at(p, 0)->stacks;
	assert_int_equal(s[0].phase, PHASE_SCAVENGE);
	assert_int_equal(s[0].use, USE_SCAVENGE);
	assert_int_equal(s[0].cause, CAUSE_NONE);
	assert_int_equal(s[1].phase, PHASE_MUTATOR);
	assert_int_equal(s[1].use, USE_MUTATOR);
	s = profiles_at(p, 1)->stacks;
	assert_int_equal(s[0].phase, PHASE_SCAVENGE);
	assert_int_equal(s[0].cause, CAUSE_BACKGROUND);
	profiles_free(p);
}

static void samples_without_a_name_or_a_bottom_are_counted(void **state)
{
	struct profiles *p = FEED(cpu);

	(void)state;
	declare_program(p);
	map_program(p, 1);
	SAMPLES(p, { .id = FEED_CPU, .time_ns = 2, .chain = { SWAP, GOEXIT }, .period = 1 },
		{ .id = FEED_CPU, .time_ns = 3, .chain = { SWAP, MAIN }, .period = 1 },
		{ .id = FEED_CPU, .time_ns = 4, .chain = { 0x10, GOEXIT }, .period = 1 },
		{ .id = FEED_CPU, .time_ns = 5, .chain = { 0x10, GOEXIT }, .period = 1 },
		{ .id = FEED_CPU, .time_ns = 6, .period = 1 }); /* no chain at all */
	profiles_finish(p);
	assert_int_equal(profiles_at(p, 0)->unknown_leaf_count, 3);
	assert_int_equal(profiles_at(p, 0)->cut_stack_count, 1);
	assert_int_equal(profiles_at(p, 0)->sample_count, 5);
	profiles_free(p);
}

static void kernel_functions_are_those_that_the_recording_names(void **state)
{
	struct event symbol = { .kind = EVENT_KERNEL_SYMBOL,
				.u.kernel_symbol = { .address = UINT64_C(0xffffffff81000000),
						     .name = text_of("do_madvise") } };
	struct profiles *p = FEED(cpu);

	(void)state;
	profiles_declare(p, &symbol);
	SAMPLES(p, { .id = FEED_CPU,
		     .time_ns = 1,
		     .chain = { MARK_KERNEL, UINT64_C(0xffffffff81000010) },
		     .period = 1 });
	profiles_finish(p);
	assert_text(frame(profiles_at(p, 0), 0, 0), "do_madvise");
	assert_int_equal(profiles_at(p, 0)->stacks[0].use, USE_MADVISE);
	assert_int_equal(profiles_at(p, 0)->unknown_leaf_count, 0);
	profiles_free(p);
}

static void mappings_are_listed_with_the_build_ids_that_were_recorded(void **state)
{
	struct event image = { .kind = EVENT_IMAGE,
			       .u.image = { .pid = 1,
					    .path = text_of("/nonexistent/libc.so.6"),
					    .build_id = text_of("0123abcd"),
					    .file_bytes = UNKNOWN_U64 } };
	struct profiles *p = FEED(cpu);
	const struct profile_mapping *m;
	struct buf b = { 0 };

	(void)state;
	profiles_declare(p, &image);
	feed_mmap(&b, 1, 1, 0x7000, 0x1000, "/nonexistent/libc.so.6");
	feed_mmap(&b, 2, 1, 0x9000, 0x3000, "[heap]");
	feed_data(p, &b);
	profiles_finish(p);
	assert_int_equal(profiles_at(p, 0)->mapping_count, 2);
	m = profiles_at(p, 0)->mappings;
	assert_int_equal(m[0].start, 0x7000);
	assert_int_equal(m[0].limit, 0x8000);
	assert_int_equal(m[0].file_off, 0);
	assert_text(m[0].path, "/nonexistent/libc.so.6");
	assert_text(m[0].build_id, "0123abcd");
	assert_text(m[1].path, "[heap]");
	assert_text(m[1].build_id, "");
	profiles_complain(p, &b);
	assert_string_equal(buf_cstr(&b),
			    "cannot open '/nonexistent/libc.so.6': No such file or directory\n");
	profiles_free(p);
	buf_done(&b);
}

static void times_are_those_of_the_first_and_the_last_clock(void **state)
{
	struct event clocks[] = {
		{ .kind = EVENT_CLOCK,
		  .u.clock = { .monotonic_ns = 100, .realtime_ns = 170000, .boottime_ns = 1 } },
		{ .kind = EVENT_CLOCK,
		  .u.clock = { .monotonic_ns = 250, .realtime_ns = 990000, .boottime_ns = 2 } },
	};
	struct profiles *p = FEED(cpu);

	(void)state;
	profiles_finish(p);
	assert_int_equal(profiles_at(p, 0)->start_unix_ns, UNKNOWN_U64);
	assert_int_equal(profiles_at(p, 0)->duration_ns, UNKNOWN_U64);
	profiles_free(p);
	p = FEED(cpu);
	profiles_declare(p, &clocks[0]);
	profiles_declare(p, &clocks[1]);
	profiles_finish(p);
	assert_int_equal(profiles_at(p, 0)->start_unix_ns, 170000);
	assert_int_equal(profiles_at(p, 0)->duration_ns, 150);
	profiles_free(p);
	p = FEED(cpu);
	profiles_declare(p, &clocks[1]);
	profiles_declare(p, &clocks[0]); /* a clock that went back tells nothing */
	profiles_finish(p);
	assert_int_equal(profiles_at(p, 0)->duration_ns, UNKNOWN_U64);
	profiles_free(p);
}

static void a_profile_says_what_it_is_of_and_how_it_was_measured(void **state)
{
	struct event user_only = feed_attr(FEED_MISSES, PERF_ROLE_EVENT, "CACHE-HITS");
	struct profiles *p = FEED(cpu, faults, refaults, returns, misses, hits);

	(void)state;
	user_only.u.perf_attr.exclude_kernel = 1;
	user_only.u.perf_attr.sample_period = 0; /* not known: each is taken for one */
	profiles_declare(p, &user_only);
	profiles_finish(p);
	assert_text(profiles_at(p, 0)->event, "cpu");
	assert_text(profiles_at(p, 0)->event_detail, "cpu-clock, 99 Hz, user and kernel mode");
	assert_text(profiles_at(p, 1)->event, "faults");
	assert_text(profiles_at(p, 1)->event_detail,
		    "page-faults, one of 61, user and kernel mode");
	assert_text(profiles_at(p, 2)->event, "refaults");
	assert_text(profiles_at(p, 3)->event, "returns");
	assert_text(profiles_at(p, 4)->event, "CACHE-MISSES");
	assert_text(profiles_at(p, 5)->event, "CACHE-HITS");
	assert_text(profiles_at(p, 5)->event_detail, "CACHE-HITS, every one, user mode only");
	profiles_free(p);
}

static void what_was_recorded_is_what_was_opened(void **state)
{
	struct event cpu_attr = feed_attr(FEED_CPU, PERF_ROLE_CPU, "cpu-clock");
	struct event plain = feed_attr(FEED_ADDRESSES, PERF_ROLE_FAULT_ADDRESS, "page-faults");
	struct event event = feed_attr(FEED_MISSES, PERF_ROLE_EVENT, "CACHE-MISSES");
	struct profiles *p = OPEN(cpu, faults, misses, hits);

	(void)state;
	profiles_declare(p, &plain);
	assert_false(profiles_has_stacks(p));
	profiles_declare(p, &cpu_attr);
	assert_true(profiles_has_stacks(p));
	profiles_declare(p, &event);
	profiles_finish(p);
	assert_true(profiles_was_recorded(p, 0));
	assert_false(profiles_was_recorded(p, 1));
	assert_text(profiles_at(p, 1)->event_detail, "");
	assert_true(profiles_was_recorded(p, 2));
	assert_false(profiles_was_recorded(p, 3));
	profiles_free(p);
}

static void events_with_stacks_are_listed_by_the_names_of_their_profiles(void **state)
{
	struct profiles *p = FEED(cpu);
	struct buf list = { 0 };

	(void)state;
	profiles_list_events(p, &list);
	assert_string_equal(buf_cstr(&list), "cpu, faults, returns, CACHE-MISSES");
	profiles_free(p);
	p = OPEN(cpu);
	buf_clear(&list);
	profiles_list_events(p, &list);
	assert_int_equal(list.len, 0);
	profiles_free(p);
	buf_done(&list);
}

static void say(struct profiles *p, const char *name, const char *state, const char *detail)
{
	struct event ev = { .kind = EVENT_SOURCE,
			    .u.source = { text_of(name), text_of(state), text_of(detail) } };

	profiles_declare(p, &ev);
}

static void check_source(const struct profiles *p, size_t i, const char *state, const char *why)
{
	struct text got = text_of("?");

	assert_text(profiles_source_state(p, i, &got), state);
	assert_text(got, why);
}

static void the_latest_word_on_a_source_counts(void **state)
{
	struct profiles *p = OPEN(cpu, faults, refaults, returns, misses, hits);

	(void)state;
	say(p, "perf.cpu-samples", "on", "99 Hz");
	say(p, "perf.fault-stacks", "on", "");
	say(p, "perf.event CACHE-MISSES", "off", "no such counter");
	say(p, "statm", "off", "of no profile");
	say(p, "perf.fault-stacks", "off", "too many");
	check_source(p, 0, "on", "99 Hz");
	check_source(p, 1, "off", "too many");
	check_source(p, 2, "off", "too many");
	check_source(p, 3, "", "");
	check_source(p, 4, "off", "no such counter");
	check_source(p, 5, "", "");
	say(p, "perf.returns", "off", "tracepoints are not permitted");
	check_source(p, 3, "off", "tracepoints are not permitted");
	profiles_free(p);
}

/* Nobody asks for what is not perf's. */
static void sources_of_other_kinds_take_no_room(void **state)
{
	struct profiles *p = OPEN(cpu);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "smaps%d", i);
		say(p, name, "on", "");
	}
	say(p, "perf.cpu-samples", "on", "99 Hz");
	check_source(p, 0, "on", "99 Hz");
	profiles_free(p);
}

static void a_source_that_speaks_often_leaves_room_for_the_others(void **state)
{
	struct profiles *p = OPEN(cpu, faults);

	(void)state;
	for (int i = 0; i < 1000; i++)
		say(p, "perf.fault-stacks", i % 2 ? "off" : "on", "");
	say(p, "perf.cpu-samples", "on", "99 Hz");
	check_source(p, 0, "on", "99 Hz");
	check_source(p, 1, "off", "");
	profiles_free(p);
}

static void refaults_that_cannot_be_right_are_complained_of(void **state)
{
	struct event session = feed_session("x86_64", PAGE);
	struct event attr = feed_attr(FEED_RETURNS, PERF_ROLE_RETURN, "madvise");
	struct profiles *p = OPEN(refaults);
	struct buf b = { 0 };

	(void)state;
	profiles_declare(p, &session);
	profiles_declare(p, &attr);
	SAMPLES(p, { .id = FEED_RETURNS,
		     .time_ns = 1,
		     .advised = { 0, UINT64_C(1) << 50, ADVICE_DONTNEED } });
	profiles_finish(p);
	profiles_complain(p, &b);
	assert_string_equal(
		buf_cstr(&b),
		"more memory was given back than is kept track of: refaults are too few\n"
		"no fault addresses were recorded: refaults are too many\n");
	profiles_free(p);
	p = FEED(refaults);
	profiles_finish(p);
	buf_clear(&b);
	profiles_complain(p, &b);
	assert_int_equal(b.len, 0);
	profiles_free(p);
	p = OPEN(faults);
	profiles_finish(p);
	profiles_complain(p, &b);
	assert_int_equal(b.len, 0);
	profiles_free(p);
	buf_done(&b);
}

/* A recording of one sample at path; its program is named only behind the sample. */
static void write_recording(const char *path)
{
	struct event attr = feed_attr(FEED_CPU, PERF_ROLE_CPU, "cpu-clock");
	struct event session = feed_session("x86_64", PAGE);
	struct event symbol = { .kind = EVENT_KERNEL_SYMBOL,
				.u.kernel_symbol = { .address = 0x1000,
						     .name = text_of("do_madvise") } };
	struct event data = { .kind = EVENT_PERF_DATA };
	struct buf b = { 0 };
	struct writer *w;

	feed_add(&b, &(struct feed_sample){ .id = FEED_CPU,
					    .time_ns = 1,
					    .chain = { MARK_KERNEL, 0x1000 },
					    .period = 5 });
	attr.u.perf_attr.config = PERF_COUNT_SW_CPU_CLOCK;
	data.u.perf_data.bytes = buf_text(&b);
	assert_int_equal(writer_open(&w, path, NULL), 0);
	writer_add(w, &session);
	writer_add(w, &attr);
	writer_flush(w);
	writer_add(w, &data);
	writer_flush(w);
	writer_add(w, &symbol);
	assert_int_equal(writer_close(w, NULL), 0);
	buf_done(&b);
}

/* Read it; how it ended. */
static enum profiles_end read_sample(const char *path, const char *function, struct err *err)
{
	struct profiles *p = OPEN(cpu);
	enum profiles_end end = PROFILES_WHOLE;

	assert_int_equal(profiles_read(p, path, &end, err), 0);
	check(p, 0, 1, 5);
	assert_text(frame(profiles_at(p, 0), 0, 0), function);
	profiles_free(p);
	return end;
}

static void flip(const char *path, long from_end)
{
	OWN_FILE FILE *f = fopen(path, "r+e");
	int c;

	assert_non_null(f);
	assert_int_equal(fseek(f, -from_end, SEEK_END), 0);
	c = fgetc(f);
	assert_int_equal(fseek(f, -from_end, SEEK_END), 0);
	assert_int_not_equal(fputc(c ^ 0xff, f), EOF);
}

static long size_of(const char *path)
{
	OWN_FILE FILE *f = fopen(path, "re");

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	return ftell(f);
}

static void a_recording_is_read_whatever_stands_behind_the_samples(void **state)
{
	struct err err = { 0 };
	char path[64];

	(void)state;
	fresh_path(path);
	write_recording(path);
	assert_int_equal(read_sample(path, "do_madvise", &err), PROFILES_WHOLE);
	assert_int_equal(truncate(path, size_of(path) - 1), 0);
	assert_int_equal(read_sample(path, "[kernel]", &err), PROFILES_TRUNCATED);
	assert_non_null(strstr(err.what, "stops early"));
	write_recording(path);
	flip(path, 1);
	err.what[0] = '\0';
	assert_int_equal(read_sample(path, "[kernel]", &err), PROFILES_DAMAGED);
	assert_true(err.what[0] != '\0');
	unlink(path);
}

static void what_is_no_recording_is_not_read(void **state)
{
	struct profiles *p = OPEN(cpu);
	enum profiles_end end = PROFILES_WHOLE;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(profiles_read(p, "/nonexistent/x.rec", &end, &err), -ENOENT);
	assert_non_null(strstr(err.what, "/nonexistent/x.rec"));
	assert_int_equal(profiles_read(p, "/proc/self/exe", &end, &err), -EBADMSG);
	assert_non_null(strstr(err.what, "is not a gctide recording"));
	profiles_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_time_is_the_period_of_a_clock),
		cmocka_unit_test(cpu_time_by_another_counter_is_that_of_its_rate),
		cmocka_unit_test(a_sampled_fault_stands_for_its_period),
		cmocka_unit_test(a_sample_that_says_its_period_is_believed),
		cmocka_unit_test(pages_have_the_size_of_the_recorded_machine),
		cmocka_unit_test(returns_are_the_calls_that_give_pages_back),
		cmocka_unit_test(a_return_without_all_of_its_arguments_is_left_out),
		cmocka_unit_test(only_the_first_touch_after_a_return_is_a_refault),
		cmocka_unit_test(a_page_that_is_not_given_back_is_not_refaulted),
		cmocka_unit_test(plain_faults_do_not_hide_what_stands_between_them),
		cmocka_unit_test(a_new_thread_has_the_name_of_its_maker),
		cmocka_unit_test(threads_have_rows_and_names_of_their_own),
		cmocka_unit_test(lost_records_are_counted_for_every_profile),
		cmocka_unit_test(a_sample_of_an_event_that_was_not_declared_is_passed_over),
		cmocka_unit_test(a_bad_block_is_counted_and_the_next_one_read),
		cmocka_unit_test(records_of_two_cpus_are_taken_in_the_order_of_time),
		cmocka_unit_test(what_is_newer_than_a_round_waits_for_the_next),
		cmocka_unit_test(a_recording_without_a_session_has_no_samples),
		cmocka_unit_test(an_exec_ends_what_was_mapped_and_a_fork_takes_it_along),
		cmocka_unit_test(a_row_says_what_its_stack_does),
		cmocka_unit_test(samples_without_a_name_or_a_bottom_are_counted),
		cmocka_unit_test(kernel_functions_are_those_that_the_recording_names),
		cmocka_unit_test(mappings_are_listed_with_the_build_ids_that_were_recorded),
		cmocka_unit_test(times_are_those_of_the_first_and_the_last_clock),
		cmocka_unit_test(a_profile_says_what_it_is_of_and_how_it_was_measured),
		cmocka_unit_test(what_was_recorded_is_what_was_opened),
		cmocka_unit_test(events_with_stacks_are_listed_by_the_names_of_their_profiles),
		cmocka_unit_test(the_latest_word_on_a_source_counts),
		cmocka_unit_test(sources_of_other_kinds_take_no_room),
		cmocka_unit_test(a_source_that_speaks_often_leaves_room_for_the_others),
		cmocka_unit_test(refaults_that_cannot_be_right_are_complained_of),
		cmocka_unit_test(a_recording_is_read_whatever_stands_behind_the_samples),
		cmocka_unit_test(what_is_no_recording_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
