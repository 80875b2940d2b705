/* test_recording.c - what is written is read back. */
#include "recording_sample.h"

static void a_whole_recording_is_read_to_its_end(void **state)
{
	struct sample *s = *state;
	struct reader *r = open_bytes(file_of(s));
	struct err end;
	size_t n;

	assert_int_equal(reader_last_time_ns(r), UNKNOWN_U64);
	assert_int_equal(walk(r, s, &n), READER_END);
	assert_int_equal(n, s->record_count);
	assert_int_equal(reader_last_time_ns(r), START_NS + 1500000000);
	assert_int_equal(reader_file_bytes(r), s->file.len);
	reader_describe_end(r, READER_END, &end);
	assert_int_equal(end.code, 0);
	assert_string_equal(end.what, "'x.rec' is whole: 1.5 s, 10 records");
	assert_int_equal(reader_rewind(r, false, NULL), 0);
	assert_int_equal(walk(r, s, &n), READER_END);
	assert_int_equal(n, s->record_count);
	reader_close(r);
}

static void perf_data_can_be_passed_over(void **state)
{
	struct sample *s = *state;
	struct reader *r = open_bytes(file_of(s));
	enum reader_status status;
	struct event ev;
	size_t n = 0;

	assert_int_equal(reader_rewind(r, true, NULL), 0);
	while ((status = reader_next(r, &ev)) == READER_RECORD) {
		assert_int_not_equal(ev.kind, EVENT_PERF_DATA);
		n++;
	}
	assert_int_equal(status, READER_END);
	assert_int_equal(n, s->record_count - 1);
	reader_close(r);
}

static void a_round_stands_behind_the_perf_data_it_speaks_of(void **state)
{
	struct sample *s = *state;
	struct reader *r = open_bytes(file_of(s));
	bool saw_data = false, saw_round = false;
	struct event ev;

	while (reader_next(r, &ev) == READER_RECORD) {
		saw_data |= ev.kind == EVENT_PERF_DATA;
		saw_round |= ev.kind == EVENT_PERF_ROUND;
		assert_true(saw_data || !saw_round);
	}
	assert_true(saw_round);
	reader_close(r);
}

static void what_is_no_recording_is_refused_by_name(void **state)
{
	char header[FILE_HEADER_BYTES] = { 0 };
	struct text bytes = { header, sizeof(header) };
	struct err err;
	int fds[2];

	(void)state;
	assert_int_equal(open_code(text_of("gc 1 @0.005s 0%: ..."), &err), -EBADMSG);
	assert_string_equal(err.what, "'x.rec' is not a gctide recording");
	memcpy(header, file_magic, sizeof(file_magic));
	header[8] = 3;
	assert_int_equal(open_code(bytes, &err), -EPROTONOSUPPORT);
	assert_string_equal(err.what,
			    "'x.rec' has format 3, this build reads up to 1: update gctide");
	assert_int_equal(pipe(fds), 0);
	close(fds[1]);
	struct reader *r = NULL;
	assert_int_equal(reader_open_fd(&r, fds[0], "standard input", &err), -ESPIPE);
	assert_non_null(strstr(err.hint, "save it to a file first"));
	assert_int_equal(reader_open(&r, "/nonexistent/x.rec", &err), -ENOENT);
	assert_string_equal(err.what,
			    "cannot open '/nonexistent/x.rec': No such file or directory");
	assert_int_equal(reader_open(&r, "/tmp", &err), -EISDIR);
	assert_null(r);
}

/* Data that fills many blocks, some of which zstd cannot make smaller. */
static void large_recordings_come_back_block_by_block(void **state)
{
	uint64_t noise = 88172645463325252ull, count = 0;
	enum { BYTES = 50000, ROUNDS = 40 };
	char *bytes = xcalloc(1, BYTES);
	enum reader_status status;
	struct writer *w;
	struct reader *r;
	struct event ev;
	char path[64];

	(void)state;
	assert_int_equal(writer_open(&w, fresh_path(path), NULL), 0);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		for (size_t at = 0; at < BYTES && i % 2; at++) {
			noise ^= noise << 13;
			noise ^= noise >> 7;
			noise ^= noise << 17;
			bytes[at] = (char)noise;
		}
		bytes[0] = (char)i;
		ev = (struct event){ .kind = EVENT_PERF_DATA,
				     .time_ns = i,
				     .u.perf_data = { .cpu = i, .bytes = { bytes, BYTES } } };
		assert_int_equal(writer_add(w, &ev), 0);
	}
	assert_int_equal(writer_close(w, NULL), 0);
	assert_int_equal(reader_open(&r, path, NULL), 0);
	while ((status = reader_next(r, &ev)) == READER_RECORD) {
		if (ev.kind != EVENT_PERF_DATA)
			continue;
		assert_int_equal(ev.u.perf_data.cpu, count);
		assert_int_equal(ev.u.perf_data.bytes.len, BYTES);
		assert_int_equal(ev.u.perf_data.bytes.at[0], count);
		count++;
	}
	assert_int_equal(status, READER_END);
	assert_int_equal(count, ROUNDS);
	reader_close(r);
	unlink(path);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_recording_is_read_to_its_end),
		cmocka_unit_test(perf_data_can_be_passed_over),
		cmocka_unit_test(a_round_stands_behind_the_perf_data_it_speaks_of),
		cmocka_unit_test(what_is_no_recording_is_refused_by_name),
		cmocka_unit_test(large_recordings_come_back_block_by_block),
	};

	return cmocka_run_group_tests(tests, make_sample, free_sample);
}
