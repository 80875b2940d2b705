/* outputfile.c - a file that the user named is replaced only by a whole one. */
#include "outputfile_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"

static int write_to(FILE *out, const char *path, output_writer *write, void *arg, struct err *err)
{
	int rc = write(arg, out, err);

	if (rc < 0 && err->code)
		return rc;
	if (fflush(out) != 0 || ferror(out))
		return err_set(err, errno ? errno : EIO, "cannot write '%s'",
			       strcmp(path, "-") == 0 ? "stdout" : path);
	return rc;
}

/* What is no plain file is written as it is: /dev/stdout, a pipe, what a symbolic link leads to. */
static int write_directly(const char *path, output_writer *write, void *arg, struct err *err)
{
	OWN_FILE FILE *file = fopen(path, "we");

	if (!file)
		return err_set(err, errno, "cannot create '%s'", path);
	return write_to(file, path, write, arg, err);
}

static int write_and_replace(const char *path, output_writer *write, void *arg, struct err *err)
{
	char beside[4096];
	OWN_FILE FILE *file = NULL;
	int rc, n = snprintf(beside, sizeof(beside), "%s.%d.part", path, (int)getpid());

	if (n < 0 || n >= (int)sizeof(beside))
		return err_set(err, ENAMETOOLONG, "cannot create '%s'", path);
	file = fopen(beside, "wxe");
	if (!file)
		return err_set(err, errno, "cannot create '%s'", path);
	rc = write_to(file, path, write, arg, err);
	if ((rc == 0 || rc == -EBADMSG) && rename(beside, path) == 0)
		return rc;
	if (rc == 0)
		rc = err_set(err, errno, "cannot create '%s'", path);
	unlink(beside);
	return rc;
}

int outputfile_write(const char *path, output_writer *write, void *arg, struct err *err)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return write_to(stdout, path, write, arg, err);
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_directly(path, write, arg, err);
	return write_and_replace(path, write, arg, err);
}
