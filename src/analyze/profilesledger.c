/* profilesledger.c - calls that give memory back, and faults, into the ledger. */
#include "base/unknown.h"
#include "profiles_internal.h"

void profiles_watch(struct profiles *p, const struct profiles_watch *watch)
{
	p->watch = *watch;
	p->keeps_ledger = p->faults_are_fed = true;
}

bool profiles_has_returns(const struct profiles *p)
{
	return p->has_returns;
}

void profiles_add_fault(struct profiles *p, const struct fault *fault)
{
	if (!p->has_returns)
		return;
	faultorder_add(&p->faults, fault);
	if (faultorder_is_full(&p->faults))
		profiles_settle_faults(p, UINT64_MAX);
}

void profiles_settle_faults(struct profiles *p, uint64_t until_ns)
{
	const struct fault *f;

	while ((f = faultorder_take(&p->faults, until_ns))) {
		struct ledger_refault r;
		bool was_away =
			ledger_touch(&p->ledger, f->pid, f->address, f->time_ns, f->weight, &r);

		if (p->watch.faulted)
			p->watch.faulted(p->watch.arg, f, was_away ? &r : NULL);
	}
}

static void settle(struct profiles *p, const struct ledger_return *r)
{
	profiles_settle_faults(p, r->time_ns);
	ledger_return(&p->ledger, r);
	if (p->watch.returned)
		p->watch.returned(p->watch.arg, r);
}

/* The open call of a thread. Valid until a thread is added. */
static struct profiles_call *call_of(struct profiles *p, uint32_t thread)
{
	static const struct profiles_call none;

	while (p->calls.len / sizeof(none) <= thread)
		buf_add(&p->calls, &none, sizeof(none));
	return &((struct profiles_call *)(void *)p->calls.at)[thread];
}

/* Its end was lost, or comes no more: it may have succeeded, as nearly all do. */
static void close_unended(struct profiles *p, struct profiles_call *call)
{
	if (!call->is_open)
		return;
	call->is_open = false;
	p->open_return_count++;
	settle(p, &call->begun);
}

/* What begins while a call of the same thread is open says that its end was lost. */
void profiles_begin_return(struct profiles *p, uint32_t thread, const struct ledger_return *r)
{
	struct profiles_call *call = call_of(p, thread);

	close_unended(p, call);
	if (p->has_return_ends)
		*call = (struct profiles_call){ .is_open = true, .begun = *r };
	else
		settle(p, r);
}

void profiles_end_return(struct profiles *p, uint32_t thread, uint64_t time_ns, int64_t result)
{
	struct profiles_call *call = call_of(p, thread);
	struct ledger_return r = call->begun;

	if (!call->is_open)
		return;
	call->is_open = false;
	call->has_failed = result < 0;
	if (result < 0) {
		p->failed_return_count++;
		return;
	}
	r.syscall_ns = time_ns >= r.time_ns ? time_ns - r.time_ns : UNKNOWN_U64;
	r.time_ns = time_ns;
	settle(p, &r);
}

void profiles_unmap(struct profiles *p, uint64_t pid, uint64_t address, uint64_t len,
		    uint64_t time_ns)
{
	profiles_settle_faults(p, time_ns);
	ledger_forget_range(&p->ledger, pid, address, len);
}

/* runtime/mem_linux.go, sysUnusedOS, Go 1.21: where madvise fails, the range is mapped anew. */
void profiles_map_fixed(struct profiles *p, uint32_t thread, uint64_t pid, uint64_t address,
			uint64_t len, uint64_t time_ns)
{
	struct profiles_call *call = call_of(p, thread);
	struct ledger_return r = call->begun;

	if (!call->has_failed || call->is_open || r.address != address || r.len != len) {
		profiles_unmap(p, pid, address, len, time_ns);
		return;
	}
	call->has_failed = false;
	r.time_ns = time_ns;
	r.syscall_ns = UNKNOWN_U64;
	settle(p, &r);
}

void profiles_close_returns(struct profiles *p)
{
	for (uint32_t i = 0; i < p->calls.len / sizeof(struct profiles_call); i++)
		close_unended(p, call_of(p, i));
}
