/* tracefs.h - the number under which perf_event_open(2) knows a tracepoint. */
#ifndef CAPTURE_TRACEFS_H
#define CAPTURE_TRACEFS_H

/* The id of "syscalls/sys_enter_madvise", from tracefs where it is mounted, or as root through a
 * mount of our own that nobody else sees; *ret_where (static) is where. A negative errno: -EACCES
 * when it is there and not readable, -ENOENT when it is not. */
int tracefs_event_id(const char *event, const char **ret_where);

#endif
