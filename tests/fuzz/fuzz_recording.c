/* fuzz_recording.c - any bytes as a recording.
 *
 * The first byte chooses: the rest is a file; or the rest is the content of one block, stored or
 * zstd, with right checksums around it, so that the fuzzer gets past them; or it is one body of a
 * kind. Properties: the walk ends, and stays ended; every record can be encoded, and decodes to the
 * same bytes again; passing over perf data changes nothing in the other records; a refused body
 * leaves *ret alone. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "recording/block_internal.h"
#include "recording/reader.h"

#define REQUIRE(truth)           \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

/* What is known of the event when it is written again with the fields of this build. */
static void check_event(const struct event *ev)
{
	struct buf first = { 0 }, second = { 0 };
	struct event again;
	struct text body;

	event_encode(&first, ev);
	body = (struct text){ (const char *)first.at + RECORD_HEADER_BYTES,
			      first.len - RECORD_HEADER_BYTES };
	REQUIRE(event_decode(&again, ev->kind, ev->time_ns, body) == 0);
	event_encode(&second, &again);
	REQUIRE(first.len == second.len && memcmp(first.at, second.at, first.len) == 0);
	buf_done(&first);
	buf_done(&second);
}

/* Walk, gathering what is not perf data. */
static enum reader_status walk(struct reader *r, struct buf *ret_others)
{
	enum reader_status status;
	struct event ev;
	struct err end;

	while ((status = reader_next(r, &ev)) == READER_RECORD) {
		check_event(&ev);
		if (ev.kind != EVENT_PERF_DATA)
			event_encode(ret_others, &ev);
	}
	REQUIRE(reader_next(r, &ev) == status);
	reader_describe_end(r, status, &end);
	REQUIRE(end.what[0] && (end.code == 0) == (status == READER_END));
	return status;
}

static void check_file(const void *bytes, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct buf all = { 0 }, rest = { 0 };
	enum reader_status status;
	struct reader *r;

	REQUIRE(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	if (reader_open_fd(&r, fd, "fuzz", NULL) < 0)
		return;
	status = walk(r, &all);
	REQUIRE(reader_rewind(r, true, NULL) == 0);
	if (walk(r, &rest) == READER_END && status == READER_END)
		REQUIRE(all.len == rest.len);
	/* Damage in perf data ends the first walk only. */
	REQUIRE(rest.len >= all.len || status == READER_END);
	REQUIRE(all.len == 0 || memcmp(all.at, rest.at, all.len) == 0);
	reader_close(r);
	buf_done(&all);
	buf_done(&rest);
}

/* class and codec from the low bits of how */
static void check_block(uint8_t how, const uint8_t *bytes, size_t len)
{
	uint8_t header[FILE_HEADER_BYTES + BLOCK_HEADER_BYTES];
	struct block_header h = { .block_class = how & 1 ? BLOCK_PERF : BLOCK_EVENTS,
				  .raw_bytes = (uint32_t)len };
	struct buf file = { 0 }, packed = { 0 };
	struct text stored = { (const char *)bytes, len };
	struct cursor time_at;

	if (len < RECORD_HEADER_BYTES)
		return;
	time_at = cursor_over(bytes + 8, 8);
	h.first_time_ns = cursor_uint(&time_at, 8);
	if (how & 2) {
		size_t bound = ZSTD_compressBound(len);

		h.codec = CODEC_ZSTD;
		packed.len = ZSTD_compress(buf_room(&packed, bound), bound, bytes, len, 1);
		stored = buf_text(&packed);
	}
	h.stored_bytes = (uint32_t)stored.len;
	h.payload_crc = block_crc(stored.at, stored.len);
	file_header_encode(header);
	block_header_encode(header + FILE_HEADER_BYTES, &h);
	buf_add(&file, header, sizeof(header));
	buf_add(&file, stored.at, stored.len);
	check_file(file.at, file.len);
	buf_done(&file);
	buf_done(&packed);
}

static bool same_bytes(const void *a, const void *b, size_t len)
{
	return memcmp(a, b, len) == 0;
}

static void check_body(uint64_t kind, const uint8_t *bytes, size_t len)
{
	struct event before, ev;

	memset(&before, 0xa5, sizeof(before));
	memcpy(&ev, &before, sizeof(ev));
	if (event_decode(&ev, kind, 1, (struct text){ (const char *)bytes, len }) == 0)
		check_event(&ev);
	else
		REQUIRE(same_bytes(&ev, &before, sizeof(ev)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 'F')
		check_file(data + 1, size - 1);
	else if (data[0] < 4)
		check_block(data[0], data + 1, size - 1);
	else
		check_body(data[0] % 32, data + 1, size - 1);
	return 0;
}
