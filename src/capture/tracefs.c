/* tracefs.c - numbers of tracepoints. */
#include "capture/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "base/text.h"
#include "procfile_internal.h"

/* linux/mount.h since 5.2; the numbers of the calls are the same on all machines. */
#ifndef SYS_fsopen
#define SYS_fsopen   430
#define SYS_fsconfig 431
#define SYS_fsmount  432
#endif
#define FSCONFIG_COMMAND_CREATE 6
#define FS_CLOSE_ON_EXEC	1

/* A mount of our own that is in no directory and goes with its descriptor: root only. -1 when it
 * cannot be had. */
static int open_detached(void)
{
	OWN_FD int context = (int)syscall(SYS_fsopen, "tracefs", FS_CLOSE_ON_EXEC);

	if (context < 0 ||
	    syscall(SYS_fsconfig, context, FSCONFIG_COMMAND_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return (int)syscall(SYS_fsmount, context, FS_CLOSE_ON_EXEC, 0);
}

static int read_id(int root, const char *event)
{
	char path[192], bytes[32];
	struct text t;
	int rc;

	snprintf(path, sizeof(path), "events/%s/id", event);
	rc = procfile_read_at(&t, root, path, bytes, sizeof(bytes) - 1);
	if (rc < 0)
		return rc;
	bytes[t.len] = '\0';
	rc = atoi(bytes);
	return rc > 0 ? rc : -EBADMSG;
}

int tracefs_event_id(const char *event, const char **ret_where)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	OWN_FD int detached = -1;
	int first = 0;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		OWN_FD int root = open(roots[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		int id = root < 0 ? -errno : read_id(root, event);

		*ret_where = roots[i];
		if (id > 0)
			return id;
		if (first == 0 || id == -EACCES)
			first = id;
	}
	detached = open_detached();
	*ret_where = "tracefs";
	return detached < 0 ? first : read_id(detached, event);
}
