/* profilesample.c - one perf record after the other, in the order of time, into the profiles. */
#include <string.h>
#include <sys/mman.h>

#include "base/unknown.h"
#include "framerole_internal.h"
#include "parse/syscallraw.h"
#include "profiles_internal.h"

/* linux/perf_event.h: types of records, and the mark of a comm that an exec brought. */
enum {
	RECORD_MMAP = 1,
	RECORD_COMM = 3,
	RECORD_FORK = 7,
	RECORD_SAMPLE = 9,
	RECORD_MMAP2 = 10,
};
#define MISC_COMM_EXEC (1u << 13)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* linux/mman.h since 6.1 */
#endif

struct thread_search {
	const struct profiles *p;
	uint64_t tid;
};

static bool is_thread(const void *arg, uint32_t index)
{
	const struct thread_search *s = arg;

	return ((const struct profile_thread *)(const void *)s->p->threads.at)[index].tid == s->tid;
}

static uint32_t find_thread(struct profiles *p, uint64_t pid, uint64_t tid)
{
	struct thread_search s = { p, tid };
	uint64_t hash = indexmap_mix(tid);
	uint32_t index = indexmap_find(&p->by_thread, hash, is_thread, &s);
	struct profile_thread t = { .pid = pid, .tid = tid };

	if (index != INDEXMAP_NONE)
		return index;
	index = (uint32_t)(p->threads.len / sizeof(t));
	buf_add(&p->threads, &t, sizeof(t));
	indexmap_add(&p->by_thread, hash, index);
	return index;
}

/* Valid until a thread is added. */
static struct profile_thread *get_thread(struct profiles *p, uint64_t pid, uint64_t tid)
{
	uint32_t index = find_thread(p, pid, tid);

	return &((struct profile_thread *)(void *)p->threads.at)[index];
}

static void name_thread(struct profiles *p, const struct perfrecord *r)
{
	get_thread(p, r->pid, r->tid)->name = locations_keep(&p->locations, r->name);
}

/* A new thread has the name of the one that made it (kernel/fork.c, dup_task_struct), and no record
 * of its own that says so. */
static void inherit_name(struct profiles *p, const struct perfrecord *r)
{
	struct text name = get_thread(p, r->parent_pid, r->parent_tid)->name;

	if (name.len)
		get_thread(p, r->pid, r->tid)->name = name;
}

/* Advice about huge pages is counted, and that is all. */
static void count_huge(struct profiles *p, uint64_t advice, uint64_t len)
{
	static const int advices[HUGE_COUNT] = {
		[HUGE_WANTED] = MADV_HUGEPAGE,
		[HUGE_UNWANTED] = MADV_NOHUGEPAGE,
		[HUGE_COLLAPSE] = MADV_COLLAPSE,
	};

	for (size_t i = 0; i < HUGE_COUNT; i++) {
		if (advice != (uint64_t)advices[i])
			continue;
		p->huge[i].call_count++;
		p->huge[i].bytes += len;
	}
}

/* What a call of madvise(2) gives back. False when it gives nothing back. */
static bool read_return(struct profiles *p, const struct perfrecord *r, struct ledger_return *ret)
{
	enum { ADDRESS, LEN, ADVICE, ARGUMENTS };
	uint64_t a[ARGUMENTS];

	if (!syscallraw_arguments(r->raw, a, ARGUMENTS))
		return false;
	a[ADVICE] = (uint32_t)a[ADVICE]; /* an int for the kernel */
	if (a[ADVICE] != MADV_DONTNEED && a[ADVICE] != MADV_FREE) {
		count_huge(p, a[ADVICE], a[LEN]);
		return false;
	}
	*ret = (struct ledger_return){
		.pid = r->pid,
		.thread = r->tid,
		.address = a[ADDRESS],
		.len = a[LEN],
		.time_ns = r->time_ns,
		.syscall_ns = UNKNOWN_U64,
		.advice = a[ADVICE] == MADV_FREE ? ADVICE_FREE : ADVICE_DONTNEED,
	};
	return true;
}

