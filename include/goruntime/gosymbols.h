/* gosymbols.h - the functions of a Go program, read from its function table alone (pclntab), so
 * that a stripped binary reads as well as a full one.
 *
 * Addresses are vaddr: as linked in the file. Sources: debug/gosym/pclntab.go, runtime/symtab.go,
 * runtime/symtabinl.go, cmd/link/internal/ld/pcln.go of Go 1.5-1.27. Everything in the file is
 * untrusted: a table that cannot be gives "not known", never a read outside of it. */
#ifndef GORUNTIME_GOSYMBOLS_H
#define GORUNTIME_GOSYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/codeframe.h"
#include "base/err.h"
#include "goruntime/elfimage.h"

struct gosymbols;

/* Find the function table of the image, which is borrowed and must outlive *ret. Touches only what
 * it needs: a few ms, whatever the size of the file. 0; -ENOENT when the image has no Go function
 * table; -EBADMSG when it has one that cannot be read, *err filled. */
int gosymbols_open(struct gosymbols **ret, const struct elfimage *image, struct err *err);
void gosymbols_close(struct gosymbols *g); /* NULL is fine */

/* The frames at vaddr, innermost first; 0 when vaddr is in no Go function. At most max
 * (>= 1); CODE_FRAMES_MAX is always enough. Texts live as long as g. */
size_t gosymbols_frames(const struct gosymbols *g, uint64_t vaddr, struct code_frame *out,
			size_t max);

/* The extent of the function at vaddr: [*ret_entry, *ret_end). False when there is none. */
bool gosymbols_extent(const struct gosymbols *g, uint64_t vaddr, uint64_t *ret_entry,
		      uint64_t *ret_end);

/* Bytes between the stack pointer and the slot of the return address when the program counter is at
 * vaddr (the table pcsp: 0 at the entry of a function); UNKNOWN_U64 when the table does not say.
 * On arm64 a function without a frame keeps its return address in a register. */
uint64_t gosymbols_sp_delta(const struct gosymbols *g, uint64_t vaddr);

/* Every function, in the order of their addresses. Returns the count; the i-th entry's vaddr. */
size_t gosymbols_count(const struct gosymbols *g);
uint64_t gosymbols_entry(const struct gosymbols *g, size_t i);

/* "1.2", "1.16", "1.18", "1.20": the layout, named after the first release that had it. */
const char *gosymbols_layout(const struct gosymbols *g);

#endif
