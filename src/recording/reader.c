/* reader.c - walk a recording, trusting nothing in it. */
#include "recording/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/own.h"
#include "base/unknown.h"
#include "block_internal.h"

/* A disk that lost power leaves zeros behind what it wrote. Shorter runs are chance. */
#define ZERO_TAIL_BYTES_MIN 8
/* How far to look for the end of the zeros: a file can be made of nothing but holes. */
#define ZERO_TAIL_BYTES_MAX (64u << 20)

struct reader {
	int fd;
	char *name; /* owned */
	ZSTD_DCtx *zstd;
	bool skip_perf;

	uint64_t block_at; /* where the block in hand begins in the file */
	uint64_t next_at;  /* where the next one begins */
	struct block_header block;
	struct buf stored, raw;
	struct cursor records; /* over raw or stored: what is left of the block */

	uint64_t seen_count;	/* records handed out since the start */
	uint64_t skipped_count; /* blocks passed over */
	uint64_t first_ns, newest_ns;
	bool has_end;		   /* EVENT_END was handed out */
	enum reader_status status; /* not READER_RECORD: the walk is over */
	const char *fault;	   /* why it is corrupt, as the end of a sentence */
	int failure;		   /* errno of READER_FAILED */
};

static enum reader_status stop(struct reader *r, enum reader_status status, const char *fault)
{
	r->status = status;
	r->fault = fault;
	return status;
}

/* Up to len bytes at offset at; *ret_len is short only at the end of the file. */
static int read_at(int fd, void *bytes, size_t len, uint64_t at, size_t *ret_len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, (char *)bytes + got, len - got, (off_t)(at + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	*ret_len = got;
	return 0;
}

static size_t zeros_at_end(const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && bytes[len - 1 - n] == 0)
		n++;
	return n;
}

/* Do the bytes end in zeros, and is there nothing but zeros from file offset `at` to the end? Then
 * the recording was cut, not damaged. */
static bool is_zero_tail(const struct reader *r, const uint8_t *bytes, size_t len, uint64_t at)
{
	uint64_t zeros = zeros_at_end(bytes, len);
	uint8_t chunk[16384];
	size_t n = 0;

	if (zeros == 0)
		return false;
	for (uint64_t seen = 0; seen < ZERO_TAIL_BYTES_MAX; seen += n) {
		if (read_at(r->fd, chunk, sizeof(chunk), at + seen, &n) < 0 ||
		    zeros_at_end(chunk, n) < n)
			return false;
		zeros += n;
		if (n < sizeof(chunk))
			break;
	}
	return zeros >= ZERO_TAIL_BYTES_MIN;
}

/* The block's raw bytes, from the stored ones. NULL, or what is wrong. */
static const char *unpack(struct reader *r)
{
	size_t n;

	if (r->block.codec == CODEC_STORED) {
		r->records = cursor_over(r->stored.at, r->stored.len);
		return NULL;
	}
	buf_clear(&r->raw);
	n = ZSTD_decompressDCtx(r->zstd, buf_room(&r->raw, r->block.raw_bytes), r->block.raw_bytes,
				r->stored.at, r->stored.len);
	if (ZSTD_isError(n))
		return "it cannot be decompressed";
	if (n != r->block.raw_bytes)
		return "it decompresses to another size than its header says";
	r->raw.len = n;
	r->records = cursor_over(r->raw.at, r->raw.len);
	return NULL;
}

/* Is the block whole, as far as the file's size tells? For blocks that are passed over unread. */
static bool is_inside_file(const struct reader *r)
{
	return r->next_at <= reader_file_bytes(r);
}

/* READER_RECORD when the payload is in hand, ready to be walked. */
static enum reader_status load_payload(struct reader *r)
{
	const char *fault;
	size_t n;

	buf_clear(&r->stored);
	r->failure = -read_at(r->fd, buf_room(&r->stored, r->block.stored_bytes),
			      r->block.stored_bytes, r->block_at + BLOCK_HEADER_BYTES, &n);
	if (r->failure)
		return stop(r, READER_FAILED, NULL);
	if (n < r->block.stored_bytes)
		return stop(r, READER_TRUNCATED, NULL);
	r->stored.len = n;
	if (block_crc(r->stored.at, n) != r->block.payload_crc) {
		if (is_zero_tail(r, r->stored.at, n, r->next_at))
			return stop(r, READER_TRUNCATED, NULL);
		return stop(r, READER_CORRUPT, "its checksum is wrong");
	}
	fault = unpack(r);
	return fault ? stop(r, READER_CORRUPT, fault) : READER_RECORD;
}

