/* test_perfrecord.c - raw perf records, laid out by hand after linux/perf_event.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/perf_event.h>

#include "base/buf.h"
#include "base/unknown.h"
#include "parse/perfrecord.h"

#define FAULT_TYPE (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR)
#define ALL_TYPE                                                                                  \
	(FAULT_TYPE | PERF_SAMPLE_IP | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU | \
	 PERF_SAMPLE_PERIOD | PERF_SAMPLE_READ | PERF_SAMPLE_CALLCHAIN)

static const struct perfrecord_layout layouts[] = {
	{ .id = 10, .sample_type = FAULT_TYPE, .sample_id_all = 1, .user = 100 },
	{ .id = 11, .sample_type = ALL_TYPE, .sample_id_all = 1, .user = 101 },
	{ .id = 12, .sample_type = FAULT_TYPE | PERF_SAMPLE_RAW, .sample_id_all = 1, .user = 102 },
	{ .id = 14,
	  .sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW,
	  .sample_id_all = 1,
	  .user = 105 },
	{ .id = 900, .sample_type = FAULT_TYPE, .sample_id_all = 0, .user = 103 },
	{ .id = 901,
	  .sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW |
			 PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
	  .sample_id_all = 1,
	  .regs_user = 1 << 6 | 1 << 7,
	  .user = 106 },
	{ .id = UINT64_MAX - 1, .sample_type = FAULT_TYPE, .sample_id_all = 1, .user = 104 },
};

static const struct perfrecord_layouts known = { layouts, sizeof(layouts) / sizeof(layouts[0]) };

static void begin(struct buf *b, uint32_t type)
{
	buf_clear(b);
	buf_add_uint(b, type, 4);
	buf_add_uint(b, 0x2002, 2);
	buf_add_uint(b, 0, 2);
}

static void add_words(struct buf *b, size_t count, const uint64_t *words)
{
	for (size_t i = 0; i < count; i++)
		buf_add_uint(b, words[i], 8);
}

#define ADD(b, ...)                                                          \
	add_words(b, sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t), \
		  (uint64_t[]){ __VA_ARGS__ })

#define PAIR(low, high) ((uint64_t)(high) << 32 | (low))

/* Set the size and decode the one record. */
static enum perfrecord_status finish(struct buf *b, struct perfrecord *ret)
{
	struct text bytes;
	enum perfrecord_status status;

	b->at[6] = (uint8_t)b->len;
	b->at[7] = (uint8_t)(b->len >> 8);
	bytes = buf_text(b);
	memset(ret, 0x5a, sizeof(*ret));
	status = perfrecord_next(ret, &bytes, known);
	assert_int_equal(bytes.len, status == PERFRECORD_OK ? 0 : b->len);
	return status;
}

/* struct sample_id of layout 11 and of layout 10. */
static void add_long_trailer(struct buf *b)
{
	ADD(b, PAIR(71, 72), 7300, 11, 74, PAIR(5, 0), 11);
}

static void add_short_trailer(struct buf *b)
{
	ADD(b, PAIR(71, 72), 7300, 10);
}

static void a_fault_of_40_bytes_has_its_thread_time_and_address(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	begin(&b, PERF_RECORD_SAMPLE);
	ADD(&b, 10, PAIR(4321, 4322), 123456789, 0xc000123000);
	assert_int_equal(b.len, 40);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.type, PERF_RECORD_SAMPLE);
	assert_int_equal(r.misc, 0x2002);
	assert_int_equal(r.size_bytes, 40);
	assert_int_equal(r.layout->user, 100);
	assert_int_equal(r.pid, 4321);
	assert_int_equal(r.tid, 4322);
	assert_int_equal(r.time_ns, 123456789);
	assert_int_equal(r.addr, 0xc000123000);
	assert_int_equal(r.cpu, UNKNOWN_U64);
	assert_int_equal(r.ip, UNKNOWN_U64);
	assert_int_equal(r.period, UNKNOWN_U64);
	assert_int_equal(r.callchain.len, 0);
	buf_done(&b);
}

static void add_full_sample(struct buf *b)
{
	begin(b, PERF_RECORD_SAMPLE);
	ADD(b, 11, 0x401000, PAIR(1, 2), 3000, 0xc000000000, 11, 77, PAIR(6, 0), 99, 1234, 2);
	ADD(b, 0xfffffffffffffe00, 0x401000);
}

