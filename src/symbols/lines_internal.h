/* lines_internal.h - file, line and inlining of C code, by the DWARF of an ELF file, through libdw.
 *
 * Nothing is read for compile units that were not asked for, but where their code lies. libdw gets
 * only what was found to be bounded, and what it walks is counted: a file that asks for too much is
 * known no further. Code in split units (.dwo) and what refers to a supplementary file
 * (.gnu_debugaltlink) is not known: libdw would open files by names out of the file. */
#ifndef SYMBOLS_LINES_INTERNAL_H
#define SYMBOLS_LINES_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/codeframe.h"
#include "goruntime/elfimage.h"

struct lines;

/* Over the bytes of im, borrowed; NULL when it has no DWARF that can be used. */
struct lines *lines_new(const struct elfimage *im);
void lines_free(struct lines *l); /* NULL is fine */

/* The frames at vaddr, innermost first, at most max (>= 1; the outermost are kept); 0 when nothing
 * is known. When only the line is known, one frame without a function. Texts live as long as l. */
size_t lines_frames(struct lines *l, uint64_t vaddr, struct code_frame *out, size_t max);

#endif
