/* buildinfo.h - decode the .go.buildinfo blob that the Go linker puts into every executable.
 *
 * Format: debug/buildinfo/buildinfo.go and cmd/link/internal/ld/data.go (buildinfo), Go 1.13-1.27:
 * 16-byte aligned "\xff Go buildinf:", pointer size, flags (1 big-endian, 2 inline strings), then
 * from 1.18 two strings with uvarint lengths at +32, before that two pointers at +16 to Go strings.
 * Pure: no I/O, no allocation. */
#ifndef GORUNTIME_BUILDINFO_H
#define GORUNTIME_BUILDINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* How pointers are followed in the program's image as it will be in memory. */
struct buildinfo_memory {
	/* len bytes at vaddr, borrowed as long as the image lives; empty when the file does not
	 * have them. */
	struct text (*bytes_at)(void *arg, uint64_t vaddr, uint64_t len);
	/* The pointer of width_bytes at vaddr, relocated; 0 when not known. */
	uint64_t (*pointer_at)(void *arg, uint64_t vaddr, size_t width_bytes);
	void *arg;
};

struct buildinfo {
	struct text version; /* "go1.26.8"; borrowed */
	struct text modinfo; /* lines "path\tX", "mod\t...", "build\tKEY=VALUE"; "" when there is
				none */
};

enum buildinfo_status {
	BUILDINFO_OK,	    /* *ret is filled */
	BUILDINFO_NONE,	    /* no blob in these bytes */
	BUILDINFO_UNLINKED, /* there is a blob, but where its version string lies is only known at
			       run time */
	BUILDINFO_BROKEN,   /* there is a blob that cannot be */
};

/* Look for the blob in bytes, which begin at vaddr. *ret is untouched unless the result is
 * BUILDINFO_OK. */
enum buildinfo_status buildinfo_decode(struct buildinfo *ret, struct text bytes, uint64_t vaddr,
				       const struct buildinfo_memory *memory);

struct elfimage;

/* The same for a whole image: in its section .go.buildinfo, or where it has no section headers, at
 * the front of its writable segments, where the linker puts it. */
enum buildinfo_status buildinfo_of_image(struct buildinfo *ret, const struct elfimage *image);

/* The value of "build\tKEY=VALUE" as written (a value with blanks stands in quotes), or of the line
 * "KEY\tVALUE" ("path"; "mod" gives "module\tversion\tsum"). False when there is no such line. */
bool buildinfo_setting(struct text *ret, struct text modinfo, const char *key);
bool buildinfo_line(struct text *ret, struct text modinfo, const char *key);

#endif
