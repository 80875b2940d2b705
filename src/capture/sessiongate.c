/* sessiongate.c - returns by the gate, where their tracepoint cannot be had. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/unknown.h"
#include "session_internal.h"
#include "target/commandpath.h"

#define SOURCE	    "seccomp.returns"
#define LOSS_SOURCE "perf.returns"

#define REAP_PATIENCE_NS (100 * NS_PER_MS)

/* Linux 5.9 tells the gate when the filter's last user is gone (POLLHUP); without that it would
 * stay for ever. */
static bool is_too_old(const struct session *s)
{
	unsigned major, minor;

	return sscanf(s->machine.release, "%u.%u", &major, &minor) == 2 &&
	       (major < 5 || (major == 5 && minor < 9));
}

/* Why there shall be no gate, in *err; 0 when there shall be one. ECANCELED: nobody misses it. */
static int decide(struct session *s, struct err *err)
{
	const struct session_config *c = s->config;

	if (c->returns == SESSION_RETURNS_OFF)
		return err_say(err, ECANCELED, "switched off with --returns off");
	if (c->returns != SESSION_RETURNS_SECCOMP &&
	    perfset_try_returns(&s->why_no_tracepoint) == 0)
		return err_say(err, ECANCELED, "not needed: the tracepoint is there");
	if (c->returns == SESSION_RETURNS_TRACEPOINT)
		return err_say(err, ECANCELED, "not wanted: --returns tracepoint");
	if (is_too_old(s))
		return err_say(err, ENOSYS, "needs Linux 5.9, this is %s", s->machine.release);
	if (!c->perf)
		return err_say(err, ENOTSUP, "not without perf, which knows what is mapped where");
	if (commandpath_gains_rights(c->argv[0]))
		return err_say(
			err, EPERM,
			"the command is set-user-id, set-group-id or has capabilities, and would "
			"not under a seccomp filter");
	return returngate_try(err);
}

void session_start_gate(struct session *s)
{
	int rc = decide(s, &s->why_no_gate);

	if (rc < 0)
		return;
	s->gate_takes_rights = rc > 0;
	if (returngate_start(&s->gate, &s->why_no_gate) < 0)
		s->gate = (struct returngate){ .control = -1, .passing = -1 };
}

void session_pass_gate(void *arg)
{
	struct returngate *g = arg;

	returngate_install(g->passing, g->pid);
}

/* How the gate's records are to be read. */
static void add_layout(struct session *s)
{
	uint64_t id = RETURNGATE_ID;
	struct event ev = { .kind = EVENT_PERF_ATTR };

	ev.u.perf_attr = (struct event_perf_attr){
		.name = text_of("seccomp/madvise"),
		.role = PERF_ROLE_RETURN,
		.type = UNKNOWN_U64,
		.config = UNKNOWN_U64,
		.sample_type = returngate_sample_type(),
		.sample_period = 1,
		.exclude_kernel = 1,
		.ids = { (const char *)&id, sizeof(id) },
		.ring_bytes = UNKNOWN_U64,
		.sample_hz = UNKNOWN_U64,
		.regs_user = returngate_registers(),
		.stack_bytes = RETURNGATE_STACK_BYTES,
	};
	session_add(s, &ev);
}

static void note_refusal(struct session *s, int code)
{
	char detail[160];

	snprintf(detail, sizeof(detail), "cannot install a seccomp filter in the target: %s",
		 strerror(code));
	session_add_source(s, SOURCE, "off", detail);
}

static void note_start(struct session *s)
{
	s->gate_is_on = true;
	add_layout(s);
	session_add_source(
		s, SOURCE, "on",
		s->gate_takes_rights
			? "every call of madvise(2) waits for a process of gctide's; the "
			  "target has no_new_privs"
			: "every call of madvise(2) waits for a process of gctide's");
	if (s->gate_takes_rights)
		session_notice(s, "madvise(2) is watched by a seccomp filter, under which programs "
				  "that the target starts gain no rights (sudo, ping): --returns "
				  "off does without");
}

/* A gate that was killed: the stand-by answers from then on, and notes nothing. */
static void note_end(struct session *s)
{
	uint64_t until_ns = s->gate_gone_ns + REAP_PATIENCE_NS;
	int status = 0;
	pid_t got;

	while ((got = waitpid(s->gate.pid, &status, WNOHANG)) == 0 &&
	       clock_monotonic_ns() < until_ns)
		poll(NULL, 0, 1);
	if (got != s->gate.pid || !WIFSIGNALED(status) || !s->gate_is_on)
		return;
	session_add_loss(s, LOSS_SOURCE, UNKNOWN_U64,
			 "the gate was killed: calls from then on are not recorded");
	session_notice(s,
		       "at %.1f s: the process return-gate was killed by signal %d: returns from "
		       "there on are not recorded",
		       (double)(s->gate_gone_ns - s->start_ns) / 1e9, WTERMSIG(status));
}

void session_hear_gate(struct session *s)
{
	int code = 0;

	for (;;) {
		switch (returngate_hear(&s->gate, &code)) {
		case RETURNGATE_QUIET:
			return;
		case RETURNGATE_ON:
			note_start(s);
			break;
		case RETURNGATE_REFUSED:
			note_refusal(s, code);
			break;
		case RETURNGATE_GONE:
			s->gate_gone_ns = clock_monotonic_ns();
			note_end(s);
			return;
		}
	}
}

static void add_records(void *arg, struct text records)
{
	struct event ev = { .kind = EVENT_PERF_DATA, .u.perf_data = { UNKNOWN_U64, records } };

	session_add(arg, &ev);
}

void session_drain_gate(struct session *s)
{
	if (s->gate_is_on)
		returngate_drain(&s->gate, add_records, s);
}

/* The gate ends with the filter's last user: mostly at once, and then it should not be left as a
 * zombie; but what the target started may run on. */
void session_await_gate(struct session *s)
{
	struct pollfd p = { .fd = s->gate.control, .events = POLLIN };
	uint64_t until_ns = clock_monotonic_ns() + REAP_PATIENCE_NS;

	while (s->target_ended && s->gate.control >= 0 && clock_monotonic_ns() < until_ns) {
		poll(&p, 1, 10);
		session_hear_gate(s);
	}
}

void session_end_gate(struct session *s)
{
	uint64_t lost_count;

	session_hear_gate(s);
	session_drain_gate(s);
	lost_count = returngate_totals(&s->gate).lost_count;
	if (lost_count)
		session_add_loss(s, LOSS_SOURCE, lost_count,
				 "calls that the recorder did not take over in time");
}
