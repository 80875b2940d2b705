/* buf.c - growable bytes. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *p)
{
	if (!p) {
		fputs("gctide: out of memory\n", stderr);
		abort();
	}
	return p;
}

uint8_t *buf_room(struct buf *b, size_t more)
{
	if (more > SIZE_MAX / 2 - b->len)
		or_die(NULL);
	if (b->cap - b->len < more) {
		size_t cap = b->cap ? b->cap * 2 : 64;
		if (cap < b->len + more)
			cap = b->len + more;
		b->at = or_die(realloc(b->at, cap));
		b->cap = cap;
	}
	return b->at ? b->at + b->len : NULL; /* only when no room was asked for */
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	memcpy(buf_room(b, len), bytes, len);
	b->len += len;
}

void buf_add_uint(struct buf *b, uint64_t v, size_t width_bytes)
{
	uint8_t *at = buf_room(b, width_bytes);

	for (size_t i = 0; i < width_bytes; i++)
		at[i] = (uint8_t)(v >> (8 * i));
	b->len += width_bytes;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list args, again;
	int need;

	va_start(args, fmt);
	va_copy(again, args);
	need = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (need > 0) {
		vsnprintf((char *)buf_room(b, (size_t)need + 1), (size_t)need + 1, fmt, again);
		b->len += (size_t)need;
	}
	va_end(again);
}

void buf_consume(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->at, b->at + n, b->len - n);
	b->len -= n;
}

const char *buf_cstr(struct buf *b)
{
	*buf_room(b, 1) = '\0';
	return (const char *)b->at;
}

void buf_done(struct buf *b)
{
	free(b->at);
	*b = (struct buf){ 0 };
}

void *xcalloc(size_t count, size_t size)
{
	return or_die(calloc(count ? count : 1, size ? size : 1));
}

char *xstrndup(const char *s, size_t len)
{
	char *copy = or_die(malloc(len + 1));

	if (len)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}
