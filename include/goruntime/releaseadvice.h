/* releaseadvice.h - how a Go program gives memory back: MADV_DONTNEED (gone at once) or MADV_FREE
 * (offered; resident until the kernel wants it).
 *
 * Source: runtime/mem_linux.go, sysUnused and sysUnusedOS, and runtime1.go, Go 1.5-1.27: up to 1.11
 * always DONTNEED; 1.12-1.15 FREE unless madvdontneed=1; since 1.16 DONTNEED unless madvdontneed=0.
 * Pure. */
#ifndef GORUNTIME_RELEASEADVICE_H
#define GORUNTIME_RELEASEADVICE_H

#include <stdbool.h>

#include "base/text.h"

struct release_advice {
	const char *advice; /* "dontneed", "free" or "unknown" */
	char reason[160];   /* one sentence without full stop */
};

/* What follows from the version text ("go1.26.8", "devel go1.28-...", "" when not known) and from
 * the GODEBUG text that the program got. What was really called can differ: where the kernel
 * refuses MADV_FREE, the runtime falls back to DONTNEED. */
void release_advice_of(struct release_advice *ret, struct text go_version, struct text godebug);

struct go_release {
	unsigned major, minor;
};

/* The release in a version text; false for "", "devel +1234abc" and the like, *ret untouched. */
bool go_release_parse(struct go_release *ret, struct text go_version);

/* r is major.minor or later. */
bool go_release_reaches(struct go_release r, unsigned major, unsigned minor);

#endif
