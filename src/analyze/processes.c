/* processes.c - tell apart the processes that print into one stderr. */
#include "analyze/processes.h"

#include <string.h>

#include "base/clock.h"
#include "base/unknown.h"

/* '@' is truncated to this, so a cycle may seem to begin before the one before it ended. */
#define AT_STEP_NS NS_PER_MS

/* A line that would leave a gap in one process's numbers must fit its clock this well. */
#define GAP_MISFIT_NS NS_PER_S

/* A process's start, as a line says it, can be too late by any delay, but too early only by the
 * delay of the line that fitted best so far. That is seldom more than this, unless nobody took the
 * target's stderr for a while: then all lines so far may have come late. */
#define EARLY_NS_MAX (2 * NS_PER_S)

/* What a gap costs against a worse fit to the clock. On a busy machine lines arrive 100 ms late and
 * more, so that a number that goes on by one says more than the clock does. */
#define GAP_COST_NS NS_PER_S
/* A gap that a broken line explains costs about as much as an ordinary delay. */
#define GAP_COST_EXPLAINED_NS (5 * NS_PER_MS)
#define LOG_GAP_COST_NS	      (10 * NS_PER_S)

/* A line can be late by any delay, but earlier than its process began it can only seem while that
 * start is known from few lines. */
#define EARLY_COST     100u
#define EARLY_COST_NEW 2u
#define LINES_FEW      5u

/* How many next numbers are looked at together. */
#define SEARCH_PART 16u
_Static_assert(PROCESSES_MAX % SEARCH_PART == 0, "the last part is a whole one");

/* A longer gap is another process, or a number that nobody should trust. */
#define GAP_NUMBERS_MAX 100000u

void processes_init(struct processes *p)
{
	p->used = 0;
	p->seen_count = 0;
	p->line_count = 0;
	p->clock_ns = 0;
	p->broken_count = 0;
	p->broken_after = 0;
	p->recent = 0;
	memset(p->next_numbers, 0, sizeof(p->next_numbers));
}

void processes_add_broken(struct processes *p, struct text bytes)
{
	if (!text_starts(bytes, "gc "))
		return;
	p->broken_count++;
	p->broken_after = p->line_count;
}

bool processes_end_broken(const struct processes *p, const struct process *proc)
{
	return p->broken_count && (!proc || p->broken_after >= proc->touched);
}

static uint64_t gap_cost_ns(const struct processes *p, uint64_t gap, uint64_t arrival_ns)
{
	if (!is_known(arrival_ns))
		return LOG_GAP_COST_NS;
	return gap <= p->broken_count ? gap * GAP_COST_EXPLAINED_NS : GAP_COST_NS;
}

/* The very next number, and no line was lost that could have been another process's first. */
static bool goes_on_surely(const struct processes *p, const struct process *proc,
			   const struct gctrace_cycle *gc)
{
	return gc->number == proc->last_number + 1 && p->broken_count == 0;
}

/* How badly the line fits the process in time, in ns; UNKNOWN_U64 when it cannot be its line. */
static uint64_t misfit_ns(const struct processes *p, const struct process *proc,
			  const struct gctrace_cycle *gc, uint64_t arrival_ns)
{
	uint64_t end_ns = align_cycle_end_ns(gc), init_ns, at_ns, early_ns;

	if (gc->number <= proc->last_number || gc->start_ns + AT_STEP_NS < proc->last_end_ns)
		return UNKNOWN_U64;
	if (is_known(arrival_ns)) {
		init_ns = align_line_init_ns(gc, arrival_ns);
		if (init_ns >= proc->align.init_ns)
			return init_ns - proc->align.init_ns;
		early_ns = proc->align.init_ns - init_ns;
		if (early_ns > EARLY_NS_MAX && !goes_on_surely(p, proc, gc))
			return UNKNOWN_U64;
		return (early_ns < EARLY_NS_MAX ? early_ns : EARLY_NS_MAX) *
		       (proc->line_count < LINES_FEW ? EARLY_COST_NEW : EARLY_COST);
	}
	/* In a log time passes between lines, so a line ahead of the clock is usual; behind it is
	 * not. */
	at_ns = proc->align.init_ns + end_ns;
	return at_ns >= p->clock_ns ? at_ns - p->clock_ns : 2 * (p->clock_ns - at_ns);
}

/* The process whose numbers go on with this line and that fits it best in time; *ret_cost_ns tells
 * how well. */
static struct process *best_successor(struct processes *p, const struct gctrace_cycle *gc,
				      uint64_t arrival_ns, uint64_t *ret_cost_ns)
{
	struct process *best = NULL;

	*ret_cost_ns = UNKNOWN_U64;
	for (size_t i = 0; i < p->used; i++) {
		uint64_t cost_ns;

		if (p->next_numbers[i] != (uint32_t)gc->number)
			continue;
		cost_ns = misfit_ns(p, &p->slots[i], gc, arrival_ns);
		if (cost_ns < *ret_cost_ns) {
			*ret_cost_ns = cost_ns;
			best = &p->slots[i];
		}
	}
	return best;
}

/* Whether this process, and no other one, goes on with the number. Passes without branches over
 * parts of fixed size: a log of many runs has many old processes, most logs have one. */
static bool is_only_successor(const struct processes *p, size_t index, uint64_t number)
{
	uint32_t wanted = (uint32_t)number, hits = 0;

	for (size_t part = 0; part < p->used; part += SEARCH_PART)
		for (size_t i = 0; i < SEARCH_PART; i++)
			hits += p->next_numbers[part + i] == wanted;
	return hits == 1 && p->next_numbers[index] == wanted && wanted != 0;
}

