/* session.h - one recording: start the target, let every source write into the recording, end in
 * order.
 *
 * The session never stops the target, never writes into it and never lets it wait; when the disk
 * fails, the target still runs to its end under us. */
#ifndef CAPTURE_SESSION_H
#define CAPTURE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct environment;

/* How the calls of madvise(2) are recorded. */
enum session_returns {
	SESSION_RETURNS_BEST, /* by the tracepoint, else by the gate (target/returngate.h) */
	SESSION_RETURNS_TRACEPOINT,
	SESSION_RETURNS_SECCOMP,
	SESSION_RETURNS_OFF,
};

struct session_config {
	char **argv;			       /* the target; ends with NULL */
	const struct environment *environment; /* borrowed */
	const char *path;		       /* of the recording */
	const char *version;		       /* of gctide */
	uint64_t statm_hz;		       /* samples of resident memory per second */
	uint64_t max_stall_ns; /* longest read under the target's mmap lock that is allowed */
	double smaps_share;    /* of one core, for reads of smaps: PROCSAMPLER_SMAPS_SHARE */
	uint64_t duration_ns;  /* end the target (SIGTERM) after this; UNKNOWN_U64: never */
	uint64_t max_faults_per_second; /* beyond it only every N-th fault's address; UNKNOWN_U64:
					   never thin */
	uint64_t sample_hz;		/* stacks per second of CPU time; 0: no stacks */
	uint64_t stack_bytes;	   /* of each, for what has no frame pointers; a multiple of 8 */
	const char *const *events; /* more events to take stacks of (perfset.h) */
	size_t event_count;
	enum session_returns returns;
	bool perf, addresses, keep_trace;
};

enum session_outcome {
	SESSION_TARGET_ENDED,  /* status is the target's, as waitpid(2) gives it */
	SESSION_DURATION_OVER, /* we ended it, or left it running (a notice says so) */
	SESSION_NOT_STARTED,   /* *err says why */
	SESSION_NOT_EXECUTED,  /* the command could not be executed: *err has the errno of execve(2)
				*/
};

struct session_result {
	enum session_outcome outcome;
	int status;
	struct buf notices; /* lines for the user, each ended by a newline: what was missing,
			       replaced, lost */
	uint64_t line_count, fault_count,
		file_bytes;  /* for the closing word; faults unknown without perf */
	int recording_error; /* negative errno when the recording is not whole; *err says why */
};

/* Run it. 0, or a negative errno with *err filled (also for recording_error). ret->notices is the
 * caller's. */
int session_run(struct session_result *ret, const struct session_config *config, struct err *err);

#endif
