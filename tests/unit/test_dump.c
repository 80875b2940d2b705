/* test_dump.c - what `gctide dump` prints. */
#include "recording_sample.h"

#include <linux/perf_event.h>

#include "cmd/command.h"

/* Run the command with its stdout and stderr in files; both are given back. */
static int run_dump(int argc, char **argv, struct err *err, struct buf *out, struct buf *warnings)
{
	struct buf *to[] = { out, warnings };
	int saved[2], fds[2], status;

	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		saved[i] = dup(i + 1);
		fds[i] = memfd_create("output", MFD_CLOEXEC);
		assert_true(saved[i] >= 0 && fds[i] >= 0);
		dup2(fds[i], i + 1);
	}
	*err = (struct err){ 0 };
	status = cmd_dump.run(argc, argv, err);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		off_t len = lseek(fds[i], 0, SEEK_END);

		dup2(saved[i], i + 1);
		close(saved[i]);
		buf_clear(to[i]);
		assert_int_equal(pread(fds[i], buf_room(to[i], (size_t)len + 1), (size_t)len, 0),
				 len);
		to[i]->len = (size_t)len;
		close(fds[i]);
	}
	return status;
}

#define RUN(...)                                                                    \
	run_dump((int)(sizeof((char *[]){ "dump", __VA_ARGS__ }) / sizeof(char *)), \
		 (char *[]){ "dump", __VA_ARGS__, NULL }, &err, &out, &warnings)

static void write_recording(const char *path)
{
	struct event ev = { .kind = EVENT_SESSION, .time_ns = START_NS };
	struct buf perf = { 0 }, ids = { 0 };
	struct writer *w;

	assert_int_equal(writer_open(&w, path, NULL), 0);
	ev.u.session.argv = (struct text){ "a\0\"b\\\0", 6 };
	ev.u.session.gogc = text_of("\x1b[1m h\xc3\xa9 \xc2\x9b \xff\xed\xa0\x80");
	writer_add(w, &ev);
	buf_add_uint(&ids, 7, 8);
	buf_add_uint(&ids, 8, 8);
	ev = (struct event){ .kind = EVENT_PERF_ATTR, .time_ns = START_NS };
	ev.u.perf_attr.name = text_of("page-faults-min");
	ev.u.perf_attr.sample_type =
		PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR;
	ev.u.perf_attr.sample_id_all = 1;
	ev.u.perf_attr.ids = buf_text(&ids);
	writer_add(w, &ev);
	writer_add(w, (struct event[]){ statm_at(START_NS + 1500000000) });
	buf_add_uint(&perf, PERF_RECORD_SAMPLE | 40ull << 48, 8);
	buf_add_uint(&perf, 8, 8);
	buf_add_uint(&perf, 11 | 12ull << 32, 8);
	buf_add_uint(&perf, START_NS + 1000, 8);
	buf_add_uint(&perf, 0xc000001000, 8);
	buf_add(&perf, "torn", 4);
	ev = (struct event){ .kind = EVENT_PERF_DATA, .time_ns = START_NS - 1 };
	ev.u.perf_data.bytes = buf_text(&perf);
	writer_add(w, &ev);
	ev = (struct event){ .kind = 99, .time_ns = START_NS + 1, .u.unknown = text_of("12345") };
	writer_add(w, &ev);
	assert_int_equal(writer_close(w, NULL), 0);
	buf_done(&perf);
	buf_done(&ids);
}

struct files {
	char path[64];
	struct buf out, warnings;
};

static int set_up(void **state)
{
	struct files *f = xcalloc(1, sizeof(*f));

	write_recording(fresh_path(f->path));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	unlink(*state);
	free(*state);
	return 0;
}

static void assert_has(struct buf *b, const char *want)
{
	if (!strstr(buf_cstr(b), want))
		fail_msg("'%s' is not in:\n%s", want, buf_cstr(b));
}

