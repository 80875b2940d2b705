/* cmd_record.c - gctide record: drive a target and record what its collector does. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/unknown.h"
#include "capture/perfset.h"
#include "capture/procsampler.h"
#include "capture/samplelimits.h"
#include "capture/session.h"
#include "cmd/command.h"
#include "cmd/version.h"
#include "target/commandpath.h"
#include "target/environment.h"

#define DEFAULT_PATH   "gctide.rec"
#define OLD_PATH       "gctide.rec.old"
#define SAMPLE_HZ      99 /* prime-like beside the usual 100 Hz of timers: no lockstep */
#define SAMPLE_HZ_MAX  100000
#define STACK_BYTES    4096 /* C on its own stack: some frames of some hundred bytes each */
#define GO_BYTES       128  /* Go alone: the frames of assembly and of functions at their entry */
#define STATM_HZ       200
#define STATM_HZ_MAX   10000
#define MAX_STALL_NS   (10 * NS_PER_MS)
#define MAX_FAULT_RATE 500000

struct record_values {
	const char *path, *madvdontneed, *events, *returns, *smaps_share;
	uint64_t frequency_hz, statm_hz, stack_bytes, duration_ns, max_stall_ns, max_fault_rate;
	bool keep_trace, scavtrace, no_addresses, no_perf, quiet;
};

#define AT(field) offsetof(struct record_values, field)

