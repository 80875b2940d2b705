/* block_internal.h - the file header and the block headers, as writer.c and reader.c share them.
 * Byte for byte in docs/recording-format.md. */
#ifndef RECORDING_BLOCK_INTERNAL_H
#define RECORDING_BLOCK_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "recording/reader.h"

#define FILE_MAGIC_BYTES  8
#define FILE_HEADER_BYTES 16
#define FILE_FORMAT	  1

#define BLOCK_HEADER_BYTES  32
#define RECORD_HEADER_BYTES 16

/* No writer stores a block in more bytes than it holds: it would store it as it is. */
#define BLOCK_STORED_BYTES_MAX READER_BLOCK_BYTES_MAX

enum block_class {
	BLOCK_EVENTS = 1,
	BLOCK_PERF = 2, /* nothing but EVENT_PERF_DATA */
};

enum block_codec {
	CODEC_STORED = 0,
	CODEC_ZSTD = 1,
};

/* A transfer in text mode breaks it at once. */
static const char file_magic[FILE_MAGIC_BYTES] = { 'G', 'C', 'T', 'I', 'D', 'E', '\r', '\n' };

struct block_header {
	uint8_t block_class, codec;
	uint32_t stored_bytes, raw_bytes;
	uint64_t first_time_ns; /* of the block's first record */
	uint32_t payload_crc;	/* of the stored bytes */
};

/* CRC-32 as zlib's crc32() has it. */
uint32_t block_crc(const void *bytes, size_t len);

void block_header_encode(uint8_t out[BLOCK_HEADER_BYTES], const struct block_header *h);

/* NULL and *ret filled, or what is wrong with it, as the end of a sentence; *ret is then untouched.
 */
const char *block_header_decode(struct block_header *ret, const uint8_t bytes[BLOCK_HEADER_BYTES]);

/* The file header: FILE_HEADER_BYTES. */
void file_header_encode(uint8_t out[FILE_HEADER_BYTES]);

#endif
