/* locations_internal.h - the code addresses of stacks, each named once.
 *
 * A location is a place in a file (or in the kernel, or a name without a place), whatever process
 * it was mapped into. Memory grows with the distinct places of a recording. */
#ifndef LOCATIONS_INTERNAL_H
#define LOCATIONS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/profile.h"
#include "base/buf.h"
#include "base/indexmap.h"
#include "symbols/imageset.h"
#include "symbols/space.h"

/* What mending needs to know of a location beside what is shown of it. */
struct location_facts {
	uint32_t roles;	     /* of all its functions together */
	struct image *image; /* NULL: kernel, or not known */
	uint64_t vaddr;
	uint64_t sp_delta; /* bytes from the stack pointer to the return address; UNKNOWN_U64 */
	bool is_go, is_kernel, is_named;
	bool moves_stacks; /* runs on two stacks: its depth is of no use */
};

struct kernel_symbol {
	uint64_t address;
	uint32_t function; /* index in functions */
};

struct locations {
	struct imageset *images;
	struct space *space;
	struct buf names; /* char *: strings of our own, each allocated by itself */

	struct buf functions; /* struct profile_function */
	struct buf lines;     /* struct profile_line */
	struct buf locations; /* struct profile_location */
	struct buf facts;     /* struct location_facts, beside locations */
	struct buf kernel;    /* struct kernel_symbol, by address once sorted */
	bool kernel_is_sorted;

	struct indexmap by_function, by_place;
	struct buf places; /* what by_place compares: see locations.c */
	struct indexmap by_ip;
	struct buf ips; /* what by_ip compares */
};

void locations_init(struct locations *l, const char *directory);
void locations_done(struct locations *l);

/* From EVENT_KERNEL_SYMBOL; all of them before the first locations_at_kernel. */
void locations_add_kernel_symbol(struct locations *l, uint64_t address, struct text name);

/* The location of ip in the process as it stands now. is_return: ip is a return address, the call
 * lies before it. */
uint32_t locations_at(struct locations *l, uint64_t pid, uint64_t ip, bool is_return);
uint32_t locations_at_kernel(struct locations *l, uint64_t ip, bool is_return);

/* A frame that is known by its function only. */
uint32_t locations_of_name(struct locations *l, struct text function);

const struct location_facts *locations_facts(const struct locations *l, uint32_t location);

/* A copy that lives as long as l. */
struct text locations_keep(struct locations *l, struct text t);

/* The name of the outermost function of a location: the one that is really there; of the innermost.
 */
struct text locations_function(const struct locations *l, uint32_t location);
struct text locations_inner_function(const struct locations *l, uint32_t location);

#endif
