/* recordingreturns.c - faults are put in order with the returns, and what comes of it goes to the
 * rows. */
#include "base/unknown.h"
#include "recording_internal.h"

static struct watch_fault watched_fault(const struct run *run, const struct fault *f)
{
	return (struct watch_fault){ rows_since(&run->rows, f->time_ns), f->pid, f->address,
				     f->weight };
}

/* Without returns nobody puts faults in order. */
static void add_fault(void *arg, const struct perfrecord *r, uint64_t weight)
{
	struct run *run = arg;
	const struct watch *w = run->rows.watch;
	struct fault f = { r->time_ns, r->addr, (uint32_t)r->pid, (uint32_t)weight };

	if (profiles_has_returns(run->profiles)) {
		profiles_add_fault(run->profiles, &f);
	} else if (w->fault) {
		const struct watch_fault told = watched_fault(run, &f);

		w->fault(w->arg, &told);
	}
}

static void note(struct run *run, uint64_t time_ns, uint64_t returned_bytes, uint64_t refault_count)
{
	if (run->note_rc == 0)
		run->note_rc = faults_note(&run->faults, time_ns, returned_bytes, refault_count);
}

/* Must a scavenger line that was seen have told of it? */
static bool is_told_of(const struct run *run, const struct ledger_return *r)
{
	uint64_t until_ns = r->cause == CAUSE_FORCED ? run->collect.last_forced_scav_ns
						     : run->collect.last_scav_ns;

	return is_known(until_ns) && r->time_ns <= until_ns;
}

/* By Go's scavenger: what its lines must tell of, and how long after a collection it came. */
static void note_scavenged(struct run *run, const struct ledger_return *r)
{
	uint64_t since_ns = faults_since_cycle_ns(&run->faults, r->time_ns);

	if (r->cause >= CAUSE_NATIVE || r->pid != run->m->target.pid)
		return;
	if (is_known(since_ns))
		stats_add(&run->after_cycle_us, since_ns / 1000);
	if (!is_told_of(run, r))
		return;
	run->scav_seen_bytes += r->len;
	faults_note_told(&run->faults, r->time_ns, r->len, r->cause == CAUSE_FORCED);
}

static void on_return(void *arg, const struct ledger_return *r)
{
	struct run *run = arg;
	const struct watch *w = run->rows.watch;

	note(run, r->time_ns, r->len, 0);
	note_scavenged(run, r);
	if (w->returned) {
		const struct watch_return told = { rows_since(&run->rows, r->time_ns),
						   r->pid,
						   r->thread,
						   r->address,
						   r->len,
						   r->syscall_ns,
						   r->cause,
						   r->advice };

		w->returned(w->arg, &told);
	}
}

static void on_fault(void *arg, const struct fault *f, const struct ledger_refault *r)
{
	struct run *run = arg;
	const struct watch *w = run->rows.watch;
	const struct watch_fault fault = watched_fault(run, f);

	if (r)
		note(run, f->time_ns, 0, f->weight);
	if (w->fault)
		w->fault(w->arg, &fault);
	if (r && w->refaulted) {
		const struct watch_refault told = { fault, r->age_ns, r->cause, r->advice };

		w->refaulted(w->arg, &told);
	}
}

/* Faults are decoded where they are counted, put in order with the returns, and what comes of it
 * goes to the rows. */
void recording_watch_returns(struct run *run)
{
	struct profiles_watch watch = { on_return, on_fault, run };
	bool has_returns = profiles_has_returns(run->profiles);

	if (has_returns)
		profiles_watch(run->profiles, &watch);
	if (has_returns || run->rows.watch->fault)
		faults_hand_on(&run->faults, has_returns, add_fault, run);
}
