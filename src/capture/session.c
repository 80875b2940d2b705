/* session.c - one recording: open everything in order, and say what is missing. */
#include "capture/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/own.h"
#include "base/units.h"
#include "base/unknown.h"
#include "capture/cpulist.h"
#include "capture/machinefacts.h"
#include "session_internal.h"
#include "target/environment.h"

void session_add(struct session *s, struct event *ev)
{
	if (ev->time_ns == 0)
		ev->time_ns = clock_monotonic_ns();
	writer_add(s->writer,
		   ev); /* a failure stays in writer_status, and the refused are counted */
}

void session_add_source(struct session *s, const char *name, const char *state, const char *detail)
{
	struct event ev = { .kind = EVENT_SOURCE,
			    .u.source = { text_of(name), text_of(state), text_of(detail) } };

	session_add(s, &ev);
}

void session_add_loss(struct session *s, const char *source, uint64_t count, const char *detail)
{
	struct event ev = { .kind = EVENT_LOSS,
			    .u.loss = { text_of(source), count, text_of(detail) } };

	session_add(s, &ev);
}

void session_notice(struct session *s, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	buf_addf(&s->result->notices, "%s\n", line);
}

void session_add_clock(struct session *s)
{
	struct clock_triple t;
	struct event ev = { .kind = EVENT_CLOCK };

	clock_read_triple(&t);
	ev.time_ns = t.monotonic_ns;
	ev.u.clock = (struct event_clock){ t.monotonic_ns, t.realtime_ns, t.boottime_ns };
	session_add(s, &ev);
}

static uint64_t count_cpus(void)
{
	struct cpulist cpus;
	uint64_t count = UNKNOWN_U64;

	if (cpulist_online(&cpus, NULL) == 0) {
		count = cpus.count;
		cpulist_done(&cpus);
	}
	return count;
}

static void add_session(struct session *s)
{
	const struct session_config *c = s->config;
	const struct environment *e = c->environment;
	struct buf argv = { 0 };
	struct event ev = { .kind = EVENT_SESSION };

	for (char **at = c->argv; *at; at++)
		buf_add(&argv, *at, strlen(*at) + 1);
	ev.u.session = (struct event_session){
		.gctide_version = text_of(c->version),
		.argv = buf_text(&argv),
		.pid = (uint64_t)s->launch.pid,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
		.cpu_count = count_cpus(),
		.user_id = geteuid(),
		.kernel_release = text_of(s->machine.release),
		.machine = text_of(s->machine.machine),
		.user_godebug = text_of(e->user_godebug),
		.godebug = text_of(e->godebug),
		.gogc = text_of(environment_get(e, "GOGC")),
		.gomemlimit = text_of(environment_get(e, "GOMEMLIMIT")),
		.gomaxprocs = text_of(environment_get(e, "GOMAXPROCS")),
		.statm_hz = c->statm_hz,
		.max_stall_ns = c->max_stall_ns,
	};
	session_add(s, &ev);
	buf_done(&argv);
}

static int add_perf_attr(void *arg, const struct event_perf_attr *attr)
{
	struct event ev = { .kind = EVENT_PERF_ATTR, .u.perf_attr = *attr };

	session_add(arg, &ev);
	session_note_attr(arg, attr);
	return 0;
}

/* Returns need a tracepoint, which few users may open: that alone is no reason for a notice. */
static void add_stack_source(void *arg, const char *source, const struct err *why_off,
			     const char *detail)
{
	struct session *s = arg;

	session_add_source(s, source, why_off ? "off" : "on", why_off ? why_off->what : detail);
	if (why_off && strncmp(source, "perf.return", 11) != 0 &&
	    strcmp(source, "perf.unmaps") != 0 && strcmp(source, "perf.fixed-maps") != 0)
		session_notice(s, "%s: off: %s%s%s", source, why_off->what,
			       why_off->hint[0] ? "; " : "", why_off->hint);
}

static void add_relay_source(struct session *s)
{
	char detail[160];

	snprintf(detail, sizeof(detail), "stderr through a %s pipe of %llu KiB",
		 s->relay.packet_mode ? "packet-mode" : "plain",
		 (unsigned long long)s->relay.pipe_bytes >> 10);
	if (!s->relay.packet_mode) {
		session_add_source(s, "gctrace", "degraded", detail);
		session_notice(s, "the kernel has no packet-mode pipes: trace lines that other "
				  "output breaks are lost");
		return;
	}
	session_add_source(s, "gctrace", "on", detail);
}

