/* procsampler.c - the sampling thread: what is due when, and the pipe to the session. */
#include "capture/procsampler.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/units.h"
#include "parse/procstat.h"
#include "procfile_internal.h"
#include "procsampler_internal.h"

#define PIPE_BYTES     (1 << 20) /* what an ordinary user may ask for (pipe(7)); less is fine */
#define STATM_HZ_MAX   10000
#define SMAPS_FIRST_NS (50 * NS_PER_MS)
#define LOSS_NS	       NS_PER_S
#define ENDING_NS      (500 * NS_PER_MS) /* for all threads to end after the first */

static const char *const source_names[SAMPLER_SOURCE_COUNT] = { "statm", "procstat", "smaps",
								"cgroup", "gctrace" };

/* ---- the pipe */

static void drop_output(struct procsampler *s)
{
	atomic_fetch_add(&s->unsent_count, s->out_count);
	buf_clear(&s->out);
	s->out_count = 0;
}

/* Until there is room in the pipe. False when we are to stop before. */
static bool wait_for_room(struct procsampler *s)
{
	struct pollfd fds[2] = { { .fd = s->write_fd, .events = POLLOUT },
				 { .fd = s->stop_fd, .events = POLLIN } };

	if (atomic_load(&s->stopping))
		return false;
	return poll(fds, 2, -1) >= 0 || errno == EINTR;
}

/* Write what was gathered, in one piece: pipe(7) keeps writes up to PIPE_BUF whole. */
static void flush(struct procsampler *s)
{
	while (s->out.len) {
		ssize_t n = write(s->write_fd, s->out.at, s->out.len);

		if (n >= 0) {
			buf_clear(&s->out);
			s->out_count = 0;
		} else if (errno == EAGAIN) {
			if (!wait_for_room(s))
				drop_output(s);
		} else if (errno != EINTR) {
			drop_output(s); /* EPIPE: nobody reads any more */
			s->gone = true;
		}
	}
}

void sampler_emit(struct procsampler *s, const struct event *ev)
{
	buf_clear(&s->record);
	event_encode(&s->record, ev);
	if (s->out.len + s->record.len > PIPE_BUF)
		flush(s);
	if (s->record.len > PIPE_BUF) {
		atomic_fetch_add(&s->unsent_count, 1);
		return;
	}
	buf_add(&s->out, s->record.at, s->record.len);
	s->out_count++;
}

void sampler_tell_source(struct procsampler *s, enum sampler_source source, const char *state,
			 const char *detail)
{
	struct event ev = { .kind = EVENT_SOURCE, .time_ns = clock_monotonic_ns() };
	char now[sizeof(s->told[0])];

	snprintf(now, sizeof(now), "%s %s", state, detail);
	if (strcmp(now, s->told[source]) == 0)
		return;
	memcpy(s->told[source], now, sizeof(now));
	ev.u.source = (struct event_source){ .name = text_of(source_names[source]),
					     .state = text_of(state),
					     .detail = text_of(detail) };
	sampler_emit(s, &ev);
}

static void tell_loss(struct procsampler *s, const char *source, uint64_t count, const char *detail)
{
	struct event ev = { .kind = EVENT_LOSS, .time_ns = clock_monotonic_ns() };

	if (count == 0)
		return;
	ev.u.loss = (struct event_loss){ .source = text_of(source),
					 .count = count,
					 .detail = text_of(detail) };
	sampler_emit(s, &ev);
}

/* ---- what is due when */

/* Until all threads have ended there is a moment without memory; when it lasts, only the main
 * thread called pthread_exit(3), or this is a kernel thread. */
static void memory_gone(struct procsampler *s)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (s->memory_gone_ns == 0)
		s->memory_gone_ns = now_ns;
	if (now_ns - s->memory_gone_ns < ENDING_NS)
		return;
	s->gone = true;
	sampler_tell_source(s, SAMPLER_STATM, "off",
			    "the main thread has ended: the kernel shows no memory figures for the "
			    "threads that live on");
}

void sampler_read_empty(struct procsampler *s)
{
	struct proc_stat st;
	struct text file;
	char buf[4096];
	int rc = procfile_read(&file, s->stat_fd, buf, sizeof(buf));

	if (rc < 0 || !procstat_parse(&st, file))
		sampler_read_failed(s, rc);
	else if ((st.state == 'Z' || st.state == 'X') && st.thread_count <= 1)
		s->gone = true;
	else
		memory_gone(s);
}

void sampler_read_failed(struct procsampler *s, int rc)
{
	if (rc == -ESRCH || rc == -ENOENT)
		s->gone = true;
	else
		atomic_fetch_add(&s->failed_count, 1);
}

