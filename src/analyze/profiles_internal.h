/* profiles_internal.h - what the parts of building profiles share. */
#ifndef PROFILES_INTERNAL_H
#define PROFILES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/profiles.h"
#include "base/buf.h"
#include "base/indexmap.h"
#include "chainmend_internal.h"
#include "faultorder_internal.h"
#include "ledger_internal.h"
#include "locations_internal.h"
#include "parse/perflayouts.h"
#include "profilerows_internal.h"
#include "recordorder_internal.h"

#define PROFILES_REQUESTS_MAX 8
#define PROFILES_ATTRS_MAX    64

struct profiles_attr {
	uint64_t role, period, hz;
	bool is_clock; /* its periods are nanoseconds */
	char name[160], detail[256];
};

struct profiles_source {
	char name[192], state[16], detail[400];
};

struct profiles_selection {
	struct profile_request request;
	struct profilerows rows;
	struct profile profile;		  /* valid once finished */
	const struct profiles_attr *attr; /* NULL: not recorded */
	struct buf mappings;		  /* struct profile_mapping */
};

/* A call that gives memory back and has not ended yet. */
struct profiles_call {
	bool is_open;
	bool has_failed;	    /* begun is the last one, which gave nothing back */
	struct ledger_return begun; /* time_ns: when it began */
};

/* Who wants to know what the ledger learns, in the order of time. */
struct profiles_watch {
	void (*returned)(void *arg, const struct ledger_return *r);
	/* Every fault; r is NULL unless it is a refault. */
	void (*faulted)(void *arg, const struct fault *f, const struct ledger_refault *r);
	void *arg;
};

struct profiles {
	struct profiles_selection selections[PROFILES_REQUESTS_MAX];
	size_t selection_count;
	struct locations locations;
	struct chainmend *mend;	    /* after the first event of a session */
	struct perflayouts layouts; /* user: index in attrs */
	struct profiles_attr attrs[PROFILES_ATTRS_MAX];
	size_t attr_count;
	struct buf sources; /* struct profiles_source */
	struct recordorder order;
	struct ledger ledger;
	struct faultorder faults;    /* that the ledger has not seen */
	struct profiles_watch watch; /* functions NULL: nobody wants to know */
	struct buf calls;	     /* struct profiles_call, by index in threads */
	struct model_huge_sum huge[HUGE_COUNT];
	uint64_t other_return_count;  /* by process_madvise */
	uint64_t failed_return_count; /* calls that gave nothing back */
	uint64_t open_return_count;   /* whose end was not seen */
	struct buf threads;	      /* struct profile_thread: names are kept by locations */
	struct indexmap by_thread;

	uint64_t page_bytes, start_ns, end_ns, start_unix_ns;
	uint64_t lost_count, bad_block_count;
	bool keeps_ledger, faults_are_fed, has_addresses, has_returns, has_return_ends, has_gate,
		has_other_returns;
	struct chain chain; /* of the sample in hand */
};

/* Keep the ledger, and tell of it. Faults come by profiles_add_fault then, not from perf data. */
void profiles_watch(struct profiles *p, const struct profiles_watch *watch);

/* Known after the walk without perf data. */
bool profiles_has_returns(const struct profiles *p);

/* A fault, which may be of any time behind the newest round. */
void profiles_add_fault(struct profiles *p, const struct fault *fault);

/* profilesledger.c: all faults before until_ns; a call that begins; one that ended; all that did
 * not. */
void profiles_settle_faults(struct profiles *p, uint64_t until_ns);
void profiles_begin_return(struct profiles *p, uint32_t thread, const struct ledger_return *r);
void profiles_end_return(struct profiles *p, uint32_t thread, uint64_t time_ns, int64_t result);
void profiles_close_returns(struct profiles *p);

/* A mapping went (munmap), or a new one took its place (mmap with MAP_FIXED): the pages that were
 * there cannot be touched again. Where that is what the runtime does after advice has failed, it is
 * a return. */
void profiles_unmap(struct profiles *p, uint64_t pid, uint64_t address, uint64_t len,
		    uint64_t time_ns);
void profiles_map_fixed(struct profiles *p, uint32_t thread, uint64_t pid, uint64_t address,
			uint64_t len, uint64_t time_ns);

/* profilesample.c: one perf record, in the order of time. */
void profiles_take_record(void *arg, const struct perfrecord *record);

#endif
