/* buf.h - growable bytes: the only place that reallocates. Out of memory ends the
 * process with one line (ADR 0006), so appending cannot fail. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct buf {
	uint8_t *at; /* owned; NULL when nothing was ever appended */
	size_t len, cap;
};

/* Append a copy of len bytes. */
void buf_add(struct buf *b, const void *bytes, size_t len);

/* Append the low width_bytes (1..8) of v, little-endian. */
void buf_add_uint(struct buf *b, uint64_t v, size_t width_bytes);

/* Append formatted text (no NUL). */
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Make room for `more` bytes behind len and return where they go; len is left to the caller. */
uint8_t *buf_room(struct buf *b, size_t more);

/* Drop the first n bytes (n <= len); what follows moves to the front. */
void buf_consume(struct buf *b, size_t n);

/* A NUL behind the last byte (not counted in len), and the whole as a C string, borrowed
 * until the next change. */
const char *buf_cstr(struct buf *b);

/* The content, borrowed until the next change. */
static inline struct text buf_text(const struct buf *b)
{
	return (struct text){ .at = (const char *)b->at, .len = b->len };
}

/* Empty it, keep the memory. */
static inline void buf_clear(struct buf *b)
{
	b->len = 0;
}

/* Release the memory; *b can be used again. */
void buf_done(struct buf *b);

/* calloc and strndup that end the process when there is no memory; the caller frees. */
void *xcalloc(size_t count, size_t size);
char *xstrndup(const char *s, size_t len);

#endif
