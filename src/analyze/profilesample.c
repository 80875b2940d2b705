/* profilesample.c - one perf record after the other, in the order of time, into the profiles. */
#include <string.h>

#include "base/cursor.h"
#include "base/unknown.h"
#include "framerole_internal.h"
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

/* asm-generic/mman-common.h */
#define ADVICE_DONTNEED 4
#define ADVICE_FREE	8

/* The fields of syscalls:sys_enter_madvise on a 64-bit machine: 8 bytes of every tracepoint, the
 * number of the call, then its arguments (kernel/trace/trace_syscalls.c). */
#define MADVISE_ARGS_OFFSET 16

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

/* A page given back: address, length and advice of a call of madvise(2). False when it gives
 * nothing back. */
static bool is_return(const struct perfrecord *r, uint64_t *ret_address, uint64_t *ret_len)
{
	struct cursor c = cursor_over(r->raw.at, r->raw.len);
	uint64_t advice;

	cursor_bytes(&c, MADVISE_ARGS_OFFSET);
	*ret_address = cursor_uint(&c, 8);
	*ret_len = cursor_uint(&c, 8);
	advice = cursor_uint(&c, 8);
	return !c.bad && (advice == ADVICE_DONTNEED || advice == ADVICE_FREE);
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

/* What the stack says of its row, once for each. */
static void label(const struct profiles *p, struct profile_stack *row, uint64_t role)
{
	uint32_t roles[CHAIN_MAX];
	const struct chain *c = &p->chain;

	for (size_t i = 0; i < c->count; i++)
		roles[i] = locations_facts(&p->locations, c->locations[i])->roles;
	row->phase = framerole_phase(roles, c->count);
	row->use = framerole_use(roles, c->count);
	row->cause = role == PERF_ROLE_RETURN ? framerole_cause(roles, c->count) : CAUSE_NONE;
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

static bool is_wanted(const struct profiles *p, const struct profiles_selection *s,
		      const struct perfrecord *r)
{
	const struct profiles_attr *a = &p->attrs[r->layout->user];

	if (s->request.role != a->role)
		return false;
	if (a->role == PERF_ROLE_EVENT && strcmp(s->request.event, a->name) != 0)
		return false;
	return !s->request.refaults || returnedpages_has(&p->returned, r->pid, r->addr);
}

static void take_sample(struct profiles *p, const struct perfrecord *r)
{
	const struct chain_sample sample = { r->pid, r->callchain, r->registers,
					     r->layout->regs_user, r->stack };
	uint64_t role = p->attrs[r->layout->user].role, address = 0, len = 0;
	bool has_chain = false;

	if (role == PERF_ROLE_FAULT_ADDRESS) {
		returnedpages_touch(&p->returned, r->pid, r->addr);
		return;
	}
	if (role == PERF_ROLE_RETURN) {
		if (!is_return(r, &address, &len))
			return;
		if (p->wants_refaults)
			returnedpages_add(&p->returned, r->pid, address, len);
	}
	for (size_t i = 0; i < p->selection_count; i++) {
		if (!is_wanted(p, &p->selections[i], r))
			continue;
		if (!has_chain)
			chainmend_run(p->mend, &sample, &p->chain);
		has_chain = true;
		add_sample(p, &p->selections[i], r, len);
	}
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
			space_exec(p->locations.space, r->pid);
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
