/* recording_sample.h - one small recording with everything in it, for the tests of reading. */
#ifndef TESTS_RECORDING_SAMPLE_H
#define TESTS_RECORDING_SAMPLE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/unknown.h"
#include "recording/block_internal.h"
#include "recording/reader.h"
#include "recording/writer.h"

#define START_NS 1000000000ull

/* A recording in memory, the records in it one by one, and where its blocks end. */
struct sample {
	struct buf file;
	struct buf records[32];
	size_t record_count;
	size_t block_end[16], records_before[16]; /* records in the blocks up to that end */
	size_t block_count;
};

static inline struct text file_of(const struct sample *s)
{
	return buf_text(&s->file);
}

/* A descriptor over the bytes. */
static inline int memory_file(struct text bytes)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.at, bytes.len), bytes.len);
	return fd;
}

static inline struct reader *open_bytes(struct text bytes)
{
	struct reader *r = NULL;
	struct err err = { 0 };

	if (reader_open_fd(&r, memory_file(bytes), "x.rec", &err) < 0)
		fail_msg("%s", err.what);
	return r;
}

static inline int open_code(struct text bytes, struct err *err)
{
	struct reader *r = NULL;
	int rc = reader_open_fd(&r, memory_file(bytes), "x.rec", err);

	reader_close(r);
	return rc;
}

/* Walk; *ret_count records must be the first ones of the sample. */
static inline enum reader_status walk(struct reader *r, const struct sample *s, size_t *ret_count)
{
	enum reader_status status;
	struct event ev;
	size_t n = 0;

	while ((status = reader_next(r, &ev)) == READER_RECORD) {
		struct buf b = { 0 };

		assert_true(n < s->record_count);
		event_encode(&b, &ev);
		assert_int_equal(b.len, s->records[n].len);
		assert_memory_equal(b.at, s->records[n].at, b.len);
		buf_done(&b);
		n++;
	}
	assert_int_equal(reader_next(r, &ev), status); /* it stays over */
	*ret_count = n;
	return status;
}

static inline void slurp(struct buf *ret, const char *path)
{
	FILE *f = fopen(path, "re");
	int c;

	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		buf_add_uint(ret, (uint8_t)c, 1);
	fclose(f);
}

static inline char *fresh_path(char *path)
{
	int fd;

	strcpy(path, "/tmp/gctide-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return path;
}

static inline struct event statm_at(uint64_t time_ns)
{
	return (struct event){ .kind = EVENT_STATM,
			       .time_ns = time_ns,
			       .u.statm = { time_ns, 2, 3, UNKNOWN_U64 } };
}

static inline struct event perf_at(uint64_t time_ns, const char *bytes)
{
	return (struct event){ .kind = EVENT_PERF_DATA,
			       .time_ns = time_ns,
			       .u.perf_data = { .cpu = 1, .bytes = text_of(bytes) } };
}

/* Learn the blocks and records of what was written. */
static inline void index_sample(struct sample *s)
{
	struct reader *r = open_bytes(file_of(s));
	struct event ev;

	while (reader_next(r, &ev) == READER_RECORD)
		event_encode(&s->records[s->record_count++], &ev);
	reader_close(r);
	for (size_t at = FILE_HEADER_BYTES; at < s->file.len;) {
		struct block_header h;
		size_t before = s->block_count ? s->records_before[s->block_count - 1] : 0, raw = 0;

		assert_null(block_header_decode(&h, s->file.at + at));
		while (raw < h.raw_bytes)
			raw += s->records[before++].len;
		at += BLOCK_HEADER_BYTES + h.stored_bytes;
		s->block_end[s->block_count] = at;
		s->records_before[s->block_count++] = before;
	}
}

/* Session, figures, perf data, a round, an unknown kind: 5 blocks of both classes and codecs. */
static inline int make_sample(void **state)
{
	struct sample *s = xcalloc(1, sizeof(*s));
	struct event ev = { .kind = EVENT_SESSION,
			    .time_ns = START_NS,
			    .u.session = { .gctide_version = text_of("1"), .pid = 4 } };
	struct writer *w;
	char path[64];

	assert_int_equal(writer_open(&w, fresh_path(path), NULL), 0);
	writer_add(w, &ev);
	for (uint64_t i = 1; i < 6; i++)
		writer_add(w, (struct event[]){ statm_at(START_NS + i * 1000000) });
	writer_flush(w);
	writer_add(w,
		   (struct event[]){ perf_at(START_NS + 7000000,
					     "perf bytes, perf bytes, perf bytes, perf bytes") });
	ev = (struct event){ .kind = EVENT_PERF_ROUND, .time_ns = START_NS + 8000000 };
	writer_add(w, &ev);
	ev = (struct event){ .kind = 999,
			     .time_ns = START_NS + 1500000000,
			     .u.unknown = text_of("later") };
	writer_add(w, &ev);
	assert_int_equal(writer_close(w, NULL), 0);
	slurp(&s->file, path);
	unlink(path);
	index_sample(s);
	assert_int_equal(s->record_count, 10);
	assert_int_equal(s->block_count, 4);
	*state = s;
	return 0;
}

static inline int free_sample(void **state)
{
	struct sample *s = *state;

	buf_done(&s->file);
	for (size_t i = 0; i < s->record_count; i++)
		buf_done(&s->records[i]);
	free(s);
	return 0;
}

#endif
