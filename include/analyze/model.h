/* model.h - the finished model of one recording or one log: what the renderers print.
 *
 * A number that is not known is UNKNOWN_U64, a ratio that is not known is NaN, a text that is not
 * known is empty. Times of cycles count from time.start_monotonic_ns (of a log: from the runtime's
 * start). */
#ifndef ANALYZE_MODEL_H
#define ANALYZE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/profile.h"
#include "base/buf.h"

/* One collection. The durations are the printed figures: truncated to their resolution. */
struct model_cycle {
	uint64_t number;
	bool forced, leak_check;
	bool stopped_throughout; /* Go <= 1.8, forced: the world stood still all the time, one pause
				  */
	bool fault_is_estimate;	 /* not every fault was recorded: the count is scaled up */
	uint64_t missing_before; /* cycles between the last row and this one that were not seen */
	uint64_t start_ns, end_ns;
	uint64_t sweep_termination_ns, mark_ns, mark_termination_ns;
	uint64_t install_barrier_ns; /* Go 1.5 only, else unknown: a third stop */
	uint64_t pause_total_ns;     /* sum of its pauses */
	uint64_t stop_cpu_ns;	     /* P x pauses, as the runtime computes it */
	uint64_t assist_cpu_ns, dedicated_cpu_ns,
		idle_cpu_ns; /* unknown in a forced one of Go <= 1.8 */
	uint64_t heap_start_bytes, heap_end_bytes, heap_live_bytes,
		goal_bytes; /* MiB steps, floor */
	bool has_no_goal;   /* the collector was off by GOGC, the limit far away: goal_bytes is as
			       printed, but no goal */
	uint64_t stacks_bytes, globals_bytes;
	uint64_t procs;
	uint64_t gc_cpu_percent;  /* since the program's start, floor */
	uint64_t allocated_bytes; /* between the mark terminations of the last cycle and this one,
				     MiB steps */
	/* From the scavenger lines between this cycle's line and the next one's. */
	uint64_t scav_background_bytes,
		scav_eager_bytes;     /* given back; eager: or by FreeOSMemory */
	uint64_t heap_released_bytes; /* the level: with the system now */
	/* When the last of these lines was printed, of each kind: each tells of what was given back
	 * since the one before of its kind. */
	uint64_t scav_line_ns, scav_forced_line_ns;
	uint64_t scav_seen_bytes; /* by the calls that these lines tell of */
	/* Between the end of the last cycle and this one's. */
	uint64_t returned_bytes;  /* by the system calls seen */
	uint64_t fault_count;	  /* minor, between the end of the last cycle and this one's */
	uint64_t refault_count;	  /* first faults on pages given back */
	uint64_t rss_start_bytes; /* the last sample before its start, at most 20 ms earlier */
	uint64_t rss_end_bytes;	  /* the first sample after its end, at most 20 ms later */
};

/* One bar of the histogram: values in [from_ns, to_ns). */
struct model_bucket {
	uint64_t from_ns, to_ns, count;
};

#define MODEL_BUCKETS_MAX 24

/* Stops of the world, each one counted by itself. */
struct model_pause {
	uint64_t count, p50_ns, p90_ns, p99_ns, max_ns, total_ns;
	uint64_t resolution_ns;	       /* the largest step among the printed figures */
	uint64_t total_uncertainty_ns; /* sum of all steps: the true total is at most this much more
					*/
	bool is_exact;		       /* false: percentiles rounded down to 0.2 % */
	struct model_bucket buckets[MODEL_BUCKETS_MAX];
	size_t bucket_count;
};

