/* elfsyms_internal.h - the functions that the symbol tables of an ELF file name: C and assembly.
 *
 * Names are as the table has them: those of C++ and Rust stay mangled. */
#ifndef SYMBOLS_ELFSYMS_INTERNAL_H
#define SYMBOLS_ELFSYMS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "goruntime/elfimage.h"

struct elfsyms;

/* Read .symtab and .dynsym of main, and .symtab of debug (its separate debug file, NULL when there
 * is none), and name the stubs of its PLT. Both are borrowed and must outlive the result. Never
 * NULL. */
struct elfsyms *elfsyms_new(const struct elfimage *main, const struct elfimage *debug);
void elfsyms_free(struct elfsyms *s); /* NULL is fine */

/* The function at vaddr; empty when none is known there. A symbol without a size reaches to the
 * next one. Of several names of one place: global before weak before local, then the one with fewer
 * leading underscores, then the shorter, then the first in the alphabet. Lives as long as s. */
struct text elfsyms_name(const struct elfsyms *s, uint64_t vaddr);

#endif
