/* permission.h - why the kernel said no: look at the machine, name the one cause that applies, and
 * the remedy. */
#ifndef CAPTURE_PERMISSION_H
#define CAPTURE_PERMISSION_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"

/* An integer from a file such as /proc/sys/kernel/perf_event_paranoid; INT_MIN when it cannot be
 * read. */
int permission_read_int(const char *path);

/* 1 when this process effectively has the capability (CAP_..., capabilities(7)), 0 when not, -1
 * unknown. */
int permission_has_capability(int capability);

#ifndef CAP_PERFMON
#define CAP_PERFMON 38 /* linux/capability.h since 5.8 */
#endif

/* True when kernel.perf_event_paranoid forbids this process such an event: kernel mode needs 1 or
 * less, user mode 2 or less, unless CAP_PERFMON or CAP_SYS_ADMIN is held (perf_event_open(2)). Also
 * true when it cannot be read. */
bool permission_is_paranoid(bool kernel);

/* perf_event_open(2) of an event with or without kernel mode failed with err->code: say why in
 * err->hint. */
void permission_explain_perf(struct err *err, bool kernel);

#endif