static uint64_t value_of(const struct profiles *p, const struct profiles_selection *s,
			 const struct perfrecord *r, uint64_t return_bytes)
{
	const struct profiles_attr *a = &p->attrs[r->layout->user];
	uint64_t events = is_known(r->period) ? r->period : a->period;

	switch (s->request.unit) {
	case PROFILE_NANOSECONDS:
		if (a->is_clock && is_known(r->period))
			return r->period;
		return is_known(a->hz) && a->hz ? 1000000000 / a->hz : 0;
	case PROFILE_BYTES:
		return a->role == PERF_ROLE_RETURN ? return_bytes : events * p->page_bytes;
	case PROFILE_COUNT:
		return events;
	}
	return 0;
}

/* roles has CHAIN_MAX places; the number of those that are filled. */
static size_t roles_of_chain(const struct profiles *p, uint32_t *roles)
{
	const struct chain *c = &p->chain;

	for (size_t i = 0; i < c->count; i++)
		roles[i] = locations_facts(&p->locations, c->locations[i])->roles;
	return c->count;
}

/* The innermost function of the program's own tells whether Go made the call. */
static bool is_native(const struct profiles *p)
{
	for (size_t i = 0; i < p->chain.count; i++) {
		const struct location_facts *f =
			locations_facts(&p->locations, p->chain.locations[i]);

		if (!f->is_kernel)
			return !f->is_go && f->is_named;
	}
	return false;
}

static enum profile_cause cause_of_chain(const struct profiles *p)
{
	uint32_t roles[CHAIN_MAX];
	enum profile_cause cause = framerole_cause(roles, roles_of_chain(p, roles));

	return cause == CAUSE_OTHER && is_native(p) ? CAUSE_NATIVE : cause;
}

/* What the stack says of its row, once for each. */
static void label(const struct profiles *p, struct profile_stack *row, uint64_t role)
{
	uint32_t roles[CHAIN_MAX];
	size_t count = roles_of_chain(p, roles);

	row->phase = framerole_phase(roles, count);
	row->use = framerole_use(roles, count);
	row->cause = role == PERF_ROLE_RETURN ? cause_of_chain(p) : CAUSE_NONE;
}

static void add_sample(struct profiles *p, struct profiles_selection *s, const struct perfrecord *r,
		       uint64_t return_bytes)
{
	uint32_t thread = s->request.by_thread ? find_thread(p, r->pid, r->tid) : PROFILE_NONE;
	const struct profilerows_stack stack = { p->chain.id, p->chain.first,
						 (uint32_t)p->chain.count };
	struct profile_stack *row =
		profilerows_add(&s->rows, &stack, thread, value_of(p, s, r, return_bytes));

	if (row->sample_count == 1)
		label(p, row, s->request.role);
	s->rows.cut_stack_count += p->chain.is_cut;
	s->rows.unknown_leaf_count +=
		p->chain.count == 0 ||
		!locations_facts(&p->locations, p->chain.locations[0])->is_named;
}

/* Into p->chain. */
static void make_chain(struct profiles *p, const struct perfrecord *r)
{
	const struct chain_sample sample = { r->pid, r->callchain, r->registers,
					     r->layout->regs_user, r->stack };

	chainmend_run(p->mend, &sample, &p->chain);
}

static bool is_wanted(const struct profiles *p, const struct profiles_selection *s,
		      const struct perfrecord *r)
{
	const struct profiles_attr *a = &p->attrs[r->layout->user];

	if (s->request.role != a->role)
		return false;
	if (a->role == PERF_ROLE_EVENT && strcmp(s->request.event, a->name) != 0)
		return false;
	return !s->request.refaults || ledger_has(&p->ledger, r->pid, r->addr);
}

