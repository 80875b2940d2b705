/* unknown.h - "not known" as a value, so that it can never be printed as 0. */
#ifndef BASE_UNKNOWN_H
#define BASE_UNKNOWN_H

#include <stdbool.h>
#include <stdint.h>

/* The one value of a count, size or time that says: nobody told us. JSON prints null, text
 * prints "unknown", the recording stores it as it is. */
#define UNKNOWN_U64 UINT64_MAX

static inline bool is_known(uint64_t v)
{
	return v != UNKNOWN_U64;
}

/* a + b, unknown when either is. */
static inline uint64_t known_add(uint64_t a, uint64_t b)
{
	return is_known(a) && is_known(b) ? a + b : UNKNOWN_U64;
}

/* The larger of both; an unknown one does not count. */
static inline uint64_t known_max(uint64_t a, uint64_t b)
{
	if (!is_known(a))
		return b;
	return is_known(b) && b > a ? b : a;
}

#endif
