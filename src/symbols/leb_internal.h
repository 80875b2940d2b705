/* leb_internal.h - the variable-length numbers of DWARF (DWARF 5, section 7.6). */
#ifndef SYMBOLS_LEB_INTERNAL_H
#define SYMBOLS_LEB_INTERNAL_H

#include "base/cursor.h"

/* Bytes beyond the tenth make the cursor bad; bits beyond the 64th are dropped. */
static inline uint64_t leb_uint(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint64_t b = cursor_uint(c, 1);

		v |= (b & 0x7f) << shift;
		if (b < 0x80)
			return v;
	}
	c->bad = true;
	return 0;
}

static inline int64_t leb_int(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint64_t b = cursor_uint(c, 1);

		v |= (b & 0x7f) << shift;
		if (b < 0x80) {
			if (shift + 7 < 64 && (b & 0x40))
				v |= ~(uint64_t)0 << (shift + 7);
			return (int64_t)v;
		}
	}
	c->bad = true;
	return 0;
}

#endif
