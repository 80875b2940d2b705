/* test_procmaps.c - one line of /proc/PID/maps; sums over smaps, whatever the pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/own.h"
#include "base/unknown.h"
#include "goruntime/heaparena.h"
#include "parse/procmaps.h"
#include "parse/procsmaps.h"

#define CHECK_TEXT(t, s) assert_true(text_is((t), (s)))

static void a_line_with_a_file_is_taken_apart(void **state)
{
	struct proc_mapping m;

	(void)state;
	assert_true(procmaps_parse_line(
		&m, text_of("7f00-8f00 r-xs 0001f000 fe:1b 9978660        /opt/a b (deleted)")));
	assert_int_equal(m.start, 0x7f00);
	assert_int_equal(m.end, 0x8f00);
	assert_true(m.readable && !m.writable && m.executable && m.shared);
	assert_int_equal(m.file_off, 0x1f000);
	assert_int_equal(m.dev_major, 0xfe);
	assert_int_equal(m.dev_minor, 0x1b);
	assert_int_equal(m.inode, 9978660);
	CHECK_TEXT(m.name, "/opt/a b (deleted)");
	assert_false(mapping_is_anonymous(&m));
}

static void a_line_without_name_is_anonymous_with_or_without_the_trailing_blank(void **state)
{
	struct proc_mapping m;

	(void)state;
	assert_true(
		procmaps_parse_line(&m, text_of("c000000000-c004000000 ---p 00000000 00:00 0 ")));
	CHECK_TEXT(m.name, "");
	assert_true(mapping_is_anonymous(&m));
	assert_true(
		procmaps_parse_line(&m, text_of("c000000000-c004000000 rw-p 00000000 00:00 0")));
	assert_true(mapping_is_anonymous(&m));
	assert_true(procmaps_parse_line(&m, text_of("1000-2000 rw-p 00000000 00:00 0   [stack]")));
	assert_false(mapping_is_anonymous(&m));
	assert_true(
		procmaps_parse_line(&m, text_of("1000-2000 rw-p 0 00:00 0   [anon: Go: heap]")));
	assert_true(mapping_is_anonymous(&m));
}

static void malformed_lines_are_refused_and_leave_the_result_alone(void **state)
{
	static const char *const lines[] = {
		"",
		"1000",
		"1000-",
		"1000-2000",
		"1000-2000 ",
		"1000-2000 rw-",
		"1000-2000 rw-p",
		"1000-2000 rwzp 0 00:00 0",
		"1000-2000 wr-p 0 00:00 0",
		"2000-2000 rw-p 0 00:00 0",
		"3000-2000 rw-p 0 00:00 0",
		"10000000000000000-20000000000000000 rw-p 0 00:00 0",
		"1000-2000 rw-p 0 0000 0",
		"1000-2000 rw-p 0 00:00 ",
		"1000-2000 rw-p 0 00:00 99999999999999999999",
		"1000-2000 rw-p 0 00:00 0x",
		"C000-D000 rw-p 0 00:00 0",
		" 1000-2000 rw-p 0 00:00 0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct proc_mapping m = { .inode = 77 };

		if (procmaps_parse_line(&m, text_of(lines[i])))
			fail_msg("taken: '%s'", lines[i]);
		assert_int_equal(m.inode, 77);
	}
}

static enum smaps_group group_of(const struct proc_mapping *m, void *arg)
{
	return heaparena_has_mapping(arg, m) ? SMAPS_HEAP : SMAPS_REST;
}

static struct smaps_totals sum(struct text file, size_t piece_bytes)
{
	struct smaps_stream s;
	struct smaps_totals totals;
	char machine[] = "x86_64";

	smaps_init(&s, group_of, machine);
	while (file.len) {
		size_t n = file.len < piece_bytes ? file.len : piece_bytes;

		smaps_feed(&s, (struct text){ .at = file.at, .len = n });
		file.at += n;
		file.len -= n;
	}
	smaps_finish(&s, &totals);
	return totals;
}

/* Expected figures: summed with awk over the same file, apart from the code under test. */
static void sums_of_a_real_file_are_right_for_every_piece_size(void **state)
{
	OWN_FILE FILE *f = fopen("tests/data/proc/smaps-go1.19-lazyfree.txt", "re");
	static char bytes[1 << 16];
	size_t len;

	(void)state;
	assert_non_null(f);
	len = fread(bytes, 1, sizeof(bytes), f);
	for (size_t piece = 1; piece <= len; piece = piece < 64 ? piece + 1 : piece * 3) {
		struct smaps_totals t = sum((struct text){ .at = bytes, .len = len }, piece);
		const struct smaps_sums *heap = &t.group[SMAPS_HEAP], *rest = &t.group[SMAPS_REST];

		assert_int_equal(t.bad_line_count, 0);
		assert_int_equal(heap->mapping_count, 5);
		assert_int_equal(heap->size_bytes, 262144 * 1024ULL);
		assert_int_equal(heap->rss_bytes, 205424 * 1024ULL);
		assert_int_equal(heap->anonymous_bytes, 205424 * 1024ULL);
		assert_int_equal(heap->lazyfree_bytes, 133328 * 1024ULL);
		assert_int_equal(heap->anonhuge_bytes, 0);
		assert_int_equal(heap->swap_bytes, 0);
		assert_int_equal(heap->file_rss_bytes, 0);
		assert_int_equal(rest->mapping_count, 24);
		assert_int_equal(rest->size_bytes, 651988 * 1024ULL);
		assert_int_equal(rest->rss_bytes, 8316 * 1024ULL);
		assert_int_equal(rest->file_rss_bytes, 972 * 1024);
	}
}

