/* traceline_number_internal.h - the numbers of a trace line, read without a bound.
 *
 * The readers get text with readable bytes behind it (TRACELINE_PAD_BYTES), the first of which is
 * in no number and no literal (a NUL, a newline), and return what follows the number, or NULL.
 * A number that goes on where it should have ended ("0.0531") fails at the next literal: none
 * begins with a digit or a point. Most numbers are short and their lengths vary from line to line,
 * so that a loop over digits would spend its time in mispredicted branches. */
#ifndef TRACELINE_NUMBER_INTERNAL_H
#define TRACELINE_NUMBER_INTERNAL_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/unknown.h"

/* The most digits whose value always fits in 64 bits. */
#define MAX_DIGITS 19

/* The most digits that read_short_count() takes. */
#define SHORT_DIGITS 7

/* For the readers of which a line has many: a call would be a good part of what they cost. */
#define INLINED static inline __attribute__((always_inline))

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static inline unsigned digit(char c)
{
	return (unsigned char)(c - '0');
}

/* How many of the first 8 bytes at p are digits up to the first other one; *ret holds the bytes,
 * less '0', the first one lowest. */
static inline unsigned digits_at(uint64_t *ret, const char *p)
{
	uint64_t word, other;

	memcpy(&word, p, 8);
	word = le64toh(word) ^ 0x3030303030303030;
	other = (word | (word + 0x0606060606060606)) & 0xf0f0f0f0f0f0f0f0;
	*ret = word;
	return other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
}

/* The value of the first len (1..8) digits of such a word. */
static inline uint64_t value_of(uint64_t word, unsigned len)
{
	word <<= 64 - 8 * len; /* leading zeros up to eight digits, then pairs, then all */
	word = word * 10 + (word >> 8);
	return ((word & 0x000000ff000000ff) * 0x000f424000000064 +
		((word >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>
	       32;
}

static inline const char *read_word_count(uint64_t *ret, const char *p)
{
	uint64_t word;
	unsigned len = digits_at(&word, p);

	if (len - 1 > SHORT_DIGITS - 1 || (*p == '0' && len > 1))
		return NULL;
	*ret = value_of(word, len);
	return p + len;
}

/* A count of at most SHORT_DIGITS digits. Most have three at most, for which half a word does. */
INLINED const char *read_short_count(uint64_t *ret, const char *p)
{
	uint32_t half, other;
	unsigned len;

	memcpy(&half, p, 4);
	half = le32toh(half) ^ 0x30303030;
	other = (half | (half + 0x06060606)) & 0xf0f0f0f0;
	if (other == 0)
		return read_word_count(ret, p);
	len = (unsigned)__builtin_ctz(other) / 8;
	if (len == 0 || ((half & 0xff) == 0 && len > 1))
		return NULL;
	half <<= 32 - 8 * len;		/* bytes 1, 2, 3: hundreds, tens, ones */
	half = half * 10 + (half >> 8); /* byte 0: hundreds, byte 2: the rest */
	*ret = (half & 0xff) * 100 + (half >> 16 & 0xff);
	return p + len;
}

static inline const char *read_long_count(uint64_t *ret, const char *p, uint64_t max)
{
	const char *begin = p;
	uint64_t v = 0;

	while (is_digit(*p))
		v = v * 10 + digit(*p++);
	if (*begin == '0' || p - begin > MAX_DIGITS || v > max)
		return NULL;
	*ret = v;
	return p;
}

static inline const char *read_count(uint64_t *ret, const char *p, uint64_t max)
{
	uint64_t word;
	unsigned len = digits_at(&word, p);

	if (len > SHORT_DIGITS)
		return read_long_count(ret, p, max);
	if (len == 0 || (*p == '0' && len > 1))
		return NULL;
	*ret = value_of(word, len);
	return *ret > max ? NULL : p + len;
}

/* runtime/mgc.go, fmtNSAsMS: 0 | 0.00d | 0.0dd | 0.dd | d.d | dd..., where the first d is not 0. */
static inline const char *read_whole_ms(uint64_t *ret, const char *p)
{
	const char *next = read_count(ret, p, INT64_MAX / NS_PER_MS);

	if (!next || (*ret > 0 && *ret < 10))
		return NULL;
	*ret *= NS_PER_MS;
	return next;
}

INLINED const char *read_ms(uint64_t *ret, const char *p)
{
	static const uint64_t kept[] = { 0xffffff, 0xffffffff, 0xffffffffff };
	uint64_t word, pairs, us;
	unsigned more; /* decimals beyond the first */

	memcpy(&word, p, 8);
	word = le64toh(word) ^ 0x3030303030302e30; /* d.ddd: the point becomes 0 as well */
	if (word & 0xff00)
		return read_whole_ms(ret, p);
	more = (unsigned)((word & 0xff) == 0) + ((word & 0xff00ff) == 0);
	word &= kept[more];
	pairs = word * 10 + (word >> 8); /* byte 0: 10 d, 1: first decimal, 3: the others */
	us = ((pairs & 0xff) + (pairs >> 8 & 0xff)) * 100 + (pairs >> 24 & 0xff);
	if ((((word + 0x0606060606) | word) & 0xf0f0f0f0f0) || us == 0)
		return NULL;
	*ret = us * NS_PER_US;
	return p + 3 + more;
}

static inline const char *read_seconds(uint64_t *ret, const char *p)
{
	uint64_t seconds, ms;

	p = read_count(&seconds, p, INT64_MAX / NS_PER_S - 1);
	if (!p || *p != '.' || !is_digit(p[1]) || !is_digit(p[2]) || !is_digit(p[3]))
		return NULL;
	ms = digit(p[1]) * 100 + digit(p[2]) * 10 + digit(p[3]);
	*ret = seconds * NS_PER_S + ms * NS_PER_MS;
	return p + 4;
}

#endif
