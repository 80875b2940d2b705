/* sessionend.c - the target is gone or let go: gather what is left and close the recording. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/unknown.h"
#include "session_internal.h"

#define RELAY_PATIENCE_NS \
	(5 * NS_PER_S) /* the relay gives the user's stderr 3 of them to take the last words */
#define REAP_PATIENCE_NS (100 * NS_PER_MS)

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_usec * NS_PER_US;
}

/* The zombie's own counters, then the end itself. */
static void add_exit(struct session *s)
{
	struct launch_end end = { 0 };
	struct event ev = { .kind = EVENT_EXIT };
	struct event_exit *x = &ev.u.exit;

	*x = (struct event_exit){ UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64,
				  UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64,
				  UNKNOWN_U64, UNKNOWN_U64, text_of("detached") };
	if (s->target_ended && launch_reap(s->launch.pid, &end) == 0) {
		bool signaled = WIFSIGNALED(end.status);

		s->result->status = end.status;
		x->status = signaled ? UNKNOWN_U64 : (uint64_t)WEXITSTATUS(end.status);
		x->signal = signaled ? (uint64_t)WTERMSIG(end.status) : UNKNOWN_U64;
		x->core_dumped = signaled && WCOREDUMP(end.status);
		x->user_ns = timeval_ns(end.usage.ru_utime);
		x->system_ns = timeval_ns(end.usage.ru_stime);
		x->minor_faults = (uint64_t)end.usage.ru_minflt;
		x->major_faults = (uint64_t)end.usage.ru_majflt;
		x->max_rss_bytes = (uint64_t)end.usage.ru_maxrss * 1024;
		x->reason = text_of(s->term_sent ? "duration" : signaled ? "signaled" : "exited");
	} else {
		session_notice(s,
			       "the target (pid %d) did not end within 5 s of SIGTERM and was left "
			       "running",
			       (int)s->launch.pid);
	}
	session_add(s, &ev);
}

static void add_relay_losses(struct session *s)
{
	const struct relay_message *t = &s->totals;
	const char *why = strerror(t->user_errno);

	if (t->dropped_count)
		session_add_loss(s, "trace", t->dropped_count,
				 "lines that the recorder did not take in time");
	if (t->user_waiting_bytes)
		session_add_loss(s, "stderr", UNKNOWN_U64,
				 "the rest waited for a reader when the recording ended");
	if (!t->user_lost_bytes)
		return;
	session_add_loss(s, "stderr", t->user_lost_bytes, why);
	session_notice(s, "bytes of the target's stderr that could not be passed on: %llu (%s)",
		       (unsigned long long)t->user_lost_bytes, why);
}

/* Everything that the target wrote is in the pipe by now: have the relay deal with it. */
static void await_relay(struct session *s)
{
	static const char why[] = "the stderr relay did not answer within 5 s";
	uint64_t until_ns = clock_monotonic_ns() + RELAY_PATIENCE_NS;

	relay_request_totals(&s->relay);
	while (!s->has_totals && !s->relay_gone && clock_monotonic_ns() < until_ns) {
		struct pollfd p = { .fd = s->relay.control, .events = POLLIN };

		poll(&p, 1, 100);
		session_hear_relay(s);
	}
	if (s->has_totals) {
		add_relay_losses(s);
	} else if (!s->relay_gone) {
		session_add_loss(s, "trace", UNKNOWN_U64, why);
		session_add_loss(s, "stderr", UNKNOWN_U64, why);
	}
}

static void stop_sampler(struct session *s)
{
	struct event ev = { 0 };

	if (s->target_ended && procsampler_read_last(s->launch.pid, &ev, NULL) == 0)
		session_add(s, &ev);
	if (!s->sampler)
		return;
	procsampler_stop(s->sampler, &s->sampled);
	session_drain_sampler(s);
	if (s->sampled.unsent_record_count)
		session_add_loss(s, "statm", s->sampled.unsent_record_count,
				 "samples not taken over at the end");
}

static void add_final_counts(struct session *s)
{
	struct event ev = { .kind = EVENT_PERF_COUNT };
	struct perfset_totals t;
	uint64_t lost_count;

	if (!s->perf)
		return;
	if (perfset_count(s->perf, &ev.u.perf_count) == 0) {
		s->result->fault_count = ev.u.perf_count.minor_count;
		session_add(s, &ev);
	}
	t = perfset_totals(s->perf);
	lost_count = perfset_lost(s->perf);
	if (lost_count) {
		session_add_loss(s, "perf", lost_count, "the rings were full");
		session_notice(s, "perf records lost: %llu (the rings were full)",
			       (unsigned long long)lost_count);
	}
	if (t.throttle_count)
		session_notice(s, "times that the kernel throttled perf events: %llu",
			       (unsigned long long)t.throttle_count);
}

/* The relay ends with the last writer of the target's stderr: mostly at once, and then it should
 * not be left as a zombie to whoever adopts it; but a daemon of the target's may keep it for hours.
 */
static void reap_relay(struct session *s)
{
	uint64_t until_ns = clock_monotonic_ns() + REAP_PATIENCE_NS;
	int status = 0;

	relay_leave(&s->relay);
	while (waitpid(s->relay.pid, &status, WNOHANG) == 0 && clock_monotonic_ns() < until_ns)
		poll(NULL, 0, 1);
	if (s->relay_gone && WIFSIGNALED(status))
		session_notice(
			s,
			"at %.1f s: the stderr relay was killed by signal %d: what the target "
			"wrote to stderr from there is lost, its trace lines included",
			(double)(s->relay_gone_ns - s->start_ns) / 1e9, WTERMSIG(status));
}

int session_end(struct session *s, struct err *err)
{
	uint64_t refused;
	int rc;

	session_end_gate(s);
	session_drain_perf(s);
	session_name_kernel_ips(s);
	stop_sampler(s);
	add_final_counts(s);
	add_exit(s);
	session_await_gate(s);
	await_relay(s);
	reap_relay(s);
	session_add_observer(s);
	session_add_clock(s);
	s->result->outcome = s->term_sent ? SESSION_DURATION_OVER : SESSION_TARGET_ENDED;
	refused = writer_refused_count(s->writer);
	if (refused)
		session_notice(s, "records that could not be written: %llu",
			       (unsigned long long)refused);
	s->result->file_bytes = writer_written_bytes(s->writer);
	rc = writer_close(s->writer, err);
	s->result->recording_error = rc;
	return rc;
}
