/* session_internal.h - what the parts of a session share. */
#ifndef CAPTURE_SESSION_INTERNAL_H
#define CAPTURE_SESSION_INTERNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

#include "base/buf.h"
#include "base/clock.h"
#include "capture/perfset.h"
#include "capture/procsampler.h"
#include "capture/session.h"
#include "imagewatch_internal.h"
#include "kernelips_internal.h"
#include "parse/perflayouts.h"
#include "recording/writer.h"
#include "target/launch.h"
#include "target/relay.h"
#include "target/returngate.h"

#define SESSION_CHANGED_SIGNALS 3

struct session {
	const struct session_config *config;
	struct session_result *result;
	struct writer *writer;
	struct relay relay;
	struct launch launch;
	struct returngate gate;			   /* shared NULL: none */
	struct err why_no_gate, why_no_tracepoint; /* code 0: no reason */
	bool gate_is_on;			   /* the filter is in place */
	bool gate_takes_rights;			   /* it needed PR_SET_NO_NEW_PRIVS */
	uint64_t gate_gone_ns;			   /* valid once gate.control is closed */
	struct perfset *perf;			   /* NULL: no perf events here */
	struct procsampler *sampler;		   /* NULL: not started */
	struct buf sampler_bytes;		   /* encoded records, the last one perhaps cut */
	struct utsname machine;
	sigset_t old_mask;
	struct launch_signal changed_signals[SESSION_CHANGED_SIGNALS];
	int signal_fd;
	uint64_t start_ns;
	char *relay_buffer; /* RELAY_MESSAGE_BYTES_MAX */

	bool target_ended, term_sent, relay_gone, has_totals, sampler_over;
	uint64_t term_ns;	     /* when SIGTERM was sent */
	uint64_t relay_gone_ns;	     /* valid with relay_gone */
	struct relay_message totals; /* the relay's; valid with has_totals */
	struct procsampler_totals sampled;

	struct perflayouts layouts; /* of the perf events */
	struct imagewatch images;
	struct kernelips kernel_ips;

	bool thin; /* only every N-th fault's address is recorded now */
	uint64_t thin_since_ns, rate_at_ns, rate_addresses, rate_lost;
	uint64_t next_drain_ns, next_second_ns;
};

#define SESSION_THIN_PERIOD 61 /* prime, so that no loop of the target keeps step with it */

/* Add an event that happens now. A failure of the disk is remembered by the writer, not here: the
 * target goes on. */
void session_add(struct session *s, struct event *ev);
void session_add_clock(struct session *s);
void session_add_source(struct session *s, const char *name, const char *state, const char *detail);
void session_add_loss(struct session *s, const char *source, uint64_t count, const char *detail);
void session_notice(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* sessionloop.c: wait for events until the target has ended or the duration is over. */
void session_loop(struct session *s);

/* Steps of the loop that the ending takes once more. */
void session_drain_perf(struct session *s);
void session_drain_sampler(struct session *s);
void session_hear_relay(struct session *s);
void session_add_observer(struct session *s);

/* sessionstacks.c: what stacks need beside their samples. */
void session_note_attr(struct session *s, const struct event_perf_attr *attr);
void session_watch_records(struct session *s, struct text records);
void session_name_kernel_ips(struct session *s); /* once, at the end */
void session_stacks_done(struct session *s);

/* sessiongate.c: returns by the gate. The first decides, before the child is forked, and starts it.
 */
void session_start_gate(struct session *s);
void session_pass_gate(
	void *arg); /* in the child, for launch_config.before_exec: arg is the gate */
void session_hear_gate(struct session *s);
void session_drain_gate(struct session *s);
void session_end_gate(struct session *s); /* nothing of the target runs any more, or it is let go */
void session_await_gate(struct session *s); /* the target is reaped: then the gate ends, too */

/* sessionend.c: the target is gone or let go: gather what is left and close the recording. */
int session_end(struct session *s, struct err *err);

#endif
