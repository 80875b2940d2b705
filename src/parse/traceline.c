/* traceline.c - decode one trace line: walk its grammar, then name the figures. */
#include "parse/traceline.h"

#include "base/clock.h"
#include "base/unknown.h"
#include "traceline_internal.h"
#include "traceline_number_internal.h"

static inline const char *read_pass(uint64_t *ret, const char *p, uint64_t max)
{
	if (p[0] == '-' && p[1] == '1') {
		*ret = UNKNOWN_U64;
		return p + 2;
	}
	return read_count(ret, p, max);
}

/* The first 8 bytes at p against the first len (at most 8) of want. p has TRACELINE_PAD_BYTES
 * behind its last byte, so whole words can be compared. */
static inline bool word_is(const char *p, const char *want, size_t len)
{
	static const unsigned char keep[16] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	uint64_t a, b, mask;

	memcpy(&a, p, 8);
	memcpy(&b, want, 8);
	memcpy(&mask, keep + 8 - len, 8);
	return ((a ^ b) & mask) == 0;
}

static inline bool literal_is(const struct trace_element *e, const char *p)
{
	if (e->len <= 8)
		return word_is(p, e->literal, e->len);
	if (!word_is(p, e->literal, 8))
		return false;
	if (e->len <= 16)
		return word_is(p + 8, e->literal + 8, e->len - 8u);
	return memcmp(p, e->literal, e->len) == 0;
}

static inline const char *read_number(uint64_t *ret, const struct trace_element *e, const char *p)
{
	switch (e->kind) {
	case ELEMENT_COUNT:
		return read_count(ret, p, e->max);
	case ELEMENT_MS:
		return read_ms(ret, p);
	case ELEMENT_SECONDS:
		return read_seconds(ret, p);
	default:
		return read_pass(ret, p, e->max);
	}
}

bool traceline_walk(struct figures *ret, const struct trace_element *grammar, struct text line)
{
	const struct trace_element *e = grammar;
	const char *p = line.at, *end = line.at + line.len;
	uint64_t *v = ret->v;
	unsigned took = 0;

	while (e->kind != ELEMENT_END) {
		if (e->kind != ELEMENT_LITERAL) {
			p = read_number(v++, e, p);
			if (!p)
				return false;
			e = element_next(grammar, e);
		} else if (literal_is(e, p)) {
			p += e->len;
			took |= e->flag;
			e = element_next(grammar, e);
		} else if (e->alt) {
			e = &grammar[e->alt];
		} else {
			return false;
		}
	}
	ret->took = took;
	return p == end;
}

/* The figures of Go 1.5 between the percentage and the heap sizes. */
static void name_times_1_5(struct gctrace_cycle *c, const uint64_t *v)
{
	c->sweep_termination_ns = v[0];
	c->scan_ns = v[1];
	c->install_barrier_ns = v[2];
	c->mark_ns = v[1] + v[3];
	c->mark_termination_ns = v[4];
	c->sweep_termination_cpu_ns = v[5];
	c->scan_cpu_ns = v[6];
	c->assist_cpu_ns = v[8];
	c->dedicated_cpu_ns = v[9];
	c->idle_cpu_ns = v[10];
	c->mark_termination_cpu_ns = v[11];
}

static void name_times(struct gctrace_cycle *c, const uint64_t *v)
{
	c->install_barrier_ns = c->scan_ns = c->scan_cpu_ns = 0;
	c->sweep_termination_ns = v[0];
	c->mark_ns = v[1];
	c->mark_termination_ns = v[2];
	c->sweep_termination_cpu_ns = v[3];
	c->assist_cpu_ns = v[4];
	c->dedicated_cpu_ns = v[5];
	c->idle_cpu_ns = v[6];
	c->mark_termination_cpu_ns = v[7];
}

/* Whether a release prints these together. */
static bool is_gc(const struct figures *f, size_t procs_at)
{
	bool five = f->took & TOOK_FIVE, stacks = f->took & TOOK_STACKS;
	bool leak_check = f->took & TOOK_LEAK_CHECK;

	/* no release prints both five clock figures and stacks, or the note without stacks */
	if ((five && (stacks || leak_check)) || (leak_check && !stacks))
		return false;
	if (five && f->v[3 + 7] != 0) /* the runtime passes a constant here */
		return false;
	return f->v[0] != 0 && f->v[procs_at] != 0 && f->v[procs_at] <= INT32_MAX;
}

