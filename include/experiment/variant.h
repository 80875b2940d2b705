/* variant.h - what is run: a command with settings of its own. */
#ifndef EXPERIMENT_VARIANT_H
#define EXPERIMENT_VARIANT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

struct variant {
	struct buf label;   /* "madvdontneed=0", or the command as it was given */
	char **argv;	    /* owned, ends with NULL */
	char **environment; /* owned, for execve(2) */
};

/* A command under an environment, nothing changed yet. Both are copied. */
void variant_init(struct variant *ret, char *const *argv, char *const *environment);

/* Set KEY to value: a name in capitals (GOGC, GOMEMLIMIT) is a variable of the environment, any
 * other (madvdontneed) a key of GODEBUG, behind the user's own, so that it wins (Go
 * runtime/runtime1.go, parsedebugvars). */
void variant_set(struct variant *v, struct text key, struct text value);

/* "KEY=A,B[,C]" gives one variant for each value, into ret[0..most); returns how many, at least
 * two, or -EINVAL with *err filled, also for a value that the runtime would not read. */
int variants_vary(struct variant *ret, size_t most, const char *setting, char *const *argv,
		  char *const *environment, struct err *err);

/* "NAME=VALUE... CMD [ARG...]": cut into words as sh(1) does, variables and quotes included,
 * nothing is executed (wordexp(3)). 0, or -EINVAL with *err filled. */
int variant_parse(struct variant *ret, const char *line, char *const *environment, struct err *err);

void variant_done(struct variant *v);

/* Which variant runs first, second, ... in a round of all of them: order[count], by chance, the
 * same for the same seed and round. */
void schedule_round(size_t *order, size_t count, uint64_t seed, uint64_t round);

#endif