struct model_gc {
	bool is_on;	      /* trace lines could have been seen */
	uint64_t cycle_count; /* the highest number seen, as NumGC */
	bool is_at_least;     /* there may have been later ones that nobody saw */
	uint64_t row_count;   /* cycles seen with all their figures */
	uint64_t forced_count;
	uint64_t first_number;
	uint64_t first_start_ns, last_end_ns;
	/* (stops + assists + dedicated) / (P x time), idle marking excluded, from the printed
	 * figures. Go 1.23+ counts in its own share the time of stopping only for the Ps that had
	 * stopped. */
	double cpu_fraction;
	uint64_t cpu_percent_printed; /* the runtime's own figure on the last line, floor */
	uint64_t cpu_ns;	      /* stops + assists + dedicated */
	double cpu_used_share;	      /* of the CPU time that the target used */
	uint64_t assist_cpu_ns, dedicated_cpu_ns, idle_cpu_ns, stop_cpu_ns;
	uint64_t procs_max;
	uint64_t allocated_bytes;
	double allocated_bytes_per_second;
	uint64_t heap_live_peak_bytes, heap_goal_peak_bytes;
	uint64_t heap_goal_last_bytes; /* of the last cycle; unknown when it had none */
	/* The longest run of cycles whose goal was within 5 % of the live heap, or of GOMEMLIMIT.
	 */
	uint64_t tight_run_count, tight_run_ns;
	uint64_t scav_line_count, scav_background_bytes, scav_eager_bytes, heap_released_bytes;
	uint64_t align_uncertainty_ns; /* how well cycles are placed on the clock */
	struct model_pause pause;
};

struct model_target {
	bool is_known;	 /* a recording; false for a log */
	uint64_t is_go;	 /* 1, 0, unknown */
	struct buf argv; /* each argument ended by NUL */
	uint64_t pid;
	struct buf go_version, version_from, path;
	uint64_t exit_status, term_signal;
	struct buf end_reason; /* "exited", "signaled", "duration", "detached", "" */
	struct buf godebug, user_godebug, gogc, gomemlimit, gomaxprocs;
	struct buf release_advice; /* "dontneed", "free" */
	struct buf release_from;   /* "GODEBUG", "go1.26 default" */
	struct buf kernel_release, machine, gctide_version;
	uint64_t cpu_count, page_bytes, user_id, statm_hz, max_stall_ns;
};

struct model_time {
	uint64_t start_unix_ns, start_monotonic_ns;
	uint64_t wall_ns;
	uint64_t covered_ns; /* of a log: from the runtime's start to the end of the last cycle */
};

#define MODEL_SOURCES_MAX   32
#define MODEL_FACTS_MAX	    32
#define MODEL_FALLBACKS_MAX 32
#define MODEL_FINDINGS_MAX  32
#define MODEL_PROCESSES_MAX 16

struct model_source {
	struct buf name, state, detail;
};

struct model_fact {
	struct buf key, value;
};

struct model_fallback {
	uint64_t time_ns;
	struct buf what, from, to, reason;
};

/* Another process that printed into the same stderr. */
struct model_process {
	uint64_t id, cycle_count, forced_count;
};

struct model_faults {
	uint64_t minor_count, major_count;
	const char *source; /* "perf", "rusage", NULL */
	const char *mode;   /* "user+kernel", "user", "rusage", NULL */
	uint64_t rusage_minor_count,
		rusage_major_count; /* wait4: the children it waited for included */
	uint64_t recorded_count;    /* records in the file */
	uint64_t sample_period;	    /* the largest one used */
	uint64_t after_last_count;  /* of the recorded ones: after the last cycle */
	bool has_records;
};

/* How memory is given back. */
enum model_advice { ADVICE_DONTNEED, ADVICE_FREE, ADVICE_COUNT };

/* Advice about huge pages, which gives nothing back. */
enum model_huge { HUGE_WANTED, HUGE_UNWANTED, HUGE_COLLAPSE, HUGE_COUNT };

struct model_huge_sum {
	uint64_t call_count, bytes;
};

struct model_return_sum {
	uint64_t call_count, bytes, refault_bytes;
};

