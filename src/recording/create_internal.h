/* create_internal.h - open the file that a recording goes to. */
#ifndef RECORDING_CREATE_INTERNAL_H
#define RECORDING_CREATE_INTERNAL_H

#include "base/err.h"

/* A descriptor that stands at the beginning of an empty file (or of a device or pipe),
 * close-on-exec. What is no recording is never emptied. 0 or a negative errno, *err filled with
 * sentence and hint. */
int create_recording(int *ret_fd, const char *path, struct err *err);

#endif
