/* writer.c - gather events into blocks, and put each block into the file with one write. */
#include "recording/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/unknown.h"
#include "block_internal.h"
#include "create_internal.h"

/* A block is written when it holds this much: large enough for zstd, small enough to lose. */
#define BLOCK_BYTES_WANTED (256u << 10)

/* So a record fits behind whatever is pending, and the block keeps within what readers take. */
#define RECORD_BYTES_MAX (READER_BLOCK_BYTES_MAX - BLOCK_BYTES_WANTED)

#define ZSTD_LEVEL 1

struct pending {
	enum block_class block_class;
	struct buf records;
	uint64_t record_count;
	uint64_t first_time_ns;
};

struct writer {
	int fd;
	char *path; /* owned */
	ZSTD_CCtx *zstd;
	struct pending events, perf;
	struct buf packed;
	uint64_t written_bytes; /* whole blocks and the file header */
	uint64_t record_count;	/* taken */
	uint64_t refused_count;
	uint64_t newest_ns; /* unknown before the first event */
	struct err failure; /* code 0: none so far */
};

/* Two pieces with as few system calls as the system allows. 0 or a negative errno. */
static int write_whole(int fd, struct iovec *piece, int piece_count)
{
	while (piece_count > 0) {
		ssize_t n = writev(fd, piece, piece_count);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		while (piece_count > 0 && (size_t)n >= piece->iov_len) {
			n -= (ssize_t)piece->iov_len;
			piece++;
			piece_count--;
		}
		if (piece_count > 0) {
			piece->iov_base = (char *)piece->iov_base + n;
			piece->iov_len -= (size_t)n;
		}
	}
	return 0;
}

/* Remember the first failure, and let the file end with its last whole block. */
static int fail(struct writer *w, int code)
{
	int ignored;

	err_set(&w->failure, code, "cannot write to '%s'", w->path);
	if (code == ENOSPC || code == EDQUOT)
		err_hint(&w->failure,
			 "what was recorded before can be read; make room, or record to "
			 "another place with -o FILE");
	else if (code == EFBIG)
		err_hint(&w->failure, "what was recorded before can be read; see the limit with: "
				      "ulimit -f");
	/* Where this fails too, the reader finds the torn block by itself. */
	ignored = ftruncate(w->fd, (off_t)w->written_bytes);
	(void)ignored;
	return -code;
}

/* Choose the shorter of both forms. The result is borrowed until the next call. */
static struct text pack(struct writer *w, const struct buf *raw, uint8_t *ret_codec)
{
	size_t bound = ZSTD_compressBound(raw->len), n;

	buf_clear(&w->packed);
	n = ZSTD_compressCCtx(w->zstd, buf_room(&w->packed, bound), bound, raw->at, raw->len,
			      ZSTD_LEVEL);
	if (ZSTD_isError(n) || n >= raw->len) {
		*ret_codec = CODEC_STORED;
		return buf_text(raw);
	}
	w->packed.len = n;
	*ret_codec = CODEC_ZSTD;
	return buf_text(&w->packed);
}

static int write_block(struct writer *w, struct pending *p)
{
	struct block_header h = { .block_class = (uint8_t)p->block_class,
				  .raw_bytes = (uint32_t)p->records.len,
				  .first_time_ns = p->first_time_ns };
	uint8_t header[BLOCK_HEADER_BYTES];
	struct text stored;
	int rc;

	if (p->records.len == 0)
		return 0;
	stored = pack(w, &p->records, &h.codec);
	h.stored_bytes = (uint32_t)stored.len;
	h.payload_crc = block_crc(stored.at, stored.len);
	block_header_encode(header, &h);
	rc = write_whole(
		w->fd,
		(struct iovec[]){ { .iov_base = header, .iov_len = sizeof(header) },
				  { .iov_base = (void *)stored.at, .iov_len = stored.len } },
		2);
	if (rc < 0)
		return fail(w, -rc);
	w->written_bytes += sizeof(header) + stored.len;
	p->record_count = 0;
	buf_clear(&p->records);
	return 0;
}

/* What is pending when the disk fails is lost like everything after it. */
static void refuse_pending(struct writer *w, struct pending *p)
{
	w->refused_count += p->record_count;
	p->record_count = 0;
	buf_clear(&p->records);
}

