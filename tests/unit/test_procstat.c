/* test_procstat.c - statm, stat, status, cgroup, mountinfo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/own.h"
#include "base/unknown.h"
#include "parse/cgroup.h"
#include "parse/procenviron.h"
#include "parse/procstat.h"

#define CHECK_TEXT(t, s) assert_true(text_is((t), (s)))

static const char stat_line[] =
	"17470 (a) R (b) S 17467 17467 2878 0 -1 4194304 53384 12 3 4 7 11 1 2 20 -5 4 0 292190 "
	"936067072 53421 18446744073709551615 4194304 4612202 140722431112544 0 0 0 0 2 0 0\n";

static void the_name_ends_at_the_last_parenthesis(void **state)
{
	struct proc_stat s;

	(void)state;
	assert_true(procstat_parse(&s, text_of(stat_line)));
	assert_int_equal(s.pid, 17470);
	CHECK_TEXT(s.comm, "a) R (b");
	assert_int_equal(s.state, 'S');
	assert_int_equal(s.minor_faults, 53384);
	assert_int_equal(s.child_minor_faults, 12);
	assert_int_equal(s.major_faults, 3);
	assert_int_equal(s.child_major_faults, 4);
	assert_int_equal(s.user_ticks, 7);
	assert_int_equal(s.system_ticks, 11);
	assert_int_equal(s.thread_count, 4);
	assert_int_equal(s.start_ticks, 292190);
}

static void every_cut_of_a_stat_line_before_its_last_field_is_refused(void **state)
{
	size_t needed = (size_t)(strstr(stat_line, "292190 ") - stat_line) + sizeof("292190 ") - 1;

	(void)state;
	for (size_t cut = 0; cut <= sizeof(stat_line) - 1; cut++) {
		struct proc_stat s = { .pid = 5 };
		bool taken = procstat_parse(&s, (struct text){ .at = stat_line, .len = cut });

		assert_int_equal(taken, cut >= needed);
		assert_int_equal(s.pid, taken ? 17470 : 5);
	}
}

static void a_stat_line_with_a_number_that_cannot_be_is_refused(void **state)
{
	struct proc_stat s;

	(void)state;
	assert_false(
		procstat_parse(&s, text_of("1 (x) S 1 1 1 0 -1 0 -5 0 0 0 0 0 0 0 20 0 1 0 9 \n")));
	assert_false(
		procstat_parse(&s, text_of("1 (x) S 1 1 1 0 -1 0 99999999999999999999 0 0 0 0 0 0 "
					   "0 20 0 1 0 9 \n")));
	assert_false(
		procstat_parse(&s, text_of("1 x S 1 1 1 0 -1 0 5 0 0 0 0 0 0 0 20 0 1 0 9 \n")));
	assert_false(procstat_parse(&s, text_of("1 (x) ")));
	assert_true(
		procstat_parse(&s, text_of("1 () S 1 1 1 0 -1 0 5 0 0 0 0 0 0 0 20 0 1 0 9 \n")));
}

static void statm_gives_pages(void **state)
{
	struct proc_statm m = { .size_pages = 9 };

	(void)state;
	assert_false(procstatm_parse(&m, text_of("")));
	assert_false(procstatm_parse(&m, text_of("1 2 3 4 5 6\n")));
	assert_false(procstatm_parse(&m, text_of("1 2 3 4 5 6 7")));
	assert_false(procstatm_parse(&m, text_of("1 2 3 4 5 99999999999999999999 7\n")));
	assert_int_equal(m.size_pages, 9);
	assert_true(procstatm_parse(&m, text_of("1 2 3 4 5 6 7\n")));
	assert_int_equal(m.size_pages, 1);
	assert_int_equal(m.resident_pages, 2);
	assert_int_equal(m.shared_pages, 3);
	assert_int_equal(m.data_pages, 6);
}

static void this_process_agrees_with_getrusage(void **state)
{
	OWN_FILE FILE *f = fopen("/proc/self/stat", "re");
	char buf[4096];
	struct rusage before, after;
	struct proc_stat s;
	size_t len;

	(void)state;
	assert_non_null(f);
	getrusage(RUSAGE_SELF, &before);
	len = fread(buf, 1, sizeof(buf), f);
	getrusage(RUSAGE_SELF, &after);
	assert_true(procstat_parse(&s, (struct text){ .at = buf, .len = len }));
	assert_int_equal(s.pid, getpid());
	assert_in_range(s.minor_faults, before.ru_minflt, after.ru_minflt);
	assert_in_range(s.major_faults, before.ru_majflt, after.ru_majflt);
}

static void a_size_of_status_is_found_by_its_whole_key(void **state)
{
	uint64_t v = 3;

	(void)state;
	assert_true(procstatus_find_bytes(
		&v, text_of("Name:\tVmHWM\nVmHWMx:\t1 kB\nVmHWM:\t    1672 kB\n"), "VmHWM"));
	assert_int_equal(v, 1672 * 1024);
	v = 3;
	assert_false(procstatus_find_bytes(&v, text_of("VmHWM:\t    1672 kB"), "VmHWM")); /* cut */
	assert_false(procstatus_find_bytes(&v, text_of("VmHWM:\t    1672 MB\n"), "VmHWM"));
	assert_false(
		procstatus_find_bytes(&v, text_of("VmHWM:\t99999999999999999999 kB\n"), "VmHWM"));
	assert_false(
		procstatus_find_bytes(&v, text_of("VmHWM:\t18446744073709551615 kB\n"), "VmHWM"));
	assert_false(procstatus_find_bytes(&v, text_of(""), "VmHWM"));
	assert_int_equal(v, 3);
}

