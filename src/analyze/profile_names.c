/* profile_names.c - the words of a profile. */
#include "analyze/profile.h"

#include <inttypes.h>

const char *profile_phase_name(enum profile_phase phase)
{
	static const char *const names[PHASE_COUNT] = {
		[PHASE_MUTATOR] = "mutator",
		[PHASE_MARK] = "mark",
		[PHASE_ASSIST] = "assist",
		[PHASE_SWEEP] = "sweep",
		[PHASE_SWEEP_TERMINATION] = "sweep termination",
		[PHASE_MARK_TERMINATION] = "mark termination",
		[PHASE_SCAVENGE] = "scavenge",
	};

	return (unsigned)phase < PHASE_COUNT ? names[phase] : "";
}

const char *profile_cause_name(enum profile_cause cause)
{
	static const char *const names[CAUSE_COUNT] = {
		[CAUSE_NONE] = "",	   [CAUSE_BACKGROUND] = "background",
		[CAUSE_EAGER] = "eager",   [CAUSE_FORCED] = "forced",
		[CAUSE_NATIVE] = "native", [CAUSE_OTHER] = "other",
	};

	return (unsigned)cause < CAUSE_COUNT ? names[cause] : "";
}

const char *profile_use_name(enum profile_use use)
{
	static const char *const names[USE_COUNT] = {
		[USE_PAGE_FAULT] = "kernel_page_fault",
		[USE_MADVISE] = "kernel_madvise",
		[USE_SCAVENGE] = "scavenge",
		[USE_SWEEP] = "sweep",
		[USE_ASSIST] = "assist",
		[USE_MARK_WORKER] = "mark_worker",
		[USE_STOP] = "stop_the_world",
		[USE_ALLOCATION] = "allocation",
		[USE_MUTATOR] = "mutator",
	};

	return (unsigned)use < USE_COUNT ? names[use] : "";
}

const char *profile_unit_name(enum profile_unit unit)
{
	switch (unit) {
	case PROFILE_COUNT:
		return "count";
	case PROFILE_NANOSECONDS:
		return "nanoseconds";
	case PROFILE_BYTES:
		return "bytes";
	}
	return "";
}

static void thread_name(struct buf *out, const struct profile *p, uint32_t thread)
{
	const struct profile_thread *t;

	if (thread >= p->thread_count) {
		buf_addf(out, "[unknown thread]");
		return;
	}
	t = &p->threads[thread];
	buf_add(out, "[", 1);
	buf_add(out, t->name.at, t->name.len);
	buf_addf(out, "%s%" PRIu64 "]", t->name.len ? " " : "thread ", t->tid);
}

void profile_split_name(struct buf *out, const struct profile *p, const struct profile_stack *s,
			enum profile_split split)
{
	switch (split) {
	case SPLIT_NONE:
		return;
	case SPLIT_PHASE:
		buf_addf(out, "[%s]", profile_phase_name(s->phase));
		return;
	case SPLIT_THREAD:
		thread_name(out, p, s->thread);
		return;
	case SPLIT_CAUSE:
		buf_addf(out, "[%s]",
			 s->cause == CAUSE_NONE ? "no cause" : profile_cause_name(s->cause));
		return;
	}
}
