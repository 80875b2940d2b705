/* smapsbudget_internal.h - when may smaps be read: the expected stall against a limit, the expected
 * cost against a share of a core.
 *
 * Both grow with resident memory; how fast is learnt from the reads themselves. Of the last three
 * figures the middle one counts, so that one read that was preempted changes nothing. Pure. */
#ifndef SMAPSBUDGET_INTERNAL_H
#define SMAPSBUDGET_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#define SMAPSBUDGET_START_NS_PER_MIB 10000.0	 /* measured: 10-11 us without huge pages */
#define SMAPSBUDGET_LEARN_BYTES	     (64U << 20) /* below, the fixed cost hides the slope */
#define SMAPSBUDGET_PERIOD_MIN_NS    100000000ULL
#define SMAPSBUDGET_RETRY_NS	     10000000000ULL

struct smapsbudget {
	uint64_t max_stall_ns;
	double share;
	double stall_ns_per_byte[3], cost_ns_per_byte[3]; /* rings of figures */
	unsigned next;					  /* the oldest of them */
	double lowest_ns_per_byte; /* of all stalls, the start value included */
	uint64_t last_cost_ns;
	uint64_t skipped_since_ns; /* 0: the last time, it was allowed */
};

void smapsbudget_init(struct smapsbudget *b, uint64_t max_stall_ns, double share);

/* May a process with this much resident memory be read now? After 10 s of "no", the oldest figure
 * is forgotten in favour of the best one seen, so that two unlucky reads do not decide for ever. */
bool smapsbudget_allows(struct smapsbudget *b, uint64_t now_ns, uint64_t resident_bytes);

/* What a read took: altogether, and its longest read(2). */
void smapsbudget_learn(struct smapsbudget *b, uint64_t resident_bytes, uint64_t cost_ns,
		       uint64_t longest_read_ns);

uint64_t smapsbudget_expected_stall_ns(const struct smapsbudget *b, uint64_t resident_bytes);

/* From the end of one read to the next: cost / period <= share. */
uint64_t smapsbudget_period_ns(const struct smapsbudget *b, uint64_t resident_bytes);

#endif
