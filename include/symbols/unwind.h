/* unwind.h - the frames of C code that keeps no frame pointers, from the registers and the piece of
 * the stack that a sample brought, by the unwind tables (.eh_frame) of the images: through
 * libunwind's remote interface, over bytes that are all untrusted and bounded. */
#ifndef SYMBOLS_UNWIND_H
#define SYMBOLS_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct image;
struct unwinder;

/* What lies at ip in the process that was sampled: the image, and ip - vaddr (modulo 2^64). NULL
 * when nothing is known. */
typedef struct image *unwind_image_at(void *arg, uint64_t ip, uint64_t *ret_bias);

/* NULL when this build has no libunwind for the machine ("x86_64", "aarch64"). */
struct unwinder *unwinder_new(const char *machine);
void unwinder_free(struct unwinder *u); /* NULL is fine */

/* Registers by the kernel's numbers (asm/perf_regs.h: PERF_REG_X86_*, PERF_REG_ARM64_*); those that
 * are not in mask are not known. */
#define UNWIND_REGISTERS_MAX 64

struct unwind_sample {
	uint64_t registers[UNWIND_REGISTERS_MAX];
	uint64_t mask;
	struct text stack; /* the bytes from the stack pointer upwards; borrowed */
};

struct unwind_step {
	uint64_t ip; /* of a caller: a return address */
	uint64_t sp;
	uint64_t frame_pointer; /* the register at that place, whatever it is used for;
				 * UNKNOWN_U64 */
};

/* The mask of the registers that unwinding needs, for perf_event_attr.sample_regs_user; 0 for a
 * machine that is not known. */
uint64_t unwind_register_mask(const char *machine);

/* Fill out with the frames from the sampled one outwards, the sampled one first (ip register),
 * until keep_going(arg, ip) says false for an ip (that one is still handed out), the piece of the
 * stack or the tables end, or max is reached. Returns how many; 0 without ip and sp. Always ends.
 * Nothing is guessed: where no table says how to go on, the frames end. Signal trampolines are
 * passed; the ip that follows one is no return address. */
typedef bool unwind_keep_going(void *arg, uint64_t ip);

struct unwind_space {
	unwind_image_at *image_at;
	unwind_keep_going *keep_going;
	void *arg;
};

size_t unwind_frames(struct unwinder *u, const struct unwind_space *space,
		     const struct unwind_sample *sample, struct unwind_step *out, size_t max);

#endif