int writer_flush(struct writer *w)
{
	/* Perf data first: a round record speaks of data that must be in the file before it. */
	if (!w->failure.code && write_block(w, &w->perf) == 0)
		write_block(w, &w->events);
	if (w->failure.code) {
		refuse_pending(w, &w->perf);
		refuse_pending(w, &w->events);
	}
	return -w->failure.code;
}

/* Records that later ones need in order to be understood go out at once, ahead of those. */
static bool is_awaited(uint64_t kind)
{
	return kind == EVENT_SESSION || kind == EVENT_PERF_ATTR;
}

static int add(struct writer *w, const struct event *ev)
{
	struct pending *p = ev->kind == EVENT_PERF_DATA ? &w->perf : &w->events;
	size_t before = p->records.len;

	if (w->failure.code) {
		w->refused_count++;
		return -w->failure.code;
	}
	event_encode(&p->records, ev);
	if (p->records.len - before > RECORD_BYTES_MAX) {
		p->records.len = before;
		w->refused_count++;
		return -EMSGSIZE;
	}
	if (before == 0)
		p->first_time_ns = ev->time_ns;
	p->record_count++;
	w->record_count++;
	w->newest_ns = known_max(w->newest_ns, ev->time_ns);
	if (w->events.records.len >= BLOCK_BYTES_WANTED || is_awaited(ev->kind))
		return writer_flush(w);
	if (w->perf.records.len >= BLOCK_BYTES_WANTED && write_block(w, &w->perf) < 0)
		return writer_flush(w);
	return 0;
}

int writer_add(struct writer *w, const struct event *ev)
{
	/* A closing record with anything behind it would be damage: writer_close adds it. */
	return ev->kind == EVENT_END ? -EINVAL : add(w, ev);
}

int writer_open(struct writer **ret, const char *path, struct err *err)
{
	uint8_t header[FILE_HEADER_BYTES];
	OWN_FD int fd = -1;
	struct writer *w;
	int rc;

	rc = create_recording(&fd, path, err);
	if (rc < 0)
		return rc;
	file_header_encode(header);
	rc = write_whole(fd, &(struct iovec){ .iov_base = header, .iov_len = sizeof(header) }, 1);
	if (rc < 0) {
		err_set(err, -rc, "cannot write to '%s'", path);
		err_hint(err, "record to another place with -o FILE");
		return rc;
	}
	w = xcalloc(1, sizeof(*w));
	w->zstd = ZSTD_createCCtx();
	if (!w->zstd) {
		free(w);
		return err_set(err, ENOMEM, "cannot prepare compression");
	}
	w->fd = fd_take(&fd);
	w->path = xstrndup(path, strlen(path));
	w->events.block_class = BLOCK_EVENTS;
	w->perf.block_class = BLOCK_PERF;
	w->written_bytes = sizeof(header);
	w->newest_ns = UNKNOWN_U64;
	*ret = w;
	return 0;
}

uint64_t writer_written_bytes(const struct writer *w)
{
	return w->written_bytes;
}

uint64_t writer_refused_count(const struct writer *w)
{
	return w->refused_count;
}

int writer_status(const struct writer *w, struct err *err)
{
	if (w->failure.code && err)
		*err = w->failure;
	return -w->failure.code;
}

/* The last record has the time of the newest one: it says nothing of its own about time. */
static void add_end(struct writer *w)
{
	struct event end = { .kind = EVENT_END,
			     .time_ns =
				     is_known(w->newest_ns) ? w->newest_ns : clock_monotonic_ns(),
			     .u.end.record_count = w->record_count };

	add(w, &end);
	writer_flush(w);
}

int writer_close(struct writer *w, struct err *err)
{
	int rc;

	if (!w)
		return 0;
	if (!w->failure.code)
		add_end(w);
	/* Some file systems tell of a full disk only now (close(2), NOTES). */
	if (close(w->fd) < 0 && !w->failure.code && errno != EINTR)
		err_set(&w->failure, errno, "cannot finish '%s'", w->path);
	w->fd = -1;
	rc = writer_status(w, err);
	writer_abandon(w);
	return rc;
}

void writer_abandon(struct writer *w)
{
	if (!w)
		return;
	fd_drop(&w->fd);
	ZSTD_freeCCtx(w->zstd);
	buf_done(&w->events.records);
	buf_done(&w->perf.records);
	buf_done(&w->packed);
	free(w->path);
	free(w);
}
