/* chainwork_internal.h - one sample on its way through chainmend.c and chainname.c. */
#ifndef CHAINWORK_INTERNAL_H
#define CHAINWORK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/indexmap.h"
#include "chainmend_internal.h"
#include "symbols/unwind.h"

/* asm/perf_regs.h of the machine that was recorded. */
struct machine {
	const char *name;
	unsigned fp, sp;
};

/* Different chains may come to the same locations. */
struct named_stack {
	size_t first, count; /* in named */
};

struct chainmend {
	struct locations *locations;
	const struct machine *machine; /* NULL: one whose registers we do not know */
	struct unwinder *unwinder;     /* NULL: none for this machine */
	struct buf known;	       /* struct known */
	struct buf ips;		       /* uint64_t */
	struct buf named;	       /* uint32_t: locations */
	struct buf stacks;	       /* struct named_stack */
	struct indexmap by_chain, by_stack;
	struct work *work; /* large, so that it is not made anew for each sample; owned */
};

/* One sample on its way. */
struct work {
	struct chainmend *m;
	const struct chain_sample *sample;
	struct unwind_sample registers; /* mask 0: none */
	size_t count, kernel_count;
	bool lost_its_root;
	uint64_t ips[CHAIN_MAX]; /* the user part, as the kernel gave it; then mended */
	uint64_t kernel_ips[CHAIN_MAX];
};

/* A mended chain that was named before. */
struct known {
	uint64_t generation;
	size_t first_ip, kernel_count, count; /* in ips: kernel's, then user's */
	uint32_t stack;			      /* in stacks */
	bool is_cut, lost_its_root;
};

/* What is known of the place at ip in the sample's process. */
static inline const struct location_facts *facts_of(const struct work *w, uint64_t ip,
						    bool is_return)
{
	struct locations *l = w->m->locations;

	return locations_facts(l, locations_at(l, w->sample->pid, ip, is_return));
}

/* chainname.c: the locations of the mended chain, from memory when it was there before. */
void chainname_recall(struct work *w, struct chain *ret);
void chainname_forget(struct chainmend *m); /* all but the locations of the stacks */
void chainname_done(struct chainmend *m);

#endif
