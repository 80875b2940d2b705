/* test_writer.c - where a recording may go, and what happens when the disk says no. */
#include "recording_sample.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int open_code_of(const char *path, struct err *err)
{
	struct writer *w = NULL;
	int rc = writer_open(&w, path, err);

	if (rc < 0)
		assert_null(w);
	writer_abandon(w);
	return rc;
}

static void put_file(const char *path, const char *bytes)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(bytes, f);
	fclose(f);
}

static void a_foreign_file_is_not_overwritten(void **state)
{
	struct buf b = { 0 };
	struct err err;
	char path[64];

	(void)state;
	put_file(fresh_path(path), "my only thesis");
	assert_int_equal(open_code_of(path, &err), -EEXIST);
	assert_non_null(strstr(err.what, "exists and is not a gctide recording: not overwritten"));
	assert_non_null(strstr(err.hint, "-o FILE"));
	slurp(&b, path);
	assert_true(text_is(buf_text(&b), "my only thesis"));
	buf_done(&b);
	unlink(path);
}

static void an_old_recording_is_replaced_whole(void **state)
{
	struct buf first = { 0 }, second = { 0 };
	struct event ev = statm_at(5);
	struct writer *w;
	char path[64];

	(void)state;
	fresh_path(path);
	for (int pass = 0; pass < 2; pass++) {
		assert_int_equal(writer_open(&w, path, NULL), 0);
		for (int i = pass; i < 2; i++)
			writer_add(w, &ev);
		assert_int_equal(writer_close(w, NULL), 0);
		slurp(pass ? &second : &first, path);
	}
	assert_true(second.len < first.len);
	buf_done(&first);
	buf_done(&second);
	unlink(path);
}

static void a_recording_is_for_its_owner_only(void **state)
{
	mode_t old = umask(0);
	struct stat st;
	char path[64];

	(void)state;
	unlink(fresh_path(path));
	assert_int_equal(open_code_of(path, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	umask(old);
	unlink(path);
}

static void places_that_cannot_be_say_why_and_what_to_do(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(open_code_of("-", &err), -EINVAL);
	assert_int_equal(open_code_of("/tmp", &err), -EISDIR);
	assert_string_equal(err.what, "cannot create '/tmp': Is a directory");
	assert_string_equal(err.hint, "name a file in it: -o /tmp/gctide.rec");
	assert_int_equal(open_code_of("/nonexistent/x.rec", &err), -ENOENT);
	assert_non_null(strstr(err.hint, "there is no directory '/nonexistent'"));
	assert_int_equal(open_code_of("/dev/full", &err), -ENOSPC);
	assert_string_equal(err.what, "cannot write to '/dev/full': No space left on device");
	assert_int_equal(open_code_of("/dev/null", &err), 0);
	assert_int_equal(open_code_of("/nonexistent/x.rec", NULL), -ENOENT);
}

static void a_directory_without_permission_is_named(void **state)
{
	char dir[] = "/tmp/gctide-test-XXXXXX", path[64];
	struct err err;
	int rc;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0555), 0);
	snprintf(path, sizeof(path), "%s/x.rec", dir);
	if (geteuid() == 0) /* root may write anywhere */
		assert_int_equal(seteuid(65534), 0);
	rc = open_code_of(path, &err);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	rmdir(dir);
	assert_int_equal(rc, -EACCES);
	assert_non_null(strstr(err.what, path));
	assert_non_null(strstr(err.hint, dir));
}

