/* hwevent.h - perf events by name, through libpfm4. */
#ifndef CAPTURE_HWEVENT_H
#define CAPTURE_HWEVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct perf_event_attr;

/* Fill the type, config and exclude_* fields of *attr (size set, else zeroed) for an event name as
 * libpfm4 knows it, e.g. "perf::PERF_COUNT_SW_PAGE_FAULTS_MIN"; kernel false counts user mode only.
 * 0, or a negative errno with *err filled (-ENOENT: no such event here). */
int hwevent_encode(struct perf_event_attr *attr, const char *name, bool kernel, struct err *err);

#endif
