/* gzipstream.c - bytes on their way into a stream through gzip. */
#include "gzipstream_internal.h"

#include <errno.h>

#define PIECE_BYTES (32u << 10)

/* zlib.h, deflateInit2: 15 is the largest window, and 16 more asks for gzip's header. */
#define WINDOW_BITS_GZIP (15 + 16)
#define MEMORY_LEVEL	 8

int gzipstream_init(struct gzipstream *g, FILE *to)
{
	*g = (struct gzipstream){ .out = { .to = to } };
	return deflateInit2(&g->z, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS_GZIP, MEMORY_LEVEL,
			    Z_DEFAULT_STRATEGY) == Z_OK
		       ? 0
		       : -ENOMEM;
}

/* Z_NO_FLUSH until all input is taken, or Z_FINISH until the end is written: deflate has nothing
 * more to do when it leaves room in the output. */
static void deflate_all(struct gzipstream *g, int flush)
{
	do {
		g->z.next_out = buf_room(&g->out.pending, PIECE_BYTES);
		g->z.avail_out = PIECE_BYTES;
		deflate(&g->z, flush);
		g->out.pending.len += PIECE_BYTES - g->z.avail_out;
		outstream_push(&g->out);
	} while (g->z.avail_out == 0 && g->out.rc == 0);
}

void gzipstream_add(struct gzipstream *g, const struct buf *bytes)
{
	for (size_t at = 0; at < bytes->len && g->out.rc == 0;) {
		size_t n = bytes->len - at < 1u << 30 ? bytes->len - at : 1u << 30;

		g->z.next_in = bytes->at + at;
		g->z.avail_in = (uInt)n;
		deflate_all(g, Z_NO_FLUSH);
		at += n;
	}
}

int gzipstream_end(struct gzipstream *g)
{
	g->z.next_in = NULL;
	g->z.avail_in = 0;
	deflate_all(g, Z_FINISH);
	deflateEnd(&g->z);
	return outstream_end(&g->out);
}
