/* hwevent.h - perf events by name, through libpfm4, which is loaded when it is first asked. */
#ifndef CAPTURE_HWEVENT_H
#define CAPTURE_HWEVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct perf_event_attr;

/* Fill the type, config and exclude_* fields of *attr (size set, else zeroed) for an event name as
 * libpfm4 knows it, e.g. "perf::PERF_COUNT_SW_PAGE_FAULTS_MIN"; kernel false counts user mode only.
 * 0, or a negative errno with *err filled (-ENOENT: no such event here, or no libpfm4). */
int hwevent_encode(struct perf_event_attr *attr, const char *name, bool kernel, struct err *err);

/* Every event that libpfm4 knows for a PMU that is here, in its order; name as hwevent_encode takes
 * it. hwevent_list returns 0, or a negative errno with *err filled when libpfm4 cannot be loaded.
 */
struct hwevent_listed {
	const char *pmu, *name, *description; /* borrowed during the call */
};
typedef void hwevent_sink(void *arg, const struct hwevent_listed *event);
int hwevent_list(hwevent_sink *sink, void *arg, struct err *err);

#endif
