/* create.c - open the file that a recording goes to, and never destroy somebody's data with it. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "block_internal.h"
#include "create_internal.h"

/* Why open(2) failed, in terms of the directory: that is what the user can change. */
static void hint_open(struct err *err, const char *path)
{
	OWN_MEM char *copy = xstrndup(path, strlen(path));
	const char *dir = dirname(copy);

	switch (err->code) {
	case ENOENT:
	case ENOTDIR:
		err_hint(err,
			 "there is no directory '%s': create it, or record to another place "
			 "with -o FILE",
			 dir);
		break;
	case EACCES:
	case EPERM:
		if (access(path, F_OK) == 0)
			err_hint(err, "the file is there and this user may not write to it: record "
				      "to another place with -o FILE");
		else
			err_hint(err,
				 "this user may not create files in '%s': record to another "
				 "place with -o FILE",
				 dir);
		break;
	case EISDIR:
		err_hint(err, "name a file in it: -o %s/gctide.rec", path);
		break;
	case ENXIO: /* O_NONBLOCK says so instead of waiting for one (fifo(7)) */
		err_hint(err, "it is a named pipe that nobody reads: start its reader first, or "
			      "record to a file with -o FILE");
		break;
	default:
		err_hint(err, "record to another place with -o FILE");
	}
}

/* Is the file behind st, which path named a moment ago, a recording (or the beginning of one)? */
static bool is_recording(const char *path, const struct stat *st)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char magic[FILE_MAGIC_BYTES];
	struct stat again;
	ssize_t n;

	if (fd < 0 || fstat(fd, &again) < 0 || again.st_dev != st->st_dev ||
	    again.st_ino != st->st_ino)
		return false;
	n = read(fd, magic, sizeof(magic));
	return n > 0 && memcmp(magic, file_magic, (size_t)n) == 0;
}

/* Two recorders in one file would ruin both. The lock belongs to this process alone, so nothing
 * that it forks can hold it after our death; where locks do not work we go without. */
static bool is_taken(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &lock) < 0 && (errno == EAGAIN || errno == EACCES);
}

int create_recording(int *ret_fd, const char *path, struct err *err)
{
	OWN_FD int fd = -1;
	struct stat st;
	int rc;

	if (strcmp(path, "-") == 0) {
		rc = err_say(err, EINVAL, "a recording does not go to standard output");
		err_hint(err, "name a file: -o FILE");
		return rc;
	}
	/* A recording holds the target's arguments: for its owner's eyes. */
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd < 0 || fstat(fd, &st) < 0 || fcntl(fd, F_SETFL, 0) < 0) {
		struct err failure;

		rc = err_set(&failure, errno, "cannot create '%s'", path);
		hint_open(&failure, path);
		if (err)
			*err = failure;
		return rc;
	}
	if (!S_ISREG(st.st_mode)) {
		*ret_fd = fd_take(&fd);
		return 0;
	}
	if (st.st_size > 0 && !is_recording(path, &st)) {
		rc = err_say(err, EEXIST,
			     "'%s' exists and is not a gctide recording: not overwritten", path);
		err_hint(err, "choose another name with -o FILE, or remove it first");
		return rc;
	}
	if (is_taken(fd)) {
		rc = err_say(err, EBUSY, "'%s' is being written by another process", path);
		err_hint(err, "choose another name with -o FILE");
		return rc;
	}
	if (ftruncate(fd, 0) < 0)
		return err_set(err, errno, "cannot empty '%s'", path);
	*ret_fd = fd_take(&fd);
	return 0;
}
