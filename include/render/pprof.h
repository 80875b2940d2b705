/* pprof.h - a profile in the format of pprof (a gzipped protocol buffer, src/render/profile.proto),
 * as `go tool pprof` and the viewers of profiles read it.
 *
 * Sample types as Go's own profiles have them: samples/count, then cpu/nanoseconds, faults/count,
 * returns/bytes. Labels of a sample: thread, and tid and pid as numbers; phase; cause. Comments say
 * how it was measured and what was lost. A location whose one function is "[unknown]" is written
 * without it: pprof then shows the address and may find a name by itself. A mapping has_functions
 * (file names, line numbers) when all its locations have them. */
#ifndef RENDER_PPROF_H
#define RENDER_PPROF_H

#include <stdio.h>

#include "analyze/profile.h"

/* Write the profile and flush the stream. 0, or a negative errno when the stream refused or there
 * was no memory for gzip. The same profile gives the same bytes. */
int pprof_render(const struct profile *p, FILE *to);

#endif
