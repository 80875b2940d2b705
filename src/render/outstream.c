/* outstream.c - bytes on their way into a stream, in large pieces. */
#include "outstream_internal.h"

#include <errno.h>

#define PIECE_BYTES (64u << 10)

static void fail(struct outstream *o)
{
	if (o->rc == 0)
		o->rc = errno ? -errno : -EIO;
}

static void write_pending(struct outstream *o)
{
	errno = 0;
	if (o->rc == 0 && o->pending.len &&
	    fwrite(o->pending.at, 1, o->pending.len, o->to) != o->pending.len)
		fail(o);
	buf_clear(&o->pending);
}

void outstream_push(struct outstream *o)
{
	if (o->pending.len >= PIECE_BYTES)
		write_pending(o);
}

int outstream_end(struct outstream *o)
{
	write_pending(o);
	errno = 0;
	if (fflush(o->to) != 0 || ferror(o->to))
		fail(o);
	buf_done(&o->pending);
	return o->rc;
}
