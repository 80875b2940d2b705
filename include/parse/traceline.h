/* traceline.h - decode one line that the Go runtime prints under GODEBUG gctrace=1 / scavtrace=1.
 *
 * Formats: Go 1.5-1.27, runtime/mgc.go (gcMarkTermination, fmtNSAsMS, itoaDiv),
 * runtime/mgcscavenge.go and runtime/mheap.go (printScavTrace, scavengeAll). Documented as "subject
 * to change", so unknown text is not an error. Pure: no I/O, no allocation. */
#ifndef PARSE_TRACELINE_H
#define PARSE_TRACELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum trace_kind {
	TRACE_NOT_RUNTIME, /* nothing the runtime prints */
	TRACE_GC,	   /* one collection */
	TRACE_SCAV,	   /* "scav ...": Go 1.14+ */
	TRACE_SCVG,	   /* "scvg..." / "forced scvg...": Go <= 1.13 */
	TRACE_OTHER, /* another runtime trace: init, pacer, SCHED and its details, gctrace=2's scan
			lines */
};

/* Which releases print a line like this. */
enum gctrace_shape {
	GCTRACE_1_5 = 1, /* five clock figures */
	GCTRACE_1_6,	 /* 1.6-1.17: three */
	GCTRACE_1_18,	 /* 1.18-1.25 and 1.26+ without its new note: stacks and globals */
	GCTRACE_1_26,	 /* "(checking for goroutine leaks)" */
};

/* Every _ns that was printed in ms is the printed figure; gctrace_resolution_ns tells its step. */
struct gctrace_cycle {
	enum gctrace_shape shape;
	uint64_t number;	       /* 1 for the first collection of the process */
	uint64_t start_ns;	       /* '@': since runtime.runtimeInitTime, whole ms, truncated */
	uint64_t gc_cpu_percent;       /* since the program's start, floor */
	uint64_t sweep_termination_ns; /* wall, world stopped, stopping included */
	uint64_t mark_ns;	       /* wall, concurrent (1.5: scan + mark) */
	uint64_t install_barrier_ns;   /* 1.5 only: a third stop; 0 in other shapes */
	uint64_t scan_ns, scan_cpu_ns; /* 1.5 only: the part of mark_ns that scanned roots; 0 in
					  other shapes */
	uint64_t mark_termination_ns;  /* wall, world stopped, stopping included */
	uint64_t sweep_termination_cpu_ns,
		mark_termination_cpu_ns; /* computed by the runtime: P x wall */
	uint64_t assist_cpu_ns, dedicated_cpu_ns, idle_cpu_ns; /* dedicated includes fractional */
	uint64_t heap_start_mib, heap_end_mib, heap_live_mib, goal_mib; /* floor */
	uint64_t stacks_mib, globals_mib; /* UNKNOWN_U64 before 1.18 */
	uint64_t procs;			  /* GOMAXPROCS when it began */
	bool forced;			  /* runtime.GC() or debug.FreeOSMemory() */
	bool leak_check;		  /* "(checking for goroutine leaks)" */
};

enum scav_shape {
	SCAV_1_14 = 1, /* 1.14, and 1.19-1.20 where they look alike */
	SCAV_1_15,     /* 1.15-1.18: with a generation */
	SCAV_1_19,     /* 1.19-1.20: known by "[controller reset]" */
	SCAV_1_21,     /* 1.21+: background and eager apart */
};

struct scav_line {
	enum scav_shape shape;
	uint64_t generation;	      /* 1.15-1.18; else UNKNOWN_U64 */
	uint64_t background_bytes;    /* released since the last line; <= 1.20: "work" */
	uint64_t eager_bytes;	      /* 1.21+; else UNKNOWN_U64 */
	uint64_t released_bytes;      /* the level: released to the system right now */
	uint64_t heap_in_use_percent; /* "util" */
	bool forced;		      /* debug.FreeOSMemory() */
	bool controller_reset;
};

struct scvg_line {
	bool is_state;	       /* true: the "inuse: ..." line, false: "N MB released" */
	bool forced;	       /* "scvg-1" or "forced scvg" */
	uint64_t number;       /* 1.5-1.12 background ones; else UNKNOWN_U64 */
	uint64_t released_mib; /* both: released by this pass / level */
	uint64_t in_use_mib, idle_mib, sys_mib, consumed_mib; /* state only; else UNKNOWN_U64 */
};

struct trace_line {
	enum trace_kind kind;
	union {
		struct gctrace_cycle gc;
		struct scav_line scav;
		struct scvg_line scvg;
	} u;
};

/* Decode line (no newline). Returns the kind; *ret is filled when it is not TRACE_NOT_RUNTIME, else
 * untouched. The whole line must fit its grammar, numbers must have the form in which the runtime
 * prints them, and must not overflow: a line with foreign text in it is TRACE_NOT_RUNTIME. */
enum trace_kind traceline_parse(struct trace_line *ret, struct text line);

/* The step in which fmtNSAsMS (runtime/mgc.go) prints a duration of this size: 1 us below 100 us,
 * 10 us below 1 ms, 100 us below 10 ms, 1 ms from there. Printed figures are truncated to it. */
uint64_t gctrace_resolution_ns(uint64_t printed_ns);

#endif
