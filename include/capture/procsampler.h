/* procsampler.h - a thread that reads the target's /proc files and hands over finished records.
 *
 * What a read costs the target was measured (docs/architecture.md): statm, stat and status take no
 * lock that the target needs; smaps holds its mmap lock for the length of one read(2), about 10 us
 * per MiB resident. So smaps is read in small pieces, and only as long as the piece that is
 * expected to be the longest stays within max_stall_ns. */
#ifndef CAPTURE_PROCSAMPLER_H
#define CAPTURE_PROCSAMPLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "recording/event.h"

#define PROCSAMPLER_STATM_HZ	 200
#define PROCSAMPLER_MAX_STALL_NS 10000000ULL
#define PROCSAMPLER_SMAPS_SHARE	 0.005

struct procsampler_config {
	pid_t pid;
	uint64_t statm_hz;     /* samples of statm per second, at most 10000; 0: none */
	uint64_t max_stall_ns; /* longest expected single read of smaps; 0: never read it */
	double smaps_share;    /* of one core, for reading smaps; 0: never read it */
	bool expects_gctrace;  /* GODEBUG=gctrace=1 was set: tell when it does not reach the program
				*/
	const char *machine;   /* uname -m: where Go's heap lies; borrowed until procsampler_free */
};

/* Counts since the start. */
struct procsampler_totals {
	uint64_t cpu_ns;	      /* of the thread */
	uint64_t longest_stall_ns;    /* longest single read(2) of smaps, waiting included */
	uint64_t failed_read_count;   /* files of a living process: unreadable, or no sense */
	uint64_t statm_missed_count;  /* deadlines passed over */
	uint64_t smaps_skipped_count; /* reads left out because of max_stall_ns */
	uint64_t unsent_record_count; /* records that did not fit into the pipe at the end */
};

struct procsampler;

/* Start sampling. The process must have done its exec already, or its launcher's binary is reported
 * first. The thread blocks all signals. 0 or a negative errno, *err filled. */
int procsampler_start(struct procsampler **ret, const struct procsampler_config *config,
		      struct err *err);

/* The read end (O_NONBLOCK, borrowed) of a pipe of whole records, as event_encode makes them; a
 * write is at most PIPE_BUF bytes, so that a read of a multiple of PIPE_BUF bytes may still end
 * within one: keep the rest. End of file when the process is gone, or after procsampler_stop. While
 * the pipe is full the thread waits, and counts the samples that it misses.
 *
 * Records: STATM, PROCSTAT (10 Hz), SMAPS, CGROUP (2 Hz), BINARY (at start and after each exec),
 * SOURCE (statm, procstat, smaps, cgroup; gctrace when it is found off), FALLBACK, LOSS ("statm",
 * "smaps": counts since the one before). */
int procsampler_fd(const struct procsampler *s);

/* The counts so far; any time between start and free. */
void procsampler_read_totals(const struct procsampler *s, struct procsampler_totals *ret);

/* End the thread and wait for it: at once, but for a read that is under way. The last records stay
 * in the pipe: read it to its end before procsampler_free. May be called again. */
void procsampler_stop(struct procsampler *s, struct procsampler_totals *ret);

/* Stop when that was not done, and release everything. s may be NULL. */
void procsampler_free(struct procsampler *s);

/* An EVENT_PROCSTAT of a process that has ended but was not yet waited for (waitid(2) with
 * WNOWAIT): its final CPU times and fault counts. The peak is unknown, as the memory is gone. 0 or
 * -errno, *err filled, *ret untouched. */
int procsampler_read_last(pid_t pid, struct event *ret, struct err *err);

#endif