static void a_field_that_the_kernel_does_not_print_is_unknown_not_zero(void **state)
{
	struct smaps_totals t = sum(text_of("c000000000-c000002000 rw-p 00000000 00:00 0 \n"
					    "Size:                  8 kB\n"
					    "Rss:                   4 kB\n"
					    "VmFlags: rd wr\n"),
				    7);

	(void)state;
	assert_int_equal(t.group[SMAPS_HEAP].rss_bytes, 4096);
	assert_false(is_known(t.group[SMAPS_HEAP].lazyfree_bytes));
	assert_false(is_known(t.group[SMAPS_HEAP].swap_bytes));
	assert_int_equal(t.group[SMAPS_REST].rss_bytes, 0);
	assert_int_equal(t.group[SMAPS_REST].lazyfree_bytes, 0);
}

static void lines_that_are_not_smaps_are_counted(void **state)
{
	(void)state;
	assert_int_equal(sum(text_of("Rss: 4 kB\n"), 3).bad_line_count, 1); /* no mapping yet */
	assert_int_equal(sum(text_of("1000-2000 rw-p 0 00:00 0\nRss: x kB\n"), 3).bad_line_count,
			 1);
	assert_int_equal(sum(text_of("1000-2000 rw-p 0 00:00 0\nRss: 4 MB\n"), 3).bad_line_count,
			 1);
	assert_int_equal(sum(text_of("1000-2000 rw-p 0 00:00 0\nRss: 4 k"), 3).bad_line_count, 1);
	assert_int_equal(sum(text_of("\n"), 1).bad_line_count, 1);
	assert_int_equal(sum(text_of("1000-2000 rw-p 0 00:00 0\nRss: 18446744073709551615 kB\n"), 9)
				 .bad_line_count,
			 1);
}

static void a_sum_that_overflows_becomes_unknown(void **state)
{
	static const char text[] = "1000-2000 rw-p 0 00:00 0\nRss: 18014398509481983 kB\n"
				   "2000-3000 rw-p 0 00:00 0\nRss: 18014398509481983 kB\n";
	struct smaps_totals t = sum(text_of(text), 10);

	(void)state;
	assert_int_equal(t.bad_line_count, 0);
	assert_false(is_known(t.group[SMAPS_REST].rss_bytes));
}

static void a_path_longer_than_the_line_buffer_is_cut_and_its_fields_still_count(void **state)
{
	static char text[3 * SMAPS_LINE_BYTES];
	int n = snprintf(text, sizeof(text), "1000-2000 r--p 00000000 fe:00 5   /%0*d\nRss: 4 kB\n",
			 2 * SMAPS_LINE_BYTES, 7);

	(void)state;
	for (size_t piece = 1; piece < 700; piece += 37) {
		struct smaps_totals t = sum((struct text){ .at = text, .len = (size_t)n }, piece);

		assert_int_equal(t.bad_line_count, 0);
		assert_int_equal(t.group[SMAPS_REST].file_rss_bytes, 4096);
	}
}

static struct proc_mapping mapping(const char *line)
{
	struct proc_mapping m;

