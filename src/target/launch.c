/* launch.c - start the target so that everything is in place before its first instruction. */
#include "target/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

static void report_and_exit(int error_fd, int code)
{
	/* Nothing can be done when even this fails: the parent then sees an end without a word. */
	ssize_t n = write(error_fd, &code, sizeof(code));

	_exit(n == (ssize_t)sizeof(code) ? 127 : 125);
}

/* In the child: wait for the word, then become the target. Async-signal-safe calls only. */
static void become_target(const struct launch_config *c, int go_fd, int error_fd)
{
	char word;
	ssize_t n;

	if (dup2(c->stderr_fd, STDERR_FILENO) < 0)
		report_and_exit(error_fd, errno);
	do
		n = read(go_fd, &word, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(125); /* the recorder is gone: nothing was promised to the user yet */
	for (size_t i = 0; i < c->changed_signal_count; i++)
		sigaction(c->changed_signals[i].number, &c->changed_signals[i].before, NULL);
	sigprocmask(SIG_SETMASK, c->signal_mask, NULL);
	if (c->before_exec)
		c->before_exec(c->arg);
	execvpe(c->argv[0], c->argv, c->environment);
	report_and_exit(error_fd, errno);
}

int launch_prepare(struct launch *ret, const struct launch_config *config, struct err *err)
{
	int go[2] = { -1, -1 }, error[2] = { -1, -1 };
	pid_t pid = -1;
	int code;

	if (pipe2(go, O_CLOEXEC) == 0 && pipe2(error, O_CLOEXEC) == 0)
		pid = fork();
	code = errno;
	if (pid == 0) {
		/* Else the child itself would keep the pipe open, and never see that the recorder
		 * is gone. */
		close(go[1]);
		become_target(config, go[0], error[1]);
	}
	fd_drop(&go[0]);
	fd_drop(&error[1]);
	if (pid < 0) {
		fd_drop(&go[1]);
		fd_drop(&error[0]);
		return err_set(err, code, "cannot start a process for '%s'", config->argv[0]);
	}
	*ret = (struct launch){ .pid = pid, .go_fd = go[1], .error_fd = error[0] };
	return 0;
}

/* The errno that execve left in the pipe, 0 when it succeeded (close-on-exec closed the pipe). */
static int read_exec_error(int fd)
{
	int code = 0;
	ssize_t n;

	do
		n = read(fd, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(code) ? code : 0;
}

int launch_go(struct launch *l, const char *command, struct err *err)
{
	struct launch_end end;
	int code;

	if (write(l->go_fd, "g", 1) != 1)
		code = errno;
	else
		code = read_exec_error(l->error_fd);
	fd_drop(&l->go_fd);
	fd_drop(&l->error_fd);
	if (code == 0)
		return 0;
	launch_reap(l->pid, &end);
	err_set(err, code, "cannot run '%s'", command);
	if (code == ENOENT && !strchr(command, '/'))
		err_hint(err, "no '%s' on the PATH; for a program in this folder: ./%s", command,
			 command);
	else if (code == EACCES)
		err_hint(err, "is it a program, and may you execute it? see: ls -ld '%s'", command);
	else if (code == ENOEXEC)
		err_hint(err, "a script needs a first line such as #!/bin/sh");
	return -code;
}

bool launch_has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid;
}

int launch_reap(pid_t pid, struct launch_end *ret)
{
	pid_t got;

	do
		got = wait4(pid, &ret->status, 0, &ret->usage);
	while (got < 0 && errno == EINTR);
	return got == pid ? 0 : -errno;
}

void launch_cancel(struct launch *l)
{
	struct launch_end end;

	fd_drop(&l->go_fd);
	fd_drop(&l->error_fd);
	launch_reap(l->pid, &end);
}
