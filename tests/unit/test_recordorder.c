/* test_recordorder.c - perf records in the order of time, and the hash table beside it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/perf_event.h>
#include <string.h>

#include "analyze/recordorder_internal.h"
#include "base/indexmap.h"

#define ID 7

static const struct perfrecord_layout layout = {
	.id = ID,
	.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN,
};

static const struct perfrecord_layouts layouts = { &layout, 1 };

struct seen {
	uint64_t times[64];
	char names[64];
	size_t count;
};

static void see(void *arg, const struct perfrecord *r)
{
	struct seen *s = arg;

	assert_ptr_equal(r->layout, &layout);
	assert_int_equal(r->callchain.len, 8);
	assert_memory_equal(r->callchain.at + 1, "-chain-", 7);
	s->times[s->count] = r->time_ns;
	s->names[s->count++] = r->callchain.at[0];
}

/* A sample whose call chain is one frame, which begins with mark. */
static void add(struct recordorder *o, uint64_t time_ns, char mark)
{
	char frame[] = "?-chain-";
	struct buf b = { 0 };

	frame[0] = mark;
	buf_add_uint(&b, PERF_RECORD_SAMPLE, 4);
	buf_add_uint(&b, 0, 2);
	buf_add_uint(&b, 40, 2);
	buf_add_uint(&b, ID, 8);
	buf_add_uint(&b, time_ns, 8);
	buf_add_uint(&b, 1, 8);
	buf_add(&b, frame, 8);
	recordorder_add(o, buf_text(&b), time_ns);
	buf_done(&b); /* it was copied */
}

static void release(struct recordorder *o, uint64_t until_ns, struct seen *s)
{
	recordorder_release(o, until_ns, layouts, see, s);
}

static void records_come_out_by_time_then_by_arrival(void **state)
{
	struct recordorder o = { 0 };
	struct seen s = { .count = 0 };

	(void)state;
	add(&o, 30, 'a');
	add(&o, 10, 'b');
	add(&o, 20, 'c');
	add(&o, 10, 'd');
	release(&o, UINT64_MAX, &s);
	assert_int_equal(s.count, 4);
	assert_memory_equal(s.names, "bdca", 4);
	release(&o, UINT64_MAX, &s);
	assert_int_equal(s.count, 4);
	recordorder_done(&o);
}

static void what_is_newer_than_the_round_waits(void **state)
{
	struct recordorder o = { 0 };
	struct seen s = { .count = 0 };

	(void)state;
	add(&o, 50, 'a');
	add(&o, 40, 'b');
	add(&o, 60, 'c');
	release(&o, 50, &s);
	assert_int_equal(s.count, 2);
	add(&o, 55, 'd');
	release(&o, 100, &s);
	assert_memory_equal(s.names, "badc", 4);
	assert_int_equal(s.times[3], 60);
	recordorder_done(&o);
}

static void runs_of_many_cpus_are_merged(void **state)
{
	struct recordorder o = { 0 };
	struct seen s = { .count = 0 };

	(void)state;
	for (uint64_t cpu = 0; cpu < 7; cpu++)
		for (uint64_t i = 0; i < 9; i++)
			add(&o, 100 + 10 * i - cpu, (char)('a' + cpu));
	release(&o, 139, &s);
	assert_int_equal(s.count, 4 * 7 + 6); /* all of the times 94 to 130, and 134 to 139 */
	release(&o, UINT64_MAX, &s);
	assert_int_equal(s.count, 63);
	for (size_t i = 1; i < s.count; i++)
		assert_true(s.times[i - 1] <= s.times[i]);
	recordorder_done(&o);
}

static void what_cannot_be_decoded_is_passed_over(void **state)
{
	struct recordorder o = { 0 };
	struct seen s = { .count = 0 };

	(void)state;
	recordorder_add(&o, (struct text){ "\x09\0\0\0\0\0\xff\xff", 8 }, 5);
	add(&o, 4, 'a');
	release(&o, UINT64_MAX, &s);
	assert_int_equal(s.count, 1);
	recordorder_done(&o);
}

static void a_recording_without_rounds_is_noticed(void **state)
{
	struct recordorder o = { 0 };
	static char record[65536];

	(void)state;
	for (int i = 0; i < 1000; i++)
		recordorder_add(&o, (struct text){ record, sizeof(record) }, 0);
	assert_false(recordorder_is_full(&o));
	for (int i = 0; i < 24; i++) /* 64 MiB, with what stands beside them */
		recordorder_add(&o, (struct text){ record, sizeof(record) }, 0);
	assert_true(recordorder_is_full(&o));
	recordorder_done(&o);
}

static bool is_number(const void *arg, uint32_t index)
{
	return *(const uint32_t *)arg == index;
}

static void an_index_map_finds_each_of_many_with_few_hashes(void **state)
{
	struct indexmap m = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		assert_int_equal(indexmap_find(&m, indexmap_mix(i % 50), is_number, &i),
				 INDEXMAP_NONE);
		indexmap_add(&m, indexmap_mix(i % 50), i);
	}
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(indexmap_find(&m, indexmap_mix(i % 50), is_number, &i), i);
	indexmap_done(&m);
	assert_int_equal(indexmap_find(&m, 0, is_number, &(uint32_t){ 0 }), INDEXMAP_NONE);
}

static void a_hash_is_of_all_bytes_and_of_the_length(void **state)
{
	char a[24] = "abcdefghijklmnopqrstuvw";

	(void)state;
	for (size_t len = 0; len < sizeof(a); len++) {
		assert_int_not_equal(indexmap_hash(a, len, 1), indexmap_hash(a, len + 1, 1));
		for (size_t i = 0; i < len; i++) {
			uint64_t before = indexmap_hash(a, len, 1);

			a[i] ^= 1;
			assert_int_not_equal(indexmap_hash(a, len, 1), before);
			a[i] ^= 1;
		}
	}
	assert_int_not_equal(indexmap_hash(a, 8, 1), indexmap_hash(a, 8, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_out_by_time_then_by_arrival),
		cmocka_unit_test(what_is_newer_than_the_round_waits),
		cmocka_unit_test(runs_of_many_cpus_are_merged),
		cmocka_unit_test(what_cannot_be_decoded_is_passed_over),
		cmocka_unit_test(a_recording_without_rounds_is_noticed),
		cmocka_unit_test(an_index_map_finds_each_of_many_with_few_hashes),
		cmocka_unit_test(a_hash_is_of_all_bytes_and_of_the_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