/* Memory given back by system calls, and touched again: of all processes that were watched. */
struct model_returns {
	const char *source; /* "tracepoint"; NULL: not recorded, and every figure unknown */
	struct buf why_off; /* then: why */
	struct model_return_sum all, by_cause[CAUSE_COUNT], by_advice[ADVICE_COUNT];
	struct model_huge_sum huge[HUGE_COUNT];
	uint64_t syscall_ns; /* within the calls */
	/* Calls of process_madvise(2) that give memory back, not among the others: their ranges are
	 * not known. Unknown where they were not watched. */
	uint64_t process_madvise_count;
	uint64_t failed_count;	/* calls that gave nothing back, not among the others */
	uint64_t unended_count; /* calls whose end was not seen: taken to have succeeded */
	/* By the Go scavenger, up to its last trace lines: what the sum of these says, too.
	 * Unknown without such lines, and when several processes printed. */
	uint64_t until_scav_line_bytes;
	/* Cycles with such lines, and how many of them agree with the calls to the byte. */
	uint64_t checked_cycle_count, agreeing_cycle_count;
	/* From the end of the collection before to a return by Go's scavenger, of all such calls.
	 */
	uint64_t after_cycle_p50_ns, after_cycle_p90_ns;
	uint64_t repeated_bytes; /* given back that had been given back before */
	uint64_t away_bytes;	 /* never touched again */
	/* Of these, offered with MADV_FREE: still there at the end (LazyFree), reclaimed, or taken
	 * back by a touch, which then is no fault. */
	uint64_t offered_bytes;
	bool has_refaults;	  /* addresses of faults were recorded; else refaults are unknown */
	bool refault_is_estimate; /* of every N-th fault only, at times */
	bool is_at_least;	  /* more was given back than is kept track of */
	uint64_t refault_count;
	uint64_t age_p50_ns, age_p90_ns, age_p99_ns; /* from return to refault */
	double regret_ratio;			     /* refaulted bytes over returned bytes */
	/* CPU time in the kernel's path of faults, for the share of refaults among the faults: by
	 * CPU samples. Unknown where these do not reach into the kernel. */
	uint64_t refault_cpu_ns;
};

struct model_memory {
	uint64_t rss_peak_bytes, rss_mean_bytes;
	double rss_byte_seconds;
	uint64_t rss_growth_bytes; /* all steps upwards between samples: RSS grew by this in all */
	uint64_t heap_rss_last_bytes, lazyfree_last_bytes; /* at the last read of smaps */
	uint64_t lazyfree_peak_bytes, honest_peak_bytes, honest_mean_bytes, anonhuge_peak_bytes;
	uint64_t heap_rss_peak_bytes;
	uint64_t
		heap_rss_at_anonhuge_peak_bytes; /* of the heap, when its AnonHugePages were most */
	uint64_t heap_anonhuge_peak_bytes;
	uint64_t sample_count, smaps_count;
};

struct model_cgroup {
	uint64_t version, limit_bytes, high_bytes, peak_bytes, current_bytes, swap_peak_bytes;
	uint64_t limit_hit_count, oom_kill_count;
};

struct model_cpu {
	uint64_t user_ns, system_ns;
	const char *source; /* "rusage", "procstat", NULL */
};

struct model_observer {
	uint64_t cpu_ns, rss_peak_bytes, recording_bytes, longest_stall_ns, user_stderr_bytes;
	uint64_t gate_stall_ns; /* the longest time that the return gate kept a call */
};

struct model_losses {
	uint64_t perf_lost_count, throttle_count, unparsed_line_count, foreign_cycle_count;
	uint64_t missing_cycle_count, failed_read_count, missed_sample_count, recording_lost_count;
	uint64_t late_record_count; /* perf records of a time whose row was closed: in no cycle */
	uint64_t user_lost_bytes;   /* of the target's own stderr: not passed on */
	uint64_t mended_line_count; /* of a log: put together again from pieces */
	bool is_at_least;	    /* something was lost without a count */
	/* More of these was lost than the count says, or, where that is unknown, than nothing. */
	struct {
		bool perf, throttle, lines, samples, records, user_bytes;
	} more;
};

#define MODEL_TOP_STACKS_MAX 5

