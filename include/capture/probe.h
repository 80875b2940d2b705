/* probe.h - try each source of data here and now, as this user, and find the one command that would
 * enable it. */
#ifndef CAPTURE_PROBE_H
#define CAPTURE_PROBE_H

#include <stdbool.h>
#include <stddef.h>

enum probe_state { PROBE_WORKS, PROBE_PARTLY, PROBE_FAILS };

struct probe {
	const char *source; /* "perf.kernel-faults" */
	const char *gives;  /* what the user gets from it */
	bool used;	    /* by this version of gctide */
	enum probe_state state;
	char detail[256]; /* what was tried and found, with values */
	char enable[256]; /* the command that would enable it; "" when it works or nothing is known
			     to help */
};

/* Try them all; each is really opened or read once. Fills at most max and returns how many there
 * are. Forks a child for the memory probe. */
size_t probe_all(struct probe *ret, size_t max);

#define PROBE_MAX 16

#endif
