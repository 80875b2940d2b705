/* syscallraw.h - the fields of the tracepoints syscalls:sys_enter_NAME and syscalls:sys_exit_NAME,
 * as perf brings them (PERF_SAMPLE_RAW). Pure: no I/O.
 *
 * Source: kernel/trace/trace_syscalls.c, struct syscall_trace_enter and syscall_trace_exit, on
 * 64-bit machines: 8 bytes that every tracepoint has, the number of the call in 8, then 8 for each
 * argument, or for the result. */
#ifndef PARSE_SYSCALLRAW_H
#define PARSE_SYSCALLRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* The first count arguments of a call that begins. False, and nothing filled, when there are fewer
 * bytes than that. */
bool syscallraw_arguments(struct text raw, uint64_t *ret, size_t count);

/* The result of a call that ended: 0 or more, or a negative errno. False, and nothing filled, when
 * there are fewer bytes than that. */
bool syscallraw_result(struct text raw, int64_t *ret);

#endif
