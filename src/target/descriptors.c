/* descriptors.c - let go of what a process inherited, without knowing how many there are. */
#include "descriptors_internal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Kernel 5.9; one number on all architectures. glibc has the function from 2.34. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* Where even /proc is missing: higher ones stay open. */
#define BLIND_CLOSE_MAX 65536

static int ascending(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static bool close_range_of(unsigned first, unsigned last)
{
	return first > last || syscall(SYS_close_range, first, last, 0) == 0;
}

/* False when the kernel has no such call, or a seccomp filter forbids it. */
static bool close_gaps(const int *keep, size_t count)
{
	unsigned from = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned kept = (unsigned)keep[i];

		if (kept > 0 && !close_range_of(from, kept - 1))
			return false;
		from = kept + 1;
	}
	return close_range_of(from, UINT_MAX);
}

static void close_unless_kept(int fd, const int *keep, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (keep[i] == fd)
			return;
	close(fd);
}

static void close_one_by_one(const int *keep, size_t count)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	for (int fd = 0; !dir && fd < BLIND_CLOSE_MAX; fd++)
		close_unless_kept(fd, keep, count);
	/* The kernel lists by number, so that closing what was listed skips nothing
	 * (proc_readfd_common in fs/proc/fd.c). */
	while (dir && (entry = readdir(dir)) != NULL) {
		int fd = entry->d_name[0] == '.' ? -1 : atoi(entry->d_name);

		if (fd >= 0 && fd != dirfd(dir))
			close_unless_kept(fd, keep, count);
	}
	if (dir)
		closedir(dir);
}

void descriptors_close_all_but(int *keep, size_t count)
{
	qsort(keep, count, sizeof(*keep), ascending);
	if (!close_gaps(keep, count))
		close_one_by_one(keep, count);
}
