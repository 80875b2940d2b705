/* execs_internal.h - did the target itself print these lines, or a child that it started? */
#ifndef ANALYZE_EXECS_INTERNAL_H
#define ANALYZE_EXECS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "analyze/model.h"

/* True when perf's records say that the process whose runtime began at init_ns (see align.h) is not
 * the target but one that was executed later. False without such evidence. Reads the recording only
 * up to that time. */
bool execs_is_child(const char *path, const struct model *m, uint64_t init_ns);

#endif
