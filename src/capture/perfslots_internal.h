/* perfslots_internal.h - which perf events a target gets, and how each is opened. */
#ifndef PERFSLOTS_INTERNAL_H
#define PERFSLOTS_INTERNAL_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/perfset.h"

enum {
	SLOT_BOOKKEEPING,
	SLOT_COUNT,
	SLOT_MAJOR,
	SLOT_EVERY,
	SLOT_THIN,
	SLOT_CPU,
	SLOT_FAULT_STACK,
	SLOT_RETURN,
	SLOT_RETURN_END,
	SLOT_UNMAP,
	SLOT_MAP_FIXED,
	SLOT_RETURN_OTHER,
	SLOT_FIRST_EVENT,
};

#define PERFSLOTS_MAX (SLOT_FIRST_EVENT + PERFSET_EVENTS_MAX)

/* Per CPU: no event was lost with it at 150,000 faults/s. */
#define PERFSLOTS_RING_BYTES_MAX (2u << 20)

struct slot {
	const char *name;   /* as libpfm4 knows it, or of a tracepoint */
	const char *filter; /* of a tracepoint: what passes (trace events' language); NULL: all */
	uint64_t sample_period; /* either this */
	uint64_t sample_hz;	/* or this is not 0 */
	uint64_t stack_bytes;
	enum perf_role role;
	bool wanted, on_exec; /* opened at all; counting from the target's exec on */
	bool optional;	      /* when it cannot be opened, the others are */
	bool has_stack;	      /* its samples bring the stack */
	bool bookkeeping;     /* carries mmap, comm and fork records */
	bool is_tracepoint;   /* its samples bring the tracepoint's fields */
	struct err why_off;   /* optional and not opened */
};

/* Fill slots (PERFSLOTS_MAX) by what is asked for. */
void perfslots_plan(struct slot *slots, const struct perfset_config *config);

/* 0 or a negative errno, *err filled. kernel: count in kernel mode too. */
int perfslots_make_attr(struct perf_event_attr *attr, const struct slot *s, bool kernel,
			size_t ring_bytes, struct err *err);

/* Let the CPU slot take the best event that opens here for a thread of pid: cycles of the hardware,
 * else the CPU clock. */
void perfslots_choose_cpu_event(struct slot *s, pid_t pid, int cpu, bool kernel);

/* Is it one of the events of page faults, which have slots of their own? Two of one kind would
 * confuse the kernel (see ALL_FAULTS). */
bool perfslots_is_fault_event(const struct perf_event_attr *attr);

/* perf_event_open(2): a descriptor or a negative errno. */
int perfslots_open_event(const struct perf_event_attr *attr, pid_t pid, int cpu);

#endif
