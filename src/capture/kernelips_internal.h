/* kernelips_internal.h - the kernel addresses that stand in the stacks of a recording, and their
 * names: only this machine, booted as it is now, knows them. */
#ifndef KERNELIPS_INTERNAL_H
#define KERNELIPS_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "recording/event.h"

/* More distinct addresses than this are not kept: they stay without a name. */
#define KERNELIPS_MAX 65536u

struct kernelips {
	uint64_t *slots; /* hash set, 0 is free; owned */
	size_t capacity, count;
	uint64_t dropped_count;
};

/* The kernel's part of a call chain (8 bytes each, with the kernel's context marks). */
void kernelips_add_chain(struct kernelips *k, struct text chain);

/* Hand the symbol of each address, once, to the sink; reads /proc/kallsyms, some tens of ms. 0; a
 * negative errno, *err filled, when it cannot be read or hides the addresses. */
typedef void kernelips_sink(void *arg, const struct event_kernel_symbol *symbol);
int kernelips_name(struct kernelips *k, kernelips_sink *sink, void *arg, struct err *err);

void kernelips_done(struct kernelips *k);

#endif
