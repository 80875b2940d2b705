/* returns_internal.h - what the ledger knows in the end, for the model. */
#ifndef RETURNS_INTERNAL_H
#define RETURNS_INTERNAL_H

#include "analyze/model.h"
#include "profiles_internal.h"

/* After profiles_finish, of profiles that were watched. */
void returns_fill(struct model *m, const struct profiles *p);

#endif