static void the_memory_controller_decides_the_cgroup_version(void **state)
{
	struct cgroup_membership m = { .version = 7 };

	(void)state;
	assert_true(
		cgroup_parse_membership(&m, text_of("5:devices:/d\n4:cpu,memory:/a:b/c\n0::/u\n")));
	assert_int_equal(m.version, 1);
	CHECK_TEXT(m.path, "/a:b/c");
	assert_true(cgroup_parse_membership(
		&m, text_of("9:name=memory:/x\n5:devices:/d\n0::/u.slice\n")));
	assert_int_equal(m.version, 2);
	CHECK_TEXT(m.path, "/u.slice");
	m.version = 7;
	assert_false(cgroup_parse_membership(&m, text_of("5:devices:/d\n0:\n0::\n")));
	assert_false(cgroup_parse_membership(&m, text_of("")));
	assert_int_equal(m.version, 7);
}

static void mounts_of_the_right_hierarchy_are_found(void **state)
{
	static const char v1[] = "35 31 0:32 /docker/1 /sys/fs/cgroup/me\\040mory rw shared:9 "
				 "master:1 - cgroup cgroup "
				 "rw,memory";
	static const char v2[] = "38 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";
	struct cgroup_mount m = { 0 };

	(void)state;
	assert_true(cgroup_parse_mount(&m, text_of(v1), 1));
	CHECK_TEXT(m.root, "/docker/1");
	CHECK_TEXT(m.mount_point, "/sys/fs/cgroup/me\\040mory");
	assert_false(cgroup_parse_mount(&m, text_of(v1), 2));
	assert_true(cgroup_parse_mount(&m, text_of(v2), 2));
	assert_false(cgroup_parse_mount(&m, text_of(v2), 1));
	assert_false(cgroup_parse_mount(
		&m, text_of("36 31 0:33 / /m rw - cgroup cgroup rw,memory_recursiveprot"), 1));
	assert_false(
		cgroup_parse_mount(&m, text_of("36 31 0:33 / /m rw cgroup cgroup rw,memory"), 1));
	assert_false(cgroup_parse_mount(&m, text_of("36 31 0:33"), 1));
}

static void mountinfo_escapes_are_undone_within_the_buffer(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(mountinfo_unescape(out, sizeof(out), text_of("/a\\040b")), 4);
	assert_string_equal(out, "/a b");
	assert_int_equal(mountinfo_unescape(out, sizeof(out), text_of("/a\\04")), 5);
	assert_int_equal(mountinfo_unescape(out, sizeof(out), text_of("/\\777")), 5);
	assert_int_equal(mountinfo_unescape(out, sizeof(out), text_of("1234567")), 7);
	assert_int_equal(mountinfo_unescape(out, sizeof(out), text_of("12345678")), 0);
	assert_string_equal(out, "");
}

