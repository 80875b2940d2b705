/* relayloop.c - the relay process: packets in, the user's bytes and trace lines out.
 *
 * Runs in a process of its own (relay.h). Nothing here may wait for the recorder. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/unknown.h"
#include "parse/tracepacket.h"
#include "relay_internal.h"
#include "relayuser_internal.h"

#define LINES_BACKLOG_BYTES (8u << 20) /* for a recorder that does not read */
#define READ_BYTES	    65536
#define READS_PER_ROUND	    256	   /* then look at the other descriptors again */
#define NAP_NS		    100000 /* a line's packets take about 50 us when nobody has to be woken */
#define LOOK_NS		    (50 * NS_PER_MS) /* in a wait for the rest of a line */
#define NAP_PACKETS_MIN	    128 /* room in the pipe: a line has some 35, others write as well */
#define TOTALS_PATIENCE_NS \
	(3 * NS_PER_S) /* for the user's stderr, when the recorder wants to end: it waits for 5 */

struct loop {
	int pipe_fd, control; /* control is -1 once the recorder is gone */
	const struct relay_config *config;
	struct tracepacket *packets;
	struct relayuser user;
	struct buf lines; /* messages that the recorder did not take yet: u64 length + message */
	uint64_t dropped_count;
	bool totals_wanted;
	bool got_packets;   /* at the last look into the pipe */
	bool may_nap;	    /* the pipe holds enough for that */
	uint64_t looked_ns; /* when the pipe was empty last */
	uint64_t wanted_ns; /* when the recorder asked for totals */
};

static bool is_full(const struct loop *l)
{
	return relayuser_left(&l->user) > RELAY_BACKLOG_BYTES;
}

static void on_user(void *arg, struct text bytes)
{
	struct loop *l = arg;

	relayuser_add(&l->user, bytes);
	if (relayuser_left(&l->user) >= PIPE_BUF)
		relayuser_write(&l->user);
}

static void queue_message(struct loop *l, const struct relay_wire *w, struct text why,
			  struct text text)
{
	uint64_t len = sizeof(*w) + why.len + text.len;

	if (l->control < 0)
		return;
	if (w->kind != RELAY_TOTALS && l->lines.len + len > LINES_BACKLOG_BYTES) {
		l->dropped_count++;
		return;
	}
	buf_add(&l->lines, &len, sizeof(len));
	buf_add(&l->lines, w, sizeof(*w));
	buf_add(&l->lines, why.at, why.len);
	buf_add(&l->lines, text.at, text.len);
}

static void on_line(void *arg, const struct tracepacket_line *line)
{
	struct loop *l = arg;
	bool keep = line->kind == TRACEPACKET_GC ? l->config->keep_gc : l->config->keep_scav;
	struct text why = text_of(line->why), text = line->text;
	struct relay_wire w = {
		.kind = line->whole ? RELAY_LINE : RELAY_BROKEN,
		.first_ns = line->first_ns,
		.last_ns = line->last_ns,
		.packet_count = line->packet_count,
	};

	if (keep) {
		on_user(l, text);
		on_user(l, text_of("\n"));
	}
	if (text.len > RELAY_MESSAGE_BYTES_MAX / 2)
		text.len = RELAY_MESSAGE_BYTES_MAX / 2;
	w.why_len = why.len;
	w.text_len = text.len;
	queue_message(l, &w, why, text);
}