/* The next block that is wanted, or how the walk ended. */
static enum reader_status next_block(struct reader *r)
{
	uint8_t header[BLOCK_HEADER_BYTES];
	const char *fault;
	size_t n;

	for (;;) {
		r->block_at = r->next_at;
		r->failure = -read_at(r->fd, header, sizeof(header), r->block_at, &n);
		if (r->failure)
			return stop(r, READER_FAILED, NULL);
		if (r->has_end)
			return n == 0 ? stop(r, READER_END, NULL)
				      : stop(r, READER_CORRUPT,
					     "there are bytes behind the last record");
		if (n < sizeof(header))
			return stop(r, READER_TRUNCATED, NULL);
		fault = block_header_decode(&r->block, header);
		if (fault && is_zero_tail(r, header, n, r->block_at + n))
			return stop(r, READER_TRUNCATED, NULL);
		if (fault)
			return stop(r, READER_CORRUPT, fault);
		r->next_at = r->block_at + BLOCK_HEADER_BYTES + r->block.stored_bytes;
		if (!r->skip_perf || r->block.block_class != BLOCK_PERF)
			return load_payload(r);
		if (!is_inside_file(r))
			return stop(r, READER_TRUNCATED, NULL);
		r->skipped_count++;
	}
}

/* Does a record agree with the block it is in, and the closing one with what came before? */
static const char *find_fault(const struct reader *r, const struct event *ev, bool is_first)
{
	bool is_perf = ev->kind == EVENT_PERF_DATA;

	if (is_first && ev->time_ns != r->block.first_time_ns)
		return "its first record has another time than its header says";
	if (is_perf != (r->block.block_class == BLOCK_PERF))
		return "it holds a record that belongs to another class";
	if (ev->kind != EVENT_END)
		return NULL;
	if (cursor_left(&r->records))
		return "there are records behind the last one";
	if (ev->u.end.record_count < r->seen_count ||
	    (ev->u.end.record_count > r->seen_count && r->skipped_count == 0))
		return "the number of records is not the one that the last record tells";
	return NULL;
}

static enum reader_status next_record(struct reader *r, struct event *ret)
{
	bool is_first = cursor_left(&r->records) == r->block.raw_bytes;
	uint64_t kind = cursor_uint(&r->records, 2);
	uint64_t reserved = cursor_uint(&r->records, 2);
	uint64_t body_bytes = cursor_uint(&r->records, 4);
	uint64_t time_ns = cursor_uint(&r->records, 8);
	struct text body = cursor_bytes(&r->records, body_bytes);
	const char *fault;
	struct event ev;

	if (r->records.bad)
		return stop(r, READER_CORRUPT,
			    "a record in it is larger than the rest of the block");
	if (kind == 0 || reserved || event_decode(&ev, kind, time_ns, body) < 0)
		return stop(r, READER_CORRUPT, "a record in it cannot be decoded");
	fault = find_fault(r, &ev, is_first);
	if (fault)
		return stop(r, READER_CORRUPT, fault);
	if (!is_known(r->first_ns))
		r->first_ns = time_ns;
	r->newest_ns = known_max(r->newest_ns, time_ns);
	r->seen_count++;
	r->has_end = kind == EVENT_END;
	*ret = ev;
	return READER_RECORD;
}

enum reader_status reader_next(struct reader *r, struct event *ret)
{
	if (r->status != READER_RECORD)
		return r->status;
	if (cursor_left(&r->records) == 0 && next_block(r) != READER_RECORD)
		return r->status;
	return next_record(r, ret);
}

static void start_over(struct reader *r)
{
	r->next_at = FILE_HEADER_BYTES;
	r->block_at = FILE_HEADER_BYTES;
	r->records = (struct cursor){ 0 };
	r->seen_count = 0;
	r->skipped_count = 0;
	r->first_ns = UNKNOWN_U64;
	r->newest_ns = UNKNOWN_U64;
	r->has_end = false;
	r->status = READER_RECORD;
	r->fault = NULL;
	r->failure = 0;
}

int reader_rewind(struct reader *r, bool skip_perf, struct err *err)
{
	(void)err; /* reading by offset leaves nothing that could fail here */
	r->skip_perf = skip_perf;
	start_over(r);
	return 0;
}

