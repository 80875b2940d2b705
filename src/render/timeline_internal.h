/* timeline_internal.h - what a format of the timeline has to offer. */
#ifndef TIMELINE_INTERNAL_H
#define TIMELINE_INTERNAL_H

#include <stdbool.h>

#include "render/timeline.h"

struct timeline_format {
	const char *name;
	size_t state_bytes;
	struct watch
		watch; /* arg is filled in: the format's state; NULL for what it does not want */
	void (*open)(void *state, const struct timeline_options *o); /* before all else */
	void (*cycle)(void *state, const struct model_cycle *c);
	int (*end)(void *state, const struct model *m, struct err *err);
	void (*done)(void *state);
};

extern const struct timeline_format timeline_csv, timeline_trace, timeline_page;

/* The part of the recording that is shown, at the latest up to its end. False when it is empty. */
bool timeline_range(const struct timeline_options *o, const struct model *m, uint64_t *ret_from_ns,
		    uint64_t *ret_to_ns);

/* A stretch of a cycle. */
struct timeline_span {
	const char *name; /* "cycle", "sweep termination", "mark", "mark termination" */
	bool is_pause;
	uint64_t begin_ns, len_ns;
};

#define TIMELINE_SPANS_MAX 5

/* The cycle itself, then its phases as far as they are known. Returns how many. */
size_t timeline_spans(const struct model_cycle *c, struct timeline_span *ret);

/* Is any of [begin_ns, end_ns] in the part that is asked for? */
static inline bool timeline_shows(const struct timeline_options *o, uint64_t begin_ns,
				  uint64_t end_ns)
{
	return (o->from_ns == UINT64_MAX || end_ns >= o->from_ns) &&
	       (o->to_ns == UINT64_MAX || begin_ns <= o->to_ns);
}

#endif