static struct process *best_fit(struct processes *p, const struct gctrace_cycle *gc,
				uint64_t arrival_ns)
{
	uint64_t best_ns;
	struct process *best;

	if (is_only_successor(p, p->recent, gc->number)) {
		best = &p->slots[p->recent];
		best_ns = misfit_ns(p, best, gc, arrival_ns);
	} else {
		best = best_successor(p, gc, arrival_ns, &best_ns);
	}
	if (!is_known(best_ns))
		best = NULL;

	/* No gap can be cheaper: the many old processes of a long log need not be looked at. */
	if (best && best_ns <= gap_cost_ns(p, 1, arrival_ns))
		return best;
	for (size_t i = 0; i < p->used; i++) {
		struct process *proc = &p->slots[i];
		uint64_t cost_ns = misfit_ns(p, proc, gc, arrival_ns);

		if (!is_known(cost_ns) || gc->number == proc->last_number + 1)
			continue;
		if (gc->number - proc->last_number > GAP_NUMBERS_MAX ||
		    (is_known(arrival_ns) && cost_ns > GAP_MISFIT_NS))
			continue;
		cost_ns += gap_cost_ns(p, gc->number - proc->last_number - 1, arrival_ns);
		if (cost_ns < best_ns) {
			best_ns = cost_ns;
			best = proc;
		}
	}
	return best;
}

const struct process *processes_earliest(const struct processes *p)
{
	const struct process *first = NULL;

	for (size_t i = 0; i < p->used; i++) {
		const struct process *proc = &p->slots[i];

		if (!first || proc->align.init_ns < first->align.init_ns ||
		    (proc->align.init_ns == first->align.init_ns && proc->id < first->id))
			first = proc;
	}
	return first;
}

const struct process *processes_find(const struct processes *p, uint64_t id)
{
	for (size_t i = 0; i < p->used; i++)
		if (p->slots[i].id == id)
			return &p->slots[i];
	return NULL;
}

static struct process *free_slot(struct processes *p)
{
	const struct process *keep = processes_earliest(p);
	struct process *oldest = NULL;

	if (p->used < PROCESSES_MAX)
		return &p->slots[p->used++];
	for (size_t i = 0; i < p->used; i++) {
		struct process *proc = &p->slots[i];

		if (proc != keep && proc->id != 0 && (!oldest || proc->touched < oldest->touched))
			oldest = proc;
	}
	return oldest;
}

static struct process *new_process(struct processes *p, const struct gctrace_cycle *gc,
				   uint64_t arrival_ns)
{
	struct process *proc = free_slot(p);
	uint64_t end_ns = align_cycle_end_ns(gc);

	*proc = (struct process){ .id = p->seen_count++, .first_number = gc->number };
	align_init(&proc->align);
	if (!is_known(arrival_ns))
		proc->align.init_ns = p->clock_ns > end_ns ? p->clock_ns - end_ns : 0;
	return proc;
}

struct process *processes_add(struct processes *p, const struct gctrace_cycle *gc,
			      uint64_t arrival_ns, uint64_t *ret_missing)
{
	uint64_t end_ns = align_cycle_end_ns(gc), missing = 0;
	struct process *proc = gc->number == 1 ? NULL : best_fit(p, gc, arrival_ns);

	if (proc) {
		missing = gc->number - proc->last_number - 1;
		p->broken_count -= missing < p->broken_count ? missing : p->broken_count;
	} else {
		proc = new_process(p, gc, arrival_ns);
	}
	if (is_known(arrival_ns))
		align_add(&proc->align, gc, arrival_ns);
	else if (proc->align.init_ns + end_ns > p->clock_ns)
		p->clock_ns = proc->align.init_ns + end_ns;
	proc->missing_count += missing;
	proc->last_number = gc->number;
	p->recent = (size_t)(proc - p->slots);
	p->next_numbers[p->recent] = (uint32_t)gc->number + 1;
	proc->last_end_ns = end_ns;
	proc->line_count++;
	proc->forced_count += gc->forced;
	proc->touched = ++p->line_count;
	*ret_missing = missing;
	return proc;
}

/* The others with the most lines are kept, the busiest first. */
static void add_other(struct model *m, const struct process *proc)
{
	struct model_process other = { .id = proc->id,
				       .cycle_count = proc->line_count,
				       .forced_count = proc->forced_count };
	size_t at = m->other_count;

	while (at > 0 && m->others[at - 1].cycle_count < other.cycle_count)
		at--;
	if (at == MODEL_PROCESSES_MAX)
		return;
	if (m->other_count < MODEL_PROCESSES_MAX)
		m->other_count++;
	for (size_t i = m->other_count - 1; i > at; i--)
		m->others[i] = m->others[i - 1];
	m->others[at] = other;
}

void processes_describe(const struct processes *p, const struct process *shown, struct model *m)
{
	m->process_count = p->seen_count;
	m->process_id = shown ? shown->id : UNKNOWN_U64;
	m->losses.foreign_cycle_count = p->line_count - (shown ? shown->line_count : 0);
	m->losses.missing_cycle_count = shown ? shown->missing_count : 0;
	for (size_t i = 0; i < p->used; i++)
		if (&p->slots[i] != shown)
			add_other(m, &p->slots[i]);
}
