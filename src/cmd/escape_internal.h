/* escape_internal.h - print untrusted bytes so that a terminal only sees text. */
#ifndef CMD_ESCAPE_INTERNAL_H
#define CMD_ESCAPE_INTERNAL_H

#include <stdio.h>

#include "base/text.h"

/* Print t; control characters, quotes, backslashes and what is not UTF-8 become \xNN, one per byte.
 */
void escape_print(FILE *out, struct text t);

#endif