/* Hand over queued messages as far as the recorder takes them. */
static void send_lines(struct loop *l)
{
	size_t at = 0;

	while (at < l->lines.len && l->control >= 0) {
		uint64_t len;

		memcpy(&len, l->lines.at + at, sizeof(len));
		if (send(l->control, l->lines.at + at + sizeof(len), len,
			 MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
			if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
				break;
			close(l->control); /* the recorder is gone: from now on only pass bytes on
					    */
			l->control = -1;
		}
		at += sizeof(len) + len;
	}
	if (l->control < 0)
		buf_clear(&l->lines);
	else
		buf_consume(&l->lines, at);
}

static void queue_totals(struct loop *l)
{
	struct rusage u;
	struct relay_wire w = { .kind = RELAY_TOTALS,
				.user_bytes = l->user.written_bytes,
				.dropped_count = l->dropped_count,
				.user_lost_bytes = l->user.lost_bytes,
				.user_errno = (uint64_t)l->user.first_errno,
				.user_waiting_bytes = relayuser_left(&l->user) };

	getrusage(RUSAGE_SELF, &u);
	w.cpu_ns = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * NS_PER_S +
		   (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * NS_PER_US;
	w.rss_peak_bytes = (uint64_t)u.ru_maxrss * 1024;
	queue_message(l, &w, (struct text){ 0 }, (struct text){ 0 });
	l->totals_wanted = false;
}

static void hear_recorder(struct loop *l)
{
	char word[8];
	ssize_t n = recv(l->control, word, sizeof(word), MSG_DONTWAIT);

	if (n > 0) {
		l->totals_wanted = true;
		l->wanted_ns = clock_monotonic_ns();
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(l->control);
		l->control = -1;
		buf_clear(&l->lines);
	}
}

/* Read packets until there are none. 0: the pipe is empty for now; 1: all writers are gone; 2:
 * there is more. */
static int read_packets(struct loop *l, char *buffer)
{
	l->got_packets = false;
	for (int i = 0; i < READS_PER_ROUND; i++) {
		ssize_t n = read(l->pipe_fd, buffer, READ_BYTES);

		if (n == 0)
			return 1;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : 1;
		l->got_packets = true;
		tracepacket_feed(l->packets, (struct text){ buffer, (size_t)n },
				 clock_monotonic_ns());
		if (is_full(l))
			return 2;
	}
	return 2;
}

/* Behind a full backlog the pipe was not read to its end. */
static bool may_answer(const struct loop *l)
{
	return l->pipe_fd < 0 || !is_full(l);
}

static int poll_timeout_ms(const struct loop *l)
{
	uint64_t wait_ns = tracepacket_patience_ns(l->packets), now_ns = clock_monotonic_ns();
	uint64_t deadline_ns = UNKNOWN_U64;

	if (is_known(wait_ns))
		deadline_ns = now_ns + (wait_ns < LOOK_NS ? wait_ns : LOOK_NS);
	if (l->totals_wanted && may_answer(l) && l->wanted_ns + TOTALS_PATIENCE_NS < deadline_ns)
		deadline_ns = l->wanted_ns + TOTALS_PATIENCE_NS;
	if (!is_known(deadline_ns))
		return -1;
	return deadline_ns <= now_ns ? 0 : (int)((deadline_ns - now_ns) / NS_PER_MS) + 1;
}

/* The runtime writes a line as some 35 packets. While we wait in poll each of them wakes us, at the
 * writer's expense; so let the rest of a line in progress come together first. False when there is
 * nothing to let come. */
static bool nap_during_a_line(struct loop *l)
{
	struct timespec nap = { .tv_nsec = NAP_NS };

	if (!l->may_nap || !l->got_packets || is_full(l) ||
	    !is_known(tracepacket_patience_ns(l->packets)))
		return false;
	nanosleep(&nap, NULL);
	if (l->control >= 0)
		hear_recorder(l);
	return true;
}

static void wait_for_work(struct loop *l)
{
	struct pollfd p[3] = {
		{ .fd = is_full(l) ? -1 : l->pipe_fd, .events = POLLIN },
		{ .fd = l->control, .events = (short)(POLLIN | (l->lines.len ? POLLOUT : 0)) },
		{ .fd = relayuser_left(&l->user) ? l->user.fd : -1, .events = POLLOUT },
	};

	poll(p, 3, poll_timeout_ms(l));
	if (p[1].revents & (POLLIN | POLLHUP | POLLERR))
		hear_recorder(l);
}

/* Nobody has to wait for the user's stderr any more: it took all, or has had its time. */
static bool is_user_served(const struct loop *l)
{
	return !relayuser_left(&l->user) ||
	       (l->totals_wanted && clock_monotonic_ns() - l->wanted_ns >= TOTALS_PATIENCE_NS);
}

/* The pipe was empty just now. When we come late, the writers may have had to wait as well (a busy
 * machine, a CPU quota): a look counts for LOOK_NS at most. */
static void count_waiting(struct loop *l)
{
	uint64_t now_ns = clock_monotonic_ns(), waited_ns = now_ns - l->looked_ns;

	tracepacket_wait(l->packets, waited_ns < LOOK_NS ? waited_ns : LOOK_NS);
	l->looked_ns = now_ns;
}

/* All writers are gone: pass on what is left, the user's bytes with waiting if need be. The
 * recorder does not wait for a reader of stderr who takes a rest. */
static void end_of_stream(struct loop *l)
{
	l->pipe_fd = -1;
	tracepacket_finish(l->packets);
	send_lines(l);
	while (!is_user_served(l)) {
		wait_for_work(l);
		relayuser_write(&l->user);
		send_lines(l);
	}
	queue_totals(l);
	for (int i = 0; l->control >= 0 && l->lines.len && i < 50; i++) {
		struct pollfd p = { .fd = l->control, .events = POLLOUT };

		poll(&p, 1, 100);
		send_lines(l);
	}
	while (relayuser_left(&l->user)) {
		struct pollfd p = { .fd = l->user.fd, .events = POLLOUT };

		poll(&p, 1, -1);
		relayuser_write(&l->user);
	}
}

int relay_run(int pipe_fd, int control, const struct relay_config *config)
{
	struct loop l = { .pipe_fd = pipe_fd, .control = control, .config = config };
	struct tracepacket_sink sink = { on_user, on_line, &l };
	char *buffer = xcalloc(1, READ_BYTES);
	int more = 0;

	l.may_nap = fcntl(pipe_fd, F_GETPIPE_SZ) >= NAP_PACKETS_MIN * sysconf(_SC_PAGESIZE);
	relayuser_init(&l.user, config->user_stderr);
	l.packets = tracepacket_new(&sink, (size_t)sysconf(_SC_PAGESIZE));
	fcntl(pipe_fd, F_SETFL, fcntl(pipe_fd, F_GETFL) | O_NONBLOCK);
	while (more != 1) {
		if ((more == 0 || is_full(&l)) && !nap_during_a_line(&l))
			wait_for_work(&l);
		more = is_full(&l) ? 2 : read_packets(&l, buffer);
		if (more == 0)
			count_waiting(&l);
		if (l.totals_wanted && more == 0)
			tracepacket_finish(l.packets); /* the target is gone: nothing more will
							  complete a line */
		relayuser_write(&l.user);
		if (l.totals_wanted && more == 0 && is_user_served(&l))
			queue_totals(&l);
		send_lines(&l);
	}
	end_of_stream(&l);
	tracepacket_free(l.packets);
	relayuser_done(&l.user);
	buf_done(&l.lines);
	free(buffer);
	return 0;
}
