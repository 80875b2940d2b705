/* test_recordorder.c - perf records in the order of time, and the hash table beside it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyze/recordorder_internal.h"
#include "base/indexmap.h"

struct seen {
	uint64_t times[64];
	char names[64];
	size_t count;
};

static void see(void *arg, const struct perfrecord *r)
{
	struct seen *s = arg;

	assert_int_equal(r->name.len, 3);
	assert_memory_equal(r->name.at, "n--", 1);
	assert_int_equal(r->callchain.len, 8);
	assert_memory_equal(r->callchain.at, "12345678", 8);
	s->times[s->count] = r->time_ns;
	s->names[s->count++] = r->name.at[1];
}

static void add(struct recordorder *o, uint64_t time_ns, char mark)
{
	char name[3] = { 'n', mark, '-' };
	struct perfrecord r = { .time_ns = time_ns,
				.name = { name, sizeof(name) },
				.callchain = { "12345678", 8 } };

	recordorder_add(o, &r);
	memset(name, 0, sizeof(name)); /* it was copied */
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
	recordorder_release(&o, UINT64_MAX, see, &s);
	assert_int_equal(s.count, 4);
	assert_memory_equal(s.names, "bdca", 4);
	recordorder_release(&o, UINT64_MAX, see, &s);
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
	recordorder_release(&o, 50, see, &s);
	assert_int_equal(s.count, 2);
	add(&o, 55, 'd');
	recordorder_release(&o, 100, see, &s);
	assert_memory_equal(s.names, "badc", 4);
	assert_int_equal(s.times[3], 60);
	recordorder_done(&o);
}

static void a_recording_without_rounds_is_noticed(void **state)
{
	struct recordorder o = { 0 };
	struct perfrecord r = { .stack = { NULL, 0 } };
	static char stack[65536];

	(void)state;
	r.stack = (struct text){ stack, sizeof(stack) };
	for (int i = 0; i < 1000; i++)
		recordorder_add(&o, &r);
	assert_false(recordorder_is_full(&o));
	for (int i = 0; i < 24; i++) /* 64 MiB, with what stands beside the texts */
		recordorder_add(&o, &r);
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
		cmocka_unit_test(a_recording_without_rounds_is_noticed),
		cmocka_unit_test(an_index_map_finds_each_of_many_with_few_hashes),
		cmocka_unit_test(a_hash_is_of_all_bytes_and_of_the_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
