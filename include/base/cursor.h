/* cursor.h - bounded reading of untrusted little-endian bytes.
 *
 * A read past the end returns 0 (or an empty text) and sets `bad`; so a decoder reads
 * every field first and asks once, at the end, whether all of them were there. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

struct cursor {
	const uint8_t *at, *end; /* borrowed */
	bool bad;
};

static inline struct cursor cursor_over(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	return (struct cursor){ .at = at, .end = at ? at + len : at };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->bad ? 0 : (size_t)(c->end - c->at);
}

/* The next width_bytes (1..8) as an unsigned little-endian number. */
static inline uint64_t cursor_uint(struct cursor *c, size_t width_bytes)
{
	uint64_t v = 0;
	if (c->bad || (size_t)(c->end - c->at) < width_bytes) {
		c->bad = true;
		return 0;
	}
	memcpy(&v, c->at, width_bytes); /* the low bytes come first: le64toh does the rest */
	c->at += width_bytes;
	return le64toh(v);
}

/* The next len bytes, borrowed from what the cursor runs over. */
static inline struct text cursor_bytes(struct cursor *c, size_t len)
{
	struct text t = { 0 };
	if (c->bad || (size_t)(c->end - c->at) < len) {
		c->bad = true;
		return t;
	}
	t = (struct text){ .at = (const char *)c->at, .len = len };
	c->at += len;
	return t;
}

#endif
