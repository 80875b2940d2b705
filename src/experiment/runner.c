/* runner.c - start a recorder, put its target under load, stop it, look at what it recorded. */
#include "experiment/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/unknown.h"
#include "machineload_internal.h"
#include "runoutcome_internal.h"

#define LOOK_EVERY_MS	  5
#define EMPTY_PATIENCE_NS (500 * NS_PER_MS) /* for a group to become empty */

/* A child of ours with all that it starts. */
struct child {
	pid_t pid; /* and of its process group; 0: none */
	int fd;	   /* a pidfd(2), readable when it ended; -1 */
	int status;
	uint64_t cpu_ns;
};

struct run {
	const struct runner_config *config;
	struct child recorder, load;
	struct runoutcome outcome;
};

static uint64_t ns_of(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_usec * NS_PER_US;
}

/* In the child. Does not return. */
static void become(const struct runner_config *c, char **argv, char **environment, int output)
{
	int null = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	if (c->mask)
		sigprocmask(SIG_SETMASK, c->mask, NULL);
	dup2(null, STDIN_FILENO);
	if (output >= 0)
		dup2(output, STDERR_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO); /* stdout is for results */
	execve(argv[0], argv, environment);
	dprintf(STDERR_FILENO, "cannot execute '%s': %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int start(struct child *ret, const struct runner_config *c, char **argv, char **environment,
		 int output, struct err *err)
{
	*ret = (struct child){ .fd = -1 };
	ret->pid = fork();
	if (ret->pid == 0)
		become(c, argv, environment, output);
	if (ret->pid < 0) {
		ret->pid = 0;
		return err_set(err, errno, "cannot start a process");
	}
	setpgid(ret->pid, ret->pid); /* whoever of the two comes first */
	ret->fd = (int)syscall(SYS_pidfd_open, ret->pid, 0);
	if (ret->fd < 0)
		return err_set(err, errno, "cannot watch a process (pidfd_open, Linux 5.3)");
	return 0;
}

static bool has_ended(struct child *c, int wait_flags)
{
	struct rusage u;

	if (c->pid == 0)
		return true;
	if (wait4(c->pid, &c->status, wait_flags, &u) != c->pid)
		return false;
	c->cpu_ns = ns_of(&u.ru_utime) + ns_of(&u.ru_stime);
	fd_drop(&c->fd);
	c->pid = 0;
	return true;
}

/* Nothing that it started shall disturb the next run. */
static bool empty_group(pid_t group)
{
	uint64_t until_ns = clock_monotonic_ns() + EMPTY_PATIENCE_NS;

	bool has_left = false;

	for (;;) {
		while (waitpid(-group, NULL, WNOHANG) > 0)
			; /* orphans come to us */
		if (kill(-group, 0) < 0)
			return !has_left;
		if (clock_monotonic_ns() > until_ns) {
			if (has_left)
				return false; /* killed, and still there: it waits for the kernel */
			has_left = true;
			kill(-group, SIGKILL);
			until_ns += EMPTY_PATIENCE_NS;
		}
		poll(NULL, 0, LOOK_EVERY_MS);
	}
}

static void end_now(struct child *c)
{
	pid_t group = c->pid;

	if (!group)
		return;
	kill(-group, SIGKILL);
	has_ended(c, 0);
	empty_group(group);
}

/* Until one of the two ends, a signal comes, or the time is over. 1: a signal. */
static int wait_for(struct run *r, int timeout_ms)
{
	struct pollfd p[] = { { .fd = r->recorder.fd, .events = POLLIN },
			      { .fd = r->load.fd, .events = POLLIN },
			      { .fd = r->config->signals, .events = POLLIN } };

	poll(p, 3, timeout_ms);
	return (p[2].revents & POLLIN) != 0;
}

static uint64_t realtime_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* The recorder flushes its first records when it has blocked signals, before it lets the target go;
 * a SIGTERM before that would end the recorder alone. */
static bool has_started(const struct runner_config *c)
{
	struct stat st;

	return stat(c->recording, &st) == 0 && st.st_size > 0;
}

static bool is_ready(const struct runner_config *c, uint64_t since_ns)
{
	return has_started(c) && (!c->ready || ready_is(c->ready, c->output, since_ns));
}

/* 0 when it is ready or has ended, -ETIME when it took too long, -EINTR. */
static int await_ready(struct run *r, uint64_t since_ns)
{
	const struct runner_config *c = r->config;
	uint64_t until_ns = clock_monotonic_ns() + c->ready_patience_ns;

	while (!is_ready(c, since_ns)) {
		if (has_ended(&r->recorder, WNOHANG))
			return 0;
		if (clock_monotonic_ns() > until_ns)
			return -ETIME;
		if (wait_for(r, LOOK_EVERY_MS))
			return -EINTR;
	}
	return 0;
}

static void stop_recorder(struct run *r)
{
	uint64_t until_ns = clock_monotonic_ns() + r->config->stop_patience_ns;

	if (!r->recorder.pid)
		return;
	r->outcome.was_stopped = true;
	kill(r->recorder.pid, SIGTERM); /* it passes it on to its target */
	while (!has_ended(&r->recorder, WNOHANG)) {
		if (clock_monotonic_ns() > until_ns) {
			r->outcome.was_killed = true;
			end_now(&r->recorder);
			return;
		}
		poll(&(struct pollfd){ .fd = r->recorder.fd, .events = POLLIN }, 1, LOOK_EVERY_MS);
	}
}

/* Up to the end of the target, or of the load. */
static int watch(struct run *r, int output, uint64_t since_ns, struct err *err)
{
	const struct runner_config *c = r->config;
	char *shell[] = { "/bin/sh", "-c", (char *)c->load, NULL };
	int rc = c->load ? await_ready(r, since_ns) : 0;

	if (rc == -ETIME) {
		r->outcome.was_never_ready = true;
		stop_recorder(r);
		return 0;
	}
	if (rc == 0 && c->load && r->recorder.pid) {
		rc = start(&r->load, c, shell, environ, output, err);
		r->outcome.has_load = rc == 0;
	}
	while (rc == 0 && !has_ended(&r->recorder, WNOHANG)) {
		if (r->outcome.has_load && has_ended(&r->load, WNOHANG)) {
			stop_recorder(r);
			break;
		}
		if (wait_for(r, -1))
			rc = -EINTR;
	}
	r->outcome.load_outlived = r->load.pid != 0;
	return rc;
}

static void gather(struct run *r, struct experiment_run *ret, const struct model_sink *sink)
{
	const struct runner_config *c = r->config;

	r->outcome.recorder_status = r->recorder.status;
	r->outcome.load_status = r->load.status;
	ret->path = xstrndup(c->recording, strlen(c->recording));
	runoutcome_read(ret, &r->outcome, c->output, sink);
}

/* Ready before it was started: then that is somebody else's. */
static bool is_taken(const struct runner_config *c)
{
	return c->ready && c->ready->kind == READY_PORT && ready_is(c->ready, c->output, 0);
}

static int run(struct run *r, struct experiment_run *ret, const struct model_sink *sink,
	       struct err *err)
{
	const struct runner_config *c = r->config;
	OWN_FD int output =
		open(c->output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	struct machineload before, after;
	uint64_t since_ns = realtime_ns();
	pid_t group;
	int rc;

	if (output < 0)
		return err_set(err, errno, "cannot create '%s'", c->output);
	if (is_taken(c))
		return err_say(err, EADDRINUSE,
			       "port %s accepts connections before the target was started",
			       c->ready->port);
	machineload_read(&before);
	rc = start(&r->recorder, c, c->argv, c->environment, c->shows_output ? -1 : output, err);
	group = r->recorder.pid;
	if (rc == 0)
		rc = watch(r, output, since_ns, err);
	if (rc < 0)
		end_now(&r->recorder);
	end_now(&r->load);
	if (group > 0)
		r->outcome.left_processes = !empty_group(group);
	machineload_read(&after);
	if (rc < 0)
		return rc;
	machineload_shares(&before, &after, r->recorder.cpu_ns + r->load.cpu_ns,
			   &ret->foreign_share, &ret->steal_share);
	gather(r, ret, sink);
	return 0;
}

int runner_run(struct experiment_run *ret, const struct runner_config *config,
	       const struct model_sink *sink, struct err *err)
{
	struct run r = { .config = config, .recorder = { .fd = -1 }, .load = { .fd = -1 } };

	/* what a target leaves behind shall be seen to end */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return run(&r, ret, sink, err);
}
