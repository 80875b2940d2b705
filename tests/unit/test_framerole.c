/* test_framerole.c - what the functions of a stack say of it. Stacks are written leaf first. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyze/framerole_internal.h"

#define FRAMES_MAX 16

/* The roles of functions; those that begin with '*' are the kernel's. */
static size_t roles_of(uint32_t *ret, const char *const *names)
{
	size_t n = 0;

	for (; names[n]; n++)
		ret[n] = names[n][0] == '*' ? framerole_of_kernel(text_of(names[n] + 1))
					    : framerole_of_user(text_of(names[n]));
	return n;
}

#define STACK(...) ((const char *const[]){ __VA_ARGS__, NULL })

static enum profile_phase phase_of(const char *const *names)
{
	uint32_t roles[FRAMES_MAX];
	size_t n = roles_of(roles, names);

	return framerole_phase(roles, n);
}

static enum profile_use use_of(const char *const *names)
{
	uint32_t roles[FRAMES_MAX];
	size_t n = roles_of(roles, names);

	return framerole_use(roles, n);
}

static enum profile_cause cause_of(const char *const *names)
{
	uint32_t roles[FRAMES_MAX];
	size_t n = roles_of(roles, names);

	return framerole_cause(roles, n);
}

static void every_name_in_the_tables_is_found(void **state)
{
	static const char *const names[] = {
		"runtime.(*mcentral).cacheSpan",
		"runtime.(*mheap).alloc",
		"runtime.(*mheap).grow",
		"runtime.(*mspan).sweep",
		"runtime.MHeap_Scavenge",
		"runtime.asmcgocall",
		"runtime.bgscavenge",
		"runtime.gcStart",
		"runtime.goexit",
		"runtime.mallocgc",
		"runtime.mcall",
		"runtime.systemstack",
		"runtime/debug.FreeOSMemory",
		"runtime/debug.freeOSMemory",
		"start_thread",
		"clone3",
		"_start",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_not_equal(framerole_of_user(text_of(names[i])), 0);
	assert_int_not_equal(framerole_of_kernel(text_of("asm_exc_page_fault")), 0);
	assert_int_not_equal(framerole_of_kernel(text_of("handle_mm_fault")), 0);
	assert_int_not_equal(framerole_of_kernel(text_of("__x64_sys_madvise")), 0);
}

static void other_names_say_nothing(void **state)
{
	static const char *const names[] = {
		"",	   "main.main",	      "runtime.gcStar", "runtime.gcStartX",
		"runtime", "handle_mm_fault", "main.gcStart",	"runtime.func1"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(framerole_of_user(text_of(names[i])), 0);
	assert_int_equal(framerole_of_kernel(text_of("runtime.gcStart")), 0);
}

static void closures_have_their_functions_roles(void **state)
{
	(void)state;
	assert_int_equal(framerole_of_user(text_of("runtime.gcBgMarkWorker.func2")),
			 ROLE_MARK_WORKER);
	assert_int_equal(framerole_of_user(text_of("runtime.gcBgMarkWorker.funcs")), 0);
}

static void the_innermost_phase_counts(void **state)
{
	(void)state;
	assert_int_equal(phase_of(STACK("main.work", "main.main")), PHASE_MUTATOR);
	assert_int_equal(phase_of(STACK("runtime.scanobject", "runtime.gcDrain",
					"runtime.systemstack", "runtime.gcBgMarkWorker")),
			 PHASE_MARK);
	assert_int_equal(phase_of(STACK("runtime.scanobject", "runtime.gcDrainN",
					"runtime.gcAssistAlloc1", "runtime.systemstack",
					"runtime.gcAssistAlloc", "runtime.mallocgc", "main.f")),
			 PHASE_ASSIST);
	assert_int_equal(phase_of(STACK("runtime.stopTheWorldWithSema", "runtime.gcStart",
					"runtime.mallocgc", "main.f")),
			 PHASE_SWEEP_TERMINATION);
	assert_int_equal(phase_of(STACK("runtime.gcMarkTermination", "runtime.gcMarkDone",
					"runtime.gcBgMarkWorker")),
			 PHASE_MARK_TERMINATION);
	assert_int_equal(phase_of(STACK("runtime.(*sweepLocked).sweep", "runtime.sweepone",
					"runtime.deductSweepCredit", "runtime.mallocgc")),
			 PHASE_SWEEP);
	assert_int_equal(phase_of(STACK("runtime.madvise", "runtime.(*pageAlloc).scavengeOne",
					"runtime.(*mheap).allocSpan", "runtime.mallocgc")),
			 PHASE_SCAVENGE);
	assert_int_equal(phase_of(STACK("runtime.scanobject")), PHASE_MARK); /* the rest is cut */
}

static void a_sample_has_one_use(void **state)
{
	(void)state;
	assert_int_equal(use_of(STACK("*clear_page_erms", "*handle_mm_fault", "*asm_exc_page_fault",
				      "runtime.mallocgc", "main.f")),
			 USE_PAGE_FAULT);
	assert_int_equal(use_of(STACK("*do_madvise", "*__x64_sys_madvise", "runtime.madvise",
				      "runtime.bgscavenge")),
			 USE_MADVISE);
	assert_int_equal(
		use_of(STACK("runtime.memclrNoHeapPointers", "runtime.mallocgc", "main.f")),
		USE_ALLOCATION);
	assert_int_equal(use_of(STACK("runtime.mallocgcSmallScanNoHeaderSC8", "main.f")),
			 USE_ALLOCATION);
	assert_int_equal(use_of(STACK("runtime.gcMarkTermination")), USE_STOP);
	assert_int_equal(use_of(STACK("main.f")), USE_MUTATOR);
	assert_int_equal(use_of(STACK("runtime.sweepone", "runtime.bgsweep")), USE_SWEEP);
}

static void a_return_has_the_cause_of_who_began_it(void **state)
{
	(void)state;
	assert_int_equal(cause_of(STACK("runtime.madvise", "runtime.sysUnused",
					"runtime.(*pageAlloc).scavengeOne", "runtime.bgscavenge")),
			 CAUSE_BACKGROUND);
	assert_int_equal(
		cause_of(STACK("runtime.madvise", "runtime.(*mheap).scavengeAll",
			       "runtime/debug.freeOSMemory", "runtime/debug.FreeOSMemory")),
		CAUSE_FORCED);
	assert_int_equal(cause_of(STACK("runtime.madvise", "runtime.(*pageAlloc).scavenge",
					"runtime.(*mheap).allocSpan", "runtime.mallocgc")),
			 CAUSE_EAGER);
	assert_int_equal(cause_of(STACK("syscall.Madvise", "main.f")), CAUSE_OTHER);
	assert_int_equal(
		cause_of(STACK("runtime.madvise", "runtime.(*mheap).scavengeAll",
			       "runtime.runtime_debug_freeOSMemory.func1", "runtime.systemstack")),
		CAUSE_FORCED);
}

/* The gate has one stack: what ends at the change of stacks without a word of who began it. */
static void the_background_scavenger_alone_leaves_no_trace_on_the_system_stack(void **state)
{
	(void)state;
	assert_int_equal(
		cause_of(STACK("runtime.madvise", "runtime.(*pageAlloc).scavengeOne",
			       "runtime.(*pageAlloc).scavenge.func1", "runtime.systemstack")),
		CAUSE_BACKGROUND);
	assert_int_equal(cause_of(STACK("runtime.madvise", "runtime.(*pageAlloc).scavengeOne",
					"runtime.(*pageAlloc).scavenge.func1")),
			 CAUSE_OTHER); /* cut before */
	assert_int_equal(cause_of(STACK("runtime.madvise", "runtime.other", "runtime.systemstack")),
			 CAUSE_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_in_the_tables_is_found),
		cmocka_unit_test(other_names_say_nothing),
		cmocka_unit_test(closures_have_their_functions_roles),
		cmocka_unit_test(the_innermost_phase_counts),
		cmocka_unit_test(a_sample_has_one_use),
		cmocka_unit_test(a_return_has_the_cause_of_who_began_it),
		cmocka_unit_test(
			the_background_scavenger_alone_leaves_no_trace_on_the_system_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
