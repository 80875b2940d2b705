/* profile_sample.h - a profile made by hand, for the tests of the renderers, and one of any size.
 *
 * Nine rows of a CPU profile at 100 Hz (10 ms a sample); the leaf is the last name, ">" an
 * inlined call:
 *	row  samples  thread   phase     stack
 *	0    40       server   mutator   goexit main.main main.work>main.sum
 *	1    20       server   mutator   goexit main.main main.work memcpy
 *	2    8        server   mutator   goexit main.main main.work runtime.mallocgc
 *	3    6        worker   assist    goexit main.main main.work runtime.mallocgc
 *	                                 runtime.gcAssistAlloc
 *	4    14       worker   mark      goexit runtime.gcBgMarkWorker runtime.gcDrain
 *	5    2        worker   mark      the same, but another line of gcDrain
 *	6    5        evil     scavenge  goexit runtime.bgscavenge do_madvise    (background)
 *	7    4        evil     mutator   goexit EVIL
 *	8    1        none     mutator   [unknown]
 * 100 samples, 1 s. */
#ifndef TESTS_PROFILE_SAMPLE_H
#define TESTS_PROFILE_SAMPLE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/profile.h"
#include "base/buf.h"
#include "base/unknown.h"

#define TEXT(s)                                  \
	{                                        \
		.at = "" s, .len = sizeof(s) - 1 \
	}
#define TICK_NS 10000000ull

/* Markup, quotes, a blank before a number, both separators of folded stacks, controls, a byte that
 * is not UTF-8, a NUL, and a character of three bytes. */
#define EVIL	 "<script>alert(\"x&y\")</script>;'\n\x01\xff\0]]>\xe2\x82\xac 12"
#define EVIL_BAD "\xef\xbf\xbd"

enum {
	F_GOEXIT,
	F_MAIN,
	F_WORK,
	F_SUM,
	F_MEMCPY,
	F_MALLOCGC,
	F_ASSIST,
	F_MARK_WORKER,
	F_DRAIN,
	F_BGSCAVENGE,
	F_MADVISE,
	F_EVIL,
	F_UNKNOWN
};

static const struct profile_function sample_functions[] = {
	[F_GOEXIT] = { TEXT("runtime.goexit"), TEXT("/go/src/runtime/asm_amd64.s"), 1693 },
	[F_MAIN] = { TEXT("main.main"), TEXT("/app/main.go"), 10 },
	[F_WORK] = { TEXT("main.work"), TEXT("/app/main.go"), 20 },
	[F_SUM] = { TEXT("main.sum"), TEXT("/app/sum.go"), 5 },
	[F_MEMCPY] = { TEXT("memcpy"), TEXT(""), UNKNOWN_U64 },
	[F_MALLOCGC] = { TEXT("runtime.mallocgc"), TEXT("/go/src/runtime/malloc.go"), 1013 },
	[F_ASSIST] = { TEXT("runtime.gcAssistAlloc"), TEXT("/go/src/runtime/mgcmark.go"), 401 },
	[F_MARK_WORKER] = { TEXT("runtime.gcBgMarkWorker"), TEXT("/go/src/runtime/mgc.go"), 1262 },
	[F_DRAIN] = { TEXT("runtime.gcDrain"), TEXT("/go/src/runtime/mgcmark.go"), 1093 },
	[F_BGSCAVENGE] = { TEXT("runtime.bgscavenge"), TEXT("/go/src/runtime/mgcscavenge.go"),
			   644 },
	[F_MADVISE] = { TEXT("do_madvise"), TEXT(""), UNKNOWN_U64 },
	[F_EVIL] = { TEXT(EVIL), TEXT("/app/<evil>.go"), 1 },
	[F_UNKNOWN] = { TEXT("[unknown]"), TEXT(""), UNKNOWN_U64 },
};

static const struct profile_line sample_lines[] = {
	{ F_GOEXIT, 1694 },
	{ F_MAIN, 12 },
	{ F_SUM, 7 }, /* inlined into the next */
	{ F_WORK, 22 },
	{ F_WORK, 25 },
	{ F_MEMCPY, UNKNOWN_U64 },
	{ F_WORK, 28 },
	{ F_MALLOCGC, 1055 },
	{ F_ASSIST, 450 },
	{ F_MARK_WORKER, 1423 },
	{ F_DRAIN, 1100 },
	{ F_DRAIN, 1150 },
	{ F_BGSCAVENGE, 660 },
	{ F_MADVISE, UNKNOWN_U64 },
	{ F_EVIL, 3 },
	{ F_UNKNOWN, UNKNOWN_U64 },
};