static bool name_gc(struct gctrace_cycle *ret, const struct figures *f)
{
	bool five = f->took & TOOK_FIVE, stacks = f->took & TOOK_STACKS;
	size_t sizes_at = five ? 15 : 11, procs_at = sizes_at + (stacks ? 6 : 4);
	const uint64_t *v = f->v;

	if (!is_gc(f, procs_at))
		return false;
	ret->number = v[0];
	ret->start_ns = v[1];
	ret->gc_cpu_percent = v[2];
	ret->leak_check = f->took & TOOK_LEAK_CHECK;
	ret->forced = f->took & TOOK_FORCED;
	if (five)
		name_times_1_5(ret, v + 3);
	else
		name_times(ret, v + 3);
	ret->shape = five ? GCTRACE_1_5 : GCTRACE_1_6;
	if (stacks)
		ret->shape = ret->leak_check ? GCTRACE_1_26 : GCTRACE_1_18;
	ret->heap_start_mib = v[sizes_at];
	ret->heap_end_mib = v[sizes_at + 1];
	ret->heap_live_mib = v[sizes_at + 2];
	ret->goal_mib = v[sizes_at + 3];
	ret->stacks_mib = stacks ? v[sizes_at + 4] : UNKNOWN_U64;
	ret->globals_mib = stacks ? v[sizes_at + 5] : UNKNOWN_U64;
	ret->procs = v[procs_at];
	return true;
}

static bool name_scav(struct scav_line *ret, const struct figures *f)
{
	const uint64_t *v = f->v;
	struct scav_line s = { .generation = UNKNOWN_U64, .eager_bytes = UNKNOWN_U64 };

	s.shape = SCAV_1_14;
	if (f->took & TOOK_RESET)
		s.shape = SCAV_1_19;
	if (f->took & TOOK_GENERATION) {
		s.shape = SCAV_1_15;
		s.generation = *v++;
		if (s.generation > UINT32_MAX)
			return false;
	}
	s.background_bytes = *v++ << 10;
	if (f->took & TOOK_EAGER) {
		s.shape = SCAV_1_21;
		s.eager_bytes = *v++ << 10;
	}
	s.released_bytes = *v++ << 10;
	s.heap_in_use_percent = *v;
	s.forced = f->took & TOOK_FORCED;
	s.controller_reset = f->took & TOOK_RESET;
	*ret = s;
	return true;
}

static void name_scvg(struct scvg_line *ret, const struct figures *f)
{
	const uint64_t *v = f->v;
	struct scvg_line s = { .number = UNKNOWN_U64, .in_use_mib = UNKNOWN_U64 };

	s.idle_mib = s.sys_mib = s.consumed_mib = UNKNOWN_U64;
	s.is_state = f->took & TOOK_STATE;
	s.forced = f->took & TOOK_FORCED;
	if (f->took & TOOK_PASS) {
		s.number = *v++;
		s.forced = !is_known(s.number); /* -1 */
	}
	if (s.is_state) {
		s.in_use_mib = v[0];
		s.idle_mib = v[1];
		s.sys_mib = v[2];
		s.released_mib = v[3];
		s.consumed_mib = v[4];
	} else {
		s.released_mib = v[0];
	}
	*ret = s;
}

enum trace_kind traceline_decode(struct trace_line *ret, const struct trace_element *grammar,
				 struct text line)
{
	struct figures f; /* not cleared: that would cost a tenth of the time */

#ifdef __clang_analyzer__ /* it cannot know that every way through a table has enough numbers */
	memset(&f, 0, sizeof(f));
#endif
	if (!traceline_read_recent(&f, grammar, line) && !traceline_walk(&f, grammar, line))
		return TRACE_NOT_RUNTIME;
	if (grammar == grammar_gc) {
		if (!name_gc(&ret->u.gc, &f))
			return TRACE_NOT_RUNTIME;
		ret->kind = TRACE_GC;
	} else if (grammar == grammar_scav) {
		if (!name_scav(&ret->u.scav, &f))
			return TRACE_NOT_RUNTIME;
		ret->kind = TRACE_SCAV;
	} else {
		name_scvg(&ret->u.scvg, &f);
		ret->kind = TRACE_SCVG;
	}
	return ret->kind;
}

enum trace_kind traceline_parse(struct trace_line *ret, struct text line)
{
	const struct trace_element *grammar = grammar_for(line);
	char copy[TRACELINE_MAX_BYTES + TRACELINE_PAD_BYTES];

	if (!grammar) {
		if (!traceline_is_other(line))
			return TRACE_NOT_RUNTIME;
		ret->kind = TRACE_OTHER;
		return TRACE_OTHER;
	}
	if (line.len > TRACELINE_MAX_BYTES)
		return TRACE_NOT_RUNTIME;
	memcpy(copy, line.at, line.len);
	memset(copy + line.len, 0, TRACELINE_PAD_BYTES);
	return traceline_decode(ret, grammar, (struct text){ .at = copy, .len = line.len });
}

uint64_t gctrace_resolution_ns(uint64_t printed_ns)
{
	if (printed_ns < 100 * NS_PER_US)
		return NS_PER_US;
	if (printed_ns < NS_PER_MS)
		return 10 * NS_PER_US;
	if (printed_ns < 10 * NS_PER_MS)
		return 100 * NS_PER_US;
	return NS_PER_MS;
}
