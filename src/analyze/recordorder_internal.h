/* recordorder_internal.h - perf records of all CPUs in the order of their times.
 *
 * Each CPU's ring is in order; between rings only a round tells from when on nothing older comes
 * (docs/recording-format.md, perf_round). What waits is bounded by what comes between two rounds.
 */
#ifndef RECORDORDER_INTERNAL_H
#define RECORDORDER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "parse/perfrecord.h"

/* A recording without rounds must not pile up: then records are handed out as they came. */
#define RECORDORDER_BYTES_MAX (64u << 20)

struct recordorder {
	struct buf bytes;   /* the records that wait, as the kernel wrote them */
	struct buf entries; /* struct recordorder_entry: where each begins */
	struct buf spare;   /* memory for sorting and moving */
};

typedef void recordorder_sink(void *arg, const struct perfrecord *record);

/* A copy of one whole record waits. */
void recordorder_add(struct recordorder *o, struct text record, uint64_t time_ns);

/* Hand out what is not newer than until_ns, in the order of time, and of arrival where times are
 * equal. Records are decoded anew, by the layouts that they were taken in with; their texts are
 * borrowed during the call. */
void recordorder_release(struct recordorder *o, uint64_t until_ns,
			 struct perfrecord_layouts layouts, recordorder_sink *sink, void *arg);

static inline bool recordorder_is_full(const struct recordorder *o)
{
	return o->bytes.len + o->entries.len > RECORDORDER_BYTES_MAX;
}

void recordorder_done(struct recordorder *o);

#endif
