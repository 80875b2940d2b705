/* image.h - one file with code in it: a Go program, a C library, the vDSO. Names, lines and
 * inlining at an address, asked of the sources that know best: Go's function table, then DWARF (C
 * code), then the ELF symbol tables.
 *
 * vaddr is an address as linked in the file, file_off an offset in it. Nothing but headers is read
 * before it is asked for. */
#ifndef SYMBOLS_IMAGE_H
#define SYMBOLS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/codeframe.h"
#include "base/err.h"
#include "base/text.h"

struct image;

/* Open the ELF file behind fd, which stays with the caller and may be closed afterwards. 0;
 * -ENOEXEC when it is no ELF file of a machine that we know; another negative errno when it cannot
 * be read; *err filled. */
int image_open(struct image **ret, int fd, struct err *err);

/* The same over bytes in memory (the vDSO out of a recording), copied. */
int image_open_bytes(struct image **ret, struct text bytes, struct err *err);

void image_close(struct image *im); /* NULL is fine */

/* The build id as hex: GNU's; where there is none, Go's after "go:". Empty when the file has
 * neither. Lives as long as im. */
struct text image_build_id(const struct image *im);

/* The vaddr of the byte at file_off, by the loaded segment that holds it. False when none does. */
bool image_vaddr_of(const struct image *im, uint64_t file_off, uint64_t *ret_vaddr);

/* len bytes at vaddr as the file has them; empty when it does not. Lives as long as im. */
struct text image_bytes_at(const struct image *im, uint64_t vaddr, uint64_t len);

/* The frames at vaddr, innermost first; 0 when nothing is known there. Texts live as long as im.
 * max >= 1; CODE_FRAMES_MAX is always enough. Names of C++ and Rust are mangled. Debug files are
 * looked for below /usr/lib/debug. The first answer can take as long as unpacking the DWARF of the
 * file does, and the first one in a compile unit as long as reading its lines. */
size_t image_frames(struct image *im, uint64_t vaddr, struct code_frame *out, size_t max);

/* Is there a Go function at vaddr (gosymbols.h)? */
bool image_is_go(struct image *im, uint64_t vaddr);

/* As gosymbols_sp_delta; UNKNOWN_U64 outside of Go functions. */
uint64_t image_sp_delta(struct image *im, uint64_t vaddr);

/* The Go function at vaddr begins here; UNKNOWN_U64 outside of Go functions. */
uint64_t image_go_entry(struct image *im, uint64_t vaddr);

/* A section by its name. False when there is none or it has no bytes in the file. */
bool image_section(const struct image *im, const char *name, uint64_t *ret_vaddr,
		   struct text *ret_bytes);

#endif
