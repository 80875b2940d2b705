/* procsyscall.h - decode /proc/PID/syscall, and the process of a thread from /proc/TID/status.
 *
 * Format: proc(5); fs/proc/base.c, proc_pid_syscall(); fs/proc/array.c, task_state(). Pure. Each
 * function returns false and leaves *ret alone when the text is cut, malformed, or has a number
 * that does not fit. */
#ifndef PARSE_PROCSYSCALL_H
#define PARSE_PROCSYSCALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Where a thread waits in the kernel. */
struct proc_syscall {
	uint64_t number; /* UINT64_MAX (-1): not in a system call */
	uint64_t sp, ip;
};

/* "28 0x.. (6 arguments) 0xSP 0xIP", or "-1 0xSP 0xIP". False also for "running". */
bool procsyscall_parse(struct proc_syscall *ret, struct text file);

/* The line "Tgid:\t4711": the process that a thread belongs to. Never 0. */
bool procstatus_find_process(uint64_t *ret, struct text file);

#endif