static void every_known_field_of_a_sample_is_in_its_place(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	add_full_sample(&b);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.layout->user, 101);
	assert_int_equal(r.ip, 0x401000);
	assert_int_equal(r.pid, 1);
	assert_int_equal(r.tid, 2);
	assert_int_equal(r.time_ns, 3000);
	assert_int_equal(r.addr, 0xc000000000);
	assert_int_equal(r.cpu, 6);
	assert_int_equal(r.period, 99);
	assert_int_equal(r.callchain.len, 16);
	assert_memory_equal(r.callchain.at, "\x00\xfe\xff\xff\xff\xff\xff\xff\x00\x10\x40", 11);
	buf_done(&b);
}

static void a_sample_that_does_not_fit_its_layout_is_bad(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	add_full_sample(&b);
	b.len -= 8; /* two frames promised, one there */
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	assert_int_equal(*(uint8_t *)&r, 0x5a);
	add_full_sample(&b);
	ADD(&b, 0); /* more than it says */
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	begin(&b, PERF_RECORD_SAMPLE);
	ADD(&b, 10, PAIR(1, 2), 5);
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	begin(&b, PERF_RECORD_SAMPLE);
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	begin(&b, PERF_RECORD_SAMPLE); /* a callchain of 2^61 + 1 frames: 8 bytes, modulo 2^64 */
	ADD(&b, 11, 0x401000, PAIR(1, 2), 3, 4, 11, 77, PAIR(6, 0), 99, 1, (1ull << 61) + 1, 5);
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	buf_done(&b);
}

static void fields_before_an_unknown_one_are_still_known(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	begin(&b, PERF_RECORD_SAMPLE);
	ADD(&b, 12, PAIR(1, 2), 3, 0xc000000000, PAIR(4, 0xabcd));
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.addr, 0xc000000000);
	begin(&b, PERF_RECORD_SAMPLE);
	ADD(&b, 14, 1, 0x401000, PAIR(4, 0xabcd));
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.callchain.len, 8);
	begin(&b, PERF_RECORD_SAMPLE); /* three frames promised, room for two */
	ADD(&b, 14, 3, 0x401000, PAIR(4, 0xabcd));
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	buf_done(&b);
}

/* A chain of one, 12 bytes of raw data, then what follows. */
static void begin_tail(struct buf *b)
{
	begin(b, PERF_RECORD_SAMPLE);
	ADD(b, 901, 1, 0x401000, PAIR(12, 0xabcd), 0x1122334455667788);
}

static void registers_and_stack_stand_behind_the_raw_data(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	begin_tail(&b);
	ADD(&b, PERF_SAMPLE_REGS_ABI_64, 0xb0, 0x50, 16, 0xaaaa, 0xbbbb, 8);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.callchain.len, 8);
	assert_int_equal(r.raw.len, 12);
	assert_memory_equal(r.raw.at, "\xcd\xab\x00\x00\x88\x77", 6);
	assert_int_equal(r.registers.len, 16);
	assert_memory_equal(r.registers.at, "\xb0\0\0\0\0\0\0\0\x50", 9);
	assert_int_equal(r.stack.len, 8); /* 16 were asked for, 8 copied */
	assert_memory_equal(r.stack.at, "\xaa\xaa", 2);
	begin_tail(&b); /* a kernel thread has no user registers and no user stack */
	ADD(&b, PERF_SAMPLE_REGS_ABI_NONE, 0);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.registers.len, 0);
	assert_int_equal(r.stack.len, 0);
	buf_done(&b);
}

static void a_tail_that_cannot_be_is_bad(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	begin_tail(&b); /* the stack is longer than the record */
	ADD(&b, PERF_SAMPLE_REGS_ABI_64, 0xb0, 0x50, 24, 0xaaaa, 0xbbbb, 8);
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	begin_tail(&b);
	ADD(&b, PERF_SAMPLE_REGS_ABI_64, 0xb0, 0x50, UINT64_MAX, 0xaaaa);
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	begin_tail(&b); /* a register is missing */
	ADD(&b, PERF_SAMPLE_REGS_ABI_64, 0xb0);
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	begin_tail(&b); /* a word too much */
	ADD(&b, PERF_SAMPLE_REGS_ABI_NONE, 0, 1);
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	begin(&b, PERF_RECORD_SAMPLE); /* raw data beyond the end */
	ADD(&b, 901, 1, 0x401000, PAIR(99, 0xabcd));
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	buf_done(&b);
}

