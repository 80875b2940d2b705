/* procmaps.h - decode one line of /proc/PID/maps, which is also the head line of each mapping in
 * /proc/PID/smaps.
 *
 * Format: proc(5); fs/proc/task_mmu.c, show_vma_header_prefix(). Pure: no I/O, no allocation. */
#ifndef PARSE_PROCMAPS_H
#define PARSE_PROCMAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct proc_mapping {
	uint64_t start, end; /* addresses in the process; start < end */
	bool readable, writable, executable, shared;
	uint64_t file_off; /* bytes */
	uint64_t dev_major, dev_minor;
	uint64_t inode;	  /* 0: no file behind it */
	struct text name; /* path, "[heap]", "[anon: Go: heap]", "" ; borrowed from the line;
			     a newline in a path stands there as \012 */
};

/* True and *ret filled when line (no newline) is a line of maps, e.g.
 *	c000000000-c004000000 rw-p 00000000 00:00 0
 * else false, *ret untouched. */
bool procmaps_parse_line(struct proc_mapping *ret, struct text line);

/* No file, and not one of the kernel's own mappings such as [stack] or [vdso]: its name is empty or
 * begins with "[anon:" (prctl(2), PR_SET_VMA_ANON_NAME). */
bool mapping_is_anonymous(const struct proc_mapping *m);

#endif
