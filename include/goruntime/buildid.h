/* buildid.h - the one identity of an executable or library that survives copying. */
#ifndef GORUNTIME_BUILDID_H
#define GORUNTIME_BUILDID_H

#include "base/buf.h"
#include "goruntime/elfimage.h"

/* Append the build id to out: GNU's in hex (the linker's --build-id; Go since 1.24); where there is
 * none, "go:" and Go's own (cmd/internal/buildid, in the note of owner "Go" and type 4 since Go
 * 1.5). Nothing when the file has neither. At most 512 bytes. */
void buildid_add(struct buf *out, const struct elfimage *image);

#endif
