/* event.h - what a recording is made of: one struct per kind of record.
 *
 * Every body is a row of fields, 8-byte numbers and texts, in the order of the struct; the
 * tables in src/recording/event.c drive encoding, decoding and `gctide dump` alike, and
 * docs/recording-format.md is compared with them by a unit test.
 * Times are CLOCK_MONOTONIC nanoseconds of the recorded machine. A number that is not
 * known is UNKNOWN_U64. Texts are borrowed from the reader until its next record. */
#ifndef RECORDING_EVENT_H
#define RECORDING_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

/* A kind keeps its number and its meaning for ever; a new meaning gets a new kind. New fields
 * may be added behind the last one: older readers ignore them, newer ones find them unknown. */
enum event_kind {
	EVENT_SESSION = 1,	/* first record: who recorded what, how */
	EVENT_CLOCK = 2,	/* the three clocks at one moment; at start and at end */
	EVENT_SOURCE = 3,	/* what a source of data could do here; the latest one counts */
	EVENT_FACT = 4,		/* one fact about the machine: THP, kernel, cgroup */
	EVENT_BINARY = 5,	/* what the target's executable is */
	EVENT_TRACE_LINE = 6,	/* one runtime line, whole, as printed */
	EVENT_TRACE_BROKEN = 7, /* runtime text that could not be made a line again */
	EVENT_STATM = 8,	/* resident memory, cheap and often */
	EVENT_PROCSTAT = 9,	/* CPU and fault counters of the process */
	EVENT_SMAPS = 10,	/* memory by mapping, dear and seldom */
	EVENT_CGROUP = 11,	/* the memory figures of the target's cgroup */
	EVENT_PERF_ATTR = 12,  /* how one perf event was opened: needed to decode EVENT_PERF_DATA */
	EVENT_PERF_DATA = 13,  /* raw perf ring bytes of one CPU, whole records */
	EVENT_PERF_ROUND = 14, /* all rings were drained: nothing older than this comes later */
	EVENT_PERF_COUNT = 15, /* exact counter values */
	EVENT_LOSS = 16,       /* something was lost: how many, of what, why */
	EVENT_FALLBACK = 17,   /* something was replaced by less, or came back */
	EVENT_EXIT = 18,       /* how the target ended */
	EVENT_OBSERVER = 19,   /* what watching cost so far */
	EVENT_END = 20,	       /* last record of a whole recording */
	EVENT_IMAGE = 21,      /* a file with code in it that a process mapped */
	EVENT_KERNEL_SYMBOL = 22, /* a kernel function that stands in a stack */
};

struct event_session {
	struct text gctide_version;
	struct text argv; /* each argument ended by NUL */
	uint64_t pid;	  /* of the target; 0 never */
	uint64_t page_bytes;
	uint64_t cpu_count;	    /* online */
	uint64_t user_id;	    /* effective uid of the recorder */
	struct text kernel_release; /* uname -r */
	struct text machine;	    /* uname -m: "x86_64", "aarch64" */
	struct text user_godebug;   /* GODEBUG as the user had it; "" when unset */
	struct text godebug;	    /* as the target got it */
	struct text gogc;	    /* as the target got it; "" when unset */
	struct text gomemlimit;	    /* "" when unset */
	struct text gomaxprocs;	    /* "" when unset */
	uint64_t statm_hz;
	uint64_t max_stall_ns;
};

struct event_clock {
	uint64_t monotonic_ns, realtime_ns, boottime_ns;
};

/* Sources: gctrace, scavtrace, perf.page-faults, perf.major-faults, perf.fault-addresses, statm,
 * procstat, smaps, cgroup, rusage. States: "on", "degraded", "off". */
struct event_source {
	struct text name, state, detail;
};

/* Keys: thp.enabled, thp.defrag, thp.max_ptes_none, thp.size_bytes, perf_event_paranoid,
 * cgroup.version, cgroup.path, swap.total_bytes, memory.total_bytes */
struct event_fact {
	struct text key, value;
};

