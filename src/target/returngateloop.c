/* returngateloop.c - the gate: hear of a call, note it, let it go on.
 *
 * A thread of the target waits while this runs: nothing here may wait for anybody else. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/own.h"
#include "parse/procsyscall.h"
#include "returngate_internal.h"
#include "target/returngate.h"

/* linux/seccomp.h since 6.6: wake the other side on the same CPU. Without it an answer takes 20
 * times as long. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define THREADS_KEPT   128u  /* descriptors that are held open */
#define HEARD_BYTES    4096u /* struct seccomp_notif has 80 */
#define PLACE_TRIES    20u   /* looks for where a thread stands; one is enough, mostly */
#define PLACE_PAUSE_NS 20000 /* between them */
#define CPU_EVERY      16u   /* calls, between looks at our own CPU time */

/* A thread that made a call: what would be dear to find out at each. */
struct thread {
	pid_t id, process;
	int syscall_fd; /* /proc/ID/syscall, -1: cannot be read */
	/* A call that a signal interrupted before its answer comes once more (before 5.19). */
	bool is_repeated;
	uint64_t arguments[3];
};

struct gate {
	int listener, control;
	struct returngate_shared *shared; /* NULL: only answer */
	struct thread threads[THREADS_KEPT];
	struct seccomp_notif *heard;
	struct seccomp_notif_resp *answer;
	struct returngate_call call;
	uint8_t record[RETURNGATE_RECORD_BYTES_MAX];
};

/* 0 when it is gone. */
static pid_t process_of(pid_t thread)
{
	char path[48], text[1024];
	uint64_t process;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (n <= 0 || !procstatus_find_process(&process, (struct text){ text, (size_t)n }))
		return 0;
	return (pid_t)process;
}

static void look_up(struct thread *t, pid_t id)
{
	char path[48];

	fd_drop(&t->syscall_fd);
	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)id);
	*t = (struct thread){ .id = id,
			      .process = process_of(id),
			      .syscall_fd = open(path, O_RDONLY | O_CLOEXEC) };
}

static struct thread *thread_of(struct gate *g, pid_t id)
{
	struct thread *t = &g->threads[(unsigned)id % THREADS_KEPT];

	if (t->id != id)
		look_up(t, id);
	return t;
}

/* The thread has told of its call, and may still be on its way to sleep, on this very CPU, which we
 * took from it: the file says "running" then (lib/syscall.c, task_current_syscall), and it needs
 * the CPU for a moment. */
static bool read_place(struct thread *t, struct returngate_call *c)
{
	const struct timespec moment = { .tv_nsec = PLACE_PAUSE_NS };
	struct proc_syscall place;
	char text[256];

	for (unsigned i = 0; i < PLACE_TRIES && t->syscall_fd >= 0; i++) {
		ssize_t n = pread(t->syscall_fd, text, sizeof(text), 0);

		if (n <= 0)
			return false;
		if (procsyscall_parse(&place, (struct text){ text, (size_t)n })) {
			c->sp = place.sp;
			c->ip = place.ip;
			return true;
		}
		nanosleep(&moment, NULL);
	}
	return false;
}

/* Up to the end of what is mapped: page by page, since a read stops at the first that is not. */
static void read_stack(struct thread *t, struct returngate_call *c)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	size_t first = page_bytes - (size_t)(c->sp % page_bytes);
	struct iovec to = { c->stack, sizeof(c->stack) };
	struct iovec from[2];
	ssize_t n;

	first = first < sizeof(c->stack) ? first : sizeof(c->stack);
	from[0] = (struct iovec){ (void *)(uintptr_t)c->sp, first };
	from[1] = (struct iovec){ (void *)(uintptr_t)(c->sp + first), sizeof(c->stack) - first };
	n = process_vm_readv(t->process, &to, 1, from, 2, 0);
	c->stack_len = n > 0 ? (size_t)n : 0;
}

/* The number of the thread may be that of another one by now. */
static void find_place(struct gate *g, struct thread **t)
{
	struct returngate_call *c = &g->call;

	c->has_place = read_place(*t, c);
	if (!c->has_place) {
		look_up(*t, (*t)->id);
		c->has_place = read_place(*t, c);
	}
	c->process = (*t)->process;
	c->stack_len = 0;
	if (c->has_place)
		read_stack(*t, c);
}

