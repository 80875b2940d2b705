/* test_returngate.c - what the gate notes of a call, and the ring between gate and recorder. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../src/target/returngate_internal.h"
#include "base/buf.h"
#include "base/unknown.h"
#include "parse/perfrecord.h"
#include "parse/syscallraw.h"
#include "target/returngate.h"

static struct perfrecord_layout layout_of_gate(void)
{
	return (struct perfrecord_layout){ .id = RETURNGATE_ID,
					   .sample_type = returngate_sample_type(),
					   .regs_user = returngate_registers() };
}

static struct returngate_call a_call(void)
{
	struct returngate_call c = { .time_ns = 123456789,
				     .process = 100,
				     .thread = 104,
				     .number = 28,
				     .arguments = { 0xc000400000, 65536, MADV_DONTNEED },
				     .has_place = true,
				     .ip = 0x47abcd,
				     .sp = 0x7ffe0010,
				     .stack_len = 37 };

	memset(c.stack, 0x5a, sizeof(c.stack));
	return c;
}

static struct perfrecord decoded(const struct perfrecord_layout *layout, const uint8_t *bytes,
				 size_t len)
{
	struct text left = { (const char *)bytes, len };
	struct perfrecord r;

	assert_int_equal(perfrecord_next(&r, &left, (struct perfrecord_layouts){ layout, 1 }),
			 PERFRECORD_OK);
	assert_int_equal(left.len, 0);
	return r;
}

static void a_record_is_read_as_one_of_perf(void **state)
{
	struct perfrecord_layout layout = layout_of_gate();
	struct returngate_call c = a_call();
	uint8_t bytes[RETURNGATE_RECORD_BYTES_MAX];
	struct perfrecord r = decoded(&layout, bytes, returnrecord_make(bytes, &c));
	uint64_t a[3], words[2];

	(void)state;
	assert_int_equal(r.pid, 100);
	assert_int_equal(r.tid, 104);
	assert_int_equal(r.time_ns, 123456789);
	assert_true(syscallraw_arguments(r.raw, a, 3));
	assert_int_equal(a[0], 0xc000400000);
	assert_int_equal(a[1], 65536);
	assert_int_equal(a[2], MADV_DONTNEED);
	assert_int_equal(r.callchain.len, 16);
	memcpy(words, r.callchain.at, 16);
	assert_int_equal(words[1], 0x47abcd);
	assert_int_equal(r.registers.len, 16);
	memcpy(words, r.registers.at, 16);
	assert_int_equal(words[0], 0x7ffe0010); /* the stack pointer has the lower number */
	assert_int_equal(words[1], 0x47abcd);
	assert_int_equal(r.stack.len, 32); /* whole words */
}

static void a_call_from_an_unknown_place_has_no_stack(void **state)
{
	struct perfrecord_layout layout = layout_of_gate();
	struct returngate_call c = a_call();
	uint8_t bytes[RETURNGATE_RECORD_BYTES_MAX];
	struct perfrecord r;
	uint64_t a[3];

	(void)state;
	c.has_place = false;
	r = decoded(&layout, bytes, returnrecord_make(bytes, &c));
	assert_int_equal(r.callchain.len, 0);
	assert_int_equal(r.registers.len, 0);
	assert_int_equal(r.stack.len, 0);
	assert_true(syscallraw_arguments(r.raw, a, 3));
	assert_int_equal(a[1], 65536);
}

static void the_largest_record_has_room(void **state)
{
	struct returngate_call c = a_call();
	uint8_t bytes[RETURNGATE_RECORD_BYTES_MAX];

	(void)state;
	c.stack_len = sizeof(c.stack);
	assert_true(returnrecord_make(bytes, &c) < sizeof(bytes));
}

static void gather(void *arg, struct text records)
{
	buf_add(arg, records.at, records.len);
}

/* More than the ring holds, taken over in between: the end of the ring falls into a record. */
static void what_was_pushed_comes_out(void **state)
{
	struct returngate g = { .control = -1,
				.passing = -1,
				.shared = xcalloc(1, sizeof(*g.shared)) };
	struct perfrecord_layout layout = layout_of_gate();
	struct returngate_call c = a_call();
	uint8_t bytes[RETURNGATE_RECORD_BYTES_MAX];
	struct buf out = { 0 };
	uint64_t pushed = 0, taken = 0;

	(void)state;
	c.stack_len = sizeof(c.stack);
	while (pushed < 3 * RETURNGATE_RING_BYTES / 2000) {
		struct text left;
		struct perfrecord r;

		for (int i = 0; i < 500; i++) {
			c.arguments[0] = pushed++;
			assert_true(returngate_push(g.shared, bytes, returnrecord_make(bytes, &c)));
		}
		buf_clear(&out);
		returngate_drain(&g, gather, &out);
		left = buf_text(&out);
		while (left.len) {
			uint64_t a;

			assert_int_equal(perfrecord_next(&r, &left,
							 (struct perfrecord_layouts){ &layout, 1 }),
					 PERFRECORD_OK);
			assert_true(syscallraw_arguments(r.raw, &a, 1));
			assert_int_equal(a, taken++);
		}
	}
	assert_int_equal(taken, pushed);
	assert_int_equal(returngate_totals(&g).lost_count, 0);
	free(g.shared);
	buf_done(&out);
}

static void what_finds_no_room_is_counted(void **state)
{
	struct returngate g = { .control = -1,
				.passing = -1,
				.shared = xcalloc(1, sizeof(*g.shared)) };
	struct returngate_call c = a_call();
	uint8_t bytes[RETURNGATE_RECORD_BYTES_MAX];
	struct buf out = { 0 };
	size_t len = returnrecord_make(bytes, &c), pushed = 0;

	(void)state;
	while (returngate_push(g.shared, bytes, len))
		pushed++;
	assert_int_equal(pushed, RETURNGATE_RING_BYTES / len);
	assert_false(returngate_push(g.shared, bytes, len));
	assert_int_equal(returngate_totals(&g).lost_count, 2);
	returngate_drain(&g, gather, &out);
	assert_int_equal(out.len, pushed * len);
	assert_true(returngate_push(g.shared, bytes, len));
	free(g.shared);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_read_as_one_of_perf),
		cmocka_unit_test(a_call_from_an_unknown_place_has_no_stack),
		cmocka_unit_test(the_largest_record_has_room),
		cmocka_unit_test(what_was_pushed_comes_out),
		cmocka_unit_test(what_finds_no_room_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