struct event_binary {
	uint64_t pid;
	uint64_t is_go;		  /* 1, 0; unknown when it could not be read */
	struct text path;	  /* as /proc/PID/exe names it */
	struct text go_version;	  /* "go1.26.8"; "" when not known */
	struct text version_from; /* "buildinfo", "symbol", "pclntab", "" */
	struct text build_id;	  /* GNU build id in hex, "" when none */
	struct text detail;	  /* why not known, or build settings of interest */
};

struct event_trace_line {
	uint64_t last_ns; /* arrival of its last packet; the record's time is that of the first */
	uint64_t packet_count;
	struct text line; /* no newline */
};

struct event_trace_broken {
	uint64_t packet_count;
	struct text why;
	struct text bytes;
};

struct event_statm {
	uint64_t resident_bytes, shared_bytes, virtual_bytes, data_bytes;
};

struct event_procstat {
	uint64_t user_ns, system_ns;			 /* of the process, tick resolution */
	uint64_t minor_faults, major_faults;		 /* of the process, kernel mode included */
	uint64_t child_minor_faults, child_major_faults; /* of children waited for */
	uint64_t thread_count;
	uint64_t vm_peak_bytes; /* VmHWM: peak resident */
};

/* Sums over two groups of mappings: the Go heap arenas, and the rest. */
struct event_smaps {
	uint64_t cost_ns;	  /* the whole read */
	uint64_t longest_read_ns; /* longest single read(2): bounds the stall it caused */
	uint64_t mapping_count, heap_mapping_count;
	uint64_t heap_size_bytes, heap_rss_bytes, heap_anonymous_bytes, heap_lazyfree_bytes,
		heap_anonhuge_bytes, heap_swap_bytes;
	uint64_t rest_size_bytes, rest_rss_bytes, rest_anonymous_bytes, rest_lazyfree_bytes,
		rest_anonhuge_bytes, rest_swap_bytes;
	uint64_t file_rss_bytes; /* of the rest: mappings with a file behind them */
};

struct event_cgroup {
	uint64_t version;					     /* 1 or 2 */
	uint64_t current_bytes, limit_bytes, high_bytes, peak_bytes; /* no limit is unknown */
	uint64_t anon_bytes, file_bytes, swap_bytes;
	uint64_t limit_hit_count, oom_kill_count;
};

struct event_perf_attr {
	struct text name;      /* "page-faults-min", "dummy", ... */
	uint64_t role;	       /* enum perf_role */
	uint64_t type, config; /* perf_event_attr */
	uint64_t sample_type, sample_period, read_format;
	uint64_t exclude_kernel; /* 1: user-mode events only */
	uint64_t sample_id_all;
	struct text ids;      /* 8 bytes each, little-endian: the event ids of all CPUs */
	uint64_t ring_bytes;  /* per CPU */
	uint64_t sample_hz;   /* samples per second of a CPU; unknown when sample_period says it */
	uint64_t regs_user;   /* perf_event_attr.sample_regs_user; 0 without registers */
	uint64_t stack_bytes; /* perf_event_attr.sample_stack_user; 0 without the stack */
};

enum perf_role {
	PERF_ROLE_BOOKKEEPING = 1,   /* mmap, comm, fork, exit records */
	PERF_ROLE_FAULT_COUNT = 2,   /* counts every minor fault, writes no record */
	PERF_ROLE_FAULT_ADDRESS = 3, /* a record per fault (sample_period 1) or per N-th one */
	PERF_ROLE_MAJOR = 4,	     /* a record per major fault */
	PERF_ROLE_CPU = 5,	     /* stacks, sampled over the CPU time used */
	PERF_ROLE_FAULT_STACK = 6,   /* stacks of sampled faults, minor and major */
	PERF_ROLE_RETURN = 7,	     /* stacks of all calls of madvise(2) */
	PERF_ROLE_EVENT = 8,	     /* stacks of the event that the user asked for by name */
	PERF_ROLE_RETURN_END = 9,    /* ends of calls of madvise(2): when, and with what result */
	PERF_ROLE_UNMAP = 10,	     /* calls of munmap(2) */
	PERF_ROLE_MAP_FIXED = 11,    /* calls of mmap(2) with MAP_FIXED */
	PERF_ROLE_RETURN_OTHER = 12, /* calls of process_madvise(2): their ranges are not in it */
};