static void take_stack(struct profiles *p, const struct perfrecord *r, uint64_t return_bytes,
		       bool has_chain)
{
	for (size_t i = 0; i < p->selection_count; i++) {
		if (!is_wanted(p, &p->selections[i], r))
			continue;
		if (!has_chain)
			make_chain(p, r);
		has_chain = true;
		add_sample(p, &p->selections[i], r, return_bytes);
	}
}

static void take_return(struct profiles *p, const struct perfrecord *r)
{
	struct ledger_return begun;

	if (!read_return(p, r, &begun))
		return;
	if (p->keeps_ledger) {
		make_chain(p, r);
		begun.cause = cause_of_chain(p);
		profiles_begin_return(p, find_thread(p, r->pid, r->tid), &begun);
	}
	take_stack(p, r, begun.len, p->keeps_ledger);
}

static void take_return_end(struct profiles *p, const struct perfrecord *r)
{
	int64_t result;

	if (p->keeps_ledger && syscallraw_result(r->raw, &result))
		profiles_end_return(p, find_thread(p, r->pid, r->tid), r->time_ns, result);
}

/* mmap(2) is recorded with MAP_FIXED alone. */
static void take_mapping(struct profiles *p, const struct perfrecord *r, bool is_new)
{
	enum { ADDRESS, LEN, ARGUMENTS };
	uint64_t a[ARGUMENTS];

	if (!p->keeps_ledger || !syscallraw_arguments(r->raw, a, ARGUMENTS))
		return;
	if (is_new)
		profiles_map_fixed(p, find_thread(p, r->pid, r->tid), r->pid, a[ADDRESS], a[LEN],
				   r->time_ns);
	else
		profiles_unmap(p, r->pid, a[ADDRESS], a[LEN], r->time_ns);
}

static void count_other_return(struct profiles *p, const struct perfrecord *r)
{
	enum { PIDFD, VECTOR, VECTOR_LEN, ADVICE, ARGUMENTS };
	uint64_t a[ARGUMENTS];

	if (!syscallraw_arguments(r->raw, a, ARGUMENTS))
		return;
	a[ADVICE] = (uint32_t)a[ADVICE];
	p->other_return_count += a[ADVICE] == MADV_DONTNEED || a[ADVICE] == MADV_FREE;
}

static void take_sample(struct profiles *p, const struct perfrecord *r)
{
	switch (p->attrs[r->layout->user].role) {
	case PERF_ROLE_RETURN:
		take_return(p, r);
		break;
	case PERF_ROLE_RETURN_END:
		take_return_end(p, r);
		break;
	case PERF_ROLE_RETURN_OTHER:
		count_other_return(p, r);
		break;
	case PERF_ROLE_UNMAP:
		take_mapping(p, r, false);
		break;
	case PERF_ROLE_MAP_FIXED:
		take_mapping(p, r, true);
		break;
	case PERF_ROLE_FAULT_STACK:
		profiles_settle_faults(p, r->time_ns);
		take_stack(p, r, 0, false);
		break;
	default:
		take_stack(p, r, 0, false);
		break;
	}
}

static void become_another_program(struct profiles *p, const struct perfrecord *r)
{
	space_exec(p->locations.space, r->pid);
	profiles_settle_faults(p, r->time_ns);
	ledger_forget(&p->ledger, r->pid);
}

void profiles_take_record(void *arg, const struct perfrecord *r)
{
	struct profiles *p = arg;

	switch (r->type) {
	case RECORD_MMAP:
	case RECORD_MMAP2:
		space_map(p->locations.space, r->pid,
			  (struct space_range){ r->map_start, r->map_len, r->map_pgoff }, r->name);
		break;
	case RECORD_COMM:
		if (r->misc & MISC_COMM_EXEC)
			become_another_program(p, r);
		name_thread(p, r);
		break;
	case RECORD_FORK:
		space_fork(p->locations.space, r->pid, r->parent_pid);
		inherit_name(p, r);
		break;
	case RECORD_SAMPLE:
		if (r->layout)
			take_sample(p, r);
		break;
	default:
		break;
	}
}
