/* findings.h - what is worth saying about a finished model, in plain words.
 *
 * Each finding has a key that scripts may rely on, the figures that it rests on, and what to do.
 * None is made without enough data to stand on. */
#ifndef ANALYZE_FINDINGS_H
#define ANALYZE_FINDINGS_H

#include "analyze/model.h"

/* Fill m->findings from the rest of *m; the gravest first. */
void findings_make(struct model *m);

#endif
