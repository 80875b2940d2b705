/* relay.c - the recorder's side of the relay: start it, hear from it, leave it. */
#include "target/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own.h"
#include "detach_internal.h"
#include "relay_internal.h"

#define PIPE_BYTES_WANTED (1 << 20)

/* Make the pipe as large as is allowed: each packet takes a page of it, and a gctrace line is 39
 * packets. The limit for ordinary users is /proc/sys/fs/pipe-max-size, and fewer when they hold
 * many pipes. */
static uint64_t grow_pipe(int fd)
{
	int bytes;

	for (int wanted = PIPE_BYTES_WANTED; wanted > 65536; wanted /= 2)
		if (fcntl(fd, F_SETPIPE_SZ, wanted) >= 0)
			break;
	bytes = fcntl(fd, F_GETPIPE_SZ);
	return bytes > 0 ? (uint64_t)bytes : 0;
}

static void run_relay(int pipe_fd, int control, const struct relay_config *config)
{
	int fds[3] = { config->user_stderr, pipe_fd, control };

	/* Not gctide-relay: `pkill -9 gctide` goes by this name, and shall not reach it. */
	detach_from_recorder("stderr-relay", fds, 3);
	struct relay_config own = { fds[0], config->keep_gc, config->keep_scav };
	_exit(relay_run(fds[1], fds[2], &own));
}

int relay_start(struct relay *ret, const struct relay_config *config, struct err *err)
{
	int pipe_fds[2], control[2];
	struct relay r = { .pid = -1, .packet_mode = true };
	int code;

	if (pipe2(pipe_fds, O_CLOEXEC | O_DIRECT) < 0) {
		r.packet_mode = false;
		if (pipe2(pipe_fds, O_CLOEXEC) < 0)
			return err_set(err, errno, "cannot make a pipe for the target's stderr");
	}
	r.pipe_bytes = grow_pipe(pipe_fds[1]);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, control) < 0) {
		code = errno;
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		return err_set(err, code, "cannot make a socket to the stderr relay");
	}
	r.pid = fork();
	code = errno;
	if (r.pid == 0) {
		close(pipe_fds[1]);
		close(control[0]);
		run_relay(pipe_fds[0], control[1], config);
	}
	close(pipe_fds[0]);
	close(control[1]);
	r.write_end = pipe_fds[1];
	r.control = control[0];
	if (r.pid < 0) {
		relay_leave(&r);
		return err_set(err, code, "cannot start the stderr relay");
	}
	*ret = r;
	return 0;
}

static int unpack(struct relay_message *ret, const char *bytes, size_t len)
{
	struct relay_wire w;

	if (len < sizeof(w))
		return -EBADMSG;
	memcpy(&w, bytes, sizeof(w));
	if (w.why_len > len - sizeof(w) || w.text_len != len - sizeof(w) - w.why_len)
		return -EBADMSG;
	*ret = (struct relay_message){
		.kind = (enum relay_message_kind)w.kind,
		.first_ns = w.first_ns,
		.last_ns = w.last_ns,
		.packet_count = w.packet_count,
		.why = { bytes + sizeof(w), w.why_len },
		.text = { bytes + sizeof(w) + w.why_len, w.text_len },
		.user_bytes = w.user_bytes,
		.dropped_count = w.dropped_count,
		.user_lost_bytes = w.user_lost_bytes,
		.user_waiting_bytes = w.user_waiting_bytes,
		.user_errno = (int)w.user_errno,
		.cpu_ns = w.cpu_ns,
		.rss_peak_bytes = w.rss_peak_bytes,
	};
	return 1;
}

int relay_receive(struct relay *r, struct relay_message *ret, void *buffer)
{
	int resets = 0;
	ssize_t n;

	/* A relay that ends with our question unread leaves ECONNRESET, once, in front of all that
	 * it sent before (unix_release_sock in net/unix/af_unix.c): the messages come after it. */
	do
		n = recv(r->control, buffer, RELAY_MESSAGE_BYTES_MAX, MSG_DONTWAIT);
	while (n < 0 && (errno == EINTR || (errno == ECONNRESET && resets++ == 0)));
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n < 0 && errno != ECONNRESET)
		return -errno;
	if (n <= 0) {
		*ret = (struct relay_message){ .kind = RELAY_GONE };
		return 1;
	}
	return unpack(ret, buffer, (size_t)n);
}

int relay_request_totals(struct relay *r)
{
	return send(r->control, "t", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -errno;
}

void relay_leave(struct relay *r)
{
	fd_drop(&r->write_end);
	fd_drop(&r->control);
}