/* The budget wants to know how much is resident now. */
static void task_smaps(struct procsampler *s)
{
	if (s->config.statm_hz == 0)
		sampler_statm(s);
	if (!s->gone)
		sampler_smaps(s);
}

static uint64_t thread_cpu_ns(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void task_flush(struct procsampler *s)
{
	flush(s);
	atomic_store(&s->cpu_ns, thread_cpu_ns());
}

static void task_loss(struct procsampler *s)
{
	uint64_t missed = atomic_load(&s->missed_count);

	tell_loss(s, "statm", missed - s->missed_told, "the sampler was not woken in time");
	s->missed_told = missed;
}

enum {
	TASK_STATM,
	TASK_PROCSTAT,
	TASK_BINARY,
	TASK_CGROUP,
	TASK_SETTINGS,
	TASK_SMAPS,
	TASK_FLUSH,
	TASK_LOSS,
	TASK_COUNT
};

struct task {
	void (*run)(struct procsampler *s);
	uint64_t period_ns; /* 0: never */
	uint64_t due_ns;
};

static void plan(struct task *tasks, const struct procsampler *s)
{
	bool wants_smaps = s->config.max_stall_ns > 0 && s->config.smaps_share > 0;
	uint64_t hz = s->config.statm_hz, now_ns = clock_monotonic_ns();

	if (hz > STATM_HZ_MAX)
		hz = STATM_HZ_MAX;
	tasks[TASK_STATM] = (struct task){ sampler_statm, hz ? NS_PER_S / hz : 0, now_ns };
	tasks[TASK_PROCSTAT] = (struct task){ sampler_procstat, 100 * NS_PER_MS, now_ns };
	tasks[TASK_BINARY] = (struct task){ sampler_binary, 200 * NS_PER_MS, now_ns };
	tasks[TASK_CGROUP] = (struct task){ sampler_cgroup, 500 * NS_PER_MS, now_ns };
	tasks[TASK_SETTINGS] =
		(struct task){ sampler_settings, s->config.expects_gctrace ? 50 * NS_PER_MS : 0,
			       now_ns };
	tasks[TASK_SMAPS] = (struct task){ task_smaps, wants_smaps ? SMAPSBUDGET_PERIOD_MIN_NS : 0,
					   now_ns + SMAPS_FIRST_NS };
	tasks[TASK_FLUSH] = (struct task){ task_flush, 100 * NS_PER_MS, now_ns };
	tasks[TASK_LOSS] = (struct task){ task_loss, LOSS_NS, now_ns + LOSS_NS };
}

/* The next deadline that lies ahead; those passed over are missed, not made up for in a burst. */
static uint64_t next_due(struct task *t, uint64_t now_ns)
{
	uint64_t passed = (now_ns - t->due_ns) / t->period_ns;

	t->due_ns += (passed + 1) * t->period_ns;
	return passed;
}

static void run_due(struct procsampler *s, struct task *tasks)
{
	for (int i = 0; i < TASK_COUNT && !s->gone && !atomic_load(&s->stopping); i++) {
		struct task *t = &tasks[i];
		uint64_t now_ns = clock_monotonic_ns(), missed;

		if (t->period_ns == 0 || now_ns < t->due_ns)
			continue;
		missed = next_due(t, now_ns);
		if (i == TASK_STATM)
			atomic_fetch_add(&s->missed_count, missed);
		t->run(s);
		if (i == TASK_SMAPS)
			t->due_ns = s->smaps_due_ns;
	}
}

/* Sleep until the next deadline, or until we are to stop. */
static void sleep_until_due(struct procsampler *s, const struct task *tasks)
{
	struct pollfd stop = { .fd = s->stop_fd, .events = POLLIN };
	uint64_t due_ns = UINT64_MAX, now_ns = clock_monotonic_ns(), left_ns;
	struct timespec ts;

	for (int i = 0; i < TASK_COUNT; i++) {
		if (tasks[i].period_ns && tasks[i].due_ns < due_ns)
			due_ns = tasks[i].due_ns;
	}
	left_ns = due_ns > now_ns ? due_ns - now_ns : 0;
	ts.tv_sec = (time_t)(left_ns / NS_PER_S);
	ts.tv_nsec = (long)(left_ns % NS_PER_S);
	ppoll(&stop, 1, &ts, NULL);
}

static void tell_start(struct procsampler *s)
{
	char detail[64];

	snprintf(detail, sizeof(detail), "%llu %s per second",
		 (unsigned long long)s->config.statm_hz,
		 units_plural(s->config.statm_hz, "sample", "samples"));
	sampler_tell_source(s, SAMPLER_STATM, s->config.statm_hz ? "on" : "off",
			    s->config.statm_hz ? detail : "switched off");
	sampler_tell_source(s, SAMPLER_PROCSTAT, "on", "");
	if (s->config.max_stall_ns == 0 || s->config.smaps_share <= 0)
		sampler_tell_source(s, SAMPLER_SMAPS, "off", "switched off: no stall is allowed");
}

static void *sampler_main(void *arg)
{
	struct procsampler *s = arg;
	struct task tasks[TASK_COUNT];

	prctl(PR_SET_NAME, "gctide-proc");
	prctl(PR_SET_TIMERSLACK, 1UL);
	tell_start(s);
	plan(tasks, s);
	while (!s->gone && !atomic_load(&s->stopping)) {
		run_due(s, tasks);
		if (!s->gone)
			sleep_until_due(s, tasks);
	}
	task_loss(s);
	tell_loss(s, "smaps", atomic_load(&s->skipped_count),
		  "left out: a read might have stalled the target for longer than allowed");
	flush(s);
	fd_drop(&s->write_fd); /* the reader sees the end */
	atomic_store(&s->cpu_ns, thread_cpu_ns());
	return NULL;
}

/* ---- life */

static int open_process(struct procsampler *s, struct err *err)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)s->config.pid);
	s->proc_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->proc_fd < 0) {
		int rc = err_set(err, errno == ENOENT ? ESRCH : errno, "cannot watch process %d",
				 (int)s->config.pid);

		if (access("/proc/self", F_OK) < 0)
			err_hint(err, "/proc is not mounted here: mount -t proc proc /proc");
		return rc;
	}
	sampler_open_files(s);
	return 0;
}

