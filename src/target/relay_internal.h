/* relay_internal.h - how relay and recorder talk: one SOCK_SEQPACKET message each. */
#ifndef TARGET_RELAY_INTERNAL_H
#define TARGET_RELAY_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "target/relay.h"

/* Both ends are the same program on the same machine, so host byte order serves. */
struct relay_wire {
	uint64_t kind, first_ns, last_ns, packet_count;
	uint64_t user_bytes, dropped_count, cpu_ns, rss_peak_bytes;
	uint64_t user_lost_bytes, user_waiting_bytes, user_errno;
	uint64_t why_len, text_len; /* both texts follow */
};

/* The relay process; returns its exit status. Owns pipe_fd and control. */
int relay_run(int pipe_fd, int control, const struct relay_config *config);

#endif
