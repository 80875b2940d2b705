/* perflayouts.h - a growing table of perfrecord_layout, sorted by id. */
#ifndef PARSE_PERFLAYOUTS_H
#define PARSE_PERFLAYOUTS_H

#include "parse/perfrecord.h"

/* Ids beyond it are not taken up: a made-up recording could name any number. */
#define PERFLAYOUTS_MAX 65536u

struct perflayouts {
	struct perfrecord_layout *at; /* owned */
	size_t count, capacity;
};

/* One layout for each id in ids (8 bytes each, little-endian), otherwise as *layout; an id that is
 * there already gets the new one. */
void perflayouts_add(struct perflayouts *l, struct text ids,
		     const struct perfrecord_layout *layout);

static inline struct perfrecord_layouts perflayouts_view(const struct perflayouts *l)
{
	return (struct perfrecord_layouts){ .at = l->at, .count = l->count };
}

void perflayouts_done(struct perflayouts *l); /* empty again */

#endif
