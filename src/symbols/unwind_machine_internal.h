/* unwind_machine_internal.h - the registers of a machine, by the numbers of libunwind (those of
 * DWARF) and of the kernel. Facts that are the same wherever this is built. */
#ifndef SYMBOLS_UNWIND_MACHINE_INTERNAL_H
#define SYMBOLS_UNWIND_MACHINE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#define MACHINE_REGISTERS_MAX 33

struct unwind_machine {
	const char *name;     /* as libunwind has it */
	unsigned elf_machine; /* EM_* */
	/* the kernel's number of each of libunwind's registers */
	uint8_t kernel_register[MACHINE_REGISTERS_MAX];
	size_t register_count;
	int ip, sp, frame_pointer; /* libunwind's numbers */
	/* registers that the unwind tables may name are below */
	uint64_t dwarf_register_count;
	uint64_t return_column; /* where the tables have the return address */
	/* may a function without a frame have the stack pointer of its caller? */
	uint64_t least_frame_bytes;
};

/* NULL when it is not known. */
const struct unwind_machine *unwind_machine_named(const char *name);

#endif