static void an_unknown_id_leaves_type_and_size(void **state)
{
	static const uint64_t ids[] = { 0, 9, 13, 899, 902, UINT64_MAX };
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		begin(&b, PERF_RECORD_SAMPLE);
		ADD(&b, ids[i], PAIR(1, 2), 3, 4);
		assert_int_equal(finish(&b, &r), PERFRECORD_OK);
		assert_null(r.layout);
		assert_int_equal(r.size_bytes, 40);
		assert_int_equal(r.pid, UNKNOWN_U64);
		assert_int_equal(r.time_ns, UNKNOWN_U64);
		assert_int_equal(r.addr, UNKNOWN_U64);
	}
	for (size_t i = 0; i < known.count; i++) {
		begin(&b, PERF_RECORD_SAMPLE);
		ADD(&b, layouts[i].id, PAIR(1, 2), 3, 4);
		if (layouts[i].id == 11 || layouts[i].id == 12 || layouts[i].id == 14 ||
		    layouts[i].id == 901) /* other fields */
			continue;
		assert_int_equal(finish(&b, &r), PERFRECORD_OK);
		assert_ptr_equal(r.layout, &layouts[i]);
	}
	buf_done(&b);
}

static void lost_records_are_counted_with_the_time_of_their_trailer(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	begin(&b, PERF_RECORD_LOST);
	ADD(&b, 10, 4096);
	add_short_trailer(&b);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.lost_count, 4096);
	assert_int_equal(r.time_ns, 7300);
	assert_int_equal(r.pid, 71);
	begin(&b, PERF_RECORD_LOST_SAMPLES);
	ADD(&b, 17);
	add_long_trailer(&b);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.lost_count, 17);
	assert_int_equal(r.cpu, 5);
	buf_done(&b);
}

static void throttling_has_the_time_it_says_itself(void **state)
{
	static const uint32_t types[] = { PERF_RECORD_THROTTLE, PERF_RECORD_UNTHROTTLE };
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin(&b, types[i]);
		ADD(&b, 5555, 11, 74);
		add_long_trailer(&b);
		assert_int_equal(finish(&b, &r), PERFRECORD_OK);
		assert_int_equal(r.time_ns, 5555);
		assert_int_equal(r.cpu, 5);
		assert_int_equal(r.layout->user, 101);
	}
	buf_done(&b);
}

static void a_fork_and_an_exit_name_the_task_and_its_parent(void **state)
{
	static const uint32_t types[] = { PERF_RECORD_FORK, PERF_RECORD_EXIT };
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin(&b, types[i]);
		ADD(&b, PAIR(200, 100), PAIR(201, 101), 4444);
		add_long_trailer(&b);
		assert_int_equal(finish(&b, &r), PERFRECORD_OK);
		assert_int_equal(r.pid, 200);
		assert_int_equal(r.parent_pid, 100);
		assert_int_equal(r.tid, 201);
		assert_int_equal(r.parent_tid, 101);
		assert_int_equal(r.time_ns, 4444);
		assert_int_equal(r.cpu, 5);
	}
	buf_done(&b);
}

static void names_end_at_their_first_nul(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	begin(&b, PERF_RECORD_COMM);
	ADD(&b, PAIR(8, 9));
	buf_add(&b, "steady\0\0", 8);
	add_short_trailer(&b);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_true(text_is(r.name, "steady"));
	assert_int_equal(r.pid, 8);
	assert_int_equal(r.tid, 9);
	assert_int_equal(r.time_ns, 7300);
	begin(&b, PERF_RECORD_COMM); /* the kernel always ends it; we do not rely on that */
	ADD(&b, PAIR(8, 9));
	buf_add(&b, "eightchr", 8);
	add_short_trailer(&b);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_true(text_is(r.name, "eightchr"));
	buf_done(&b);
}

static void a_mapping_has_its_range_and_file(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	begin(&b, PERF_RECORD_MMAP);
	ADD(&b, PAIR(8, 9), 0x400000, 0x1000, 0x2000);
	buf_add(&b, "/bin/x\0\0", 8);
	add_short_trailer(&b);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.map_start, 0x400000);
	assert_int_equal(r.map_len, 0x1000);
	assert_int_equal(r.map_pgoff, 0x2000);
	assert_true(text_is(r.name, "/bin/x"));
	begin(&b, PERF_RECORD_MMAP2);
	ADD(&b, PAIR(8, 9), 0x400000, 0x1000, 0x2000, PAIR(8, 1), 4711, 1, PAIR(5, 2));
	buf_add(&b, "//anon\0\0", 8);
	add_long_trailer(&b);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.map_pgoff, 0x2000);
	assert_true(text_is(r.name, "//anon"));
	assert_int_equal(r.pid, 8);
	begin(&b, PERF_RECORD_MMAP2); /* cut within its fields */
	ADD(&b, PAIR(8, 9), 0x400000, 0x1000);
	add_short_trailer(&b);
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	buf_done(&b);
}

