/* commandpath.c - whether a command can be found and executed. */
#include "target/commandpath.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/own.h"
#include "goruntime/elfimage.h"

static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -EACCES : 0;
}

/* Along PATH: the first that can be executed, its path in found (PATH_MAX); else "not executable"
 * beats "not there" (execvp(3)). */
static int check_along_path(const char *command, char *found)
{
	const char *at = getenv("PATH");
	int best = -ENOENT;

	if (!at)
		at = "/bin:/usr/bin";
	for (;;) {
		size_t len = strcspn(at, ":");
		int n = snprintf(found, PATH_MAX, "%.*s%s%s", (int)len, at, len ? "/" : "./",
				 command);
		int rc = n > 0 && n < PATH_MAX ? check_file(found) : -ENOENT;

		if (rc == 0)
			return 0;
		if (rc == -EACCES && access(found, F_OK) == 0)
			best = rc;
		if (!at[len])
			return best;
		at += len + 1;
	}
}

/* The file that is executed for the command. */
static int find_file(const char *command, char *found)
{
	if (!strchr(command, '/'))
		return *command ? check_along_path(command, found) : -ENOENT;
	if (snprintf(found, PATH_MAX, "%s", command) >= PATH_MAX)
		return -ENAMETOOLONG;
	return check_file(command);
}

bool commandpath_is_go_alone(const char *command)
{
	char path[PATH_MAX];
	struct elfimage im;
	struct elfsegment s;
	bool is_go_alone = true;
	OWN_FD int fd = find_file(command, path) == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || elfimage_open(&im, fd, NULL) < 0)
		return false;
	for (size_t i = 0; elfimage_segment(&s, &im, i); i++)
		is_go_alone &=
			s.type != PT_INTERP && s.type != PT_GNU_RELRO && s.type != PT_GNU_EH_FRAME;
	elfimage_close(&im);
	return is_go_alone;
}

bool commandpath_gains_rights(const char *command)
{
	char path[PATH_MAX];
	struct stat st;

	if (find_file(command, path) < 0 || stat(path, &st) < 0)
		return false;
	return (st.st_mode & (S_ISUID | S_ISGID)) != 0 ||
	       getxattr(path, "security.capability", NULL, 0) > 0;
}

int commandpath_check(const char *command, struct err *err)
{
	char path[PATH_MAX];
	int rc = find_file(command, path);

	if (rc == 0)
		return 0;
	err_set(err, -rc, "cannot run '%s'", command);
	if (rc == -EACCES)
		err_hint(err, "is it a program, and may you execute it? see: ls -ld '%s'", command);
	else if (!strchr(command, '/'))
		err_hint(err, "there is no '%s' on the PATH; for a program in this folder: ./%s",
			 command, command);
	return rc == -ENOTDIR ? -ENOENT : rc;
}
