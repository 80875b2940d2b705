/* watch.h - what a walk over a recording meets, told as it goes: for outputs that show single
 * events and not only sums.
 *
 * Times count from the recording's start, as those of cycles do. Each kind comes in the order of
 * time, but the kinds are not in order among each other; faults are out of order by up to one
 * round of the recorder (0.1 s) where no returns were recorded. */
#ifndef ANALYZE_WATCH_H
#define ANALYZE_WATCH_H

#include <stdint.h>

#include "analyze/model.h"

/* Memory given back. */
struct watch_return {
	uint64_t time_ns; /* when the call was done; by the gate: when it was let go */
	uint64_t pid, thread, address, bytes;
	uint64_t syscall_ns; /* within the call; UNKNOWN_U64 */
	enum profile_cause cause;
	enum model_advice advice;
};

/* A minor fault with its address. */
struct watch_fault {
	uint64_t time_ns, pid, address;
	uint64_t weight; /* how many faults it stands for */
};

/* The first touch of a page that had been given back. */
struct watch_refault {
	struct watch_fault fault;
	uint64_t age_ns;	  /* since the page was given back */
	enum profile_cause cause; /* of that */
	enum model_advice advice;
};

/* A sample of memory by mappings. */
struct watch_smaps {
	uint64_t time_ns, rss_bytes, lazyfree_bytes, anonhuge_bytes; /* each may be unknown */
};

/* Functions that are NULL are not called. */
struct watch {
	void *arg;
	/* Before anything else: what is known without the perf records is in m, time.wall_ns for
	 * one. */
	void (*begin)(void *arg, const struct model *m);
	void (*rss)(void *arg, uint64_t time_ns, uint64_t bytes);
	void (*smaps)(void *arg, const struct watch_smaps *s);
	/* Runtime text that is no whole line, or bytes of the target's that look like it. */
	void (*broken)(void *arg, uint64_t time_ns, struct text bytes);
	void (*fault)(void *arg, const struct watch_fault *f);
	void (*returned)(void *arg, const struct watch_return *r);
	void (*refaulted)(void *arg, const struct watch_refault *r);
};

#endif