static void two_recorders_do_not_share_a_file(void **state)
{
	int ready[2], done[2], status;
	struct err err;
	char path[64], c;
	pid_t child;

	(void)state;
	fresh_path(path);
	assert_int_equal(pipe(ready) | pipe(done), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct writer *w;

		close(done[1]);
		if (writer_open(&w, path, NULL) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(read(done[0], &c, 1) != 0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(open_code_of(path, &err), -EBUSY);
	close(done[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(open_code_of(path, &err), 0);
	close(done[0]);
	close(ready[0]);
	close(ready[1]);
	unlink(path);
}

/* Let the file grow to limit bytes and no further (setrlimit(2), RLIMIT_FSIZE). */
static void limit_file_size(rlim_t limit)
{
	struct rlimit l;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = limit;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void count_to_the_cut(const char *path, uint64_t *ret_count)
{
	enum reader_status status;
	struct reader *r;
	struct event ev;

	*ret_count = 0;
	assert_int_equal(reader_open(&r, path, NULL), 0);
	while ((status = reader_next(r, &ev)) == READER_RECORD) {
		assert_int_equal(ev.u.statm.resident_bytes, *ret_count);
		++*ret_count;
	}
	assert_int_equal(status, READER_TRUNCATED);
	reader_close(r);
}

static void a_full_disk_loses_nothing_that_was_written(void **state)
{
	uint64_t written, count, taken = 0;
	struct writer *w;
	struct err err;
	struct stat st;
	char path[64];
	int rc = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(writer_open(&w, fresh_path(path), NULL), 0);
	limit_file_size(1000);
	while (rc == 0 && taken < 10000) {
		struct event ev = statm_at(taken++);

		assert_int_equal(writer_add(w, &ev), 0);
		rc = writer_flush(w);
	}
	assert_int_equal(rc, -EFBIG);
	written = writer_written_bytes(w);
	assert_true(written <= 1000);
	assert_int_equal(writer_refused_count(w), 1); /* the one that was pending */
	assert_int_equal(writer_add(w, (struct event[]){ statm_at(taken) }), -EFBIG);
	assert_int_equal(writer_flush(w), -EFBIG);
	assert_int_equal(writer_refused_count(w), 2);
	assert_int_equal(writer_written_bytes(w), written);
	assert_int_equal(writer_status(w, &err), -EFBIG);
	assert_non_null(strstr(err.what, path));
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(writer_close(w, &err), -EFBIG); /* and no closing record */
	assert_non_null(strstr(err.what, "cannot write to '"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, written); /* the torn block was taken back */
	count_to_the_cut(path, &count);
	assert_int_equal(count, taken - 1);
	unlink(path);
}

static void a_record_too_large_for_a_block_is_refused_alone(void **state)
{
	struct event ev = { .kind = EVENT_PERF_DATA };
	enum reader_status status;
	struct writer *w;
	struct reader *r;
	char path[64];
	size_t n = 0;

	(void)state;
	ev.u.perf_data.bytes.len = READER_BLOCK_BYTES_MAX;
	ev.u.perf_data.bytes.at = xcalloc(1, READER_BLOCK_BYTES_MAX);
	assert_int_equal(writer_open(&w, fresh_path(path), NULL), 0);
	assert_int_equal(writer_add(w, (struct event[]){ perf_at(1, "small") }), 0);
	assert_int_equal(writer_add(w, &ev), -EMSGSIZE);
	assert_int_equal(writer_refused_count(w), 1);
	ev.u.perf_data.bytes.len = READER_BLOCK_BYTES_MAX / 2;
	assert_int_equal(writer_add(w, &ev), 0);
	assert_int_equal(writer_close(w, NULL), 0);
	free((void *)ev.u.perf_data.bytes.at);
	assert_int_equal(reader_open(&r, path, NULL), 0);
	while ((status = reader_next(r, &ev)) == READER_RECORD)
		n++;
	assert_int_equal(status, READER_END);
	assert_int_equal(n, 3);
	reader_close(r);
	unlink(path);
}

static void what_later_records_need_goes_out_before_them(void **state)
{
	struct event session = { .kind = EVENT_SESSION, .time_ns = 1 };
	struct event attr = { .kind = EVENT_PERF_ATTR, .time_ns = 2 };
	static const uint64_t want[] = { EVENT_SESSION, EVENT_PERF_ATTR, EVENT_PERF_DATA,
					 EVENT_STATM, EVENT_END };
	struct writer *w;
	struct reader *r;
	struct event ev;
	char path[64];

	(void)state;
	assert_int_equal(writer_open(&w, fresh_path(path), NULL), 0);
	writer_add(w, &session);
	writer_add(w, &attr);
	writer_add(w, (struct event[]){ statm_at(3) });
	writer_add(w, (struct event[]){ perf_at(4, "data") });
	assert_int_equal(writer_close(w, NULL), 0);
	assert_int_equal(reader_open(&r, path, NULL), 0);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(reader_next(r, &ev), READER_RECORD);
		assert_int_equal(ev.kind, want[i]);
	}
	reader_close(r);
	unlink(path);
}

static void the_callers_end_is_refused(void **state)
{
	struct event end = { .kind = EVENT_END };
	struct writer *w;
	char path[64];

	(void)state;
	assert_int_equal(writer_open(&w, fresh_path(path), NULL), 0);
	assert_int_equal(writer_add(w, &end), -EINVAL);
	assert_int_equal(writer_close(w, NULL), 0);
	assert_int_equal(writer_close(NULL, NULL), 0);
	writer_abandon(NULL);
	unlink(path);
}

static void a_pipe_can_take_a_recording(void **state)
{
	struct event ev = statm_at(9);
	char path[64], bytes[4096];
	struct writer *w;
	int fds[2];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	assert_int_equal(writer_open(&w, path, NULL), 0);
	writer_add(w, &ev);
	assert_int_equal(writer_close(w, NULL), 0);
	n = read(fds[0], bytes, sizeof(bytes));
	assert_true(n > FILE_HEADER_BYTES);
	struct reader *r = open_bytes((struct text){ bytes, (size_t)n });
	assert_int_equal(reader_next(r, &ev), READER_RECORD);
	assert_int_equal(ev.u.statm.resident_bytes, 9);
	assert_int_equal(reader_next(r, &ev), READER_RECORD);
	assert_int_equal(reader_next(r, &ev), READER_END);
	reader_close(r);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_foreign_file_is_not_overwritten),
		cmocka_unit_test(an_old_recording_is_replaced_whole),
		cmocka_unit_test(a_recording_is_for_its_owner_only),
		cmocka_unit_test(places_that_cannot_be_say_why_and_what_to_do),
		cmocka_unit_test(a_directory_without_permission_is_named),
		cmocka_unit_test(two_recorders_do_not_share_a_file),
		cmocka_unit_test(a_full_disk_loses_nothing_that_was_written),
		cmocka_unit_test(a_record_too_large_for_a_block_is_refused_alone),
		cmocka_unit_test(what_later_records_need_goes_out_before_them),
		cmocka_unit_test(the_callers_end_is_refused),
		cmocka_unit_test(a_pipe_can_take_a_recording),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