static void every_record_is_a_line_with_its_time_kind_and_fields(void **state)
{
	struct files *f = *state;
	struct buf out = { 0 }, warnings = { 0 };
	struct err err;

	assert_int_equal(RUN(f->path), EXIT_DONE);
	assert_int_equal(warnings.len, 0);
	assert_has(&out, "1.500000000 statm resident_bytes=2500000000 shared_bytes=2 "
			 "virtual_bytes=3 data_bytes=unknown\n");
	assert_has(&out, "-0.000000001 perf_data cpu=0 bytes=44 records=1 undecodable_bytes=4\n");
	assert_has(&out, "0.000000001 kind_99 bytes=5\n");
	assert_has(&out, "1.500000000 end record_count=5\n");
	assert_has(&out, " ids=7,8 ");
	buf_done(&out);
	buf_done(&warnings);
}

static void a_terminal_gets_nothing_but_text(void **state)
{
	struct files *f = *state;
	struct buf out = { 0 }, warnings = { 0 };
	struct err err;

	assert_int_equal(RUN("--kind", "session", f->path), EXIT_DONE);
	assert_has(&out, " argv=\"a\\x00\\x22b\\x5c\\x00\" ");
	assert_has(&out, " gogc=\"\\x1b[1m h\xc3\xa9 \\xc2\\x9b \\xff\\xed\\xa0\\x80\" ");
	buf_done(&out);
	buf_done(&warnings);
}

static void kinds_can_be_chosen_and_must_exist(void **state)
{
	struct files *f = *state;
	struct buf out = { 0 }, warnings = { 0 };
	struct err err;

	assert_int_equal(RUN("--kind=statm,end", f->path), EXIT_DONE);
	assert_string_equal(buf_cstr(&out),
			    "1.500000000 statm resident_bytes=2500000000 shared_bytes=2 "
			    "virtual_bytes=3 data_bytes=unknown\n"
			    "1.500000000 end record_count=5\n");
	assert_int_equal(RUN("--kind", "statn", f->path), EXIT_USAGE);
	assert_string_equal(err.what, "dump: there is no kind 'statn'");
	assert_non_null(strstr(err.hint, " trace_line "));
	assert_int_equal(RUN("--perf"), EXIT_USAGE);
	assert_int_equal(out.len, 0);
	buf_done(&out);
	buf_done(&warnings);
}

static void perf_records_are_shown_with_their_event(void **state)
{
	struct files *f = *state;
	struct buf out = { 0 }, warnings = { 0 };
	struct err err;

	assert_int_equal(RUN("--perf", "-k", "perf_data", f->path), EXIT_DONE);
	assert_has(&out, "0.000001000 perf.sample event=\"page-faults-min\" misc=0x0 bytes=40 "
			 "pid=11 tid=12 addr=0xc000001000\n"
			 "unknown perf.undecodable bytes=4\n");
	buf_done(&out);
	buf_done(&warnings);
}

static void a_cut_is_a_warning_and_damage_a_failure(void **state)
{
	struct files *f = *state;
	struct buf out = { 0 }, warnings = { 0 }, whole = { 0 };
	struct err err;
	FILE *file;

	slurp(&whole, f->path);
	assert_int_equal(truncate(f->path, (off_t)whole.len - 1), 0);
	assert_int_equal(RUN(f->path), EXIT_DONE);
	assert_int_equal(err.code, 0);
	assert_has(&warnings, "gctide: warning: '/tmp/gctide-test-");
	assert_has(&warnings, "stops early at ");
	assert_has(&out, " session ");
	file = fopen(f->path, "ae");
	assert_non_null(file);
	fputc('x', file);
	fclose(file);
	assert_int_equal(RUN(f->path), EXIT_FAILED);
	assert_int_equal(err.code, EBADMSG);
	assert_non_null(strstr(err.what, "is damaged after "));
	assert_has(&out, " session ");
	assert_int_equal(warnings.len, 0);
	assert_int_equal(RUN("/nonexistent"), EXIT_FAILED);
	assert_int_equal(err.code, ENOENT);
	write_recording(f->path);
	buf_done(&out);
	buf_done(&warnings);
	buf_done(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_is_a_line_with_its_time_kind_and_fields),
		cmocka_unit_test(a_terminal_gets_nothing_but_text),
		cmocka_unit_test(kinds_can_be_chosen_and_must_exist),
		cmocka_unit_test(perf_records_are_shown_with_their_event),
		cmocka_unit_test(a_cut_is_a_warning_and_damage_a_failure),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
