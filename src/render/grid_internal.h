/* grid_internal.h - the formats of a grid. */
#ifndef GRID_INTERNAL_H
#define GRID_INTERNAL_H

#include "render/grid.h"

void grid_print_text(FILE *out, const struct grid *g);
void grid_print_json(FILE *out, const struct grid *g);
void grid_print_page(FILE *out, const struct grid *g);
void grid_print_benchstat(FILE *out, const struct grid *g, const char *name);

#endif