/* Gives the recorder a sign when much waits for it. */
static void wake_recorder(struct gate *g)
{
	if (returngate_waiting_bytes(g->shared) < RETURNGATE_RING_BYTES / 4)
		return;
	if (send(g->control, "r", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE)
		g->shared = NULL; /* nobody reads any more */
}

static bool is_known_already(struct thread *t, const struct seccomp_data *d)
{
	bool is_same = t->is_repeated && memcmp(t->arguments, d->args, sizeof(t->arguments)) == 0;

	t->is_repeated = false;
	return is_same;
}

static void note_call(struct gate *g, struct thread *t)
{
	const struct seccomp_data *d = &g->heard->data;
	struct returngate_call *c = &g->call;

	c->thread = t->id;
	c->number = (uint64_t)d->nr;
	memcpy(c->arguments, d->args, sizeof(c->arguments));
	find_place(g, &t);
	/* Now, not before that search: the kernel has done nothing yet, and the recorder promises
	 * that nothing older than its rounds comes later. */
	c->time_ns = clock_monotonic_ns();
	if (!returngate_push(g->shared, g->record, returnrecord_make(g->record, c)))
		wake_recorder(g);
}

static void count_call(struct gate *g, uint64_t begun_ns)
{
	struct returngate_shared *s = g->shared;
	uint64_t count = atomic_load(&s->call_count) + 1;
	uint64_t took_ns = clock_monotonic_ns() - begun_ns;
	struct timespec t;

	atomic_store(&s->call_count, count);
	if (took_ns > atomic_load(&s->longest_stall_ns))
		atomic_store(&s->longest_stall_ns, took_ns);
	if (count % CPU_EVERY == 1 && clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0)
		atomic_store(&s->cpu_ns, (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec);
	wake_recorder(g);
}

/* The call goes on as if nobody had asked. ENOENT: its thread was killed, or a signal interrupted
 * the wait and the call comes again. */
static void let_go(struct gate *g, struct thread *t)
{
	*g->answer = (struct seccomp_notif_resp){ .id = g->heard->id,
						  .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	if (ioctl(g->listener, SECCOMP_IOCTL_NOTIF_SEND, g->answer) < 0 && t) {
		t->is_repeated = true;
		memcpy(t->arguments, g->heard->data.args, sizeof(t->arguments));
	}
}

static void serve_one(struct gate *g)
{
	struct thread *t = NULL;
	uint64_t now_ns;

	memset(g->heard, 0, sizeof(*g->heard)); /* the kernel wants zeros */
	if (ioctl(g->listener, SECCOMP_IOCTL_NOTIF_RECV, g->heard) < 0)
		return;
	now_ns = clock_monotonic_ns();
	if (g->shared) {
		t = thread_of(g, (pid_t)g->heard->pid);
		if (!is_known_already(t, &g->heard->data))
			note_call(g, t);
	}
	let_go(g, t);
	if (g->shared)
		count_call(g, now_ns);
}

/* Until the last user of the filter is gone (POLLHUP, Linux 5.9). */
static void serve(struct gate *g)
{
	struct pollfd p = { .fd = g->listener, .events = POLLIN };

	for (;;) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return;
		if (p.revents & POLLIN)
			serve_one(g);
		else if (p.revents & (POLLHUP | POLLERR | POLLNVAL))
			return;
	}
}

/* The kernel's structures may be larger than those that we were built with: seccomp_unotify(2).
 * What was heard of last stands where the stand-by can see it. */
static bool make_room(struct gate *g)
{
	struct seccomp_notif_sizes sizes = { sizeof(*g->heard), sizeof(*g->answer), 0 };

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		errno = 0; /* those of our headers must do */
	g->heard =
		mmap(NULL, HEARD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (g->heard == MAP_FAILED || sizes.seccomp_notif > HEARD_BYTES)
		return false;
	g->answer =
		xcalloc(2, sizes.seccomp_notif_resp > sizeof(*g->answer) ? sizes.seccomp_notif_resp
									 : sizeof(*g->answer));
	return true;
}

/* The stand-by: waits for the end of the gate, which alone has the other end of the pipe, or of the
 * filter's last user. */
static void stand_by(struct gate *g, int gate_lives)
{
	struct pollfd p[2] = { { .fd = gate_lives }, { .fd = g->listener } };

	prctl(PR_SET_NAME, "return-standby");
	fd_drop(&g->control);
	g->shared = NULL;
	while (!(p[0].revents & POLLHUP)) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents & (POLLHUP | POLLERR | POLLNVAL))
			return;
	}
	/* A call that the gate had heard of, and not answered, is handed to nobody else. */
	let_go(g, NULL);
	serve(g);
}

static bool start_stand_by(struct gate *g)
{
	int lives[2];
	pid_t pid;

	if (pipe2(lives, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		close(lives[1]);
		stand_by(g, lives[0]);
		_exit(0);
	}
	close(lives[0]);
	return pid > 0; /* the other end closes with us */
}

/* The filter's descriptor, or what kept the child from making one. */
static int receive_listener(int passing)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	int code = 0, fd;
	struct iovec data = { &code, sizeof(code) };
	struct msghdr m = { .msg_iov = &data,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	const struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(passing, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(code))
		return -ECANCELED; /* the child ended before */
	c = CMSG_FIRSTHDR(&m);
	if (code || !c || c->cmsg_type != SCM_RIGHTS)
		return code ? -code : -EBADMSG;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int returngate_run(int passing, int control, struct returngate_shared *shared)
{
	struct gate *g = xcalloc(1, sizeof(*g));
	struct returngate_word word = { RETURNGATE_ON, 0 };

	for (size_t i = 0; i < THREADS_KEPT; i++)
		g->threads[i].syscall_fd = -1;
	g->control = control;
	g->shared = shared;
	g->listener = receive_listener(passing);
	if (g->listener < 0)
		word = (struct returngate_word){ RETURNGATE_REFUSED, -g->listener };
	else if (!make_room(g))
		return 1;	  /* with the last descriptor gone, calls get ENOSYS */
	signal(SIGCHLD, SIG_IGN); /* a stand-by that was killed leaves no zombie */
	if (g->listener >= 0 && !start_stand_by(g))
		errno = 0; /* one process less to outlive */
	if (g->listener >= 0)
		ioctl(g->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
		      (unsigned long)SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	if (send(control, &word, sizeof(word), MSG_NOSIGNAL) < 0)
		g->shared = NULL;
	if (g->listener >= 0)
		serve(g);
	return 0;
}
