/* profile.h - the finished stacks of one recording and one kind of event: what the folded, pprof
 * and flame renderers print.
 *
 * Tables that refer to each other by index. Equal stacks with equal labels are one row; rows,
 * locations and functions are in a deterministic order. */
#ifndef ANALYZE_PROFILE_H
#define ANALYZE_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

#define PROFILE_NONE UINT32_MAX

struct profile_function {
	struct text name;    /* never empty: "[unknown]" in an unknown place, "[kernel]", ... */
	struct text file;    /* empty when not known */
	uint64_t start_line; /* UNKNOWN_U64 */
};

/* A function at a location. */
struct profile_line {
	uint32_t function;
	uint64_t line; /* UNKNOWN_U64 */
};

struct profile_mapping {
	uint64_t start, limit, file_off; /* [start, limit) in the process */
	struct text path;		 /* "[kernel]", "[vdso]" for those */
	struct text build_id;		 /* hex; empty when not known */
};

/* A code address: of a caller, the return address less one, so that it lies in the call. */
struct profile_location {
	uint64_t ip;	     /* 0 for a frame that was put in by its name only */
	uint32_t mapping;    /* PROFILE_NONE */
	uint32_t first_line; /* in lines: innermost (inlined) first */
	uint32_t line_count; /* >= 1 */
};

/* What the collector does in a stack: read off its functions. */
enum profile_phase {
	PHASE_MUTATOR,		 /* "mutator": the program's own work */
	PHASE_MARK,		 /* "mark": background mark workers */
	PHASE_ASSIST,		 /* "assist" */
	PHASE_SWEEP,		 /* "sweep" */
	PHASE_SWEEP_TERMINATION, /* "sweep termination": starting a collection */
	PHASE_MARK_TERMINATION,	 /* "mark termination" */
	PHASE_SCAVENGE,		 /* "scavenge": giving pages back */
	PHASE_COUNT
};

/* Why pages were returned, read off the stack. */
enum profile_cause {
	CAUSE_NONE, /* not a return */
	CAUSE_BACKGROUND,
	CAUSE_EAGER,
	CAUSE_FORCED,
	CAUSE_NATIVE, /* by code that is not Go's: an allocator of C, say */
	CAUSE_OTHER,
	CAUSE_COUNT
};

/* Where CPU time goes: each sample has one use, the first of these that fits. */
enum profile_use {
	USE_PAGE_FAULT,	 /* "kernel_page_fault": the kernel's path of a page fault */
	USE_MADVISE,	 /* "kernel_madvise": the kernel's side of madvise(2) */
	USE_SCAVENGE,	 /* "scavenge" */
	USE_SWEEP,	 /* "sweep" */
	USE_ASSIST,	 /* "assist" */
	USE_MARK_WORKER, /* "mark_worker" */
	USE_STOP,	 /* "stop_the_world": sweep and mark termination */
	USE_ALLOCATION,	 /* "allocation" */
	USE_MUTATOR,	 /* "mutator": everything else */
	USE_COUNT
};

struct profile_thread {
	uint64_t pid, tid;
	struct text name; /* comm; empty when not known */
};

struct profile_stack {
	uint32_t first_location; /* in stack_locations: leaf first */
	uint32_t location_count;
	uint32_t thread; /* in threads; PROFILE_NONE when rows are not split by thread */
	enum profile_phase phase;
	enum profile_cause cause;
	uint64_t sample_count;
	uint64_t value; /* in units of `unit`, estimated from the samples by their period */
	enum profile_use use;
};

enum profile_unit { PROFILE_COUNT, PROFILE_NANOSECONDS, PROFILE_BYTES };

struct profile {
	struct text event; /* "cpu", "faults", "refaults", "returns", or the name of an event */
	struct text
		event_detail;	/* how it was measured: "cpu-clock, 99 Hz, user and kernel mode" */
	enum profile_unit unit; /* of the rows' value */
	uint64_t period;	/* events (or ns, for time) between samples; UNKNOWN_U64 */
	uint64_t start_unix_ns, duration_ns; /* UNKNOWN_U64 */

	const struct profile_function *functions;
	const struct profile_line *lines;
	const struct profile_location *locations;
	const struct profile_mapping *mappings;
	const struct profile_thread *threads;
	const uint32_t *stack_locations;
	const struct profile_stack *stacks;
	size_t function_count, line_count, location_count, mapping_count, thread_count,
		stack_location_count, stack_count;

	uint64_t sample_count;	     /* of all rows */
	uint64_t value;		     /* of all rows */
	uint64_t unknown_leaf_count; /* samples whose leaf has no name */
	uint64_t cut_stack_count;    /* samples whose root is not the bottom of a stack */
	uint64_t lost_count; /* perf records that were not recorded, of all events: the kernel does
			not tell of which; UNKNOWN_U64 */
};

/* "mutator", ...; "background", ... ("" for CAUSE_NONE); "count", "nanoseconds", "bytes". */
const char *profile_phase_name(enum profile_phase phase);
const char *profile_cause_name(enum profile_cause cause);
const char *profile_use_name(enum profile_use use);
const char *profile_unit_name(enum profile_unit unit);

/* Which number of a row is the size of a frame. */
enum profile_weight { WEIGHT_SAMPLES, WEIGHT_VALUE };

/* What --split asks for. */
enum profile_split { SPLIT_NONE, SPLIT_PHASE, SPLIT_THREAD, SPLIT_CAUSE };

/* The virtual root frame of a row: "[mark]", "[worker-3 4711]", "[background]" or "[no cause]";
 * appended to out. Nothing for SPLIT_NONE. A thread's name is appended as it is, whatever its
 * bytes: renderers clean it as they clean the names of functions. */
void profile_split_name(struct buf *out, const struct profile *p, const struct profile_stack *s,
			enum profile_split split);

#endif
