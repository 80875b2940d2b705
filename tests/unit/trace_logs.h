/* trace_logs.h - the real logs under tests/data/gctrace, line by line. */
#ifndef TRACE_LOGS_H
#define TRACE_LOGS_H

#include "base/buf.h"

static inline void read_log(struct buf *ret, const char *name)
{
	char path[256];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "tests/data/gctrace/%s", name);
	f = fopen(path, "re");
	assert_non_null(f);
	buf_clear(ret);
	while ((n = fread(buf_room(ret, 65536), 1, 65536, f)) > 0)
		ret->len += n;
	fclose(f);
}

#endif
