/* framerole.c - what a function's name says of the stacks that it stands in. */
#include "framerole_internal.h"

#include <stdlib.h>
#include <string.h>

struct named_role {
	const char *name;
	uint32_t roles;
};

/* By name, in the order of strcmp. */
static const struct named_role go_roles[] = {
	{ "runtime.(*mcentral).cacheSpan", ROLE_ALLOCATION },
	{ "runtime.(*mheap).alloc", ROLE_ALLOCATION | ROLE_EAGER_RETURN },
	{ "runtime.(*mheap).allocManual", ROLE_EAGER_RETURN },
	{ "runtime.(*mheap).allocSpan", ROLE_EAGER_RETURN },
	{ "runtime.(*mheap).alloc_m", ROLE_EAGER_RETURN },
	{ "runtime.(*mheap).grow", ROLE_EAGER_RETURN },
	{ "runtime.(*mheap).reclaim", ROLE_SWEEP },
	{ "runtime.(*mheap).scavenge", ROLE_SCAVENGE },
	{ "runtime.(*mheap).scavengeAll", ROLE_SCAVENGE },
	{ "runtime.(*mheap).scavengeLargest", ROLE_SCAVENGE },
	{ "runtime.(*mheap).scavengeLocked", ROLE_SCAVENGE },
	{ "runtime.(*mspan).sweep", ROLE_SWEEP },
	{ "runtime.(*pageAlloc).scavenge", ROLE_SCAVENGE },
	{ "runtime.(*pageAlloc).scavengeOne", ROLE_SCAVENGE },
	{ "runtime.(*pageAlloc).scavengeRangeLocked", ROLE_SCAVENGE },
	{ "runtime.(*pageAlloc).scavengeUnreserve", ROLE_SCAVENGE },
	{ "runtime.(*scavengerState).run", ROLE_SCAVENGE | ROLE_BACKGROUND_RETURN },
	{ "runtime.(*scavengerState).sleep", ROLE_SCAVENGE },
	{ "runtime.(*sweepLocked).sweep", ROLE_SWEEP },
	{ "runtime.MHeap_Scavenge", ROLE_SCAVENGE },
	{ "runtime.asmcgocall", ROLE_ASMCGOCALL },
	{ "runtime.asmcgocall.abi0", ROLE_ASMCGOCALL },
	{ "runtime.bgscavenge", ROLE_SCAVENGE | ROLE_BACKGROUND_RETURN },
	{ "runtime.bgsweep", ROLE_SWEEP },
	{ "runtime.cgocall", ROLE_CGOCALL },
	{ "runtime.deductSweepCredit", ROLE_SWEEP },
	{ "runtime.freeStackSpans", ROLE_SWEEP_TERMINATION },
	{ "runtime.gc", ROLE_MARK_TERMINATION },
	{ "runtime.gcAssistAlloc", ROLE_ASSIST },
	{ "runtime.gcAssistAlloc1", ROLE_ASSIST },
	{ "runtime.gcBgMarkWorker", ROLE_MARK_WORKER },
	{ "runtime.gcDrain", ROLE_SOME_MARKING },
	{ "runtime.gcDrainMarkWorkerDedicated", ROLE_MARK_WORKER },
	{ "runtime.gcDrainMarkWorkerFractional", ROLE_MARK_WORKER },
	{ "runtime.gcDrainMarkWorkerIdle", ROLE_MARK_WORKER },
	{ "runtime.gcDrainN", ROLE_SOME_MARKING },
	{ "runtime.gcMark", ROLE_MARK_TERMINATION },
	{ "runtime.gcMarkDone", ROLE_MARK_TERMINATION },
	{ "runtime.gcMarkTermination", ROLE_MARK_TERMINATION },
	{ "runtime.gcStart", ROLE_SWEEP_TERMINATION },
	{ "runtime.gcSweep", ROLE_MARK_TERMINATION },
	{ "runtime.gcSweepOnce", ROLE_SWEEP },
	{ "runtime.goexit", ROLE_BOTTOM },
	{ "runtime.gogo", ROLE_BOTTOM },
	{ "runtime.growslice", ROLE_ALLOCATION },
	{ "runtime.markroot", ROLE_SOME_MARKING },
	{ "runtime.mcall", ROLE_MCALL | ROLE_BOTTOM },
	{ "runtime.mstart", ROLE_BOTTOM },
	{ "runtime.newobject", ROLE_ALLOCATION },
	{ "runtime.rt0_go", ROLE_BOTTOM },
	{ "runtime.runtime_debug_freeOSMemory", ROLE_FORCED_RETURN },
	{ "runtime.scanobject", ROLE_SOME_MARKING },
	{ "runtime.scavengeAll", ROLE_SCAVENGE },
	{ "runtime.scavengelist", ROLE_SCAVENGE },
	{ "runtime.sweepone", ROLE_SWEEP },
	{ "runtime.sysmon", ROLE_BACKGROUND_RETURN },
	{ "runtime.systemstack", ROLE_SYSTEMSTACK },
	{ "runtime/debug.FreeOSMemory", ROLE_FORCED_RETURN },
	{ "runtime/debug.freeOSMemory", ROLE_FORCED_RETURN },
};

