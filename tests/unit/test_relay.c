/* test_relay.c - the recorder's end of the line to the relay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "target/relay_internal.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sent_before_the_end_is_heard),
		cmocka_unit_test(nothing_to_hear_is_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
