/* perfattr.h - how the records of one perf event are laid out, from what the recording says of it.
 */
#ifndef ANALYZE_PERFATTR_H
#define ANALYZE_PERFATTR_H

#include <stdint.h>

#include "parse/perfrecord.h"
#include "recording/event.h"

/* The layout of all the event's records but their id, which perflayouts_add fills in. */
struct perfrecord_layout perfattr_layout(const struct event_perf_attr *attr, uint64_t user);

#endif
