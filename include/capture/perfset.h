/* perfset.h - the perf events of one target: per CPU, inherited by all its threads and children,
 * enabled when it executes its command; all events of a CPU share one ring. */
#ifndef CAPTURE_PERFSET_H
#define CAPTURE_PERFSET_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/text.h"
#include "recording/event.h"

#define PERFSET_EVENTS_MAX 8

struct perfset_config {
	pid_t pid;	      /* a child that has not executed its command yet */
	bool addresses;	      /* record the address of every fault */
	uint64_t thin_period; /* every N-th one under overload */
	bool returns;	      /* record the calls of madvise(2), with their stacks */
	uint64_t sample_hz; /* samples of stacks per second of CPU time; 0: none, of faults neither
			     */
	uint64_t stack_bytes; /* of each stack, for what has no frame pointers: a multiple of 8 */
	const char *const *events; /* more events to take stacks of, by libpfm4's names */
	size_t event_count;	   /* at most PERFSET_EVENTS_MAX */
};

struct perfset;

/* Open what the kernel allows: user and kernel mode, else user mode only. 0, or a negative errno
 * with *err (and its hint) filled when not even that is possible. */
int perfset_open(struct perfset **ret, const struct perfset_config *config, struct err *err);

/* True when kernel-mode faults are not counted; *ret_why then says why not. */
bool perfset_is_user_only(const struct perfset *p, const struct err **ret_why);

/* What became of the events with stacks: "perf.cpu-samples", "perf.fault-stacks", "perf.returns",
 * "perf.return-ends", "perf.event NAME". why is NULL for one that is open, *detail then how. */
typedef void perfset_stack_sink(void *arg, const char *source, const struct err *why_off,
				const char *detail);
void perfset_tell_stacks(const struct perfset *p, perfset_stack_sink *sink, void *arg);

/* Can calls of madvise(2) be recorded here, by their tracepoint? 0, or a negative errno and *err.
 */
int perfset_try_returns(struct err *err);

/* Would an event open here, for this process? 0, or a negative errno and *err with its hint. */
int perfset_try_event(const char *name, struct err *err);

/* The descriptors to poll for POLLIN, one per CPU with a ring; borrowed. */
struct pollfd *perfset_pollfds(struct perfset *p, size_t *ret_count);

/* How the events were opened, one EVENT_PERF_ATTR per role; hands each to the sink. */
typedef int perfset_attr_sink(void *arg, const struct event_perf_attr *attr);
int perfset_describe(const struct perfset *p, perfset_attr_sink *sink, void *arg);

/* Drain all rings. data is called per CPU that had something. Returns the first failure of the
 * sink. */
typedef int perfset_data_sink(void *arg, uint64_t cpu, struct text records);
int perfset_drain(struct perfset *p, perfset_data_sink *sink, void *arg);

/* A fault without its stack: header, and 8 bytes for each of id, thread, time and address. Records
 * with stacks are longer. */
#define PERFSET_ADDRESS_RECORD_BYTES 40

/* What went through perfset_drain so far, counted by walking the record headers. */
struct perfset_totals {
	uint64_t address_count; /* plain fault records */
	uint64_t lost_count, throttle_count;
};
struct perfset_totals perfset_totals(const struct perfset *p);

/* Exact counts since the target's exec. 0 or a negative errno. */
int perfset_count(struct perfset *p, struct event_perf_count *ret);

/* Records that found no room in a ring. The kernel tells of them with the next record that finds
 * room (PERF_RECORD_LOST): when none comes after them, only the events' own counts know
 * (PERF_FORMAT_LOST, Linux 6.0; before, this is what went through perfset_drain). */
uint64_t perfset_lost(const struct perfset *p);

/* Record every fault's address, or every thin_period-th one's. No effect without addresses. 0 or a
 * negative errno. */
int perfset_thin(struct perfset *p, bool thin);

size_t perfset_ring_bytes(const struct perfset *p); /* per CPU */
size_t perfset_cpu_count(const struct perfset *p);

void perfset_close(struct perfset *p); /* NULL is fine */

#endif