	assert_true(procmaps_parse_line(&m, text_of(line)));
	return m;
}

static bool is_heap(const char *machine, const char *line)
{
	struct proc_mapping m = mapping(line);

	return heaparena_has_mapping(machine, &m);
}

static void arena_addresses_are_the_runtimes_hints(void **state)
{
	(void)state;
	assert_true(heaparena_has_address("x86_64", 0xc000000000));
	assert_true(heaparena_has_address("x86_64", 0x1bfffffffff)); /* grown up to the next hint */
	assert_true(heaparena_has_address("x86_64", 0x1c000000000));
	assert_false(heaparena_has_address("x86_64", 0xbfffffffff));
	assert_false(heaparena_has_address("x86_64", 0x20000000000));
	assert_false(heaparena_has_address("x86_64", 0x400000));
	assert_false(heaparena_has_address("x86_64", 0x55c000000000)); /* programs and C heaps */
	assert_false(heaparena_has_address("x86_64", 0x7fc012345000)); /* libraries */
	assert_true(heaparena_has_address("aarch64", 0x4000000000));
	assert_false(heaparena_has_address("aarch64", 0x3fffffffff));
	assert_false(heaparena_has_address("aarch64", 0xffffc0000000));
	assert_false(heaparena_has_address("riscv64", 0xc000000000));
}

static void only_private_anonymous_memory_at_an_arena_address_is_heap(void **state)
{
	(void)state;
	assert_true(is_heap("x86_64", "c000000000-c004000000 rw-p 00000000 00:00 0"));
	assert_true(is_heap("x86_64", "c000000000-c004000000 ---p 00000000 00:00 0"));
	assert_false(is_heap("x86_64", "c000000000-c004000000 r--p 00000000 00:00 0"));
	assert_false(is_heap("x86_64", "c000000000-c004000000 rwxp 00000000 00:00 0"));
	assert_false(is_heap("x86_64", "c000000000-c004000000 rw-s 00000000 00:00 0"));
	assert_false(is_heap("x86_64", "c000000000-c004000000 rw-p 00000000 08:01 12 /x"));
	assert_false(is_heap("x86_64", "7f4dbe52c000-7f4dc0e00000 rw-p 00000000 00:00 0"));
	assert_false(is_heap("aarch64", "c000000000-c004000000 rw-s 00000000 00:00 0"));
}

static void the_names_that_the_runtime_gives_decide(void **state)
{
	(void)state;
	assert_true(is_heap("x86_64", "7f00000000-7f10000000 rw-p 0 00:00 0 [anon: Go: heap]"));
	assert_true(is_heap("x86_64",
			    "7f00000000-7f10000000 ---p 0 00:00 0 [anon: Go: heap reservation]"));
	assert_false(
		is_heap("x86_64", "c000000000-c010000000 rw-p 0 00:00 0 [anon: Go: heap index]"));
	assert_false(is_heap("x86_64", "c000000000-c010000000 rw-p 0 00:00 0 [anon: Go: gc bits]"));
	assert_true(is_heap("x86_64", "c000000000-c010000000 ---p 0 00:00 0 [anon: Go: unused]"));
	assert_true(is_heap("x86_64", "c000000000-c010000000 rw-p 0 00:00 0 [anon:mine]"));
	assert_false(
		is_heap("x86_64", "7f00000000000-7f00000001000 rw-p 0 00:00 0 [anon: Go: used]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_with_a_file_is_taken_apart),
		cmocka_unit_test(
			a_line_without_name_is_anonymous_with_or_without_the_trailing_blank),
		cmocka_unit_test(malformed_lines_are_refused_and_leave_the_result_alone),
		cmocka_unit_test(sums_of_a_real_file_are_right_for_every_piece_size),
		cmocka_unit_test(a_field_that_the_kernel_does_not_print_is_unknown_not_zero),
		cmocka_unit_test(lines_that_are_not_smaps_are_counted),
		cmocka_unit_test(a_sum_that_overflows_becomes_unknown),
		cmocka_unit_test(
			a_path_longer_than_the_line_buffer_is_cut_and_its_fields_still_count),
		cmocka_unit_test(arena_addresses_are_the_runtimes_hints),
		cmocka_unit_test(only_private_anonymous_memory_at_an_arena_address_is_heap),
		cmocka_unit_test(the_names_that_the_runtime_gives_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