/* Where C programs and threads begin (glibc, musl), and where the Go ones are entered. */
static const struct named_role c_roles[] = {
	{ "__clone", ROLE_BOTTOM },
	{ "__clone3", ROLE_BOTTOM },
	{ "__libc_start_main", ROLE_BOTTOM },
	{ "_rt0_amd64_linux", ROLE_BOTTOM },
	{ "_rt0_arm64_linux", ROLE_BOTTOM },
	{ "_start", ROLE_BOTTOM },
	{ "clone", ROLE_BOTTOM },
	{ "clone3", ROLE_BOTTOM },
	{ "crosscall1", ROLE_BOTTOM },
	{ "start_thread", ROLE_BOTTOM },
	{ "thread_start", ROLE_BOTTOM },
};

static const struct named_role kernel_roles[] = {
	{ "__arm64_sys_madvise", ROLE_MADVISE }, { "__handle_mm_fault", ROLE_PAGE_FAULT },
	{ "__x64_sys_madvise", ROLE_MADVISE },	 { "asm_exc_page_fault", ROLE_PAGE_FAULT },
	{ "do_madvise", ROLE_MADVISE },		 { "do_mem_abort", ROLE_PAGE_FAULT },
	{ "do_page_fault", ROLE_PAGE_FAULT },	 { "do_user_addr_fault", ROLE_PAGE_FAULT },
	{ "el0_da", ROLE_PAGE_FAULT },		 { "exc_page_fault", ROLE_PAGE_FAULT },
	{ "handle_mm_fault", ROLE_PAGE_FAULT },
};

static int by_name(const void *key, const void *entry)
{
	const struct text *t = key;
	const char *name = ((const struct named_role *)entry)->name;
	int order = strncmp(t->at, name, t->len);

	return order ? order : name[t->len] == '\0' ? 0 : -1;
}

#define FIND(table, name) find_role(table, sizeof(table) / sizeof((table)[0]), name)

static uint32_t find_role(const struct named_role *table, size_t count, struct text name)
{
	const struct named_role *r;

	if (name.len == 0)
		return 0;
	r = bsearch(&name, table, count, sizeof(*table), by_name);
	return r ? r->roles : 0;
}

/* Closures do their function's work: runtime.gcBgMarkWorker.func2 */
static struct text without_closure(struct text name)
{
	for (size_t i = 0; i + 5 < name.len; i++)
		if (memcmp(name.at + i, ".func", 5) == 0 && name.at[i + 5] >= '0' &&
		    name.at[i + 5] <= '9')
			return (struct text){ name.at, i };
	return name;
}

