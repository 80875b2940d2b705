/* procfile_internal.h - small text files of /proc, /sys and cgroup file systems. */
#ifndef PROCFILE_INTERNAL_H
#define PROCFILE_INTERNAL_H

#include <stddef.h>

#include "base/text.h"

/* Read from offset 0 into buf (cap bytes); *ret is what came, borrowed from buf, cut when there was
 * more. 0 or -errno, *ret untouched. */
int procfile_read(struct text *ret, int fd, char *buf, size_t cap);

/* The same for a file below the directory dir_fd (AT_FDCWD for a whole path): open, read, close. */
int procfile_read_at(struct text *ret, int dir_fd, const char *name, char *buf, size_t cap);

#endif
