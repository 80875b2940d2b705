/* procenviron.h - /proc/PID/environ: what a program was started with (proc(5)). Untrusted text: the
 * program may have written over it. Pure. */
#ifndef PARSE_PROCENVIRON_H
#define PARSE_PROCENVIRON_H

#include <stdbool.h>

#include "base/text.h"

/* The value of the first entry "NAME=value", as getenv(3) and Go's runtime (runtime/runtime.go,
 * gogetenv) look it up; entries end with NUL, the last one also with the file. Borrowed from file.
 * False, and *ret_value untouched, when there is none; name is not empty and has no '='. */
bool procenviron_find(struct text *ret_value, struct text file, const char *name);

#endif
