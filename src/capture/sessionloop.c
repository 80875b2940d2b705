/* sessionloop.c - wait for whatever comes: perf rings, trace lines, samples, signals, deadlines. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/units.h"
#include "base/unknown.h"
#include "session_internal.h"

#define DRAIN_EVERY_NS	    (100 * NS_PER_MS)
#define SETTLE_NS	    NS_PER_MS /* a record is published well within this after its time stamp */
#define TERM_PATIENCE_NS    (5 * NS_PER_S) /* how long the target may take to end after --duration */
#define THIN_AT_LEAST_NS    NS_PER_S
#define RECORD_HEADER_BYTES 16
#define SAMPLER_READ_BYTES  65536

static int add_perf_data(void *arg, uint64_t cpu, struct text records)
{
	struct event ev = { .kind = EVENT_PERF_DATA, .u.perf_data = { cpu, records } };

	session_add(arg, &ev);
	session_watch_records(arg, records);
	return 0;
}

void session_drain_perf(struct session *s)
{
	struct event ev = { .kind = EVENT_PERF_ROUND };

	if (!s->perf)
		return;
	ev.u.perf_round.drained_ns = clock_monotonic_ns() - SETTLE_NS;
	session_drain_gate(s);
	perfset_drain(s->perf, add_perf_data, s);
	session_add(s, &ev);
}

/* Take whole records off the front of the sampler's bytes. */
static void add_sampler_records(struct session *s)
{
	size_t used = 0;

	for (;;) {
		struct cursor c =
			cursor_over(s->sampler_bytes.at + used, s->sampler_bytes.len - used);
		uint64_t kind = cursor_uint(&c, 2), zero = cursor_uint(&c, 2),
			 size = cursor_uint(&c, 4);
		uint64_t time_ns = cursor_uint(&c, 8);
		struct text body = cursor_bytes(&c, size);
		struct event ev;

		if (c.bad || zero != 0)
			break;
		used += RECORD_HEADER_BYTES + size;
		if (event_decode(&ev, kind, time_ns, body) == 0)
			session_add(s, &ev);
	}
	buf_consume(&s->sampler_bytes, used);
}

void session_drain_sampler(struct session *s)
{
	ssize_t n;

	if (!s->sampler)
		return;
	do {
		n = read(procsampler_fd(s->sampler),
			 buf_room(&s->sampler_bytes, SAMPLER_READ_BYTES), SAMPLER_READ_BYTES);
		if (n > 0)
			s->sampler_bytes.len += (size_t)n;
	} while (n > 0);
	s->sampler_over |= n == 0;
	add_sampler_records(s);
}

static void add_line(struct session *s, const struct relay_message *m)
{
	struct event ev = { .time_ns = m->first_ns };

	if (m->kind == RELAY_LINE) {
		ev.kind = EVENT_TRACE_LINE;
		ev.u.trace_line = (struct event_trace_line){ m->last_ns, m->packet_count, m->text };
		s->result->line_count++;
	} else {
		ev.kind = EVENT_TRACE_BROKEN;
		ev.u.trace_broken = (struct event_trace_broken){ m->packet_count, m->why, m->text };
	}
	session_add(s, &ev);
}

/* A relay that saw the last writer of the target's stderr gone has sent its totals. */
static void note_relay_end(struct session *s)
{
	char why[128];

	s->relay_gone = true;
	s->relay_gone_ns = clock_monotonic_ns();
	if (s->has_totals)
		return;
	snprintf(why, sizeof(why),
		 "the stderr relay ended at %.1f s, before the target's stderr did",
		 (double)(s->relay_gone_ns - s->start_ns) / 1e9);
	session_add_loss(s, "trace", UNKNOWN_U64, why);
	session_add_loss(s, "stderr", UNKNOWN_U64, why);
}

void session_hear_relay(struct session *s)
{
	struct relay_message m;

	while (!s->relay_gone && relay_receive(&s->relay, &m, s->relay_buffer) > 0) {
		if (m.kind == RELAY_LINE || m.kind == RELAY_BROKEN)
			add_line(s, &m);
		else if (m.kind == RELAY_GONE)
			note_relay_end(s);
		else if (m.kind == RELAY_TOTALS) {
			s->totals = m;
			s->has_totals = true;
		}
	}
}

