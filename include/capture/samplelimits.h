/* samplelimits.h - what the kernel allows of samples with stacks. */
#ifndef CAPTURE_SAMPLELIMITS_H
#define CAPTURE_SAMPLELIMITS_H

#include <stdint.h>

/* perf_event_attr.sample_stack_user: a multiple of 8, and with all other fields the record must
 * stay below 64 KiB (kernel/events/core.c, perf_sample_ustack_size). */
#define SAMPLE_STACK_BYTES_MAX 61440u

/* Samples per second that kernel.perf_event_max_sample_rate allows; UNKNOWN_U64 when it cannot be
 * read. */
uint64_t samplelimits_max_hz(void);

/* perf_event_attr.sample_regs_user for this build's machine: the general registers, the stack
 * pointer and the program counter (asm/perf_regs.h); 0 where none is known. */
uint64_t samplelimits_register_mask(void);

/* Of these, the ones that calls preserve (psABI x86-64, figure 3.4; AAPCS64, 6.1.1), the stack
 * pointer and the program counter: what frames are found by, but for a few instructions of
 * hand-written assembly. */
uint64_t samplelimits_frame_register_mask(void);

#endif