uint32_t framerole_of_user(struct text function)
{
	/* Go 1.27 calls one for each size. */
	if (text_starts(function, "runtime.mallocgc"))
		return ROLE_ALLOCATION;
	if (text_starts(function, "runtime"))
		return FIND(go_roles, without_closure(function));
	return FIND(c_roles, function);
}

uint32_t framerole_of_kernel(struct text function)
{
	return FIND(kernel_roles, function);
}

bool framerole_moves_stacks(struct text function)
{
	static const char *const names[] = { "runtime.nanotime1", "runtime.walltime",
					     "runtime.walltime1", "runtime.vgetrandom1",
					     "runtime.morestack", "runtime.cgocallback",
					     "runtime.sigtramp",  "runtime.sigreturn__sigaction",
					     "runtime.nanotime",  "time.now" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_is(function, names[i]))
			return true;
	return framerole_of_user(function) &
	       (ROLE_SYSTEMSTACK | ROLE_MCALL | ROLE_ASMCGOCALL | ROLE_BOTTOM);
}

static uint32_t all_of(const uint32_t *roles, size_t count)
{
	uint32_t all = 0;

	for (size_t i = 0; i < count; i++)
		all |= roles[i];
	return all;
}

/* The innermost frame that names a phase tells what is being done; the outer ones only why. */
enum profile_phase framerole_phase(const uint32_t *roles, size_t count)
{
	static const struct {
		uint32_t role;
		enum profile_phase phase;
	} phases[] = {
		{ ROLE_SCAVENGE, PHASE_SCAVENGE },
		{ ROLE_SWEEP, PHASE_SWEEP },
		{ ROLE_ASSIST, PHASE_ASSIST },
		{ ROLE_MARK_WORKER, PHASE_MARK },
		{ ROLE_MARK_TERMINATION, PHASE_MARK_TERMINATION },
		{ ROLE_SWEEP_TERMINATION, PHASE_SWEEP_TERMINATION },
	};

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < sizeof(phases) / sizeof(phases[0]); k++)
			if (roles[i] & phases[k].role)
				return phases[k].phase;
	return all_of(roles, count) & ROLE_SOME_MARKING ? PHASE_MARK : PHASE_MUTATOR;
}

enum profile_cause framerole_cause(const uint32_t *roles, size_t count)
{
	uint32_t all = all_of(roles, count);

	if (all & ROLE_FORCED_RETURN)
		return CAUSE_FORCED;
	if (all & ROLE_BACKGROUND_RETURN)
		return CAUSE_BACKGROUND;
	if (all & ROLE_EAGER_RETURN)
		return CAUSE_EAGER;
	/* A stack that ends where it changed stacks, with the scavenger on this side: all but the
	 * background scavenger stand there with what made them begin (runtime/mgcscavenge.go and
	 * mheap.go, Go 1.16 to 1.27: scavengeAll, allocSpan and grow run on the system stack). */
	if (count && (all & ROLE_SCAVENGE) && (roles[count - 1] & ROLE_SYSTEMSTACK))
		return CAUSE_BACKGROUND;
	return CAUSE_OTHER;
}

enum profile_use framerole_use(const uint32_t *roles, size_t count)
{
	static const enum profile_use of_phase[] = {
		[PHASE_MARK] = USE_MARK_WORKER,	     [PHASE_ASSIST] = USE_ASSIST,
		[PHASE_SWEEP] = USE_SWEEP,	     [PHASE_SWEEP_TERMINATION] = USE_STOP,
		[PHASE_MARK_TERMINATION] = USE_STOP, [PHASE_SCAVENGE] = USE_SCAVENGE,
	};
	uint32_t all = all_of(roles, count);
	enum profile_phase phase;

	if (all & ROLE_PAGE_FAULT)
		return USE_PAGE_FAULT;
	if (all & ROLE_MADVISE)
		return USE_MADVISE;
	phase = framerole_phase(roles, count);
	if (phase != PHASE_MUTATOR)
		return of_phase[phase];
	return all & ROLE_ALLOCATION ? USE_ALLOCATION : USE_MUTATOR;
}