static const struct option_spec record_options[] = {
	{ "output", 'o', OPTION_TEXT, AT(path), "FILE",
	  "where the recording goes (default " DEFAULT_PATH ")", NULL },
	{ "madvdontneed", 0, OPTION_CHOICE, AT(madvdontneed), "0|1",
	  "return pages with MADV_FREE (0) or MADV_DONTNEED (1); default: as the target's Go does",
	  "0 1" },
	{ "keep-trace", 0, OPTION_FLAG, AT(keep_trace), NULL,
	  "leave the trace lines on the target's stderr", NULL },
	{ "scavtrace", 0, OPTION_FLAG, AT(scavtrace), NULL,
	  "ask for the scavenger's lines too; in rare cases Go then deadlocks: not for production",
	  NULL },
	{ "frequency", 'F', OPTION_COUNT, AT(frequency_hz), "HZ",
	  "stacks per second of CPU time (default 99; 0: none, but of returns)", NULL },
	{ "event", 'e', OPTION_TEXT, AT(events), "NAME[,NAME]",
	  "take stacks of these events too; gctide events lists what opens here", NULL },
	{ "stack-bytes", 0, OPTION_SIZE, AT(stack_bytes), "SIZE",
	  "of each stack, for code without frame pointers (default: 4KiB; 128B for "
	  "Go without C; 0: none)",
	  NULL },
	{ "returns", 0, OPTION_CHOICE, AT(returns), "auto|tracepoint|seccomp|off",
	  "how calls of madvise are seen (default auto: by tracepoint, else by a seccomp filter)",
	  "auto tracepoint seccomp off" },
	{ "rss-frequency", 0, OPTION_COUNT, AT(statm_hz), "HZ",
	  "samples of resident memory per second (default 200)", NULL },
	{ "duration", 0, OPTION_DURATION, AT(duration_ns), "TIME",
	  "end the target with SIGTERM after this long", NULL },
	{ "max-stall", 0, OPTION_DURATION, AT(max_stall_ns), "TIME",
	  "longest time a read may hold the target's mmap lock (default 10ms)", NULL },
	{ "smaps-share", 0, OPTION_TEXT, AT(smaps_share), "SHARE",
	  "of one core, for reads of smaps (default 0.5%)", NULL },
	{ "no-fault-addresses", 0, OPTION_FLAG, AT(no_addresses), NULL,
	  "count page faults, do not record each one", NULL },
	{ "max-fault-rate", 0, OPTION_COUNT, AT(max_fault_rate), "N",
	  "above N faults per second record every 61st address (default 500000; 0: never)", NULL },
	{ "no-perf", 0, OPTION_FLAG, AT(no_perf), NULL, "open no perf events at all", NULL },
	{ "quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "say nothing but errors", NULL },
	{ 0 },
};

/* gctide's own status for one of its own failures, as env(1) and nice(1) do it. */
static int failure_status(int rc)
{
	switch (rc) {
	case -ENOENT:
		return EXIT_NOT_FOUND;
	case -EACCES:
	case -ENOEXEC:
		return EXIT_NOT_EXECUTABLE;
	default:
		return EXIT_OWN_FAILURE;
	}
}

/* One older recording is kept when no name was asked for. */
static void keep_old_recording(void)
{
	struct stat st;

	if (stat(DEFAULT_PATH, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		(void)rename(
			DEFAULT_PATH,
			OLD_PATH); /* when it fails, the writer decides about the file itself */
}

static void print_notices(const struct session_result *r)
{
	struct text left = buf_text(&r->notices);

	while (left.len) {
		const char *end = memchr(left.at, '\n', left.len);
		size_t len = end ? (size_t)(end - left.at) : left.len;

		fprintf(stderr, "gctide: %.*s\n", (int)len, left.at);
		len += end != NULL;
		left.at += len;
		left.len -= len;
	}
}

/* A closing word for people; scripts that compare stderr get none. */
static void print_closing(const struct session_result *r, const char *path)
{
	char lines[UNITS_TEXT_BYTES], faults[UNITS_TEXT_BYTES], bytes[UNITS_TEXT_BYTES];

	fprintf(stderr, "gctide: %s %s, %s %s, %s in %s; see: gctide report %s\n",
		units_count(lines, r->line_count),
		units_plural(r->line_count, "trace line", "trace lines"),
		units_count(faults, r->fault_count),
		units_plural(r->fault_count, "page fault", "page faults"),
		units_bytes(bytes, r->file_bytes), path, path);
}

static int target_status(const struct session_result *r)
{
	if (r->outcome == SESSION_DURATION_OVER)
		return EXIT_DONE;
	return WIFSIGNALED(r->status) ? 128 + WTERMSIG(r->status) : WEXITSTATUS(r->status);
}

static int run_session(const struct session_config *c, const struct record_values *v,
		       struct err *err)
{
	struct session_result result;
	int rc = session_run(&result, c, err), status;

	if (!v->quiet)
		print_notices(&result);
	if (result.outcome == SESSION_NOT_EXECUTED)
		status = failure_status(rc);
	else if (rc < 0)
		status = EXIT_OWN_FAILURE;
	else
		status = target_status(&result);
	if (rc == 0 && !v->quiet && isatty(STDERR_FILENO))
		print_closing(&result, c->path);
	buf_done(&result.notices);
	return status;
}

/* Our descriptors must not land on 0, 1 or 2 when the user closed one of them. */
static void reserve_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/* The names in --event, cut apart in place. */
struct event_names {
	char text[1024];
	char *at[PERFSET_EVENTS_MAX];
	size_t count;
};

static int split_events(struct event_names *ret, const char *list, struct err *err)
{
	char *rest = NULL;

	if (list && strlen(list) >= sizeof(ret->text))
		return err_say(err, EINVAL, "record: --event: the list is too long");
	snprintf(ret->text, sizeof(ret->text), "%s", list ? list : "");
	for (char *name = strtok_r(ret->text, ",", &rest); name;
	     name = strtok_r(NULL, ",", &rest)) {
		if (ret->count == PERFSET_EVENTS_MAX)
			return err_say(err, EINVAL, "record: --event takes at most %d names",
				       PERFSET_EVENTS_MAX);
		ret->at[ret->count++] = name;
	}
	if (list && ret->count == 0)
		return err_say(err, EINVAL, "record: --event wants the name of an event");
	return 0;
}

/* Better to hear of a wrong name before the program runs than behind it. */
static int check_events(const struct event_names *events, const struct record_values *v,
			struct err *err)
{
	if (events->count && v->no_perf)
		return err_say(err, EINVAL, "record: --event needs perf, and --no-perf is there");
	for (size_t i = 0; i < events->count; i++) {
		int rc = perfset_try_event(events->at[i], err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The kernel refuses more than its limit. */
static uint64_t allowed_hz(const struct record_values *v)
{
	uint64_t max_hz = samplelimits_max_hz();

	if (!is_known(max_hz) || v->frequency_hz <= max_hz)
		return v->frequency_hz;
	if (!v->quiet)
		fprintf(stderr,
			"gctide: %llu samples per second instead of %llu: "
			"kernel.perf_event_max_sample_rate\n",
			(unsigned long long)max_hz, (unsigned long long)v->frequency_hz);
	return max_hz;
}

static enum session_returns returns_of(const struct record_values *v)
{
	static const char *const names[] = {
		[SESSION_RETURNS_BEST] = "auto",
		[SESSION_RETURNS_TRACEPOINT] = "tracepoint",
		[SESSION_RETURNS_SECCOMP] = "seccomp",
		[SESSION_RETURNS_OFF] = "off",
	};

	for (size_t i = 0; v->returns && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(v->returns, names[i]) == 0)
			return (enum session_returns)i;
	return SESSION_RETURNS_BEST;
}

static int check_values(const struct record_values *v, int argc, int operands, struct err *err)
{
	if (operands >= argc)
		return err_say(
			err, EINVAL,
			"record: which command shall run? gctide record [options] -- CMD [ARG...]");
	if (v->statm_hz < 1 || v->statm_hz > STATM_HZ_MAX)
		return err_say(err, EINVAL, "record: --rss-frequency is a number from 1 to %d",
			       STATM_HZ_MAX);
	if (v->frequency_hz > SAMPLE_HZ_MAX)
		return err_say(err, EINVAL, "record: --frequency is a number from 0 to %d",
			       SAMPLE_HZ_MAX);
	if (is_known(v->stack_bytes) && v->stack_bytes > SAMPLE_STACK_BYTES_MAX)
		return err_say(err, EINVAL, "record: --stack-bytes is at most %u",
			       SAMPLE_STACK_BYTES_MAX);
	if (v->events && v->frequency_hz == 0)
		return err_say(err, EINVAL,
			       "record: --event takes stacks, and -F 0 switches them off");
	if (v->path && !*v->path)
		return err_say(err, EINVAL, "record: --output wants the name of a file, not ''");
	if (v->duration_ns == 0)
		return err_say(err, EINVAL, "record: --duration wants a time above 0, such as 10s");
	return 0;
}

static int run(int argc, char **argv, struct err *err)
{
	struct record_values v = { .path = NULL,
				   .frequency_hz = SAMPLE_HZ,
				   .statm_hz = STATM_HZ,
				   .stack_bytes = UNKNOWN_U64,
				   .duration_ns = UNKNOWN_U64,
				   .max_stall_ns = MAX_STALL_NS,
				   .max_fault_rate = MAX_FAULT_RATE };
	struct environment environment;
	struct event_names events = { 0 };
	double smaps_share = PROCSAMPLER_SMAPS_SHARE;
	int operands, status, rc;

	if (options_parse(record_options, &v, argc, argv, &operands, err) < 0 ||
	    check_values(&v, argc, operands, err) < 0)
		return EXIT_USAGE;
	if (v.smaps_share &&
	    options_parse_share(&smaps_share, v.smaps_share, "record: --smaps-share", err) < 0)
		return EXIT_USAGE;
	if (split_events(&events, v.events, err) < 0)
		return EXIT_USAGE;
	reserve_standard_descriptors();
	rc = check_events(&events, &v, err);
	if (rc < 0)
		return EXIT_OWN_FAILURE;
	rc = commandpath_check(argv[operands], err);
	if (rc < 0)
		return failure_status(rc);
	if (!is_known(v.stack_bytes))
		v.stack_bytes = commandpath_is_go_alone(argv[operands]) ? GO_BYTES : STACK_BYTES;
	if (!v.path)
		keep_old_recording();
	environment_build(&environment, environ,
			  &(struct environment_config){ v.madvdontneed, v.scavtrace });
	if (environment.overridden.len && !v.quiet)
		fprintf(stderr, "gctide: your GODEBUG is overridden: %s\n",
			buf_cstr(&environment.overridden));
	struct session_config c = {
		.argv = argv + operands,
		.environment = &environment,
		.path = v.path ? v.path : DEFAULT_PATH,
		.version = GCTIDE_VERSION,
		.statm_hz = v.statm_hz,
		.sample_hz = allowed_hz(&v),
		.stack_bytes = v.stack_bytes & ~UINT64_C(7),
		.events = (const char *const *)events.at,
		.event_count = events.count,
		.max_stall_ns = v.max_stall_ns,
		.smaps_share = smaps_share,
		.duration_ns = v.duration_ns,
		.max_faults_per_second = v.max_fault_rate ? v.max_fault_rate : UNKNOWN_U64,
		.returns = returns_of(&v),
		.perf = !v.no_perf,
		.addresses = !v.no_addresses,
		.keep_trace = v.keep_trace,
	};
	status = run_session(&c, &v, err);
	environment_done(&environment);
	return status;
}

const struct command cmd_record = {
	.name = "record",
	.usage = "[-o FILE] [options] [--] CMD [ARG...]",
	.summary = "run a Go program and record its collections, page faults and memory",
	.details =
		"The target runs under GODEBUG=gctrace=1[,scavtrace=1][,madvdontneed=N], added "
		"behind your own GODEBUG.\n"
		"Its stdin and stdout are untouched, its stderr reaches you without the trace "
		"lines.\n"
		"Exit status: the target's own (128+N for signal N; 0 when --duration ended it); "
		"125 when gctide\n"
		"failed, 126 when the command could not be executed, 127 when it was not found.\n",
	.options = record_options,
	.run = run,
};
