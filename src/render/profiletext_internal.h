/* profiletext_internal.h - sentences that go with a profile wherever it is shown. */
#ifndef RENDER_PROFILETEXT_INTERNAL_H
#define RENDER_PROFILETEXT_INTERNAL_H

#include "analyze/profile.h"
#include "base/buf.h"

/* Append how it was measured: "cpu: cpu-clock, 99 Hz, user mode; 1,204 samples, 12.2 s; recorded
 * for 30.0 s from 2026-11-23 10:00:00 UTC". Parts that are not known are left out. */
void profile_add_measured(struct buf *out, const struct profile *p);

/* Append what is missing: "3 of 103 samples were not recorded (2.9 %); ...". Always says
 * something, also that nothing is known. */
void profile_add_losses(struct buf *out, const struct profile *p);

/* Append a weight as people read it: "1.84 s", "12.0 MiB", "71,234", "1,204 samples". */
void profile_add_weight(struct buf *out, const struct profile *p, enum profile_weight weight,
			uint64_t v);

#endif
