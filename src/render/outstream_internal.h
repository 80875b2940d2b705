/* outstream_internal.h - bytes on their way into a stream, in large pieces; the first failure
 * stays. */
#ifndef RENDER_OUTSTREAM_INTERNAL_H
#define RENDER_OUTSTREAM_INTERNAL_H

#include <stdio.h>

#include "base/buf.h"

/* Starts as { .to = stream }. What is to be written is appended to pending. */
struct outstream {
	FILE *to;
	struct buf pending;
	int rc; /* 0 or the first failure, a negative errno */
};

/* Write what is pending, once it is worth a call. */
void outstream_push(struct outstream *o);

/* Write all of it, flush the stream, release the memory. 0 or the first failure. */
int outstream_end(struct outstream *o);

#endif
