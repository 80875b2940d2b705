/* returngate.h - calls of madvise(2) seen without tracepoints: a seccomp filter in the target hands
 * each one to a small process of ours, the gate, which notes it and lets it go on
 * (seccomp_unotify(2), SECCOMP_USER_NOTIF_FLAG_CONTINUE, Linux 5.5).
 *
 * The filter stays with the target and all that it starts for as long as they live, and so does the
 * gate: also when the recorder was killed. A second process holds the filter's descriptor and goes
 * on answering should the gate be killed. While a call waits for its answer the kernel does nothing
 * of it, so that what the gate noted is what the kernel then does. */
#ifndef TARGET_RETURNGATE_H
#define TARGET_RETURNGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/text.h"

/* The layout of the gate's records, as perf_event_attr would say it (linux/perf_event.h). Each is a
 * PERF_RECORD_SAMPLE with this id, in host byte order. Its raw data are those of the tracepoint
 * syscalls/sys_enter_madvise, its chain has the user's instruction pointer alone, its registers are
 * that and the stack pointer. */
#define RETURNGATE_ID	       UINT64_C(0x6763746964650001)
#define RETURNGATE_STACK_BYTES 2048u
uint64_t returngate_sample_type(void);
uint64_t returngate_registers(void);

struct returngate_shared;

struct returngate {
	pid_t pid;   /* a child of the caller; it leaves the caller's session */
	int control; /* owned: poll it for POLLIN; -1 once the gate has ended */
	int passing; /* owned: for the child that becomes the target, see returngate_install */
	struct returngate_shared *shared; /* owned: a mapping that both processes have */
};

/* Can a filter be installed here at all? Call it before threads exist: it forks, so that nothing is
 * left behind of a refusal. 0; 1 when the filter takes from the target what execve(2) of a
 * set-user-id program, or of one with capabilities, would give it; or a negative errno with *err
 * filled. */
int returngate_try(struct err *err);

/* Start the gate's processes. Call it before threads exist: it forks. 0 or a negative errno, *err
 * filled. */
int returngate_start(struct returngate *ret, struct err *err);

/* In the child that becomes the target, before it executes its command: install the filter and hand
 * its descriptor to the gate. Async-signal-safe. What goes wrong is told to the gate, and
 * the child goes on without a filter. Where the user may not install one otherwise, the child gives
 * up gaining rights by execve (PR_SET_NO_NEW_PRIVS). */
void returngate_install(int passing, pid_t gate);

enum returngate_state {
	RETURNGATE_QUIET,   /* nothing new */
	RETURNGATE_ON,	    /* the filter is in place */
	RETURNGATE_REFUSED, /* it could not be installed: *ret_errno says why */
	RETURNGATE_GONE,    /* the gate has ended */
};

/* What the gate said. Does not wait. */
enum returngate_state returngate_hear(struct returngate *g, int *ret_errno);

/* Hand over all records noted since, whole ones, some at a time. Every call that the target
 * was let to make before this call is among them. */
typedef void returngate_sink(void *arg, struct text records);
void returngate_drain(struct returngate *g, returngate_sink *sink, void *arg);

struct returngate_totals {
	uint64_t call_count;	   /* answered */
	uint64_t lost_count;	   /* of them not noted: the recorder did not take them in time */
	uint64_t longest_stall_ns; /* from hearing of a call to the answer */
	uint64_t cpu_ns;	   /* used by the gate so far, in steps of some calls */
};
struct returngate_totals returngate_totals(const struct returngate *g);

/* Let go of it: it lives on until the filter's last user is gone. Harmless on one that was never
 * started, all fields 0 but the descriptors -1. */
void returngate_leave(struct returngate *g);

#endif
