/* returngate_internal.h - what the recorder, the gate and the child share. */
#ifndef TARGET_RETURNGATE_INTERNAL_H
#define TARGET_RETURNGATE_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RETURNGATE_RING_BYTES (8u << 20) /* some 3,600 calls: taken over every 100 ms */

/* One writer, one reader, both of this program: a ring of whole records. */
struct returngate_shared {
	_Atomic uint64_t head; /* bytes written in all */
	_Atomic uint64_t tail; /* bytes taken over */
	_Atomic uint64_t call_count, lost_count, longest_stall_ns, cpu_ns;
	uint8_t ring[RETURNGATE_RING_BYTES];
};

/* False, and counted, when there is no room for it. */
bool returngate_push(struct returngate_shared *s, const void *record, size_t len);
uint64_t returngate_waiting_bytes(struct returngate_shared *s);

/* seccompfilter.c: the filter's descriptor, or a negative errno. Async-signal-safe. */
int seccompfilter_install(void);

/* Could it be installed here? Tried in a process of its own: 0; 1 when what has it can gain no
 * rights by execve(2) any more (PR_SET_NO_NEW_PRIVS), and could before; or a negative errno. */
int seccompfilter_try(void);

/* A call of madvise that waits for its answer, and where it came from. */
struct returngate_call {
	uint64_t time_ns;
	pid_t process, thread;
	uint64_t number; /* of the system call */
	uint64_t arguments[6];
	bool has_place; /* ip and sp are known */
	uint64_t ip, sp;
	uint8_t stack[2048]; /* from sp up */
	size_t stack_len;    /* bytes of it that could be read */
};

#define RETURNGATE_RECORD_BYTES_MAX 4096

/* returnrecord.c: the call as a record (returngate.h) into out, RETURNGATE_RECORD_BYTES_MAX bytes.
 * Returns its length. Pure. */
size_t returnrecord_make(uint8_t *out, const struct returngate_call *call);

/* The recorder's side of the first message. */
struct returngate_word {
	uint32_t state; /* enum returngate_state */
	int32_t code;	/* errno with RETURNGATE_REFUSED */
};

/* returngateloop.c: the gate process; returns its exit status. */
int returngate_run(int passing, int control, struct returngate_shared *shared);

#endif
