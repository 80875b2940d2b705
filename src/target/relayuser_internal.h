/* relayuser_internal.h - the relay's way to the user's stderr: bytes queue up in memory, and no
 * write waits, where that can be had. */
#ifndef TARGET_RELAYUSER_INTERNAL_H
#define TARGET_RELAYUSER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

struct relayuser {
	int fd;		/* to poll for POLLOUT while bytes are left */
	bool is_socket; /* send(2) can be told not to wait */
	bool is_own;	/* fd is a file description of ours with O_NONBLOCK */
	bool is_broken; /* its reader is gone for good */
	struct buf bytes;
	size_t at; /* of bytes: written already */
	uint64_t written_bytes, lost_bytes;
	int first_errno; /* of the first write that failed; 0 */
};

/* fd is borrowed: the user's stderr. Its own file description is shared with other programs, whose
 * writes would fail if it were set to O_NONBLOCK; so a terminal or a pipe is opened once more
 * (/proc/self/fd, proc(5)) where that is allowed. Free with _done. */
void relayuser_init(struct relayuser *u, int fd);
void relayuser_done(struct relayuser *u);

size_t relayuser_left(const struct relayuser *u);

/* Queue bytes behind the others. Those of a broken stderr are counted as lost. */
void relayuser_add(struct relayuser *u, struct text bytes);

/* Write what stderr takes without waiting. What it refuses is lost, and counted. */
void relayuser_write(struct relayuser *u);

#endif
