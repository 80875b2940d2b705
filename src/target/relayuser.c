/* relayuser.c - write to the user's stderr without waiting for its reader. */
#include "relayuser_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* To open this device again is to make another terminal (pty(7)). */
#define PTMX makedev(5, 2)

/* fd's terminal or pipe opened once more, or -1. A regular file must not be: it would have an
 * offset of its own. */
static int open_again(int fd, const struct stat *st)
{
	bool is_terminal = S_ISCHR(st->st_mode) && st->st_rdev != PTMX && isatty(fd);
	int flags = fcntl(fd, F_GETFL);
	char path[32];

	if (flags < 0 || !(is_terminal || S_ISFIFO(st->st_mode)))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path,
		    (flags & (O_APPEND | O_DIRECT)) | O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

void relayuser_init(struct relayuser *u, int fd)
{
	struct stat st = { 0 };
	int own = -1;

	if (fstat(fd, &st) == 0)
		own = open_again(fd, &st);
	*u = (struct relayuser){ .fd = own >= 0 ? own : fd,
				 .is_own = own >= 0,
				 .is_socket = S_ISSOCK(st.st_mode) };
}

void relayuser_done(struct relayuser *u)
{
	if (u->is_own)
		close(u->fd);
	buf_done(&u->bytes);
}

size_t relayuser_left(const struct relayuser *u)
{
	return u->bytes.len - u->at;
}

/* Take bytes from the front without moving the rest each time. */
static void take(struct relayuser *u, size_t len)
{
	u->at += len;
	if (u->at > u->bytes.len / 2) {
		buf_consume(&u->bytes, u->at);
		u->at = 0;
	}
}

/* poll says POLLOUT for a pipe when a page is free, so PIPE_BUF bytes never block; for a terminal
 * they may, in a write of the fallback kind. */
static ssize_t write_some(const struct relayuser *u)
{
	struct pollfd p = { .fd = u->fd, .events = POLLOUT };
	const char *at = (const char *)u->bytes.at + u->at;
	size_t len = relayuser_left(u), part = len < PIPE_BUF ? len : PIPE_BUF;

	if (u->is_socket)
		return send(u->fd, at, part, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (u->is_own)
		return write(u->fd, at, len);
	if (poll(&p, 1, 0) == 1 && p.revents & (POLLOUT | POLLERR))
		return write(u->fd, at, part);
	errno = EAGAIN;
	return -1;
}

void relayuser_write(struct relayuser *u)
{
	while (relayuser_left(u) > 0) {
		ssize_t n = write_some(u);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return;
		if (n < 0) {
			/* The target would have got the same error, but its trace lines must go on
			 * being read. Only a reader that is gone stays gone: a full disk may have
			 * room again. */
			u->is_broken = errno == EPIPE;
			u->first_errno = u->first_errno ? u->first_errno : errno;
			u->lost_bytes += relayuser_left(u);
			take(u, relayuser_left(u));
			return;
		}
		u->written_bytes += (uint64_t)n;
		take(u, (size_t)n);
	}
}

void relayuser_add(struct relayuser *u, struct text bytes)
{
	if (u->is_broken) {
		u->lost_bytes += bytes.len;
		return;
	}
	buf_add(&u->bytes, bytes.at, bytes.len);
}
