/* ledger_internal.h - the account of pages given back: when each one went, by which cause, and
 * whether and when it was touched again.
 *
 * Calls must come in the order of time. Memory: 8 bytes for each page of the 4 MiB (1024 pages)
 * stretches that were ever given back, however often; the length of a recording does not matter. */
#ifndef LEDGER_INTERNAL_H
#define LEDGER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "analyze/model.h"
#include "analyze/stats.h"
#include "base/buf.h"
#include "base/indexmap.h"

#define LEDGER_CHUNK_PAGES 1024u
/* 256 GiB of pages of 4 KiB, in 512 MiB: a made-up recording gets no more than that. */
#define LEDGER_CHUNKS_MAX (1u << 16)
/* Pages that are marked and forgotten, altogether: a day of 1 GiB given back every second. A
 * made-up recording could go on for ever. */
#define LEDGER_STEPS_MAX (UINT64_C(1) << 35)
/* One call of the runtime gives back much less. */
#define LEDGER_CALL_BYTES_MAX (UINT64_C(64) << 30)

struct ledger_chunk;

/* One call that gave memory back. */
struct ledger_return {
	uint64_t pid, thread;
	uint64_t address, len; /* in bytes */
	uint64_t time_ns;      /* when it was done */
	uint64_t syscall_ns;   /* within the call; UNKNOWN_U64 */
	enum profile_cause cause;
	enum model_advice advice;
};

/* A page that was touched again. */
struct ledger_refault {
	uint64_t age_ns; /* since it was given back, to the microsecond */
	enum profile_cause cause;
	enum model_advice advice;
};

struct ledger {
	uint64_t page_bytes;
	struct buf chunks; /* struct ledger_chunk * */
	struct indexmap by_key;
	struct ledger_chunk *last; /* that was found: faults come in rows */
	bool is_full;		   /* some returns were not taken up */
	bool is_over;		   /* nothing is known of any page any more */
	uint64_t step_count;

	/* Of the returns that were taken up. */
	struct model_return_sum all, by_cause[CAUSE_COUNT], by_advice[ADVICE_COUNT];
	uint64_t syscall_ns, timed_count; /* of the calls whose time is known */
	uint64_t repeated_bytes;	  /* given back that had been given back before */
	uint64_t away_bytes;		  /* given back and never touched since */
	uint64_t offered_bytes;		  /* of these, the last time by MADV_FREE */
	uint64_t refault_count;		  /* scaled up where not every fault was recorded */
	struct stats ages_us;		  /* of the recorded refaults */
};

void ledger_return(struct ledger *l, const struct ledger_return *r);

/* Is the page at this address away? */
bool ledger_has(const struct ledger *l, uint64_t pid, uint64_t address);

/* A fault at this address, which stands for weight faults. True, and *ret filled, when the page was
 * away: it is back then. */
bool ledger_touch(struct ledger *l, uint64_t pid, uint64_t address, uint64_t time_ns,
		  uint64_t weight, struct ledger_refault *ret);

/* The process is another program now: what was there before cannot be touched again. */
void ledger_forget(struct ledger *l, uint64_t pid);

/* Nothing is mapped there any more, or something new. */
void ledger_forget_range(struct ledger *l, uint64_t pid, uint64_t address, uint64_t len);

void ledger_done(struct ledger *l);

#endif
