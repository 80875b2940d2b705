/* test_perflayouts.c - the table of event layouts: sorted, replaced by id, bounded. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "parse/perflayouts.h"

static void add_ids(struct perflayouts *l, const uint64_t *ids, size_t count, uint64_t user)
{
	struct perfrecord_layout layout = { .sample_type = 7, .regs_user = 3, .user = user };
	struct buf bytes = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_add_uint(&bytes, ids[i], 8);
	perflayouts_add(l, buf_text(&bytes), &layout);
	buf_done(&bytes);
}

static void ids_are_sorted_whatever_their_order(void **state)
{
	const uint64_t first[] = { 9, 2, UINT64_MAX }, second[] = { 5 };
	const uint64_t want[] = { 2, 5, 9, UINT64_MAX };
	struct perflayouts l = { 0 };

	(void)state;
	add_ids(&l, first, 3, 1);
	add_ids(&l, second, 1, 2);
	assert_int_equal(perflayouts_view(&l).count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(l.at[i].id, want[i]);
		assert_int_equal(l.at[i].user, want[i] == 5 ? 2 : 1);
		assert_int_equal(l.at[i].sample_type, 7);
		assert_int_equal(l.at[i].regs_user, 3);
	}
	perflayouts_done(&l);
	assert_int_equal(perflayouts_view(&l).count, 0);
}

static void an_id_that_comes_again_gets_the_new_layout(void **state)
{
	const uint64_t ids[] = { 1, 2, 3 };
	struct perflayouts l = { 0 };

	(void)state;
	add_ids(&l, ids, 3, 1);
	add_ids(&l, ids + 1, 1, 8);
	assert_int_equal(l.count, 3);
	assert_int_equal(l.at[0].user, 1);
	assert_int_equal(l.at[1].user, 8);
	assert_int_equal(l.at[2].user, 1);
	perflayouts_done(&l);
}

static void a_cut_id_is_left_out(void **state)
{
	const char bytes[15] = { 4 };
	struct perfrecord_layout layout = { .user = 1 };
	struct perflayouts l = { 0 };

	(void)state;
	perflayouts_add(&l, (struct text){ 0 }, &layout);
	assert_int_equal(l.count, 0);
	perflayouts_add(&l, (struct text){ bytes, sizeof(bytes) }, &layout);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.at[0].id, 4);
	perflayouts_done(&l);
}

/* A made-up recording may name any number. */
static void the_table_stops_growing(void **state)
{
	struct perfrecord_layout layout = { .user = 1 };
	struct perflayouts l = { 0 };
	struct buf bytes = { 0 };

	(void)state;
	for (uint64_t id = 0; id < PERFLAYOUTS_MAX + 100; id++)
		buf_add_uint(&bytes, id, 8);
	perflayouts_add(&l, buf_text(&bytes), &layout);
	assert_int_equal(l.count, PERFLAYOUTS_MAX);
	assert_int_equal(l.at[PERFLAYOUTS_MAX - 1].id, PERFLAYOUTS_MAX - 1);
	perflayouts_add(&l, buf_text(&bytes), &layout);
	assert_int_equal(l.count, PERFLAYOUTS_MAX);
	buf_done(&bytes);
	perflayouts_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_sorted_whatever_their_order),
		cmocka_unit_test(an_id_that_comes_again_gets_the_new_layout),
		cmocka_unit_test(a_cut_id_is_left_out),
		cmocka_unit_test(the_table_stops_growing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
