/* stringtable_internal.h - texts numbered in the order in which they came, each once, made clean.
 */
#ifndef RENDER_STRINGTABLE_INTERNAL_H
#define RENDER_STRINGTABLE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

/* Starts zeroed. */
struct stringtable {
	struct buf bytes;  /* each ended by NUL */
	struct buf starts; /* size_t: where in bytes */
	uint32_t *slots;   /* number + 1 by hash; owned */
	size_t slot_count; /* a power of two */
	size_t count;
};

/* The number of t as name_clean makes it, so that it is valid UTF-8 without NUL. */
uint32_t stringtable_add(struct stringtable *t, struct text text);

/* Borrowed until the next one is added. */
const char *stringtable_at(const struct stringtable *t, size_t number);
void stringtable_done(struct stringtable *t);

#endif