static void add_perf_sources(struct session *s, const struct err *why_off)
{
	const struct session_config *c = s->config;
	const struct err *why = NULL;
	char detail[400];

	if (!s->perf) {
		snprintf(detail, sizeof(detail), "%s",
			 c->perf ? why_off->what : "switched off with --no-perf");
		session_add_source(s, "perf.page-faults", "off", detail);
		session_add_source(s, "perf.fault-addresses", "off", detail);
		if (c->perf)
			session_notice(s, "page faults are not recorded, only their total: %s%s%s",
				       why_off->what, why_off->hint[0] ? "; " : "", why_off->hint);
		return;
	}
	if (perfset_is_user_only(s->perf, &why)) {
		snprintf(detail, sizeof(detail), "user mode only: %s", why->hint);
		session_add_source(s, "perf.page-faults", "degraded", detail);
		session_notice(s, "faults in kernel mode are not recorded: %s", why->hint);
	} else {
		session_add_source(s, "perf.page-faults", "on", "user and kernel mode");
	}
	snprintf(detail, sizeof(detail), "every fault, ring of %zu KiB for each of %zu %s",
		 perfset_ring_bytes(s->perf) >> 10, perfset_cpu_count(s->perf),
		 units_plural(perfset_cpu_count(s->perf), "CPU", "CPUs"));
	session_add_source(s, "perf.fault-addresses", c->addresses ? "on" : "off",
			   c->addresses ? detail : "switched off with --no-fault-addresses");
	perfset_tell_stacks(s->perf, add_stack_source, s);
	if (c->sample_hz == 0)
		session_add_source(s, "perf.cpu-samples", "off", "switched off with -F 0");
}

/* The gate tells itself when it is in place. */
static void add_gate_source(struct session *s)
{
	if (!s->gate.shared && s->why_no_gate.code != ECANCELED)
		session_add_source(s, "seccomp.returns", "off", s->why_no_gate.what);
	if (s->config->returns == SESSION_RETURNS_OFF)
		session_add_source(s, "perf.returns", "off", s->why_no_gate.what);
	else if (s->why_no_tracepoint.code)
		session_add_source(s, "perf.returns", "off", s->why_no_tracepoint.what);
	else if (s->config->returns == SESSION_RETURNS_SECCOMP)
		session_add_source(s, "perf.returns", "off", "not wanted: --returns seccomp");
}

static void add_fact(void *arg, const struct event_fact *fact)
{
	struct event ev = { .kind = EVENT_FACT, .u.fact = *fact };

	session_add(arg, &ev);
}

/* What is known before the target runs. */
static void add_preamble(struct session *s, const struct err *perf_err)
{
	add_session(s);
	session_add_clock(s);
	machinefacts_list(s->launch.pid, add_fact, s);
	add_relay_source(s);
	add_perf_sources(s, perf_err);
	add_gate_source(s);
	if (s->perf)
		perfset_describe(s->perf, add_perf_attr, s);
	writer_flush(s->writer);
}

/* What the recorder needs for itself. The target gets back what was inherited (launch.h). */
static void change_dispositions(struct session *s)
{
	static const struct {
		int number;
		void (*wanted)(int);
	} changes[SESSION_CHANGED_SIGNALS] = {
		/* Who inherits it ignored hears nothing of children that end, and cannot reap them
		 * (sigaction(2)). */
		{ SIGCHLD, SIG_DFL },
		{ SIGPIPE, SIG_IGN },
		{ SIGXFSZ, SIG_IGN }, /* a file-size limit is then an error of write(2) */
	};

	for (size_t i = 0; i < SESSION_CHANGED_SIGNALS; i++) {
		struct sigaction action = { .sa_handler = changes[i].wanted };

		s->changed_signals[i].number = changes[i].number;
		sigaction(changes[i].number, &action, &s->changed_signals[i].before);
	}
}

