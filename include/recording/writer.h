/* writer.h - append events to a recording.
 *
 * Events are gathered into blocks (checksummed, zstd), and each block is one write(2): what was
 * flushed survives the recorder's death. Format: docs/recording-format.md. */
#ifndef RECORDING_WRITER_H
#define RECORDING_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "recording/event.h"

struct writer;

/* Create (or replace) the file and write the file header. An existing regular file is replaced only
 * when it is empty or a gctide recording: else -EEXIST and the file is left alone. "-" is refused.
 * 0 or a negative errno, *err filled. */
int writer_open(struct writer **ret, const char *path, struct err *err);

/* Add one event; perf data and the rest go to blocks of their own, so that a reader can pass over
 * perf data cheaply. Never blocks on anything but the disk. 0, or a negative errno once the disk
 * has failed: then nothing more is written, and the events refused are counted. */
int writer_add(struct writer *w, const struct event *ev);

/* Write the blocks that have content. Call at least 4 times a second. Same result as writer_add. */
int writer_flush(struct writer *w);

/* Bytes in the file so far; events refused after a failure. */
uint64_t writer_written_bytes(const struct writer *w);
uint64_t writer_refused_count(const struct writer *w);

/* 0, or the first failure, *err filled with its sentence. */
int writer_status(const struct writer *w, struct err *err);

/* Add EVENT_END, flush, close, free. w may be NULL. 0, or the first failure, *err filled. The
 * blocks before a failure stay readable. */
int writer_close(struct writer *w, struct err *err);

/* Free without the closing record: for error paths. */
void writer_abandon(struct writer *w);

#endif