struct event_perf_data {
	uint64_t cpu;
	struct text bytes; /* whole perf records, as the kernel wrote them */
};

struct event_perf_round {
	uint64_t drained_ns; /* every perf record older than this was written before */
};

struct event_perf_count {
	uint64_t minor_count, major_count; /* since the target's exec, all threads and children */
	uint64_t enabled_ns, running_ns;   /* of the minor counter, summed over CPUs */
};

struct event_loss {
	/* "perf", "perf.throttle", "trace", "statm", "smaps", "recording"; "stderr": bytes of the
	 * target's own */
	struct text source;
	uint64_t count; /* unknown when only the fact is known */
	struct text detail;
};

struct event_fallback {
	struct text what, from, to, reason;
};

struct event_exit {
	uint64_t status; /* exit status; unknown when a signal ended it */
	uint64_t signal; /* unknown when it exited */
	uint64_t core_dumped;
	uint64_t user_ns, system_ns, minor_faults, major_faults; /* wait4(2): target and children
								    that it waited for */
	uint64_t max_rss_bytes;
	struct text reason; /* "exited", "signaled", "duration", "detached" */
};

struct event_observer {
	uint64_t cpu_ns;	   /* recorder and relay */
	uint64_t rss_peak_bytes;   /* recorder; the relay's is added when it is known */
	uint64_t written_bytes;	   /* of the recording so far */
	uint64_t longest_stall_ns; /* longest single read under the target's mmap lock */
	uint64_t failed_read_count;
	uint64_t user_bytes;	/* of the target's stderr passed on */
	uint64_t gate_stall_ns; /* longest time that the return gate kept a call; unknown without
				   one */
};

struct event_image {
	uint64_t pid;	      /* who mapped it */
	struct text path;     /* as the mapping names it; "[vdso]" */
	struct text build_id; /* hex; Go's own after "go:"; "" when it has none */
	uint64_t file_bytes;  /* its size; unknown when it could not be opened */
	struct text detail;   /* why something is not known */
	struct text content;  /* all of it, where there is no file: the vDSO; else "" */
};

struct event_kernel_symbol {
	uint64_t address; /* where the function begins */
	struct text name;
	struct text module; /* "" in the kernel itself */
};

struct event_end {
	uint64_t record_count; /* records before this one */
};

struct event {
	uint64_t kind; /* enum event_kind, or a number that this build does not know */
	uint64_t time_ns;
	union {
		struct event_session session;
		struct event_clock clock;
		struct event_source source;
		struct event_fact fact;
		struct event_binary binary;
		struct event_trace_line trace_line;
		struct event_trace_broken trace_broken;
		struct event_statm statm;
		struct event_procstat procstat;
		struct event_smaps smaps;
		struct event_cgroup cgroup;
		struct event_perf_attr perf_attr;
		struct event_perf_data perf_data;
		struct event_perf_round perf_round;
		struct event_perf_count perf_count;
		struct event_loss loss;
		struct event_fallback fallback;
		struct event_exit exit;
		struct event_observer observer;
		struct event_end end;
		struct event_image image;
		struct event_kernel_symbol kernel_symbol;
		struct text unknown; /* the body of a kind that this build does not know */
	} u;
};

enum event_field_type { EVENT_U64 = 1, EVENT_TEXT = 2 };

struct event_field {
	const char *name;
	enum event_field_type type;
	size_t offset; /* in struct event */
};

struct event_shape {
	const char *name; /* "trace_line" */
	const struct event_field *fields;
	size_t field_count;
};

/* The shape of a kind, or NULL when this build does not know it. */
const struct event_shape *event_shape_of(uint64_t kind);

/* Append the whole record (kind u16, zero u16, body size u32, time u64, body) to out.
 * ev->kind must be a known one; a text must be shorter than 2^32 bytes. */
void event_encode(struct buf *out, const struct event *ev);

/* Decode one body. Numbers missing at the end are unknown, texts missing there empty; bytes
 * behind the last known field are ignored. An unknown kind fills u.unknown. Texts are borrowed
 * from body. 0, or -EBADMSG when a field is cut in the middle (*ret is then untouched). Pure. */
int event_decode(struct event *ret, uint64_t kind, uint64_t time_ns, struct text body);

#endif
