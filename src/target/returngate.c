/* returngate.c - the recorder's side of the gate, and the child's. */
#include "target/returngate.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "detach_internal.h"
#include "returngate_internal.h"

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61 /* linux/prctl.h */
#endif

#define PIECE_BYTES (256u << 10)

static void run_gate(int passing, int control, struct returngate_shared *shared)
{
	int fds[2] = { passing, control };

	/* Not gctide-...: `pkill -9 gctide` goes by this name, and shall not reach it. */
	detach_from_recorder("return-gate", fds, 2);
	_exit(returngate_run(fds[0], fds[1], shared));
}

static int make_sockets(int *passing, int *control)
{
	int code;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, passing) < 0)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0)
		return 0;
	code = errno;
	close(passing[0]);
	close(passing[1]);
	return -code;
}

int returngate_try(struct err *err)
{
	int rc = seccompfilter_try();

	return rc < 0 ? err_set(err, -rc, "cannot install a seccomp filter in the target") : rc;
}

int returngate_start(struct returngate *ret, struct err *err)
{
	struct returngate g = { .pid = -1, .control = -1, .passing = -1 };
	int passing[2] = { -1, -1 }, control[2] = { -1, -1 }, rc, code;

	g.shared = mmap(NULL, sizeof(*g.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (g.shared == MAP_FAILED)
		return err_set(err, errno, "cannot map the ring of the return gate");
	rc = make_sockets(passing, control);
	if (rc < 0) {
		munmap(g.shared, sizeof(*g.shared));
		return err_set(err, -rc, "cannot make sockets to the return gate");
	}
	g.pid = fork();
	code = errno;
	if (g.pid == 0) {
		close(passing[0]);
		close(control[0]);
		run_gate(passing[1], control[1], g.shared);
	}
	close(passing[1]);
	close(control[1]);
	g.passing = passing[0];
	g.control = control[0];
	if (g.pid < 0) {
		returngate_leave(&g);
		return err_set(err, code, "cannot start the return gate");
	}
	*ret = g;
	return 0;
}

static void pass_on(int passing, int code, int listener)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec data = { &code, sizeof(code) };
	struct msghdr m = { .msg_iov = &data, .msg_iovlen = 1 };

	if (listener >= 0) {
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(listener)),
						   .cmsg_level = SOL_SOCKET,
						   .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), &listener, sizeof(listener));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
	}
	if (sendmsg(passing, &m, MSG_NOSIGNAL) < 0)
		errno = 0; /* the gate is gone: the descriptor goes with execve, and calls get
			      ENOSYS */
}

void returngate_install(int passing, pid_t gate)
{
	int listener = seccompfilter_install();

	/* Where Yama allows only ancestors to look at a process, this one too. */
	prctl(PR_SET_PTRACER, (unsigned long)gate, 0, 0, 0);
	pass_on(passing, listener < 0 ? -listener : 0, listener);
	if (listener >= 0)
		close(listener);
}

enum returngate_state returngate_hear(struct returngate *g, int *ret_errno)
{
	struct returngate_word w;
	char bytes[64];
	ssize_t n;

	if (g->control < 0)
		return RETURNGATE_QUIET;
	n = recv(g->control, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		fd_drop(&g->control);
		return RETURNGATE_GONE;
	}
	if (n != (ssize_t)sizeof(w))
		return RETURNGATE_QUIET; /* a sign that there is something to take over */
	memcpy(&w, bytes, sizeof(w));
	*ret_errno = w.code;
	return (enum returngate_state)w.state;
}

static void copy_in(struct returngate_shared *s, uint64_t at, const uint8_t *bytes, size_t len)
{
	size_t offset = (size_t)(at % RETURNGATE_RING_BYTES);
	size_t first = RETURNGATE_RING_BYTES - offset;

	first = first < len ? first : len;
	memcpy(s->ring + offset, bytes, first);
	memcpy(s->ring, bytes + first, len - first);
}

uint64_t returngate_waiting_bytes(struct returngate_shared *s)
{
	return atomic_load(&s->head) - atomic_load(&s->tail);
}

bool returngate_push(struct returngate_shared *s, const void *record, size_t len)
{
	uint64_t head = atomic_load(&s->head);

	if (RETURNGATE_RING_BYTES - (head - atomic_load(&s->tail)) < len) {
		atomic_fetch_add(&s->lost_count, 1);
		return false;
	}
	copy_in(s, head, record, len);
	atomic_store(&s->head, head + len);
	return true;
}

/* Whole records, some at a time. */
static void hand_over(struct text records, returngate_sink *sink, void *arg)
{
	struct perf_event_header h;
	size_t len = 0;

	while (records.len - len >= sizeof(h)) {
		memcpy(&h, records.at + len, sizeof(h));
		if (h.size < sizeof(h) || h.size > records.len - len)
			break; /* not ours: cannot be */
		len += h.size;
		if (len < PIECE_BYTES && len < records.len)
			continue;
		sink(arg, (struct text){ records.at, len });
		records.at += len;
		records.len -= len;
		len = 0;
	}
}

/* A record may go over the end of the ring: it is put together again. */
void returngate_drain(struct returngate *g, returngate_sink *sink, void *arg)
{
	struct returngate_shared *s = g->shared;
	uint64_t head, tail;
	struct buf whole = { 0 };

	if (!s)
		return;
	head = atomic_load(&s->head);
	tail = atomic_load(&s->tail);
	if (head == tail)
		return;
	while (tail < head) {
		size_t offset = (size_t)(tail % RETURNGATE_RING_BYTES);
		size_t len = RETURNGATE_RING_BYTES - offset;

		len = len < head - tail ? len : (size_t)(head - tail);
		buf_add(&whole, s->ring + offset, len);
		tail += len;
	}
	atomic_store(&s->tail, tail);
	hand_over(buf_text(&whole), sink, arg);
	buf_done(&whole);
}

struct returngate_totals returngate_totals(const struct returngate *g)
{
	struct returngate_totals t = { 0 };

	if (g->shared)
		t = (struct returngate_totals){ atomic_load(&g->shared->call_count),
						atomic_load(&g->shared->lost_count),
						atomic_load(&g->shared->longest_stall_ns),
						atomic_load(&g->shared->cpu_ns) };
	return t;
}

void returngate_leave(struct returngate *g)
{
	fd_drop(&g->passing);
	fd_drop(&g->control);
	if (g->shared)
		munmap(g->shared, sizeof(*g->shared));
	g->shared = NULL;
}
