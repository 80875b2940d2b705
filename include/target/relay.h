/* relay.h - the small process between the target's stderr and the user's.
 *
 * It owns the read end of a packet-mode pipe (pipe2(2), O_DIRECT), stamps each packet with
 * CLOCK_MONOTONIC, passes the user's bytes on at once and in order, hands trace lines to the
 * recorder, and lives until the last writer is gone: also when the recorder was killed. It never
 * waits for the recorder, and waits for the user's stderr only behind RELAY_BACKLOG_BYTES of
 * memory: then the target waits as it would have without us. */
#ifndef TARGET_RELAY_H
#define TARGET_RELAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/text.h"

#define RELAY_BACKLOG_BYTES (16u << 20)

struct relay_config {
	int user_stderr;	 /* borrowed; where the user's bytes go */
	bool keep_gc, keep_scav; /* whole trace lines of these kinds are passed on as well */
};

struct relay {
	pid_t pid;	     /* a child of the caller; it leaves the caller's session */
	int write_end;	     /* owned: the target's stderr; close it once the target has it */
	int control;	     /* owned: SOCK_SEQPACKET to the relay; poll for messages */
	uint64_t pipe_bytes; /* size granted to the pipe: one packet takes a page of it */
	bool packet_mode;    /* false: the kernel refused O_DIRECT, lines may be broken */
};

/* Start the relay process. Call it before threads exist: it forks. 0 or a negative errno, *err
 * filled. */
int relay_start(struct relay *ret, const struct relay_config *config, struct err *err);

enum relay_message_kind {
	RELAY_LINE = 1,	  /* a whole runtime line */
	RELAY_BROKEN = 2, /* runtime text that is no whole line */
	RELAY_TOTALS = 3, /* answer to relay_request_totals: everything written before has been
			     passed on */
	RELAY_GONE = 4,	  /* the relay has ended */
};

struct relay_message {
	enum relay_message_kind kind;
	uint64_t first_ns, last_ns, packet_count; /* LINE, BROKEN: CLOCK_MONOTONIC of its packets */
	struct text text, why;			  /* borrowed from the receive buffer */
	uint64_t user_bytes,
		dropped_count;	  /* TOTALS: passed on; lines the recorder did not take in time */
	uint64_t user_lost_bytes; /* TOTALS: that the user's stderr refused */
	uint64_t user_waiting_bytes;	 /* TOTALS: that it did not take within 3 s */
	int user_errno;			 /* TOTALS: what it said first; 0 when it took all */
	uint64_t cpu_ns, rss_peak_bytes; /* TOTALS: the relay's own cost */
};

#define RELAY_MESSAGE_BYTES_MAX 16384

/* The next message. 1 and *ret filled; 0 when there is none now; a negative errno. Texts live in
 * buffer (RELAY_MESSAGE_BYTES_MAX bytes, the caller's). */
int relay_receive(struct relay *r, struct relay_message *ret, void *buffer);

/* Ask for RELAY_TOTALS: it comes after everything that was in the pipe has been dealt with. 0 or
 * -errno. */
int relay_request_totals(struct relay *r);

/* Close our ends. The relay goes on until the last writer of the target's stderr is gone. */
void relay_leave(struct relay *r);

#endif