static const struct profile_mapping sample_mappings[] = {
	{ 0x400000, 0x600000, 0, TEXT("/app/server"), TEXT("0123abcd") },
	{ 0x7f0000000000, 0x7f0000100000, 0x26000, TEXT("/lib/libc.so.6"), TEXT("") },
	{ 0xffffffff80000000, 0xffffffffff000000, 0, TEXT("[kernel]"), TEXT("") },
};

static const struct profile_location sample_locations[] = {
	{ 0x401000, 0, 0, 1 },		  /* 0: goexit */
	{ 0x402000, 0, 1, 1 },		  /* 1: main */
	{ 0x403000, 0, 2, 2 },		  /* 2: sum in work */
	{ 0x403100, 0, 4, 1 },		  /* 3: work */
	{ 0x7f0000001000, 1, 5, 1 },	  /* 4: memcpy */
	{ 0x403200, 0, 6, 1 },		  /* 5: work */
	{ 0x404000, 0, 7, 1 },		  /* 6: mallocgc */
	{ 0x405000, 0, 8, 1 },		  /* 7: assist */
	{ 0x406000, 0, 9, 1 },		  /* 8: mark worker */
	{ 0x407000, 0, 10, 1 },		  /* 9: drain */
	{ 0x407100, 0, 11, 1 },		  /* 10: drain */
	{ 0x408000, 0, 12, 1 },		  /* 11: bgscavenge */
	{ 0xffffffff80001000, 2, 13, 1 }, /* 12: madvise */
	{ 0x409000, 0, 14, 1 },		  /* 13: evil */
	{ 0x7f0000002000, 1, 15, 1 },	  /* 14: unknown */
};

static const struct profile_thread sample_threads[] = {
	{ 100, 100, TEXT("server") },
	{ 100, 101, TEXT("worker") },
	{ 100, 102, TEXT("e\nvil;<&>") },
};

static const uint32_t sample_stack_locations[] = {
	2,  1,	0,	 /* at 0 */
	4,  3,	1, 0,	 /* at 3 */
	6,  5,	1, 0,	 /* at 7 */
	7,  6,	5, 1, 0, /* at 11 */
	9,  8,	0,	 /* at 16 */
	10, 8,	0,	 /* at 19 */
	12, 11, 0,	 /* at 22 */
	13, 0,		 /* at 25 */
	14,		 /* at 27 */
};

