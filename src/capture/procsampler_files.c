/* procsampler_files.c - statm, stat, status and the executable. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/unknown.h"
#include "goruntime/identify.h"
#include "parse/procstat.h"
#include "procfile_internal.h"
#include "procsampler_internal.h"

#define EXE_PATH_SHOWN 2048 /* so that a record fits into PIPE_BUF */

static int open_at(const struct procsampler *s, const char *name)
{
	return openat(s->proc_fd, name, O_RDONLY | O_CLOEXEC);
}

void sampler_open_files(struct procsampler *s)
{
	s->statm_fd = open_at(s, "statm");
	s->stat_fd = open_at(s, "stat");
	s->status_fd = open_at(s, "status");
}

void sampler_close_files(struct procsampler *s)
{
	fd_drop(&s->statm_fd);
	fd_drop(&s->stat_fd);
	fd_drop(&s->status_fd);
	fd_drop(&s->proc_fd);
}

void sampler_statm(struct procsampler *s)
{
	struct event ev = { .kind = EVENT_STATM, .time_ns = clock_monotonic_ns() };
	struct proc_statm m;
	struct text file;
	char buf[256];
	int rc = procfile_read(&file, s->statm_fd, buf, sizeof(buf));

	if (rc < 0 || !procstatm_parse(&m, file)) {
		sampler_read_failed(s, rc);
		return;
	}
	if (m.size_pages == 0) {
		sampler_read_empty(s);
		return;
	}
	s->memory_gone_ns = 0;
	s->resident_bytes = m.resident_pages * s->page_bytes;
	ev.u.statm = (struct event_statm){
		.resident_bytes = s->resident_bytes,
		.shared_bytes = m.shared_pages * s->page_bytes,
		.virtual_bytes = m.size_pages * s->page_bytes,
		.data_bytes = m.data_pages * s->page_bytes,
	};
	if (s->config.statm_hz)
		sampler_emit(s, &ev);
}

static uint64_t ticks_to_ns(uint64_t ticks, uint64_t tick_ns)
{
	return ticks < UNKNOWN_U64 / tick_ns ? ticks * tick_ns : UNKNOWN_U64;
}

static void fill_procstat(struct event *ev, const struct proc_stat *st, uint64_t tick_ns)
{
	ev->u.procstat = (struct event_procstat){
		.user_ns = ticks_to_ns(st->user_ticks, tick_ns),
		.system_ns = ticks_to_ns(st->system_ticks, tick_ns),
		.minor_faults = st->minor_faults,
		.major_faults = st->major_faults,
		.child_minor_faults = st->child_minor_faults,
		.child_major_faults = st->child_major_faults,
		.thread_count = st->thread_count,
		.vm_peak_bytes = UNKNOWN_U64,
	};
}

void sampler_procstat(struct procsampler *s)
{
	struct event ev = { .kind = EVENT_PROCSTAT, .time_ns = clock_monotonic_ns() };
	struct proc_stat st;
	struct text file;
	char buf[4096];
	int rc = procfile_read(&file, s->stat_fd, buf, sizeof(buf));

	if (rc < 0 || !procstat_parse(&st, file)) {
		sampler_read_failed(s, rc);
		return;
	}
	if (st.state == 'Z' || st.state == 'X') {
		sampler_read_empty(s);
		return;
	}
	fill_procstat(&ev, &st, s->tick_ns);
	if (procfile_read(&file, s->status_fd, buf, sizeof(buf)) == 0)
		procstatus_find_bytes(&ev.u.procstat.vm_peak_bytes, file, "VmHWM");
	sampler_emit(s, &ev);
}

int procsampler_read_last(pid_t pid, struct event *ret, struct err *err)
{
	struct event ev = { .kind = EVENT_PROCSTAT, .time_ns = clock_monotonic_ns() };
	long tick_hz = sysconf(_SC_CLK_TCK);
	struct proc_stat st;
	struct text file;
	char path[32], buf[4096];
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	rc = procfile_read_at(&file, AT_FDCWD, path, buf, sizeof(buf));
	if (rc < 0)
		return err_set(err, -rc, "cannot read '%s'", path);
	if (!procstat_parse(&st, file))
		return err_say(err, EBADMSG, "'%s' does not look as proc(5) says", path);
	fill_procstat(&ev, &st, NS_PER_S / (uint64_t)(tick_hz > 0 ? tick_hz : 100));
	*ret = ev;
	return 0;
}

static void explain_errno(char *buf, size_t cap, int code)
{
	if (code == EACCES || code == EPERM)
		snprintf(buf, cap,
			 "not permitted to look at the executable: run gctide as the target's user "
			 "or as root");
	else
		snprintf(buf, cap, "cannot look at the executable: %s", strerror(code));
}

static void emit_binary(struct procsampler *s, const char *path, const struct go_binary *b,
			uint64_t is_go)
{
	struct event ev = { .kind = EVENT_BINARY, .time_ns = clock_monotonic_ns() };

	ev.u.binary = (struct event_binary){
		.pid = (uint64_t)s->config.pid,
		.is_go = is_go,
		.path = text_of(path),
		.go_version = text_of(b->version),
		.version_from = text_of(b->version_from),
		.build_id = text_of(b->build_id),
		.detail = text_of(b->detail),
	};
	sampler_emit(s, &ev);
}

/* The executable cannot be looked at: say so once. No file at all: a process that is ending. */
static void binary_hidden(struct procsampler *s, int code)
{
	struct go_binary unknown = { .version_from = "" };

	if (code == s->exe_errno || code == ENOENT || code == ESRCH)
		return;
	s->exe_errno = code;
	s->exe_known = false;
	s->exe_is_go = true;
	explain_errno(unknown.detail, sizeof(unknown.detail), code);
	emit_binary(s, "", &unknown, UNKNOWN_U64);
}

void sampler_binary(struct procsampler *s)
{
	struct go_binary binary = { .version_from = "" };
	char path[EXE_PATH_SHOWN] = "";
	uint64_t is_go = UNKNOWN_U64;
	OWN_FD int fd = -1;
	struct stat st;

	if (fstatat(s->proc_fd, "exe", &st, 0) < 0) {
		binary_hidden(s, errno);
		return;
	}
	if (s->exe_known && st.st_dev == s->exe.st_dev && st.st_ino == s->exe.st_ino)
		return;
	if (readlinkat(s->proc_fd, "exe", path, sizeof(path) - 1) < 0)
		path[0] = '\0';
	fd = open_at(s, "exe");
	if (fd < 0) {
		explain_errno(binary.detail, sizeof(binary.detail), errno);
	} else {
		struct err err;

		fstat(fd, &st); /* the file that we look into, should an exec have come between */
		if (goruntime_identify(&binary, fd, &err) == 0)
			is_go = binary.is_go;
		else
			snprintf(binary.detail, sizeof(binary.detail), "%s", err.what);
	}
	s->exe = st;
	s->exe_known = true;
	s->exe_is_go = is_go != 0;
	s->exe_errno = 0;
	s->smaps_off = false; /* another program may be less protected */
	emit_binary(s, path, &binary, is_go);
	if (is_go == 1)
		sampler_settings_later(s);
}
