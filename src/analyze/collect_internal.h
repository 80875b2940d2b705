/* collect_internal.h - the first walk over a recording: everything but rows and fault records. */
#ifndef ANALYZE_COLLECT_INTERNAL_H
#define ANALYZE_COLLECT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "analyze/model.h"
#include "analyze/processes.h"
#include "recording/event.h"

/* A level that is known at moments: its peak, and the area under the line through them. */
struct level {
	uint64_t count, first_ns, last_ns, last, peak;
	uint64_t growth; /* all steps upwards */
	double area;	 /* level x ns */
};

void level_add(struct level *l, uint64_t time_ns, uint64_t value);

/* The mean over time; of one moment its value; UNKNOWN_U64 without any. */
uint64_t level_mean(const struct level *l);

struct memory {
	struct level rss, honest, lazyfree;
	uint64_t hwm_bytes; /* VmHWM */
};

/* Memory events: statm, procstat, smaps, cgroup. */
void memory_add(struct memory *mem, struct model *m, const struct event *ev);
void memory_finish(const struct memory *mem, struct model *m);

struct collect {
	struct model *m; /* borrowed */
	struct memory memory;
	struct processes processes;
	uint64_t exit_ns, last_ns;
	uint64_t start_ns;
	bool has_go, has_other, has_unknown; /* of the binaries seen */
	bool has_count_attr, count_is_user_only;
	bool has_round;
	bool has_untaken_lines; /* counted, but it is not known which */
	uint64_t gc_line_count;
	/* Arrival of the newest scavenger line: of the scavenger's own work, and of
	 * debug.FreeOSMemory(), which has lines of its own (runtime/mgcscavenge.go, scavengeAll).
	 */
	uint64_t last_scav_ns, last_forced_scav_ns;
	struct { /* the newest EVENT_PROCSTAT */
		uint64_t user_ns, system_ns, minor_faults, major_faults;
	} procstat;
};

void collect_init(struct collect *c, struct model *m);
void collect_add(struct collect *c, const struct event *ev);

/* All events were seen: fill in what follows from them together. */
void collect_finish(struct collect *c);

#endif
