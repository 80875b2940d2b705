/* units.h - quantities as people write and read them.
 *
 * Sizes take B, KiB, MiB, GiB, TiB, as GOMEMLIMIT does (Go runtime/debug.SetMemoryLimit);
 * durations take ns, us, ms, s, m, h. Printed sizes are binary, three significant digits. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Longest text that any function here writes, NUL included. */
#define UNITS_TEXT_BYTES 32

/* Each writes into buf (UNITS_TEXT_BYTES) and returns it. Unknown prints "unknown". */
const char *units_bytes(char *buf, uint64_t bytes); /* "12.0 MiB" */
const char *units_duration(char *buf, uint64_t ns); /* "1.84 ms" */
const char *units_count(char *buf, uint64_t count); /* "71,234" */
const char *units_ordinal(char *buf, uint64_t n);   /* "61st" */
const char *units_ratio(char *buf, double ratio);   /* "3.1 %"; NaN prints "unknown" */

/* The word that goes with a count: one for 1, else many. */
const char *units_plural(uint64_t count, const char *one, const char *many);

/* Parse a size ("64MiB", "4096", "4096B") or a duration ("10ms"; a bare number has no unit and
 * is refused, but "0" is taken). 0 and *ret filled, or -EINVAL / -ERANGE. Fractions ("1.5s") are
 * taken. */
int units_parse_bytes(uint64_t *ret, struct text t);
int units_parse_duration(uint64_t *ret_ns, struct text t);

#endif