void session_add_observer(struct session *s)
{
	struct rusage u;
	struct event ev = { .kind = EVENT_OBSERVER };

	if (s->sampler)
		procsampler_read_totals(s->sampler, &s->sampled);
	getrusage(RUSAGE_SELF, &u);
	ev.u.observer = (struct event_observer){
		.cpu_ns = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * NS_PER_S +
			  (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * NS_PER_US +
			  (s->has_totals ? s->totals.cpu_ns : 0) +
			  returngate_totals(&s->gate).cpu_ns,
		.rss_peak_bytes = (uint64_t)u.ru_maxrss * 1024 +
				  (s->has_totals ? s->totals.rss_peak_bytes : 0),
		.written_bytes = writer_written_bytes(s->writer),
		.longest_stall_ns = s->sampled.longest_stall_ns,
		.failed_read_count = s->sampled.failed_read_count,
		.user_bytes = s->has_totals ? s->totals.user_bytes : UNKNOWN_U64,
		.gate_stall_ns =
			s->gate_is_on ? returngate_totals(&s->gate).longest_stall_ns : UNKNOWN_U64,
	};
	session_add(s, &ev);
}

/* Ctrl-C and its like reach the whole foreground group, the target included, from the terminal;
 * anything else was meant for us, who stand in the target's place: pass it on. So is the end of the
 * terminal when we lead the session (ssh -t HOST gctide ...): the kernel then tells the leader
 * alone (tty_signal_session_leader in drivers/tty/tty_jobctrl.c). */
static void pass_on_signal(struct session *s, const struct signalfd_siginfo *info)
{
	bool is_key = info->ssi_signo == SIGINT || info->ssi_signo == SIGQUIT;
	bool is_shared_end = info->ssi_signo == SIGHUP && getsid(0) != getpid();

	if (info->ssi_code != SI_KERNEL || !(is_key || is_shared_end))
		kill(s->launch.pid, (int)info->ssi_signo);
}

static void hear_signals(struct session *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			pass_on_signal(s, &info);
	s->target_ended = launch_has_ended(s->launch.pid);
}

static void set_thin(struct session *s, bool thin, uint64_t now_ns, const char *reason)
{
	struct event ev = { .kind = EVENT_FALLBACK, .time_ns = now_ns };

	char every_nth[UNITS_TEXT_BYTES + 16], nth[UNITS_TEXT_BYTES];

	snprintf(every_nth, sizeof(every_nth), "every %s fault",
		 units_ordinal(nth, SESSION_THIN_PERIOD));
	if (perfset_thin(s->perf, thin) < 0)
		return;
	s->thin = thin;
	s->thin_since_ns = now_ns;
	ev.u.fallback = (struct event_fallback){
		.what = text_of("perf.fault-addresses"),
		.from = text_of(thin ? "every fault" : every_nth),
		.to = text_of(thin ? every_nth : "every fault"),
		.reason = text_of(reason),
	};
	session_add(s, &ev);
	if (thin)
		session_notice(s,
			       "at %.1f s: %s; from there the address of %s is "
			       "recorded (counts stay exact)",
			       (double)(now_ns - s->start_ns) / 1e9, reason, every_nth);
}

/* Record fewer addresses while the target faults faster than is allowed, or faster than we can
 * follow. */
static void watch_rate(struct session *s, uint64_t now_ns)
{
	struct perfset_totals t = perfset_totals(s->perf);
	uint64_t passed_ns = now_ns - s->rate_at_ns;
	uint64_t weight = s->thin ? SESSION_THIN_PERIOD : 1;
	double rate = (double)((t.address_count - s->rate_addresses) * weight) * 1e9 /
		      (double)(passed_ns ? passed_ns : 1);
	uint64_t lost = t.lost_count - s->rate_lost, limit = s->config->max_faults_per_second;
	char reason[128];

	s->rate_at_ns = now_ns;
	s->rate_addresses = t.address_count;
	s->rate_lost = t.lost_count;
	if (!s->config->addresses || !is_known(limit) || passed_ns < 20 * NS_PER_MS)
		return;
	if (!s->thin && (rate > (double)limit || lost > 0)) {
		if (lost)
			snprintf(reason, sizeof(reason), "fault records lost: %llu",
				 (unsigned long long)lost);
		else
			snprintf(reason, sizeof(reason),
				 "%.0f faults per second, over the limit of %llu", rate,
				 (unsigned long long)limit);
		set_thin(s, true, now_ns, reason);
	} else if (s->thin && rate < (double)limit / 2 &&
		   now_ns - s->thin_since_ns > THIN_AT_LEAST_NS) {
		snprintf(reason, sizeof(reason), "%.0f faults per second", rate);
		set_thin(s, false, now_ns, reason);
	}
}

static void add_counts(struct session *s)
{
	struct event ev = { .kind = EVENT_PERF_COUNT };

	if (s->perf && perfset_count(s->perf, &ev.u.perf_count) == 0)
		session_add(s, &ev);
}

static void do_due_work(struct session *s, uint64_t now_ns)
{
	if (now_ns >= s->next_drain_ns) {
		s->next_drain_ns = now_ns + DRAIN_EVERY_NS;
		session_drain_perf(s);
		if (s->perf)
			watch_rate(s, now_ns);
		writer_flush(s->writer);
	}
	if (now_ns >= s->next_second_ns) {
		s->next_second_ns = now_ns + NS_PER_S;
		add_counts(s);
		session_add_observer(s);
	}
	if (!s->term_sent && is_known(s->config->duration_ns) &&
	    now_ns - s->start_ns >= s->config->duration_ns) {
		s->term_sent = true;
		s->term_ns = now_ns;
		kill(s->launch.pid, SIGTERM);
	}
}

static int timeout_ms(const struct session *s, uint64_t now_ns)
{
	uint64_t next_ns = s->next_drain_ns;

	if (!s->term_sent && is_known(s->config->duration_ns) &&
	    s->start_ns + s->config->duration_ns < next_ns)
		next_ns = s->start_ns + s->config->duration_ns;
	return next_ns <= now_ns ? 0 : (int)((next_ns - now_ns) / NS_PER_MS) + 1;
}

enum { POLL_SIGNALS, POLL_RELAY, POLL_SAMPLER, POLL_GATE, POLL_PERF };

/* One wait. The perf descriptors stand last in fds. */
static void wait_once(struct session *s, struct pollfd *fds, size_t perf_count)
{
	bool perf_ready = false;

	fds[POLL_SIGNALS] = (struct pollfd){ .fd = s->signal_fd, .events = POLLIN };
	fds[POLL_RELAY] =
		(struct pollfd){ .fd = s->relay_gone ? -1 : s->relay.control, .events = POLLIN };
	fds[POLL_SAMPLER] =
		(struct pollfd){ .fd = s->sampler && !s->sampler_over ? procsampler_fd(s->sampler)
								      : -1,
				 .events = POLLIN };
	fds[POLL_GATE] = (struct pollfd){ .fd = s->gate.control, .events = POLLIN };
	if (poll(fds, POLL_PERF + perf_count, timeout_ms(s, clock_monotonic_ns())) < 0 &&
	    errno != EINTR)
		return;
	for (size_t i = 0; i < perf_count; i++) {
		perf_ready |= (fds[POLL_PERF + i].revents & POLLIN) != 0;
		if (fds[POLL_PERF + i].revents & (POLLHUP | POLLERR))
			fds[POLL_PERF + i].fd =
				-1; /* no task is left: the ring is drained by the clock */
	}
	if (perf_ready)
		session_drain_perf(s);
	if (fds[POLL_RELAY].revents)
		session_hear_relay(s);
	if (fds[POLL_GATE].revents) {
		session_hear_gate(s);
		session_drain_gate(s);
	}
	if (fds[POLL_SAMPLER].revents & (POLLIN | POLLHUP))
		session_drain_sampler(s);
	if (fds[POLL_SIGNALS].revents)
		hear_signals(s);
}

void session_loop(struct session *s)
{
	size_t perf_count = 0;
	const struct pollfd *perf = s->perf ? perfset_pollfds(s->perf, &perf_count) : NULL;
	struct pollfd *fds = xcalloc(POLL_PERF + perf_count, sizeof(*fds));
	uint64_t now_ns = clock_monotonic_ns();

	if (perf)
		memcpy(fds + POLL_PERF, perf, perf_count * sizeof(*fds));
	s->rate_at_ns = now_ns;
	s->next_drain_ns = now_ns + DRAIN_EVERY_NS;
	s->next_second_ns = now_ns + NS_PER_S;
	s->target_ended = launch_has_ended(s->launch.pid);
	while (!s->target_ended && !(s->term_sent && now_ns - s->term_ns > TERM_PATIENCE_NS)) {
		wait_once(s, fds, perf_count);
		now_ns = clock_monotonic_ns();
		do_due_work(s, now_ns);
	}
	free(fds);
}
