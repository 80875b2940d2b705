/* godebug.h - the GODEBUG variable as the runtime reads it at start.
 *
 * Rules (runtime/runtime1.go, parsegodebug, Go 1.5-1.27): fields are separated by commas and not
 * trimmed; a field without '=' is skipped; the scan runs from left to right and a later duplicate
 * wins; a value that is not a number of 32 bits leaves the variable as it was (1.9 and later).
 * Pure. */
#ifndef GORUNTIME_GODEBUG_H
#define GORUNTIME_GODEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

/* The value of the last field with this key, as it is written; false when there is none. */
bool godebug_find(struct text *ret_value, struct text godebug, const char *key);

/* The number that the runtime gives to a key: that of the last field whose value is a number. False
 * when there is none, so that the runtime's default stands. "+1" is not taken: releases before 1.26
 * refuse it. */
bool godebug_number(int32_t *ret, struct text godebug, const char *key);

/* Append "user,ours" to out: ours wins, and everything of the user's is kept as it is, as other
 * keys share the variable. One of both empty: the other alone. */
void godebug_merge(struct buf *out, struct text user, struct text ours);

#endif
