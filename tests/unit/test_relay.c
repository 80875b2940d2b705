/* test_relay.c - the relay, and the recorder's end of the line to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/relay_internal.h"
#include "trace_pieces.h"

static void open_pair(struct relay *r, int *ret_other)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	*r = (struct relay){ .pid = -1, .write_end = -1, .control = fds[0] };
	*ret_other = fds[1];
}

static void send_kind(int fd, uint64_t kind)
{
	struct relay_wire w = { .kind = kind };

	assert_int_equal(send(fd, &w, sizeof(w), 0), sizeof(w));
}

/* The relay ends while our question is on its way: the kernel then says ECONNRESET before it hands
 * out what the relay sent (unix_release_sock in net/unix/af_unix.c). */
static void what_was_sent_before_the_end_is_heard(void **state)
{
	char buffer[RELAY_MESSAGE_BYTES_MAX];
	struct relay_message m;
	struct relay r;
	int other;

	(void)state;
	open_pair(&r, &other);
	send_kind(other, RELAY_LINE);
	send_kind(other, RELAY_TOTALS);
	assert_int_equal(relay_request_totals(&r), 0);
	close(other);
	assert_int_equal(relay_receive(&r, &m, buffer), 1);
	assert_int_equal(m.kind, RELAY_LINE);
	assert_int_equal(relay_receive(&r, &m, buffer), 1);
	assert_int_equal(m.kind, RELAY_TOTALS);
	assert_int_equal(relay_receive(&r, &m, buffer), 1);
	assert_int_equal(m.kind, RELAY_GONE);
	relay_leave(&r);
}

static void nothing_to_hear_is_no_end(void **state)
{
	char buffer[RELAY_MESSAGE_BYTES_MAX];
	struct relay_message m;
	struct relay r;
	int other;

	(void)state;
	open_pair(&r, &other);
	assert_int_equal(relay_receive(&r, &m, buffer), 0);
	close(other);
	relay_leave(&r);
}

/* A relay at work, its messages, and a user's stderr that is read only here. */
struct work {
	struct relay relay;
	struct relay_message message;
	char buffer[RELAY_MESSAGE_BYTES_MAX];
	int user_read;
};

static struct work *work_begin(void)
{
	struct work *w = calloc(1, sizeof(*w));
	struct relay_config config = { 0 };
	int user[2];

	assert_int_equal(pipe2(user, O_CLOEXEC), 0);
	config.user_stderr = user[1];
	assert_int_equal(relay_start(&w->relay, &config, NULL), 0);
	close(user[1]);
	w->user_read = user[0];
	return w;
}

static void work_end(struct work *w)
{
	relay_leave(&w->relay);
	close(w->user_read);
	waitpid(w->relay.pid, NULL, 0);
	free(w);
}

/* The kind of the next message; 0 when there is none for so long. */
static int next_kind(struct work *w, int timeout_ms)
{
	struct pollfd p = { .fd = w->relay.control, .events = POLLIN };

	if (poll(&p, 1, timeout_ms) != 1)
		return 0;
	assert_int_equal(relay_receive(&w->relay, &w->message, w->buffer), 1);
	return (int)w->message.kind;
}

/* How many bytes the target can write before it would have to wait. */
static uint64_t fill(struct work *w, const char *bytes, size_t len)
{
	struct pollfd p = { .fd = w->relay.write_end, .events = POLLOUT };
	uint64_t written = 0;

	fcntl(w->relay.write_end, F_SETFL, fcntl(w->relay.write_end, F_GETFL) | O_NONBLOCK);
	while (poll(&p, 1, 1000) == 1) {
		ssize_t n = write(w->relay.write_end, bytes, len);

		if (n > 0)
			written += (uint64_t)n;
	}
	return written;
}

/* Behind a full backlog lines may be in the pipe: the relay does not say that it knows all. When
 * the reader comes back, it does, and nothing is lost. */
static void a_full_backlog_is_no_answer(void **state)
{
	struct work *w = work_begin();
	char bytes[4096];
	uint64_t written, read_bytes = 0;
	ssize_t n;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	written = fill(w, bytes, sizeof(bytes));
	assert_true(written > RELAY_BACKLOG_BYTES);
	assert_int_equal(relay_request_totals(&w->relay), 0);
	assert_int_equal(next_kind(w, 4000), 0);
	close(w->relay.write_end);
	w->relay.write_end = -1;
	while ((n = read(w->user_read, bytes, sizeof(bytes))) > 0) {
		assert_int_equal(bytes[0], 'x');
		read_bytes += (uint64_t)n;
	}
	assert_int_equal(read_bytes, written);
	assert_int_equal(next_kind(w, 4000), RELAY_TOTALS);
	assert_int_equal(w->message.user_bytes + w->message.user_waiting_bytes, written);
	assert_int_equal(w->message.user_lost_bytes, 0);
	work_end(w);
}

/* With less before the reader the relay answers, and tells how much still waits. */
static void a_reader_who_rests_is_waited_for_a_while(void **state)
{
	struct work *w = work_begin();
	char bytes[4096];
	uint64_t written = 0;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 100; i++)
		written += (uint64_t)write(w->relay.write_end, bytes, sizeof(bytes));
	assert_int_equal(relay_request_totals(&w->relay), 0);
	assert_int_equal(next_kind(w, 2000), 0);
	assert_int_equal(next_kind(w, 10000), RELAY_TOTALS);
	assert_true(w->message.user_waiting_bytes > 0);
	assert_int_equal(w->message.user_bytes + w->message.user_waiting_bytes, written);
	work_end(w);
}

static void write_line(int fd, unsigned number)
{
	char line[160];
	struct pieces p;

	snprintf(line, sizeof(line),
		 "gc %u @0.001s 1%%: 0.10+1.0+0.20 ms clock, 0.20+0/0/0+0.40 ms cpu, 4->5->3 MB, "
		 "6 MB goal, 0 MB stacks, 0 MB globals, 2 P",
		 number);
	p = split_as(line, false);
	for (size_t i = 0; i < p.count; i++)
		assert_true(write(fd, p.at[i].at, p.at[i].len) > 0);
}

/* A recorder that does not read: memory stays bounded, what it missed is counted, and the totals
 * come through. */
static void lines_that_nobody_takes_are_counted(void **state)
{
	enum { LINES = 45000 };
	struct work *w = work_begin();
	uint64_t line_count = 0;
	int kind;

	(void)state;
	for (unsigned i = 1; i <= LINES; i++)
		write_line(w->relay.write_end, i);
	assert_int_equal(relay_request_totals(&w->relay), 0);
	while ((kind = next_kind(w, 10000)) == RELAY_LINE)
		line_count++;
	assert_int_equal(kind, RELAY_TOTALS);
	assert_true(w->message.dropped_count > 0);
	assert_int_equal(line_count + w->message.dropped_count, LINES);
	work_end(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sent_before_the_end_is_heard),
		cmocka_unit_test(nothing_to_hear_is_no_end),
		cmocka_unit_test(a_full_backlog_is_no_answer),
		cmocka_unit_test(a_reader_who_rests_is_waited_for_a_while),
		cmocka_unit_test(lines_that_nobody_takes_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
