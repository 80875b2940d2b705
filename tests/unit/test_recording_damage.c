/* test_recording_damage.c - a cut or damaged recording never passes for a whole one. */
#include "recording_sample.h"

static void every_cut_of_a_recording_is_reported_as_truncated(void **state)
{
	struct sample *s = *state;

	for (size_t cut = FILE_HEADER_BYTES; cut < s->file.len; cut++) {
		struct reader *r = open_bytes((struct text){ file_of(s).at, cut });
		size_t n, want = 0;
		struct err end;

		for (size_t i = 0; i < s->block_count && s->block_end[i] <= cut; i++)
			want = s->records_before[i];
		assert_int_equal(walk(r, s, &n), READER_TRUNCATED);
		assert_int_equal(n, want);
		reader_describe_end(r, READER_TRUNCATED, &end);
		assert_non_null(strstr(end.what, "'x.rec' stops early at "));
		reader_close(r);
	}
}

static void a_cut_is_seen_in_perf_data_that_is_passed_over(void **state)
{
	struct sample *s = *state;
	struct reader *r = open_bytes((struct text){ file_of(s).at, s->block_end[2] - 1 });
	enum reader_status status;
	struct event ev;

	reader_rewind(r, true, NULL);
	while ((status = reader_next(r, &ev)) == READER_RECORD)
		;
	assert_int_equal(status, READER_TRUNCATED);
	reader_close(r);
}

static void a_cut_within_the_file_header_is_refused(void **state)
{
	struct sample *s = *state;

	for (size_t cut = 0; cut < FILE_HEADER_BYTES; cut++) {
		struct err err;

		assert_int_equal(open_code((struct text){ file_of(s).at, cut }, &err), -EBADMSG);
		assert_non_null(strstr(err.what, "nothing was recorded"));
	}
}

static void no_flipped_bit_makes_a_wrong_record(void **state)
{
	struct sample *s = *state;
	char *bytes = xstrndup(file_of(s).at, s->file.len);

	for (size_t bit = 0; bit < s->file.len * 8; bit++) {
		struct text damaged = { bytes, s->file.len };
		enum reader_status status;
		struct reader *r;
		size_t n;

		bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
		if (bit / 8 < FILE_HEADER_BYTES) {
			assert_true(open_code(damaged, NULL) < 0);
		} else {
			r = open_bytes(damaged);
			status = walk(r, s, &n); /* compares each record with the original */
			assert_int_equal(status, READER_CORRUPT);
			assert_true(n < s->record_count);
			reader_close(r);
		}
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
	}
	free(bytes);
}

/* A file system that lost power keeps the file's size and loses its end. */
static void an_end_turned_to_zeros_is_reported_as_truncated(void **state)
{
	struct sample *s = *state;

	for (size_t from = FILE_HEADER_BYTES; from + 8 <= s->file.len; from++) {
		struct buf b = { 0 };
		struct reader *r;
		size_t n;

		buf_add(&b, s->file.at, from);
		memset(buf_room(&b, 40000), 0, 40000);
		b.len += 40000;
		r = open_bytes(buf_text(&b));
		assert_int_equal(walk(r, s, &n), READER_TRUNCATED);
		assert_true(n < s->record_count);
		reader_close(r);
		buf_done(&b);
	}
}

static void bytes_behind_the_closing_record_are_damage(void **state)
{
	struct sample *s = *state;
	struct buf b = { 0 };
	struct reader *r;
	struct err end;
	size_t n;

	buf_add(&b, s->file.at, s->file.len);
	buf_add(&b, "x", 1);
	r = open_bytes(buf_text(&b));
	assert_int_equal(walk(r, s, &n), READER_CORRUPT);
	assert_int_equal(n, s->record_count);
	reader_describe_end(r, READER_CORRUPT, &end);
	assert_int_equal(end.code, EBADMSG);
	assert_non_null(strstr(end.what, "behind the last record"));
	reader_close(r);
	buf_done(&b);
}

static void a_block_that_is_missing_is_noticed(void **state)
{
	struct sample *s = *state;
	struct buf b = { 0 };
	enum reader_status status;
	struct reader *r;
	struct event ev;

	buf_add(&b, s->file.at, s->block_end[0]);
	buf_add(&b, s->file.at + s->block_end[1], s->file.len - s->block_end[1]);
	r = open_bytes(buf_text(&b));
	while ((status = reader_next(r, &ev)) == READER_RECORD)
		assert_int_not_equal(ev.kind, EVENT_END);
	assert_int_equal(status, READER_CORRUPT);
	reader_close(r);
	buf_done(&b);
}

/* One block with a right checksum around whatever it says; the walk's end, which must be damage. */
static void assert_block_is_refused(struct block_header h, const void *payload, size_t len)
{
	uint8_t header[FILE_HEADER_BYTES + BLOCK_HEADER_BYTES];
	struct buf b = { 0 };
	struct event ev;
	struct reader *r;

	h.payload_crc = block_crc(payload, len);
	file_header_encode(header);
	block_header_encode(header + FILE_HEADER_BYTES, &h);
	buf_add(&b, header, sizeof(header));
	buf_add(&b, payload, len);
	r = open_bytes(buf_text(&b));
	assert_int_equal(reader_next(r, &ev), READER_CORRUPT);
	reader_close(r);
	buf_done(&b);
}

static void sizes_that_cannot_be_are_refused_before_memory_is_taken(void **state)
{
	struct block_header good = {
		.block_class = BLOCK_EVENTS, .stored_bytes = 16, .raw_bytes = 16, .first_time_ns = 0
	};
	uint8_t record[16] = { 99, 0, 0, 0, 0 };
	struct block_header h = good;

	(void)state;
	h.raw_bytes = h.stored_bytes = UINT32_MAX;
	assert_block_is_refused(h, record, 16);
	h.codec = CODEC_ZSTD;
	h.stored_bytes = 16;
	assert_block_is_refused(h, record, 16);
	h.raw_bytes = READER_BLOCK_BYTES_MAX; /* allowed, but no zstd frame */
	assert_block_is_refused(h, record, 16);
	h = good;
	h.raw_bytes = 17;
	assert_block_is_refused(h, record, 16);
	h = good;
	h.codec = 2;
	assert_block_is_refused(h, record, 16);
	h = good;
	h.block_class = 3;
	assert_block_is_refused(h, record, 16);
	h.block_class = BLOCK_PERF; /* kind 99 is no perf data */
	assert_block_is_refused(h, record, 16);
	h = good;
	h.first_time_ns = 1; /* the record says 0 */
	assert_block_is_refused(h, record, 16);
	record[4] = 1; /* a body of one byte, and none left */
	assert_block_is_refused(good, record, 16);
	record[4] = 0;
	record[2] = 1; /* must be zero */
	assert_block_is_refused(good, record, 16);
	record[2] = 0;
	record[0] = 0; /* no kind */
	assert_block_is_refused(good, record, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_of_a_recording_is_reported_as_truncated),
		cmocka_unit_test(a_cut_is_seen_in_perf_data_that_is_passed_over),
		cmocka_unit_test(a_cut_within_the_file_header_is_refused),
		cmocka_unit_test(no_flipped_bit_makes_a_wrong_record),
		cmocka_unit_test(an_end_turned_to_zeros_is_reported_as_truncated),
		cmocka_unit_test(bytes_behind_the_closing_record_are_damage),
		cmocka_unit_test(a_block_that_is_missing_is_noticed),
		cmocka_unit_test(sizes_that_cannot_be_are_refused_before_memory_is_taken),
	};

	return cmocka_run_group_tests(tests, make_sample, free_sample);
}