/* The file header. 0 or a negative errno, *err filled. */
static int check_header(int fd, const char *name, struct err *err)
{
	uint8_t header[FILE_HEADER_BYTES];
	struct cursor c = cursor_over(header, sizeof(header));
	uint64_t format;
	size_t n = 0;
	int rc = read_at(fd, header, sizeof(header), 0, &n);

	if (rc < 0)
		return err_set(err, -rc, "cannot read '%s'", name);
	if (n == 0)
		return err_say(err, EBADMSG, "'%s' is empty: nothing was recorded", name);
	if (memcmp(header, file_magic, n < FILE_MAGIC_BYTES ? n : FILE_MAGIC_BYTES) != 0) {
		rc = err_say(err, EBADMSG, "'%s' is not a gctide recording", name);
		err_hint(err, "gctide record makes one; a log of GODEBUG=gctrace=1 is read by: "
			      "gctide parse FILE");
		return rc;
	}
	if (n < sizeof(header))
		return err_say(err, EBADMSG,
			       "'%s' stops within its first %d bytes: nothing was recorded", name,
			       FILE_HEADER_BYTES);
	cursor_bytes(&c, FILE_MAGIC_BYTES);
	format = cursor_uint(&c, 4);
	if (format > FILE_FORMAT)
		return err_say(err, EPROTONOSUPPORT,
			       "'%s' has format %llu, this build reads up to %d: update gctide",
			       name, (unsigned long long)format, FILE_FORMAT);
	if (format == 0 || cursor_uint(&c, 4) != 0)
		return err_say(err, EBADMSG, "'%s' is damaged in its first %d bytes", name,
			       FILE_HEADER_BYTES);
	return 0;
}

int reader_open_fd(struct reader **ret, int fd, const char *name, struct err *err)
{
	OWN_FD int own = fd;
	struct reader *r;
	int rc;

	/* Analysis walks a recording more than once. */
	if (lseek(own, 0, SEEK_CUR) < 0) {
		rc = err_say(err, errno,
			     "'%s' is a pipe or a terminal: a recording is read from a file", name);
		err_hint(err, "save it to a file first: cat > FILE");
		return rc;
	}
	rc = check_header(own, name, err);
	if (rc < 0)
		return rc;
	r = xcalloc(1, sizeof(*r));
	r->zstd = ZSTD_createDCtx();
	if (!r->zstd) {
		free(r);
		return err_set(err, ENOMEM, "cannot prepare decompression");
	}
	r->fd = fd_take(&own);
	r->name = xstrndup(name, strlen(name));
	start_over(r);
	*ret = r;
	return 0;
}

int reader_open(struct reader **ret, const char *path, struct err *err)
{
	/* O_NONBLOCK: a named pipe without a writer would hold us here. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return err_set(err, errno, "cannot open '%s'", path);
	return reader_open_fd(ret, fd, path, err);
}

static double seconds_seen(const struct reader *r)
{
	return is_known(r->newest_ns) ? (double)(r->newest_ns - r->first_ns) / 1e9 : 0;
}

void reader_describe_end(const struct reader *r, enum reader_status status, struct err *ret)
{
	double at_s = seconds_seen(r);
	unsigned long long at = r->block_at;

	switch (status) {
	case READER_TRUNCATED:
		err_say(ret, ENODATA,
			"'%s' stops early at %.1f s, byte %llu (recorder killed, or the disk "
			"filled): "
			"showing what is there",
			r->name, at_s, at);
		break;
	case READER_CORRUPT:
		err_say(ret, EBADMSG,
			"'%s' is damaged after %.1f s, in the block at byte %llu: %s; nothing "
			"after it "
			"can be trusted",
			r->name, at_s, at, r->fault ? r->fault : "unknown");
		break;
	case READER_FAILED:
		err_set(ret, r->failure, "cannot read '%s' at byte %llu, after %.1f s", r->name, at,
			at_s);
		break;
	case READER_RECORD:
	case READER_END:
		err_say(ret, 0, "'%s' is whole: %.1f s, %llu records", r->name, at_s,
			(unsigned long long)r->seen_count);
	}
}

uint64_t reader_file_bytes(const struct reader *r)
{
	struct stat st;

	return fstat(r->fd, &st) == 0 ? (uint64_t)st.st_size : UNKNOWN_U64;
}

uint64_t reader_last_time_ns(const struct reader *r)
{
	return r->newest_ns;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	fd_drop(&r->fd);
	ZSTD_freeDCtx(r->zstd);
	buf_done(&r->stored);
	buf_done(&r->raw);
	free(r->name);
	free(r);
}