static bool below_is(const char *path, const char *root, const char *want)
{
	struct text t;

	return cgroup_path_below(&t, text_of(path), text_of(root)) && text_is(t, want);
}

static void a_group_stands_below_the_root_of_its_mount(void **state)
{
	struct text t;

	(void)state;
	assert_true(below_is("/a/b", "/", "/a/b"));
	assert_true(below_is("/", "/", ""));
	assert_true(below_is("/docker/1", "/docker/1", ""));
	assert_true(below_is("/docker/1/x", "/docker/1", "/x"));
	assert_false(cgroup_path_below(&t, text_of("/docker/12"), text_of("/docker/1")));
	assert_false(cgroup_path_below(&t, text_of("/other"), text_of("/docker/1")));
	assert_false(cgroup_path_below(&t, text_of("/../x"), text_of("/")));
	assert_false(cgroup_path_below(&t, text_of(""), text_of("/")));
}

static void no_limit_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(cgroup_parse_amount(text_of("268435456\n")), 268435456);
	assert_int_equal(cgroup_parse_amount(text_of("0\n")), 0);
	assert_false(is_known(cgroup_parse_amount(text_of("max\n"))));
	assert_false(
		is_known(cgroup_parse_amount(text_of("9223372036854771712\n")))); /* 4 KiB pages */
	assert_false(
		is_known(cgroup_parse_amount(text_of("9223372036854710272\n")))); /* 64 KiB pages */
	assert_false(is_known(cgroup_parse_amount(text_of("18446744073709551615\n"))));
	assert_false(is_known(cgroup_parse_amount(text_of("12 34\n"))));
	assert_false(is_known(cgroup_parse_amount(text_of(""))));
}

static void counts_are_found_by_their_whole_key(void **state)
{
	static const char file[] = "total_rss_huge 5\ntotal_rss 1069056\nmax 3\noom -1\nlast 9";

	(void)state;
	assert_int_equal(cgroup_find_count(text_of(file), "total_rss"), 1069056);
	assert_int_equal(cgroup_find_count(text_of(file), "max"), 3);
	assert_int_equal(cgroup_find_count(text_of(file), "last"), 9);
	assert_false(is_known(cgroup_find_count(text_of(file), "rss")));
	assert_false(is_known(cgroup_find_count(text_of(file), "oom")));
	assert_false(is_known(cgroup_find_count(text_of(""), "oom")));
}

static void the_first_entry_of_a_name_is_its_value(void **state)
{
	static const char file[] = "XA=0\0A=1\0AB=2\0A=3\0EMPTY=\0=5\0NOTHING\0LAST=x";
	const struct text t = { file, sizeof(file) - 1 };
	struct text value = { 0 };

	(void)state;
	assert_true(procenviron_find(&value, t, "A"));
	assert_true(text_is(value, "1"));
	assert_true(procenviron_find(&value, t, "EMPTY"));
	assert_int_equal(value.len, 0);
	assert_true(procenviron_find(&value, t, "LAST")); /* without a NUL at its end */
	assert_true(text_is(value, "x"));
	value = (struct text){ 0 };
	assert_false(procenviron_find(&value, t, "NOTHING"));
	assert_false(procenviron_find(&value, t, "B"));
	assert_false(procenviron_find(&value, t, "LAS"));
	assert_false(procenviron_find(&value, text_of(""), "A"));
	assert_null(value.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_ends_at_the_last_parenthesis),
		cmocka_unit_test(every_cut_of_a_stat_line_before_its_last_field_is_refused),
		cmocka_unit_test(a_stat_line_with_a_number_that_cannot_be_is_refused),
		cmocka_unit_test(statm_gives_pages),
		cmocka_unit_test(this_process_agrees_with_getrusage),
		cmocka_unit_test(a_size_of_status_is_found_by_its_whole_key),
		cmocka_unit_test(the_memory_controller_decides_the_cgroup_version),
		cmocka_unit_test(mounts_of_the_right_hierarchy_are_found),
		cmocka_unit_test(mountinfo_escapes_are_undone_within_the_buffer),
		cmocka_unit_test(a_group_stands_below_the_root_of_its_mount),
		cmocka_unit_test(no_limit_is_unknown),
		cmocka_unit_test(counts_are_found_by_their_whole_key),
		cmocka_unit_test(the_first_entry_of_a_name_is_its_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
