/* flame.h - a flame graph of a profile: one SVG file that needs nothing else.
 *
 * It shows without a script (as a picture in a page), and in a browser it can be searched (Ctrl-F),
 * zoomed into (click, Enter) and walked through with the keyboard; whatever is under the pointer
 * gives its exact figures. Frames have the colour of the collector's phase when all of their weight
 * is of one; Go, native and kernel frames differ in shade. Frames narrower than 0.1 px are left
 * out, with what lies on them, and counted in the subtitle. Names are untrusted: they are text
 * only, never markup or script. */
#ifndef RENDER_FLAME_H
#define RENDER_FLAME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analyze/profile.h"
#include "base/text.h"

#define FLAME_WIDTH_PX	   1200u
#define FLAME_WIDTH_PX_MIN 600u

struct flame_options {
	enum profile_weight weight;
	enum profile_split split;
	struct text title; /* empty: "Flame graph: EVENT" */
	uint32_t width_px; /* 0: FLAME_WIDTH_PX; at least FLAME_WIDTH_PX_MIN is taken */
	bool has_root_on_top;
};

/* Write the graph and flush the stream. 0, or a negative errno when the stream refused. The same
 * profile gives the same bytes. */
int flame_render(const struct profile *p, const struct flame_options *o, FILE *to);

#endif
