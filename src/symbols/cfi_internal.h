/* cfi_internal.h - the unwind tables of an ELF file: .eh_frame, through the sorted table of
 * .eh_frame_hdr where there is one, and .debug_frame.
 *
 * Formats: LSB Core 5.0, chapter 10.6 (.eh_frame, .eh_frame_hdr); DWARF 5, section 6.4. */
#ifndef SYMBOLS_CFI_INTERNAL_H
#define SYMBOLS_CFI_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "goruntime/elfimage.h"

/* What the tables say about the function at an address. */
struct cfi_entry {
	uint64_t start, end; /* [start, end), vaddr */
	uint64_t code_align;
	int64_t data_align;
	uint64_t return_column; /* the DWARF register of the return address */
	bool is_signal;		/* a signal trampoline: the ip of its caller is no return address */
	struct text initial;	/* the program of the CIE, borrowed from the file */
	struct text program;	/* of the FDE */
};

struct cfi;

/* Touches nothing but headers. im is borrowed and must outlive the result. Never NULL. */
struct cfi *cfi_new(const struct elfimage *im);
void cfi_free(struct cfi *cfi); /* NULL is fine */

/* False when the tables say nothing about vaddr. */
bool cfi_find(struct cfi *cfi, uint64_t vaddr, struct cfi_entry *ret);

/* Can both programs be run as they are by a library that trusts them? Every operation is known,
 * ends within its program and names a register below register_count; the CFA is defined before the
 * first instruction; expressions neither branch nor divide nor go through locations; nothing is
 * nested deeply. */
bool cfi_is_sound(const struct cfi_entry *e, uint64_t register_count);

#endif
