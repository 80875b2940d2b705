/* procstat.h - decode /proc/PID/statm, /proc/PID/stat and lines of /proc/PID/status.
 *
 * Format: proc(5); fs/proc/array.c, do_task_stat() and proc_pid_statm(); fs/proc/task_mmu.c,
 * task_mem(). Pure: no I/O, no allocation. Each function returns false and leaves *ret alone when
 * the text is cut, malformed, or has a number that does not fit. */
#ifndef PARSE_PROCSTAT_H
#define PARSE_PROCSTAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Pages of sysconf(_SC_PAGESIZE). All 0: the process has no memory any more (a zombie, or on its
 * way). */
struct proc_statm {
	uint64_t size_pages, resident_pages, shared_pages, data_pages;
};
bool procstatm_parse(struct proc_statm *ret, struct text file);

/* Times in ticks of sysconf(_SC_CLK_TCK); the counts are of all threads, ended ones included. */
struct proc_stat {
	uint64_t pid;
	struct text comm; /* without its parentheses; borrowed; may hold any byte but NUL */
	char state;	  /* 'R', 'S', 'D', 'Z', 'T', ... */
	uint64_t minor_faults, child_minor_faults; /* child: of children waited for */
	uint64_t major_faults, child_major_faults;
	uint64_t user_ticks, system_ticks;
	uint64_t thread_count;
	uint64_t start_ticks; /* since boot */
};
bool procstat_parse(struct proc_stat *ret, struct text file);

/* A size of /proc/PID/status or /proc/meminfo: the line "KEY:\t  1672 kB", in bytes. */
bool procstatus_find_bytes(uint64_t *ret, struct text file, const char *key);

#endif
