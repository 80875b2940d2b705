/* pclntab_internal.h - what the parts of the function table's decoder share. */
#ifndef PCLNTAB_INTERNAL_H
#define PCLNTAB_INTERNAL_H

#include "goruntime/pclntab.h"

struct pclntab_func {
	uint64_t entry;	     /* pc */
	uint64_t at;	     /* of its _func, in the table */
	unsigned steps_left; /* to be taken through its tables of values */
};

/* The function at pc; the i-th one. False when there is none, or its _func is not in the table. */
bool pclntab_func(const struct pclntab *t, uint64_t pc, struct pclntab_func *ret);
bool pclntab_func_at(const struct pclntab *t, uint64_t i, struct pclntab_func *ret);

/* Are the first functions of the list what it says that they are? A header that was made out in
 * some bytes can be there by chance. */
bool pclntab_is_sound(const struct pclntab *t);

/* How a table of layout 1.2 writes inlining, made out from what is in it: 1.9-1.11, 1.12 or
 * 1.13-1.15. What 1.5-1.8 wrote reads as that of 1.9, without any inlining. */
enum pclntab_inlining pclntab_guess_inlining(const struct pclntab *t);

/* The value at pc of a table of values (an offset that a _func has); false when it has none. */
bool pclntab_value(const struct pclntab *t, uint64_t table, struct pclntab_func *f, uint64_t pc,
		   int64_t *ret);

/* The table of the which-th pcdata; vaddr of the which-th funcdata. UNKNOWN_U64 without it. */
uint64_t pclntab_pcdata(const struct pclntab *t, const struct pclntab_func *f, unsigned which);
uint64_t pclntab_funcdata(const struct pclntab *t, const struct pclntab_func *f, unsigned which);

/* A function's name by its offset; a file's by its number in the function's unit. Empty when there
 * is none. */
struct text pclntab_name(const struct pclntab *t, uint64_t offset);
struct text pclntab_file(const struct pclntab *t, const struct pclntab_func *f, int64_t number);

/* File and line at pc, innermost; name and first line of the function itself. */
void pclntab_place(const struct pclntab *t, struct pclntab_func *f, uint64_t pc,
		   struct code_frame *ret);
void pclntab_describe(const struct pclntab *t, const struct pclntab_func *f,
		      struct code_frame *ret);

#endif
