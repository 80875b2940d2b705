/* environment.h - the environment that the target gets: the user's, with our GODEBUG settings
 * behind his. */
#ifndef TARGET_ENVIRONMENT_H
#define TARGET_ENVIRONMENT_H

#include <stdbool.h>

#include "base/buf.h"

struct environment_config {
	const char *madvdontneed; /* "0", "1", or NULL: leave the runtime's default */
	bool scavtrace; /* ask for the scavenger's lines too: can deadlock the target (ADR 0014) */
};

struct environment {
	char **vector;	    /* for execve(2); owned, strings included */
	char *user_godebug; /* owned; "" when unset */
	char *godebug;	    /* owned; what the target gets */
	bool user_gctrace,
		user_scavtrace; /* the user asked for these lines himself: keep them visible */
	struct buf overridden;	/* "madvdontneed=1 by madvdontneed=0, ..."; empty when nothing is */
};

/* Build it from environ-like NULL-ended base. GODEBUG becomes "user,ours": the later key wins in
 * every release (Go runtime/runtime1.go, parsedebugvars). environment_done releases it. */
void environment_build(struct environment *ret, char *const *base,
		       const struct environment_config *config);
void environment_done(struct environment *e);

/* The value of NAME in the vector, or "" when unset. Borrowed. */
const char *environment_get(const struct environment *e, const char *name);

#endif
