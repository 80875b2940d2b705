/* test_space.c - which file lies where in the processes of a recording. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/unknown.h"
#include "symbols/imageset.h"
#include "symbols/space.h"

struct fixture {
	struct imageset *images;
	struct space *space;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.images = imageset_new(NULL);
	f.space = space_new(f.images);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	space_free(f->space);
	imageset_free(f->images);
	return 0;
}

static void map(struct space *s, uint64_t pid, uint64_t start, uint64_t len, const char *path)
{
	space_map(s, pid, (struct space_range){ start, len, 0 }, text_of(path));
}

/* The path at ip, "" where there is nothing. */
static struct text path_at(const struct space *s, uint64_t pid, uint64_t ip)
{
	struct space_place p;

	if (!space_find(s, pid, ip, &p))
		return (struct text){ 0 };
	assert_null(p.image); /* none of these files is there */
	assert_int_equal(p.vaddr, UNKNOWN_U64);
	return space_mapping_at(s, p.mapping).path;
}

#define assert_path(s, pid, ip, path) assert_true(text_is(path_at(s, pid, ip), path))

static void a_mapping_shows_from_its_start_to_its_end(void **state)
{
	struct space *s = ((struct fixture *)*state)->space;

	map(s, 1, 0x1000, 0x2000, "/nonexistent/a");
	assert_path(s, 1, 0xfff, "");
	assert_path(s, 1, 0x1000, "/nonexistent/a");
	assert_path(s, 1, 0x2fff, "/nonexistent/a");
	assert_path(s, 1, 0x3000, "");
	assert_path(s, 2, 0x1000, "");
}

static void a_later_mapping_covers_what_was_there(void **state)
{
	struct space *s = ((struct fixture *)*state)->space;

	map(s, 1, 0x1000, 0x6000, "/nonexistent/a");
	map(s, 1, 0x2000, 0x1000, "/nonexistent/b"); /* a hole in the middle */
	map(s, 1, 0x6000, 0x2000, "/nonexistent/c"); /* over its end */
	assert_path(s, 1, 0x1fff, "/nonexistent/a");
	assert_path(s, 1, 0x2000, "/nonexistent/b");
	assert_path(s, 1, 0x3000, "/nonexistent/a");
	assert_path(s, 1, 0x5fff, "/nonexistent/a");
	assert_path(s, 1, 0x6000, "/nonexistent/c");
	map(s, 1, 0, 0x10000, "/nonexistent/d");
	for (uint64_t ip = 0; ip < 0x10000; ip += 0x800)
		assert_path(s, 1, ip, "/nonexistent/d");
}

static void exec_forgets_and_fork_takes_along(void **state)
{
	struct space *s = ((struct fixture *)*state)->space;

	map(s, 1, 0x1000, 0x1000, "/nonexistent/a");
	space_fork(s, 2, 1);
	assert_path(s, 2, 0x1000, "/nonexistent/a");
	space_fork(s, 1, 1); /* a thread */
	assert_path(s, 1, 0x1000, "/nonexistent/a");
	space_exec(s, 1);
	assert_path(s, 1, 0x1000, "");
	assert_path(s, 2, 0x1000, "/nonexistent/a");
	space_fork(s, 3, 99); /* of an unknown parent */
	assert_path(s, 3, 0x1000, "");
}

static void every_change_has_a_new_generation(void **state)
{
	struct space *s = ((struct fixture *)*state)->space;
	uint64_t first, second;

	assert_int_equal(space_generation(s, 1), 0);
	map(s, 1, 0x1000, 0x1000, "/nonexistent/a");
	first = space_generation(s, 1);
	map(s, 2, 0x1000, 0x1000, "/nonexistent/a");
	assert_int_not_equal(space_generation(s, 2), first);
	assert_int_equal(space_generation(s, 1), first);
	space_exec(s, 1);
	second = space_generation(s, 1);
	assert_int_not_equal(second, first);
	assert_int_not_equal(second, space_generation(s, 2));
}

static void ranges_that_cannot_be_are_left_out(void **state)
{
	struct space *s = ((struct fixture *)*state)->space;

	map(s, 1, 0x1000, 0, "/nonexistent/a");
	map(s, 1, UINT64_MAX - 1, 0x1000, "/nonexistent/a");
	assert_int_equal(space_mapping_count(s), 0);
	map(s, 1, 0, UINT64_MAX, "/nonexistent/a");
	assert_path(s, 1, UINT64_MAX - 1, "/nonexistent/a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_mapping_shows_from_its_start_to_its_end, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_later_mapping_covers_what_was_there, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(exec_forgets_and_fork_takes_along, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(every_change_has_a_new_generation, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(ranges_that_cannot_be_are_left_out, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
