/* kallsyms.h - decode one line of /proc/kallsyms.
 *
 * Format: kernel/kallsyms.c, s_show(): "ffffffff81000000 T _text", and behind the name of a
 * module's symbol a tab and "[module]". Pure: no I/O, no allocation. */
#ifndef PARSE_KALLSYMS_H
#define PARSE_KALLSYMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct kallsyms_symbol {
	uint64_t address;	  /* 0 for everybody when kernel.kptr_restrict hides them */
	char type;		  /* as nm(1): 't', 'T', 'w', ... */
	struct text name, module; /* borrowed from the line; module "" in the kernel itself */
};

/* True and *ret filled when line (no newline) is such a line; else false, *ret untouched. */
bool kallsyms_parse_line(struct kallsyms_symbol *ret, struct text line);

/* Is it code: a function, weak or not? */
bool kallsyms_is_function(const struct kallsyms_symbol *s);

#endif
