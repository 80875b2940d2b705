/* launch.h - start the target so that everything is in place before its first instruction. */
#ifndef TARGET_LAUNCH_H
#define TARGET_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"

/* A signal of which the recorder changed the disposition, and what it was before. */
struct launch_signal {
	int number;
	struct sigaction before;
};

struct launch_config {
	char **argv; /* ends with NULL; argv[0] is looked up in PATH */
	char **environment;
	int stderr_fd; /* becomes the target's stderr; stdin and stdout are inherited */
	const sigset_t *signal_mask; /* the mask the target shall start with */
	/* Put back before the target begins: what was ignored stays ignored across execve(2). */
	const struct launch_signal *changed_signals; /* borrowed */
	size_t changed_signal_count;
	/* Runs in the child just before the command is executed; async-signal-safe. NULL: nothing
	 * does. */
	void (*before_exec)(void *arg);
	void *arg;
};

struct launch {
	pid_t pid;
	int go_fd;    /* owned; internal */
	int error_fd; /* owned; internal */
};

/* Fork a child that waits for launch_go. 0 or a negative errno, *err filled. */
int launch_prepare(struct launch *ret, const struct launch_config *config, struct err *err);

/* Let the child execute the command, and wait until it has. 0; -ENOENT, -EACCES or another negative
 * errno of execve(2) with *err filled: the child has then ended and is reaped. */
int launch_go(struct launch *l, const char *command, struct err *err);

/* How a child ended. */
struct launch_end {
	int status;	     /* as waitpid(2) gives it */
	struct rusage usage; /* the target and the children it waited for (getrusage(2)) */
};

/* True once the child has ended; it stays a zombie, so that /proc/PID/stat can still be read. */
bool launch_has_ended(pid_t pid);

/* Reap it. 0 or a negative errno. */
int launch_reap(pid_t pid, struct launch_end *ret);

/* Give up a child that was prepared but not let go. */
void launch_cancel(struct launch *l);

#endif
