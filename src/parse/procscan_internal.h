/* procscan_internal.h - the few steps from which every decoder of /proc text is made.
 * Each takes from the front of *t, and leaves it alone when it returns false. */
#ifndef PROCSCAN_INTERNAL_H
#define PROCSCAN_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

static inline void scan_skip(struct text *t, size_t n)
{
	t->at += n;
	t->len -= n;
}

/* The text up to byte c (or up to the end when there is none); c itself is dropped.
 * False only when nothing is left. */
static inline bool scan_until(struct text *ret, struct text *t, char c)
{
	const char *found;

	if (t->len == 0)
		return false;
	found = memchr(t->at, c, t->len);
	ret->at = t->at;
	ret->len = found ? (size_t)(found - t->at) : t->len;
	scan_skip(t, ret->len + (found ? 1 : 0));
	return true;
}

static inline void scan_blanks(struct text *t)
{
	while (t->len && (*t->at == ' ' || *t->at == '\t'))
		scan_skip(t, 1);
}

static inline bool scan_char(struct text *t, char c)
{
	if (t->len == 0 || *t->at != c)
		return false;
	scan_skip(t, 1);
	return true;
}

/* The value of a digit of base 10 or 16 (lower case, as the kernel prints); base when it is none.
 */
static inline unsigned scan_digit(char c, unsigned base)
{
	unsigned v = base;

	if (c >= '0' && c <= '9')
		v = (unsigned)(c - '0');
	else if (c >= 'a' && c <= 'f')
		v = (unsigned)(c - 'a') + 10;
	return v < base ? v : base;
}

/* A number without sign; false when there is no digit or when it does not fit. */
static inline bool scan_uint(uint64_t *ret, struct text *t, unsigned base)
{
	uint64_t v = 0;
	size_t n = 0;

	while (n < t->len) {
		unsigned d = scan_digit(t->at[n], base);
		if (d == base)
			break;
		if (v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
		n++;
	}
	if (n == 0)
		return false;
	scan_skip(t, n);
	*ret = v;
	return true;
}

/* All of t is one decimal number. */
static inline bool scan_whole_uint(uint64_t *ret, struct text t)
{
	uint64_t v;

	if (!scan_uint(&v, &t, 10) || t.len != 0)
		return false;
	*ret = v;
	return true;
}

#endif