static int open_pipe(struct procsampler *s, struct err *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(err, errno, "cannot make a pipe for the /proc sampler");
	s->read_fd = fds[0];
	s->write_fd = fds[1];
	fcntl(s->write_fd, F_SETPIPE_SZ, PIPE_BYTES);
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s->stop_fd < 0 ? err_set(err, errno, "cannot make an eventfd") : 0;
}

/* Signals belong to the session's thread; a write to a closed pipe must not end the program either.
 */
static int start_thread(struct procsampler *s, struct err *err)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	code = pthread_create(&s->thread, NULL, sampler_main, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (code)
		return err_set(err, code, "cannot start the /proc sampler's thread");
	s->has_thread = true;
	return 0;
}

int procsampler_start(struct procsampler **ret, const struct procsampler_config *config,
		      struct err *err)
{
	struct procsampler *s = xcalloc(1, sizeof(*s));
	long page_bytes = sysconf(_SC_PAGESIZE), tick_hz = sysconf(_SC_CLK_TCK);
	int rc;

	s->config = *config;
	s->read_fd = s->write_fd = s->stop_fd = -1;
	s->proc_fd = s->statm_fd = s->stat_fd = s->status_fd = -1;
	s->page_bytes = (uint64_t)(page_bytes > 0 ? page_bytes : 4096);
	s->tick_ns = NS_PER_S / (uint64_t)(tick_hz > 0 ? tick_hz : 100);
	smapsbudget_init(&s->budget, config->max_stall_ns, config->smaps_share);
	rc = open_process(s, err);
	if (rc == 0)
		rc = open_pipe(s, err);
	if (rc == 0)
		rc = start_thread(s, err);
	if (rc < 0) {
		procsampler_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

int procsampler_fd(const struct procsampler *s)
{
	return s->read_fd;
}

void procsampler_read_totals(const struct procsampler *s, struct procsampler_totals *ret)
{
	*ret = (struct procsampler_totals){
		.cpu_ns = atomic_load(&s->cpu_ns),
		.longest_stall_ns = atomic_load(&s->longest_stall_ns),
		.failed_read_count = atomic_load(&s->failed_count),
		.statm_missed_count = atomic_load(&s->missed_count),
		.smaps_skipped_count = atomic_load(&s->skipped_count),
		.unsent_record_count = atomic_load(&s->unsent_count),
	};
}

void procsampler_stop(struct procsampler *s, struct procsampler_totals *ret)
{
	uint64_t one = 1;

	if (s->has_thread) {
		atomic_store(&s->stopping, true);
		while (write(s->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
		pthread_join(s->thread, NULL);
		s->has_thread = false;
	}
	procsampler_read_totals(s, ret);
}

void procsampler_free(struct procsampler *s)
{
	struct procsampler_totals unused;

	if (!s)
		return;
	procsampler_stop(s, &unused);
	sampler_close_files(s);
	fd_drop(&s->read_fd);
	fd_drop(&s->write_fd);
	fd_drop(&s->stop_fd);
	buf_done(&s->record);
	buf_done(&s->out);
	free(s);
}