struct model_top_stack {
	uint64_t sample_count, value; /* ns of CPU time; faults */
	struct buf frames;	      /* functions, leaf first, each ended by NUL */
};

/* Stacks of one kind of event, in short. */
struct model_stacks {
	bool was_recorded;
	struct buf detail; /* how: "perf::PERF_COUNT_SW_CPU_CLOCK, 99 Hz, user and kernel mode" */
	uint64_t sample_count, value;
	uint64_t unknown_leaf_count; /* samples whose innermost function has no name */
	uint64_t cut_stack_count;    /* samples whose stack does not reach its bottom */
	uint64_t by_use[USE_COUNT];  /* samples */
	struct model_top_stack top[MODEL_TOP_STACKS_MAX];
	size_t top_count;
};

enum model_end { MODEL_WHOLE, MODEL_TRUNCATED, MODEL_CORRUPT, MODEL_FAILED };

struct model_recording {
	enum model_end end;
	struct buf end_text;  /* the sentence, when it is not whole */
	uint64_t stops_at_ns; /* since the start: time of the newest record */
	uint64_t file_bytes;  /* of a log: bytes read */
	uint64_t line_count;  /* of a log */
	double bytes_per_fault;
};

enum model_severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

struct model_finding {
	const char *key; /* "data.truncated": stable, for scripts */
	enum model_severity severity;
	char evidence[320];
	char advice[320];
};

struct model {
	bool is_log;
	struct buf input_name;
	struct model_target target;
	struct model_time time;
	struct model_gc gc;
	struct model_faults faults;
	struct model_returns returns;
	struct model_memory memory;
	struct model_cgroup cgroup;
	struct model_cpu cpu;
	struct model_stacks cpu_stacks, fault_stacks, refault_stacks;
	struct buf stacks_missing; /* lines: what stands between stacks and their names */
	struct model_observer observer;
	struct model_losses losses;
	struct buf uncounted_reason; /* of the first loss without a count */
	struct model_recording recording;

	uint64_t process_id;	/* whose cycles are shown */
	uint64_t process_count; /* that printed lines, the shown one included */
	bool process_is_target; /* false: a child's, chosen by number */
	struct model_process others[MODEL_PROCESSES_MAX];
	size_t other_count;

	struct model_source sources[MODEL_SOURCES_MAX];
	size_t source_count;
	struct model_fact facts[MODEL_FACTS_MAX];
	size_t fact_count;
	struct model_fallback fallbacks[MODEL_FALLBACKS_MAX];
	size_t fallback_count;
	uint64_t fallback_seen_count; /* kept or not */
	struct model_finding findings[MODEL_FINDINGS_MAX];
	size_t finding_count;
};

/* Everything unknown, nothing owned. */
void model_init(struct model *m);
void model_done(struct model *m);

/* *b becomes a copy of t. */
void model_set(struct buf *b, struct text t);

/* Something was lost that was not counted; *more is of m->losses.more. The first reason is kept,
 * but one of a figure goes before one of the user's bytes. */
void model_add_uncounted(struct model *m, bool *more, struct text reason);

/* GOMEMLIMIT of the target's environment; UNKNOWN_U64 when it has none, "off" or 0. With nonsense a
 * program does not start (Go runtime/mgcpacer.go, readGOMEMLIMIT). */
uint64_t model_memory_limit_bytes(const struct model *m);

/* The value of a fact ("thp.enabled"), empty when there is none; the state of a source ("on"), and
 * its detail. */
struct text model_fact_value(const struct model *m, const char *key);
struct text model_source_state(const struct model *m, const char *name);
struct text model_source_detail(const struct model *m, const char *name);

/* "whole", "truncated", "corrupt", "unreadable"; "info", "warning", "error". */
const char *model_end_name(enum model_end end);
const char *model_severity_name(enum model_severity severity);

/* Where rows go, in the order of their numbers. A non-zero result ends the analysis and is returned
 * by it. */
struct model_sink {
	int (*cycle)(void *arg, const struct model_cycle *c); /* NULL: nobody wants them */
	void *arg;
};

#endif
