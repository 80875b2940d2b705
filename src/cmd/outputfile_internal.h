/* outputfile_internal.h - what a command writes into a file that the user named. */
#ifndef CMD_OUTPUTFILE_INTERNAL_H
#define CMD_OUTPUTFILE_INTERNAL_H

#include <stdio.h>

#include "base/err.h"

/* Writes all of it to out. 0, or a negative errno with *err filled; -EBADMSG: written as far as it
 * goes. */
typedef int output_writer(void *arg, FILE *out, struct err *err);

/* Let write fill the file at path, "-" for stdout. A plain file is written beside and renamed: an
 * older one of that name stays until the new one is whole. What write returned, or a negative errno
 * with *err filled. */
int outputfile_write(const char *path, output_writer *write, void *arg, struct err *err);

#endif