static const struct profile_stack sample_stacks[] = {
	{ 0, 3, 0, PHASE_MUTATOR, CAUSE_NONE, 40, 40 * TICK_NS, USE_MUTATOR },
	{ 3, 4, 0, PHASE_MUTATOR, CAUSE_NONE, 20, 20 * TICK_NS, USE_MUTATOR },
	{ 7, 4, 0, PHASE_MUTATOR, CAUSE_NONE, 8, 8 * TICK_NS, USE_MUTATOR },
	{ 11, 5, 1, PHASE_ASSIST, CAUSE_NONE, 6, 6 * TICK_NS, USE_ASSIST },
	{ 16, 3, 1, PHASE_MARK, CAUSE_NONE, 14, 14 * TICK_NS, USE_MARK_WORKER },
	{ 19, 3, 1, PHASE_MARK, CAUSE_NONE, 2, 2 * TICK_NS, USE_MARK_WORKER },
	{ 22, 3, 2, PHASE_SCAVENGE, CAUSE_BACKGROUND, 5, 5 * TICK_NS, USE_SCAVENGE },
	{ 25, 2, 2, PHASE_MUTATOR, CAUSE_NONE, 4, 4 * TICK_NS, USE_MUTATOR },
	{ 27, 1, PROFILE_NONE, PHASE_MUTATOR, CAUSE_NONE, 1, 1 * TICK_NS, USE_MUTATOR },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static inline struct profile sample_profile(void)
{
	return (struct profile){
		.event = TEXT("cpu"),
		.event_detail = TEXT("cpu-clock, 100 Hz, user and kernel mode"),
		.unit = PROFILE_NANOSECONDS,
		.period = TICK_NS,
		.start_unix_ns = 1700000000000000000u,
		.duration_ns = 2000000000u,
		.functions = sample_functions,
		.lines = sample_lines,
		.locations = sample_locations,
		.mappings = sample_mappings,
		.threads = sample_threads,
		.stack_locations = sample_stack_locations,
		.stacks = sample_stacks,
		.function_count = COUNT(sample_functions),
		.line_count = COUNT(sample_lines),
		.location_count = COUNT(sample_locations),
		.mapping_count = COUNT(sample_mappings),
		.thread_count = COUNT(sample_threads),
		.stack_location_count = COUNT(sample_stack_locations),
		.stack_count = COUNT(sample_stacks),
		.sample_count = 100,
		.value = 100 * TICK_NS,
		.unknown_leaf_count = 1,
		.cut_stack_count = 1,
		.lost_count = 3,
	};
}

/* A profile of any size: a tree of calls, its stacks by a fixed sequence of numbers. */
struct grown_profile {
	struct profile p;
	struct buf functions, lines, locations, stack_locations, stacks, names;
};

static inline uint32_t grown_next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

static inline void grown_functions(struct grown_profile *g, uint32_t function_count)
{
	size_t *at = xcalloc(function_count + 1, sizeof(*at));

	for (uint32_t i = 0; i < function_count; i++) {
		buf_addf(&g->names, "example.com/project/pkg%u.(*Type%u).Method%u", i % 37, i % 11,
			 i);
		at[i + 1] = g->names.len;
	}
	for (uint32_t i = 0; i < function_count; i++) {
		struct profile_function f = {
			.name = { .at = (const char *)g->names.at + at[i],
				  .len = at[i + 1] - at[i] },
			.file = TEXT("/app/project/file.go"),
			.start_line = i,
		};
		struct profile_line line = { .function = i, .line = i + 3 };
		struct profile_location l = { .ip = 0x401000 + 16 * (uint64_t)i,
					      .first_line = i,
					      .line_count = 1 };

		buf_add(&g->functions, &f, sizeof(f));
		buf_add(&g->lines, &line, sizeof(line));
		buf_add(&g->locations, &l, sizeof(l));
	}
	free(at);
}

/* stack_count different stacks of that depth; the callee is one of `spread` that its caller has. */
static inline void grown_init(struct grown_profile *g, uint32_t stack_count, uint32_t depth,
			      uint32_t function_count, uint32_t spread)
{
	uint64_t random = 1;

	*g = (struct grown_profile){ .p = sample_profile() };
	grown_functions(g, function_count);
	for (uint32_t i = 0; i < stack_count; i++) {
		uint32_t *row =
			(uint32_t *)(void *)buf_room(&g->stack_locations, depth * sizeof(*row));
		struct profile_stack s = { .first_location = i * depth,
					   .location_count = depth,
					   .phase = (enum profile_phase)(i % 5 ? 0
									       : i % PHASE_COUNT),
					   .sample_count = 1 + i % 3,
					   .value = (1 + i % 3) * TICK_NS };
		uint32_t function = 0;

		for (uint32_t d = 0; d < depth; d++) {
			row[depth - 1 - d] = function;
			function =
				(function * 31 + 7 + grown_next(&random) % spread) % function_count;
		}
		g->stack_locations.len += depth * sizeof(*row);
		buf_add(&g->stacks, &s, sizeof(s));
	}
	g->p.functions = (const void *)g->functions.at;
	g->p.lines = (const void *)g->lines.at;
	g->p.locations = (const void *)g->locations.at;
	g->p.stack_locations = (const void *)g->stack_locations.at;
	g->p.stacks = (const void *)g->stacks.at;
	g->p.function_count = g->p.line_count = g->p.location_count = function_count;
	g->p.stack_count = stack_count;
	g->p.stack_location_count = (size_t)stack_count * depth;
	g->p.sample_count = g->p.value = 0;
	for (uint32_t i = 0; i < stack_count; i++) {
		g->p.sample_count += g->p.stacks[i].sample_count;
		g->p.value += g->p.stacks[i].value;
	}
}

static inline void grown_done(struct grown_profile *g)
{
	buf_done(&g->functions);
	buf_done(&g->lines);
	buf_done(&g->locations);
	buf_done(&g->stack_locations);
	buf_done(&g->stacks);
	buf_done(&g->names);
}

/* What the programs of others are tried on (tests/integration/consumers_test.go): NAME in the
 * directory that PROFILE_SAMPLE_DIR names, or a file that is gone when it is closed. */
static inline FILE *sample_file(const char *name)
{
	const char *dir = getenv("PROFILE_SAMPLE_DIR");
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "", name);
	f = dir ? fopen(path, "w") : tmpfile();
	assert_non_null(f);
	return f;
}

#endif
