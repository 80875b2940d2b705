/* topstacks_internal.h - a finished profile, made short for the report. */
#ifndef TOPSTACKS_INTERNAL_H
#define TOPSTACKS_INTERNAL_H

#include "analyze/model.h"
#include "analyze/profile.h"

/* Fill counts, uses and the stacks with the most samples; stacks whose functions are the same are
 * one, wherever in the functions they stood. Of equal ones the first by name. */
void topstacks_fill(struct model_stacks *ret, const struct profile *p);

#endif
