/* faults_internal.h - page-fault records are counted into the cycles in whose interval they fall.
 *
 * Fault records of one CPU are in order, those of different CPUs are not, and a cycle's trace line
 * may stand in the file far from the faults of its interval. So the walk over the fault records
 * asks for rows as it needs them: a fault belongs to the first row that ends at or after it, and
 * cycles end in the order of their numbers. A row is final when a round says that nothing older
 * comes any more. What waits is bounded by the cycles of one round. */
#ifndef ANALYZE_FAULTS_INTERNAL_H
#define ANALYZE_FAULTS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "analyze/model.h"
#include "parse/perflayouts.h"
#include "recording/event.h"

/* Rows that may wait for their faults. A recording without rounds would let them pile up. */
#define FAULTS_WAITING_MAX 65536u
#define FAULTS_ATTRS_MAX   256u

/* The next row in order of its end; 1 and *ret filled, 0 when there is none, or a negative errno.
 */
typedef int faults_pull(void *arg, struct model_cycle *ret);

struct faults_row {
	struct model_cycle cycle;
	uint64_t count, refault_count, returned_bytes;
	uint64_t told_bytes; /* of returns that a scavenger line tells of */
	bool is_estimate;
};

/* Each fault that has an address, in the order of the file; weight: how many it stands for. */
typedef void faults_each(void *arg, const struct perfrecord *r, uint64_t weight);

struct faults_attr {
	uint64_t role, period;
};

struct faults {
	uint64_t origin_ns; /* rows count from here */
	faults_pull *pull;
	void *pull_arg;
	struct model_sink sink;
	faults_each *each; /* NULL: nobody wants them */
	void *each_arg;
	bool has_returns; /* returns and refaults are told of */
	bool has_rows;	  /* pull has not said that there is none left */

	struct faults_row *rows; /* ring; owned */
	size_t capacity, first, used;

	/* The row that the last fault fell into: ends in (low_ns, high_ns]. */
	uint64_t low_ns, high_ns;
	struct faults_row *current;
	struct faults_row after; /* behind the last row */

	struct faults_attr attrs[FAULTS_ATTRS_MAX];
	size_t attr_count;
	struct perflayouts layouts; /* user: index in attrs */

	uint64_t emitted_end_ns; /* of the last row handed on */
	uint64_t drained_ns;	 /* by the newest round; UNKNOWN_U64 before the first */
	uint64_t period_max;	 /* of the records seen */
	uint64_t recorded_count, late_count, lost_count, throttle_count, bad_block_count;
};

void faults_init(struct faults *f, uint64_t origin_ns, struct model_sink sink);

/* Rows come from here. */
void faults_rows_from(struct faults *f, faults_pull *pull, void *arg);

/* Hand on each fault; has_returns: returns and refaults will be told of by faults_note. */
void faults_hand_on(struct faults *f, bool has_returns, faults_each *each, void *arg);

/* Memory was given back, or touched again, at time_ns, which no round has passed yet. 0 or what the
 * sink or the pull returned. */
int faults_note(struct faults *f, uint64_t time_ns, uint64_t returned_bytes,
		uint64_t refault_count);

/* What was given back will be told of by the next scavenger line of its kind. After faults_note of
 * the same time. */
void faults_note_told(struct faults *f, uint64_t time_ns, uint64_t bytes, bool is_forced);

/* From the end of the cycle before to the time of the last faults_note; UNKNOWN_U64 before the
 * first. */
uint64_t faults_since_cycle_ns(const struct faults *f, uint64_t time_ns);

/* An event of the recording, perf data included. 0 or what the sink or the pull returned. */
int faults_add(struct faults *f, const struct event *ev);

/* The recording ended; is_whole: nothing of it is missing. Hands on all rows that are left. */
int faults_finish(struct faults *f, bool is_whole);

void faults_done(struct faults *f);

#endif
