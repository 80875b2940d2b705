/* image_internal.h - what the unwinder asks of an image beyond its contract. */
#ifndef SYMBOLS_IMAGE_INTERNAL_H
#define SYMBOLS_IMAGE_INTERNAL_H

#include "symbols/image.h"

struct cfi;

/* Its unwind tables; lives as long as im. */
struct cfi *image_cfi(struct image *im);

/* EM_X86_64 or EM_AARCH64 (elf.h) */
unsigned image_machine(const struct image *im);

/* As image_bytes_at, but empty where the process may have written. */
struct text image_constant_at(const struct image *im, uint64_t vaddr, uint64_t len);

#endif
