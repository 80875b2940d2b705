/* imagewatch_internal.h - the files with code that the target maps: what they are is asked while
 * they are there. */
#ifndef IMAGEWATCH_INTERNAL_H
#define IMAGEWATCH_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "recording/event.h"

/* More different files than this are not looked at: programs with that many plugins are made up. */
#define IMAGEWATCH_MAX 4096u

struct imagewatch {
	char **paths; /* seen, in hash order; owned */
	size_t capacity, count;
};

typedef void imagewatch_sink(void *arg, const struct event_image *image);

/* A process mapped the file of this name with leave to execute it: the first time, tell what it is.
 * The file is looked for below /proc/PID/root, so that it is the one of the process's container,
 * and where that process has gone, under its plain name. */
void imagewatch_mapped(struct imagewatch *w, uint64_t pid, struct text path, imagewatch_sink *sink,
		       void *arg);

void imagewatch_done(struct imagewatch *w);

#endif