static void without_sample_id_all_the_last_bytes_are_no_id(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	begin(&b, PERF_RECORD_LOST);
	ADD(&b, 10, 900); /* 900 lost, which looks like the id of a layout */
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_null(r.layout);
	assert_int_equal(r.lost_count, UNKNOWN_U64);
	begin(&b, PERF_RECORD_LOST);
	ADD(&b, 10); /* a trailer of 24 bytes cannot be here */
	assert_int_equal(finish(&b, &r), PERFRECORD_BAD);
	buf_done(&b);
}

static void types_of_newer_kernels_are_passed_over(void **state)
{
	struct perfrecord r;
	struct buf b = { 0 };

	(void)state;
	begin(&b, 4711);
	ADD(&b, 1, 2, 3);
	add_short_trailer(&b);
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_int_equal(r.type, 4711);
	assert_int_equal(r.time_ns, 7300);
	assert_null(perfrecord_type_name(4711));
	assert_null(perfrecord_type_name(0));
	assert_string_equal(perfrecord_type_name(PERF_RECORD_SAMPLE), "sample");
	begin(&b, 4711); /* a header and nothing else */
	assert_int_equal(finish(&b, &r), PERFRECORD_OK);
	assert_null(r.layout);
	buf_done(&b);
}

static void sizes_that_cannot_be_stop_the_walk(void **state)
{
	static const uint8_t sizes[] = { 0, 7, 9, 39, 48 };
	uint8_t bytes[40] = { PERF_RECORD_SAMPLE };
	struct perfrecord r;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes); i++) {
		struct text t = { (const char *)bytes, sizeof(bytes) };

		bytes[6] = sizes[i];
		assert_int_equal(perfrecord_next(&r, &t, known), PERFRECORD_BAD);
		assert_int_equal(t.len, 40);
	}
	for (size_t len = 0; len < 8; len++) {
		struct text t = { (const char *)bytes, len };

		assert_int_equal(perfrecord_next(&r, &t, known),
				 len ? PERFRECORD_BAD : PERFRECORD_END);
	}
}

static void records_follow_one_another(void **state)
{
	struct buf all = { 0 };
	struct perfrecord r;
	struct text bytes;
	uint64_t n = 0;

	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		ADD(&all, PAIR(PERF_RECORD_SAMPLE, 40u << 16), 10, PAIR(1, 2), i, i << 12);
	}
	bytes = buf_text(&all);
	while (perfrecord_next(&r, &bytes, known) == PERFRECORD_OK) {
		assert_int_equal(r.time_ns, n);
		assert_int_equal(r.addr, n << 12);
		n++;
	}
	assert_int_equal(n, 100);
	assert_int_equal(bytes.len, 0);
	buf_done(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_of_40_bytes_has_its_thread_time_and_address),
		cmocka_unit_test(every_known_field_of_a_sample_is_in_its_place),
		cmocka_unit_test(a_sample_that_does_not_fit_its_layout_is_bad),
		cmocka_unit_test(fields_before_an_unknown_one_are_still_known),
		cmocka_unit_test(registers_and_stack_stand_behind_the_raw_data),
		cmocka_unit_test(a_tail_that_cannot_be_is_bad),
		cmocka_unit_test(an_unknown_id_leaves_type_and_size),
		cmocka_unit_test(lost_records_are_counted_with_the_time_of_their_trailer),
		cmocka_unit_test(throttling_has_the_time_it_says_itself),
		cmocka_unit_test(a_fork_and_an_exit_name_the_task_and_its_parent),
		cmocka_unit_test(names_end_at_their_first_nul),
		cmocka_unit_test(a_mapping_has_its_range_and_file),
		cmocka_unit_test(without_sample_id_all_the_last_bytes_are_no_id),
		cmocka_unit_test(types_of_newer_kernels_are_passed_over),
		cmocka_unit_test(sizes_that_cannot_be_stop_the_walk),
		cmocka_unit_test(records_follow_one_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
