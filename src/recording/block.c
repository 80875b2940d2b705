/* block.c - file header and block headers, to bytes and back. */
#include <string.h>

#include <zlib.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "block_internal.h"

static const char block_magic[4] = { 'G', 'C', 'B', 'K' };

uint32_t block_crc(const void *bytes, size_t len)
{
	return (uint32_t)crc32_z(0, bytes, len);
}

static void put(uint8_t **at, uint64_t v, size_t width_bytes)
{
	for (size_t i = 0; i < width_bytes; i++)
		*(*at)++ = (uint8_t)(v >> (8 * i));
}

void file_header_encode(uint8_t out[FILE_HEADER_BYTES])
{
	uint8_t *at = out + FILE_MAGIC_BYTES;

	memcpy(out, file_magic, sizeof(file_magic));
	put(&at, FILE_FORMAT, 4);
	put(&at, 0, 4);
}

void block_header_encode(uint8_t out[BLOCK_HEADER_BYTES], const struct block_header *h)
{
	uint8_t *at = out + sizeof(block_magic);

	memcpy(out, block_magic, sizeof(block_magic));
	put(&at, h->block_class, 1);
	put(&at, h->codec, 1);
	put(&at, 0, 2);
	put(&at, h->stored_bytes, 4);
	put(&at, h->raw_bytes, 4);
	put(&at, h->first_time_ns, 8);
	put(&at, h->payload_crc, 4);
	put(&at, block_crc(out, BLOCK_HEADER_BYTES - 4), 4);
}

/* What the fields say must be possible before anything is allocated for them. */
static const char *find_fault(const struct block_header *h, uint64_t reserved)
{
	if (h->block_class != BLOCK_EVENTS && h->block_class != BLOCK_PERF)
		return "its class is unknown";
	if (h->codec != CODEC_STORED && h->codec != CODEC_ZSTD)
		return "its codec is unknown";
	if (reserved)
		return "a byte that must be zero is not";
	if (h->raw_bytes < RECORD_HEADER_BYTES || h->raw_bytes > READER_BLOCK_BYTES_MAX)
		return "its size cannot be";
	if (h->stored_bytes == 0 || h->stored_bytes > BLOCK_STORED_BYTES_MAX)
		return "its stored size cannot be";
	if (h->codec == CODEC_STORED && h->stored_bytes != h->raw_bytes)
		return "its two sizes differ though it is not compressed";
	return NULL;
}

const char *block_header_decode(struct block_header *ret, const uint8_t bytes[BLOCK_HEADER_BYTES])
{
	struct cursor c =
		cursor_over(bytes + sizeof(block_magic), BLOCK_HEADER_BYTES - sizeof(block_magic));
	struct block_header h;
	uint64_t reserved;
	const char *fault;

	if (memcmp(bytes, block_magic, sizeof(block_magic)) != 0)
		return "no block begins there";
	h.block_class = (uint8_t)cursor_uint(&c, 1);
	h.codec = (uint8_t)cursor_uint(&c, 1);
	reserved = cursor_uint(&c, 2);
	h.stored_bytes = (uint32_t)cursor_uint(&c, 4);
	h.raw_bytes = (uint32_t)cursor_uint(&c, 4);
	h.first_time_ns = cursor_uint(&c, 8);
	h.payload_crc = (uint32_t)cursor_uint(&c, 4);
	if (cursor_uint(&c, 4) != block_crc(bytes, BLOCK_HEADER_BYTES - 4))
		return "the checksum of its header is wrong";
	fault = find_fault(&h, reserved);
	if (!fault)
		*ret = h;
	return fault;
}
