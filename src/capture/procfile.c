/* procfile.c - small text files of /proc, /sys and cgroup file systems. */
#include "procfile_internal.h"

#include <errno.h>
#include <fcntl.h>

#include "base/own.h"

#define SHORT_BYTES 4096 /* seq_file: less than a page is the whole file */

int procfile_read(struct text *ret, int fd, char *buf, size_t cap)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t n = pread(fd, buf + len, cap - len, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		len += (size_t)n;
		if (n == 0 || len < SHORT_BYTES)
			break;
	}
	*ret = (struct text){ .at = buf, .len = len };
	return 0;
}

int procfile_read_at(struct text *ret, int dir_fd, const char *name, char *buf, size_t cap)
{
	OWN_FD int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : procfile_read(ret, fd, buf, cap);
}
