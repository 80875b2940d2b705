/* gosetting.h - would the runtime take this value? A GOGC that it cannot read is 100 without a
 * word, a GOMEMLIMIT that it cannot read ends the program at its start (Go 1.19 to 1.27:
 * runtime/mgcpacer.go, readGOGC and readGOMEMLIMIT; runtime/string.go, parseByteCount). Pure. */
#ifndef GORUNTIME_GOSETTING_H
#define GORUNTIME_GOSETTING_H

#include "base/err.h"
#include "base/text.h"

/* 0 when the value is one that the runtime reads, is empty, or the name is another than GOGC,
 * GOMEMLIMIT or the GODEBUG key madvdontneed; -EINVAL with *err filled when the runtime would not
 * read it. */
int gosetting_check(struct text name, struct text value, struct err *err);

#endif
