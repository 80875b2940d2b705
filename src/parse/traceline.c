/* traceline.c - decode one trace line: walk its grammar, then name the figures. */
#include "parse/traceline.h"

#include <endian.h>

#include "base/clock.h"
#include "base/unknown.h"
#include "traceline_internal.h"

/* The most digits whose value always fits in 64 bits. */
#define MAX_DIGITS 19

struct figures {
	uint64_t v[24]; /* in the order of the line; times in ns */
	unsigned took;	/* enum element_flag */
};

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static inline unsigned digit(char c)
{
	return (unsigned char)(c - '0');
}

/* The readers below get text with readable bytes behind it, the first of which is in no number and
 * no literal (a NUL, a newline), and return what follows the number, or NULL.
 * A number that goes on where it should have ended ("0.0531") fails at the next literal: none
 * begins with a digit or a point. Most numbers are short and their lengths vary from line to line,
 * so that a loop over digits would spend its time in mispredicted branches. */

static const char *read_long_count(uint64_t *ret, const char *p, uint64_t max)
{
	const char *begin = p;
	uint64_t v = 0;

	while (is_digit(*p))
		v = v * 10 + digit(*p++);
	if (*begin == '0' || p - begin > MAX_DIGITS || v > max)
		return NULL;
	*ret = v;
	return p;
}

static inline const char *read_count(uint64_t *ret, const char *p, uint64_t max)
{
	uint64_t word, other;
	unsigned len;

	memcpy(&word, p, 8);
	word = le64toh(word) ^ 0x3030303030303030; /* the first digit is the lowest byte */
	other = (word | (word + 0x0606060606060606)) & 0xf0f0f0f0f0f0f0f0;
	if (other == 0)
		return read_long_count(ret, p, max);
	len = (unsigned)__builtin_ctzll(other) / 8;
	if (len == 0 || (*p == '0' && len > 1))
		return NULL;
	word <<= 64 - 8 * len; /* leading zeros up to eight digits, then pairs, then all */
	word = word * 10 + (word >> 8);
	word = ((word & 0x000000ff000000ff) * 0x000f424000000064 +
		((word >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>
	       32;
	*ret = word;
	return word > max ? NULL : p + len;
}

/* runtime/mgc.go, fmtNSAsMS: 0 | 0.00d | 0.0dd | 0.dd | d.d | dd..., where the first d is not 0. */
static inline const char *read_ms(uint64_t *ret, const char *p)
{
	unsigned whole = digit(p[0]), tenth = digit(p[2]), cent = digit(p[3]), mil = digit(p[4]);
	unsigned two, three;

	if (p[1] != '.') {
		const char *next = read_count(ret, p, INT64_MAX / NS_PER_MS);

		if (!next || (*ret > 0 && *ret < 10))
			return NULL;
		*ret *= NS_PER_MS;
		return next;
	}
	two = whole == 0;
	three = two & (tenth == 0);
	cent = two ? cent : 0;
	mil = three ? mil : 0;
	if ((whole > 9) | (tenth > 9) | (cent > 9) | (mil > 9) | (three & (cent + mil == 0)))
		return NULL;
	*ret = (uint64_t)(whole * 1000 + tenth * 100 + cent * 10 + mil) * NS_PER_US;
	return p + 3 + two + three;
}

static inline const char *read_seconds(uint64_t *ret, const char *p)
{
	uint64_t seconds, ms;

	p = read_count(&seconds, p, INT64_MAX / NS_PER_S - 1);
	if (!p || *p != '.' || !is_digit(p[1]) || !is_digit(p[2]) || !is_digit(p[3]))
		return NULL;
	ms = digit(p[1]) * 100 + digit(p[2]) * 10 + digit(p[3]);
	*ret = seconds * NS_PER_S + ms * NS_PER_MS;
	return p + 4;
}

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

static bool read_figures(struct figures *ret, const struct trace_element *grammar, const char *p,
			 const char *end)
{
	const struct trace_element *e = grammar;
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
static bool name_times_1_5(struct gctrace_cycle *c, const uint64_t *v)
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
	return v[7] == 0; /* the runtime passes a constant here */
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

static bool name_gc(struct gctrace_cycle *ret, const struct figures *f)
{
	const uint64_t *v = f->v;
	struct gctrace_cycle c;
	bool five = f->took & TOOK_FIVE, stacks = f->took & TOOK_STACKS;

	c.number = v[0];
	c.start_ns = v[1];
	c.gc_cpu_percent = v[2];
	c.leak_check = f->took & TOOK_LEAK_CHECK;
	c.stacks_mib = c.globals_mib = UNKNOWN_U64;
	/* no release prints both five clock figures and stacks, or the note without stacks */
	if (five && (stacks || c.leak_check))
		return false;
	if (c.leak_check && !stacks)
		return false;
	if (five && !name_times_1_5(&c, v + 3))
		return false;
	if (!five)
		name_times(&c, v + 3);
	c.shape = five ? GCTRACE_1_5 : GCTRACE_1_6;
	if (stacks)
		c.shape = c.leak_check ? GCTRACE_1_26 : GCTRACE_1_18;
	v += five ? 15 : 11;
	c.heap_start_mib = v[0];
	c.heap_end_mib = v[1];
	c.heap_live_mib = v[2];
	c.goal_mib = v[3];
	v += 4;
	if (stacks) {
		c.stacks_mib = v[0];
		c.globals_mib = v[1];
		v += 2;
	}
	c.procs = v[0];
	c.forced = f->took & TOOK_FORCED;
	if (c.number == 0 || c.procs == 0 || c.procs > INT32_MAX)
		return false;
	*ret = c;
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
	if (!read_figures(&f, grammar, line.at, line.at + line.len))
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
