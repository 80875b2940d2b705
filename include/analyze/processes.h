/* processes.h - which process printed a trace line.
 *
 * Children inherit GODEBUG and print into the same stderr, and a log may hold several runs, but a
 * line does not name its process. Three things tell them apart: cycle numbers go up by one within
 * a process; '@' never goes back; and arrival minus '@' and durations is a process's own start
 * (see align.h). In a log without arrivals the order of the lines stands in for the clock. */
#ifndef ANALYZE_PROCESSES_H
#define ANALYZE_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/align.h"
#include "analyze/model.h"
#include "parse/traceline.h"

/* Processes remembered at one time; of more, those that were silent longest are forgotten (but not
 * the one that began first). Their lines stay counted. */
#define PROCESSES_MAX 256u

struct process {
	uint64_t id;	       /* 0 for the first that printed a line */
	uint64_t first_number; /* cycle number of its first line */
	uint64_t last_number;
	uint64_t line_count;
	uint64_t forced_count;
	uint64_t missing_count; /* numbers left out between its lines */
	uint64_t last_end_ns;	/* on its own trace clock */
	struct align align;	/* in a log: align.init_ns counts from the first process's start */
	uint64_t touched;	/* counts up with each line: who was silent longest */
};

struct processes {
	struct process slots[PROCESSES_MAX];
	/* Low 32 bits of last_number + 1 of each, 0 where there is none: searched for every line.
	 */
	uint32_t next_numbers[PROCESSES_MAX];
	size_t recent; /* index of the process of the last line */
	size_t used;
	uint64_t seen_count;   /* processes ever seen */
	uint64_t line_count;   /* lines ever added */
	uint64_t clock_ns;     /* the newest time known */
	uint64_t broken_count; /* gc lines that were printed but lost, and explain no gap so far */
	uint64_t broken_after; /* line_count when the newest of them was */
};

void processes_init(struct processes *p);

/* What could not be read of a line. If it was a gc line of some process, a gap of one number is to
 * be expected. */
void processes_add_broken(struct processes *p, struct text bytes);

/* Whether a gc line was lost behind the last one of this process (NULL: of nobody): then its last
 * cycle may be one that nobody saw. */
bool processes_end_broken(const struct processes *p, const struct process *proc);

/* The process to which this line belongs; never NULL, borrowed until the next call. arrival_ns is
 * that of the line's first byte, UNKNOWN_U64 in a log. *ret_missing is how many cycles of this
 * process were not seen between its last line and this one. The same lines give the same answers.
 */
struct process *processes_add(struct processes *p, const struct gctrace_cycle *gc,
			      uint64_t arrival_ns, uint64_t *ret_missing);

/* The process that began first, which is the target when the target is a Go program; NULL when no
 * line was seen. */
const struct process *processes_earliest(const struct processes *p);

/* The process with this id, NULL when it is not remembered. */
const struct process *processes_find(const struct processes *p, uint64_t id);

/* Fill in what the model tells of processes: how many, the busiest of the others, and how many
 * lines are not of the shown one. shown is NULL when no process's cycles are shown. */
void processes_describe(const struct processes *p, const struct process *shown, struct model *m);

#endif
