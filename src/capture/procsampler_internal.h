/* procsampler_internal.h - what the parts of the /proc sampler share.
 *
 * One thread runs all of it; only the fields marked "any thread" are seen by others. */
#ifndef PROCSAMPLER_INTERNAL_H
#define PROCSAMPLER_INTERNAL_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "capture/procsampler.h"
#include "smapsbudget_internal.h"

enum sampler_source {
	SAMPLER_STATM,
	SAMPLER_PROCSTAT,
	SAMPLER_SMAPS,
	SAMPLER_CGROUP,
	SAMPLER_GCTRACE,
	SAMPLER_SOURCE_COUNT,
};

/* Which cgroup directory the target's figures come from. */
struct sampler_cgroup {
	char membership[4096]; /* /proc/PID/cgroup as last seen */
	size_t membership_len;
	unsigned version; /* 1, 2; 0: none found */
	char dir[PATH_MAX];
	size_t mount_len; /* the front of dir that is the mount point */
};

struct procsampler {
	struct procsampler_config config;
	pthread_t thread;
	bool has_thread;
	int read_fd, write_fd, stop_fd; /* stop_fd: eventfd, readable once stop is asked for */
	atomic_bool stopping;		/* any thread */
	_Atomic uint64_t cpu_ns, longest_stall_ns, failed_count, missed_count, skipped_count,
		unsent_count; /* any thread */

	uint64_t page_bytes, tick_ns;
	int proc_fd; /* /proc/PID: stays with this process, also when its number is used again */
	int statm_fd, stat_fd, status_fd;
	bool gone;		 /* the process has ended, or we can see nothing of it */
	uint64_t resident_bytes; /* by the latest statm */
	uint64_t missed_told;
	uint64_t memory_gone_ns;  /* since when the process has no memory; 0 */
	uint64_t smaps_due_ns;	  /* when smaps is to be read again */
	uint64_t settings_due_ns; /* when the environment is to be looked at; 0: not */
	bool has_no_gctrace;	  /* the latest look found none */
	bool exe_known;
	bool exe_is_go;	 /* or may be: it could not be read */
	struct stat exe; /* of the executable last reported */
	int exe_errno;	 /* why it could not be looked at; 0 */
	bool smaps_off;	 /* until the next exec */
	bool fallback_told;
	struct smapsbudget budget;
	struct sampler_cgroup cgroup;
	char told[SAMPLER_SOURCE_COUNT][256]; /* state and detail last reported */
	struct buf record, out;		      /* one record; whole records not yet written */
	uint64_t out_count;
};

/* procsampler.c: hand one event over. */
void sampler_emit(struct procsampler *s, const struct event *ev);

/* procsampler.c: report the state of a source, unless that is what was reported last. */
void sampler_tell_source(struct procsampler *s, enum sampler_source source, const char *state,
			 const char *detail);

/* procsampler.c: a file of the process gave this error, or made no sense (0). Notices when the
 * process is gone; else counts a failed read. */
void sampler_read_failed(struct procsampler *s, int rc);

/* procsampler.c: the process has no memory, or is a zombie: ending, or gone. */
void sampler_read_empty(struct procsampler *s);

/* Each reads once and emits what it saw. sampler_smaps sets smaps_due_ns. */
void sampler_open_files(struct procsampler *s);
void sampler_close_files(struct procsampler *s);
void sampler_statm(struct procsampler *s);
void sampler_procstat(struct procsampler *s);
void sampler_binary(struct procsampler *s);
void sampler_cgroup(struct procsampler *s);
void sampler_settings(struct procsampler *s);
void sampler_smaps(struct procsampler *s);

/* procsampler_settings.c: a Go program was seen to be executed: look at its environment soon. */
void sampler_settings_later(struct procsampler *s);

#endif
