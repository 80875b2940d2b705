/* unwind_machine.c - x86-64 and arm64. Sources: asm/perf_regs.h of either machine, part of the
 * kernel's ABI; psABI x86-64, figure 3.36, and AADWARF64 for the numbers of DWARF. */
#include "unwind_machine_internal.h"

#include <elf.h>
#include <string.h>

#include "symbols/unwind.h"

/* PERF_REG_X86_*; segment registers and flags lie between IP and R8. */
enum {
	X86_AX,
	X86_BX,
	X86_CX,
	X86_DX,
	X86_SI,
	X86_DI,
	X86_BP,
	X86_SP,
	X86_IP,
	X86_R8 = 16,
};

static const struct unwind_machine machines[] = {
	{ .name = "x86_64",
	  .elf_machine = EM_X86_64,
	  .kernel_register = { X86_AX, X86_DX, X86_CX, X86_BX, X86_SI, X86_DI, X86_BP, X86_SP,
			       X86_R8, X86_R8 + 1, X86_R8 + 2, X86_R8 + 3, X86_R8 + 4, X86_R8 + 5,
			       X86_R8 + 6, X86_R8 + 7, X86_IP },
	  .register_count = 17,
	  .ip = 16,
	  .sp = 7,
	  .frame_pointer = 6,
	  .dwarf_register_count = 17,
	  .return_column = 16,
	  .least_frame_bytes = 8 },
	/* PERF_REG_ARM64_*: X0 to X29, LR, SP, PC, as DWARF has them */
	{ .name = "aarch64",
	  .elf_machine = EM_AARCH64,
	  .kernel_register = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
			       17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 },
	  .register_count = 33,
	  .ip = 32,
	  .sp = 31,
	  .frame_pointer = 29,
	  .dwarf_register_count = 32,
	  .return_column = 30,
	  .least_frame_bytes = 0 },
};

const struct unwind_machine *unwind_machine_named(const char *name)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (strcmp(machines[i].name, name) == 0)
			return &machines[i];
	}
	return NULL;
}

uint64_t unwind_register_mask(const char *machine)
{
	const struct unwind_machine *m = unwind_machine_named(machine);
	uint64_t mask = 0;

	for (size_t i = 0; m && i < m->register_count; i++)
		mask |= UINT64_C(1) << m->kernel_register[i];
	return mask;
}
