/* folded.h - folded stacks: "root;...;leaf N", one line for each distinct stack of names, as
 * flamegraph.pl, inferno and speedscope read them.
 *
 * Lines are sorted bytewise by their stacks; N is the sum over all rows that read alike. Inlined
 * functions are frames. In names ';' becomes ':', a blank before a closing number '_' (readers
 * would take it for a second count), control characters and bytes that are not UTF-8 U+FFFD. Rows
 * without weight are left out. */
#ifndef RENDER_FOLDED_H
#define RENDER_FOLDED_H

#include <stdio.h>

#include "analyze/profile.h"

struct folded_options {
	enum profile_weight weight;
	enum profile_split split; /* a virtual root in front of each stack */
};

/* Write the profile and flush the stream. 0, or a negative errno when the stream refused. */
int folded_render(const struct profile *p, const struct folded_options *o, FILE *to);

#endif
