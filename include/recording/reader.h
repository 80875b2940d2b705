/* reader.h - walk a recording, trusting nothing in it.
 *
 * Memory is bounded by the largest block allowed (READER_BLOCK_BYTES_MAX), whatever the file's
 * size. */
#ifndef RECORDING_READER_H
#define RECORDING_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "recording/event.h"

#define READER_BLOCK_BYTES_MAX (16u << 20)

enum reader_status {
	READER_RECORD,	  /* *ret is filled */
	READER_END,	  /* the closing record was seen: the recording is whole */
	READER_TRUNCATED, /* the bytes stop early: report what there is, and say so */
	READER_CORRUPT,	  /* a checksum or size that cannot be; nothing after it can be trusted */
	READER_FAILED,	  /* the system could not read the file */
};

struct reader;

/* Open and check magic and version. Messages: "'x' is not a gctide recording"; "'x' has format 3,
 * this build reads up to 1: update gctide". 0 or a negative errno (-EBADMSG, -EPROTONOSUPPORT for
 * those two), *err filled. */
int reader_open(struct reader **ret, const char *path, struct err *err);

/* As reader_open, over a descriptor that the reader owns from now on, also when it fails. name is
 * for messages. */
int reader_open_fd(struct reader **ret, int fd, const char *name, struct err *err);

/* The next event, in file order, EVENT_END included (the call after it returns READER_END). Texts
 * in *ret are borrowed until the next call. With skip_perf, blocks of perf data are passed over
 * unread. */
enum reader_status reader_next(struct reader *r, struct event *ret);

/* Start again at the first event, now with or without perf data. 0 or a negative errno. */
int reader_rewind(struct reader *r, bool skip_perf, struct err *err);

/* What ended the walk, as a sentence: "recording stops early, in the block at byte 81920: ..." */
void reader_describe_end(const struct reader *r, enum reader_status status, struct err *ret);

/* Bytes of the file, and the time of the newest event seen so far (UNKNOWN_U64 before the first).
 */
uint64_t reader_file_bytes(const struct reader *r);
uint64_t reader_last_time_ns(const struct reader *r);

void reader_close(struct reader *r); /* NULL is fine */

#endif
