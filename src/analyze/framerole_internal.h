/* framerole_internal.h - what a function's name says of the stacks that it stands in.
 *
 * Go's functions by runtime/mgc.go, mgcmark.go, mgcsweep.go, mgcscavenge.go, mheap.go, malloc.go of
 * Go 1.5-1.27; the kernel's by arch/x86/entry, arch/arm64/kernel/entry-common.c, mm/madvise.c. */
#ifndef FRAMEROLE_INTERNAL_H
#define FRAMEROLE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/profile.h"
#include "base/text.h"

enum {
	ROLE_MARK_WORKER = 1 << 0,
	ROLE_ASSIST = 1 << 1,
	ROLE_SWEEP = 1 << 2,
	ROLE_SCAVENGE = 1 << 3,
	ROLE_SWEEP_TERMINATION = 1 << 4,
	ROLE_MARK_TERMINATION = 1 << 5,
	ROLE_SOME_MARKING = 1 << 6, /* a worker's or an assist's: which one says a frame below */
	ROLE_ALLOCATION = 1 << 7,
	ROLE_FORCED_RETURN = 1 << 8,
	ROLE_BACKGROUND_RETURN = 1 << 9,
	ROLE_EAGER_RETURN = 1 << 10,
	ROLE_PAGE_FAULT = 1 << 11,
	ROLE_MADVISE = 1 << 12,
	ROLE_SYSTEMSTACK = 1 << 13, /* runs its caller's closure on another stack */
	ROLE_MCALL = 1 << 14,	    /* what stands below it in a chain is of an older time */
	ROLE_CGOCALL = 1 << 15,
	ROLE_ASMCGOCALL = 1 << 16,
	ROLE_BOTTOM = 1 << 17, /* nothing is below it */
};

/* The roles of a function of Go or of C; of the kernel. */
uint32_t framerole_of_user(struct text function);
uint32_t framerole_of_kernel(struct text function);

/* Functions of Go in whose middle the stack pointer moves to another stack. */
bool framerole_moves_stacks(struct text function);

/* From the roles of a stack's frames, leaf first. */
enum profile_phase framerole_phase(const uint32_t *roles, size_t count);
enum profile_cause framerole_cause(const uint32_t *roles, size_t count);

/* Where CPU time goes: each sample has exactly one use. */
enum profile_use framerole_use(const uint32_t *roles, size_t count);

#endif