/* The signals that users send to programs are passed on; SIGCHLD says that the target ended. */
static int take_signals(struct session *s, struct err *err)
{
	static const int taken[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaddset(&set, taken[i]);
	change_dispositions(s);
	sigprocmask(SIG_BLOCK, &set, &s->old_mask);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd < 0 ? err_set(err, errno, "cannot receive signals") : 0;
}

static void start_sampler(struct session *s)
{
	struct err err = { 0 };
	struct procsampler_config c = {
		.pid = s->launch.pid,
		.statm_hz = s->config->statm_hz,
		.max_stall_ns = s->config->max_stall_ns,
		.smaps_share = s->config->smaps_share,
		.expects_gctrace = true,
		.machine = s->machine.machine,
	};

	if (procsampler_start(&s->sampler, &c, &err) == 0)
		return;
	s->sampler = NULL;
	session_add_source(s, "statm", "off", err.what);
	session_notice(s, "resident memory is not sampled: %s", err.what);
}

/* From the relay to the target's first instruction. On failure nothing of the target runs. */
static int start_target(struct session *s, struct err *err)
{
	const struct session_config *c = s->config;
	struct launch_config l = { .argv = c->argv,
				   .environment = c->environment->vector,
				   .stderr_fd = s->relay.write_end,
				   .signal_mask = &s->old_mask,
				   .changed_signals = s->changed_signals,
				   .changed_signal_count = SESSION_CHANGED_SIGNALS,
				   .before_exec = s->gate.shared ? session_pass_gate : NULL,
				   .arg = &s->gate };
	struct perfset_config p = { .addresses = c->addresses,
				    .thin_period = SESSION_THIN_PERIOD,
				    .returns = c->returns == SESSION_RETURNS_TRACEPOINT ||
					       (c->returns == SESSION_RETURNS_BEST &&
						s->why_no_tracepoint.code == 0),
				    .sample_hz = c->sample_hz,
				    .stack_bytes = c->stack_bytes,
				    .events = c->events,
				    .event_count = c->event_count };
	struct err perf_err = { 0 };
	int rc;

	rc = launch_prepare(&s->launch, &l, err);
	fd_drop(&s->relay.write_end);
	fd_drop(&s->gate.passing);
	if (rc < 0)
		return rc;
	p.pid = s->launch.pid;
	if (c->perf && perfset_open(&s->perf, &p, &perf_err) < 0)
		s->perf = NULL;
	s->start_ns = clock_monotonic_ns();
	add_preamble(s, &perf_err);
	rc = writer_status(s->writer, err);
	if (rc < 0) { /* a disk that is full before we began: better not begin */
		launch_cancel(&s->launch);
		return rc;
	}
	rc = launch_go(&s->launch, c->argv[0], err);
	if (rc < 0)
		s->result->outcome = SESSION_NOT_EXECUTED;
	return rc;
}

static int start_relay(struct session *s, struct err *err)
{
	const struct session_config *c = s->config;
	const struct environment *e = c->environment;
	struct relay_config r = {
		.user_stderr = STDERR_FILENO,
		.keep_gc = c->keep_trace || e->user_gctrace,
		.keep_scav = c->keep_trace || e->user_scavtrace,
	};

	return relay_start(&s->relay, &r, err);
}

static void release(struct session *s)
{
	relay_leave(&s->relay);
	returngate_leave(&s->gate);
	procsampler_free(s->sampler);
	perfset_close(s->perf);
	session_stacks_done(s);
	buf_done(&s->sampler_bytes);
	fd_drop(&s->signal_fd);
	free(s->relay_buffer);
}

int session_run(struct session_result *ret, const struct session_config *config, struct err *err)
{
	struct session s = { .config = config, .result = ret, .signal_fd = -1 };
	int rc;

	*ret = (struct session_result){ .outcome = SESSION_NOT_STARTED,
					.fault_count = UNKNOWN_U64 };
	s.relay.write_end = s.relay.control = -1;
	s.gate.control = s.gate.passing = -1;
	uname(&s.machine);
	s.relay_buffer = xcalloc(1, RELAY_MESSAGE_BYTES_MAX);
	rc = writer_open(&s.writer, config->path, err);
	if (rc < 0) {
		free(s.relay_buffer);
		return rc;
	}
	rc = take_signals(&s, err);
	if (rc == 0)
		rc = start_relay(&s, err);
	if (rc == 0) {
		session_start_gate(&s);
		rc = start_target(&s, err);
	}
	if (rc < 0) {
		writer_abandon(s.writer);
		release(&s);
		return rc;
	}
	start_sampler(&s);
	session_loop(&s);
	rc = session_end(&s, err);
	release(&s);
	return rc;
}
