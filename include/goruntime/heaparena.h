/* heaparena.h - which mappings of a Go process are its heap.
 *
 * Source: runtime/malloc.go, mallocinit: 64-bit Linux asks for arenas at i<<40 | 0x00c0<<32 (amd64
 * and most) or i<<40 | 0x0040<<32 (arm64), i = 0, 1, 2, ..., and lets the heap grow upwards from
 * the first address that is free (Go 1.11-1.27; up to 1.10 one arena at the same place, with its
 * span table and bitmap before it). Since 1.26 (GOEXPERIMENT randomizedheapbase64, the default) the
 * first address is random, but a multiple of the arena's 64 MiB. With GODEBUG decoratemappings=1,
 * the default since 1.25, and a kernel that has CONFIG_ANON_VMA_NAME, mappings carry names
 * (runtime/set_vma_name_linux.go). */
#ifndef GORUNTIME_HEAPARENA_H
#define GORUNTIME_HEAPARENA_H

#include <stdbool.h>
#include <stdint.h>

#include "parse/procmaps.h"

/* machine is uname -m. False for machines that we know no addresses of. Addresses from
 * 0x5500_0000_0000 up are never taken: there Linux puts programs, C heaps, libraries and stacks.
 * On arm64 with 39-bit addresses (not usual on servers) private memory of C libraries lies where a
 * Go heap may also lie, and is counted as heap. */
bool heaparena_has_address(const char *machine, uint64_t address);

/* A walk over the mappings of one process in ascending order, as /proc/PID/maps and smaps list
 * them. */
struct heaparena_walk {
	const char *machine; /* uname -m; borrowed */
	bool is_go;	     /* the executable is Go, or may be: then alignment is believed */
	uint64_t heap_end;   /* where the last heap mapping ended; 0 at the start */
};

/* Whether the next mapping is Go heap: anonymous, private, not executable, writable or reserved;
 * and at an arena address, or, in a Go program, beginning at a multiple of 64 MiB below the
 * libraries, or directly behind heap; or named as heap by the runtime. A mapping that the runtime
 * names as something else is not heap. A random heap base among the libraries (a chance of 1 in 128
 * since 1.26) is not recognised without names. */
bool heaparena_take(struct heaparena_walk *walk, const struct proc_mapping *m);

#endif
