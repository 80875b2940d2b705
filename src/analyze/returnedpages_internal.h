/* returnedpages_internal.h - which pages were given back and not touched since. */
#ifndef RETURNEDPAGES_INTERNAL_H
#define RETURNEDPAGES_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/indexmap.h"

/* A bit per page, in chunks of RETURNEDPAGES_CHUNK pages that were ever returned. */
#define RETURNEDPAGES_CHUNK 1024u
/* 1 TiB of pages of 4 KiB, in 36 MiB: a made-up recording gets no more than that. */
#define RETURNEDPAGES_CHUNKS_MAX (1u << 18)
/* One call of the runtime gives back much less. */
#define RETURNEDPAGES_CALL_BYTES_MAX (UINT64_C(64) << 30)

struct returnedpages {
	uint64_t page_bytes;
	struct buf chunks; /* struct chunk */
	struct indexmap by_key;
	bool is_full; /* some returns were not taken up */
};

void returnedpages_add(struct returnedpages *r, uint64_t pid, uint64_t address, uint64_t len);
bool returnedpages_has(const struct returnedpages *r, uint64_t pid, uint64_t address);
void returnedpages_touch(struct returnedpages *r, uint64_t pid, uint64_t address);
void returnedpages_done(struct returnedpages *r);

#endif
