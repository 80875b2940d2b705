/* flame_internal.h - the page that a flame graph stands on. */
#ifndef RENDER_FLAME_INTERNAL_H
#define RENDER_FLAME_INTERNAL_H

#include "flamelayout_internal.h"
#include "outstream_internal.h"
#include "render/flame.h"

/* Measures of the page, in px. flame.js has the same ones. */
#define FLAME_ROW_PX	   18u
#define FLAME_PAD_PX	   10u
#define FLAME_NARROWEST_PX 0.1
#define FLAME_OUTLINED_PX  3 /* frames as wide as this have an outline */

/* Boxes have coordinates of their own, which the view stretches to its width: the whole profile is
 * this wide. 24 bits, as browsers keep lengths as float. */
#define FLAME_SPAN 10000000

struct flame_page {
	const struct profile *p;
	const struct flame_options *o;
	const struct flame_layout *l;
	struct outstream out;
	uint32_t width, height;
	uint32_t top; /* of the frames */
};

/* Everything in front of the frames: size, title, how it was measured, what is missing, legend;
 * sets top and height. */
void flame_page_begin(struct flame_page *page);

/* The script, and the end. */
void flame_page_end(struct flame_page *page);

/* The phase whose colour a frame has: the only one that it is of, else the program's own, else the
 * one with the most weight. */
enum profile_phase flame_phase(const struct flame_frame *f);

#endif
