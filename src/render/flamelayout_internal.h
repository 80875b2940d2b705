/* flamelayout_internal.h - which frames a flame graph has, and where. */
#ifndef RENDER_FLAMELAYOUT_INTERNAL_H
#define RENDER_FLAMELAYOUT_INTERNAL_H

#include <stdint.h>

#include "stackrows_internal.h"

enum flame_kind { FLAME_VIRTUAL, FLAME_GO, FLAME_NATIVE, FLAME_KERNEL, FLAME_KIND_COUNT };

/* One box: the same callers, the same function. */
struct flame_frame {
	struct text name; /* clean */
	uint32_t depth;	  /* 0 is the whole profile */
	uint32_t file;	  /* a function that has the file of all its places, or PROFILE_NONE */
	enum flame_kind kind;
	uint64_t start, weight;	      /* in the weight of the whole */
	uint64_t line_min, line_max;  /* UNKNOWN_U64 when no place has a line */
	uint64_t phases[PHASE_COUNT]; /* the weight by phases */
};

struct flame_layout {
	struct stackrows rows; /* what names borrow from */
	struct flame_frame
		*frames;      /* callers first, then by name: a frame, then all that lies on it */
	size_t frame_count;   /* >= 1 */
	uint32_t depth_count; /* rows of frames */
	uint64_t left_out_count, left_out_weight; /* weight: of the lowest ones left out */
};

/* Lay out p as the options say; a frame needs weight >= total * share_min. */
void flame_layout_init(struct flame_layout *l, const struct profile *p,
		       const struct stackrows_options *o, double share_min);
void flame_layout_done(struct flame_layout *l);

#endif
