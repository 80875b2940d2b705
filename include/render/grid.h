/* grid.h - what a program does under a grid of settings: for people, programs, benchstat, as a
 * page. */
#ifndef RENDER_GRID_H
#define RENDER_GRID_H

#include <stdio.h>

#include "experiment/grid.h"

/* format: "text", "json" (gctide.bench/1), "benchstat" (Go's benchmark format, one line for each
 * good run; name is that of the program) or "html". grid_finish was called. The caller looks at
 * ferror(out). */
void grid_print(FILE *out, const char *format, const struct grid *g, const char *name);

#endif
