/* traceline_both.h - the quick way to read a line against the long one. */
#ifndef TRACELINE_BOTH_H
#define TRACELINE_BOTH_H

#include "parse/traceline_internal.h"

enum both {
	BOTH_DIFFER, /* the quick way took what the long one refuses, or found other figures */
	BOTH_AGREE,
	BOTH_LEFT, /* the quick way did not take it: the long one decides */
};

static inline enum both read_both(struct text line)
{
	const struct trace_element *grammar = grammar_for(line);
	char copy[TRACELINE_MAX_BYTES + TRACELINE_PAD_BYTES] = { 0 };
	struct text padded = { .at = copy, .len = line.len };
	struct figures quick, slow;

	/* a figure that only one of them fills is a difference, whatever it is */
	memset(&quick, 0x11, sizeof(quick));
	memset(&slow, 0x22, sizeof(slow));
	if (!grammar || line.len > TRACELINE_MAX_BYTES)
		return BOTH_LEFT;
	memcpy(copy, line.at, line.len);
	if (!traceline_read_recent(&quick, grammar, padded))
		return BOTH_LEFT;
	if (!traceline_walk(&slow, grammar, padded) || quick.took != slow.took)
		return BOTH_DIFFER;
	for (size_t i = 0; i < sizeof(quick.v) / sizeof(quick.v[0]); i++) {
		bool filled = quick.v[i] != 0x1111111111111111 || slow.v[i] != 0x2222222222222222;

		if (filled && quick.v[i] != slow.v[i])
			return BOTH_DIFFER;
	}
	return BOTH_AGREE;
}

#endif
