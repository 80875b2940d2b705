/* gzipstream_internal.h - bytes on their way into a stream through gzip (RFC 1952); equal bytes
 * give equal files: no time, no name. */
#ifndef RENDER_GZIPSTREAM_INTERNAL_H
#define RENDER_GZIPSTREAM_INTERNAL_H

#include <stdio.h>
#include <zlib.h>

#include "outstream_internal.h"

struct gzipstream {
	z_stream z;
	struct outstream out;
};

/* to is borrowed. 0, or -ENOMEM and nothing to end. */
int gzipstream_init(struct gzipstream *g, FILE *to);

/* A failure of the stream stays until gzipstream_end. */
void gzipstream_add(struct gzipstream *g, const struct buf *bytes);

/* Write what is left, flush the stream, release the memory. 0, or a negative errno when the stream
 * refused any of it. */
int gzipstream_end(struct gzipstream *g);

#endif
