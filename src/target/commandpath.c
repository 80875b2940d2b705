/* commandpath.c - whether a command can be found and executed. */
#include "target/commandpath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -EACCES : 0;
}

/* Along PATH: the first that can be executed; else "not executable" beats "not there" (execvp(3)).
 */
static int check_along_path(const char *command)
{
	const char *at = getenv("PATH");
	int best = -ENOENT;

	if (!at)
		at = "/bin:/usr/bin";
	for (;;) {
		size_t len = strcspn(at, ":");
		char path[PATH_MAX];
		int n = snprintf(path, sizeof(path), "%.*s%s%s", (int)len, at, len ? "/" : "./",
				 command);
		int rc = n > 0 && (size_t)n < sizeof(path) ? check_file(path) : -ENOENT;

		if (rc == 0)
			return 0;
		if (rc == -EACCES && access(path, F_OK) == 0)
			best = rc;
		if (!at[len])
			return best;
		at += len + 1;
	}
}

int commandpath_check(const char *command, struct err *err)
{
	int rc = strchr(command, '/') ? check_file(command)
		 : *command	      ? check_along_path(command)
				      : -ENOENT;

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
