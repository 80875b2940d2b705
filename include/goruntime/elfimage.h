/* elfimage.h - an ELF file through libelf: bounded slices by section, segment and address.
 *
 * Everything handed out is borrowed from the mapped file and valid until elfimage_close. */
#ifndef GORUNTIME_ELFIMAGE_H
#define GORUNTIME_ELFIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct Elf;

struct elfimage {
	struct Elf *elf;  /* owned */
	struct text file; /* all its bytes, mapped */
	size_t segment_count;
	unsigned pointer_bytes; /* 4 or 8 */
	unsigned machine;	/* EM_X86_64, EM_AARCH64, ... (elf.h) */
};

/* Map the file behind fd, which stays with the caller. 0; -ENOEXEC when it is not a little-endian
 * ELF file that libelf takes; another negative errno when it cannot be read, *err filled. */
int elfimage_open(struct elfimage *ret, int fd, struct err *err);

/* The same over bytes in memory, borrowed until elfimage_close. 0 or -ENOEXEC. */
int elfimage_open_bytes(struct elfimage *ret, struct text bytes);
void elfimage_close(struct elfimage *im);

struct elfsection {
	uint64_t vaddr;
	struct text bytes; /* empty when it has none in the file */
};

/* False when there is no section of this name, or its bytes lie outside of the file. */
bool elfimage_section(struct elfsection *ret, const struct elfimage *im, const char *name);

/* Loaded, writable segments, and at most cap bytes of each: the index-th, or false. */
bool elfimage_data_segment(struct elfsection *ret, const struct elfimage *im, size_t index,
			   size_t cap);

struct elfsegment {
	unsigned type, flags; /* PT_LOAD..., PF_X... (elf.h) */
	uint64_t vaddr, file_off;
	uint64_t file_bytes; /* may reach beyond the end of a file that was cut */
};

/* The index-th program header; false behind the last one. */
bool elfimage_segment(struct elfsegment *ret, const struct elfimage *im, size_t index);

/* How many bytes the compressed sections say that they have when unpacked (SHF_COMPRESSED, and
 * .zdebug_* of Go 1.11-1.18); UINT64_MAX when that is beyond counting. */
uint64_t elfimage_unpacked_bytes(const struct elfimage *im);

/* A section as libelf holds it: unpacked, once libdw has unpacked it in place. Empty when there is
 * none. */
struct text elfimage_section_data(const struct elfimage *im, const char *name);

/* len bytes at vaddr as the file has them; empty when it does not. */
struct text elfimage_bytes_at(const struct elfimage *im, uint64_t vaddr, uint64_t len);

/* The pointer at vaddr: as the file has it, or when that is 0, as a RELATIVE relocation will make
 * it (R_X86_64_RELATIVE, R_AARCH64_RELATIVE; no other machine); 0 when neither says. */
uint64_t elfimage_pointer_at(const struct elfimage *im, uint64_t vaddr, size_t width_bytes);

/* The RELATIVE relocations (of 64-bit images), one by one: true until relocate says false, or they
 * end. vaddr: the word; value: what it will be, before the image is moved. */
typedef bool elfimage_relocate(void *arg, uint64_t vaddr, uint64_t value);
void elfimage_each_relative(const struct elfimage *im, elfimage_relocate *relocate, void *arg);

/* The address of a symbol of .symtab; false when there is none. */
bool elfimage_symbol(uint64_t *ret_vaddr, const struct elfimage *im, const char *name);

/* The content of the note with this owner (NUL not counted) and type, from sections or segments. */
bool elfimage_note(struct text *ret, const struct elfimage *im, const char *owner, uint32_t type);

#endif
