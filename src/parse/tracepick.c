/* tracepick.c - which of the queued packets make up a line, when several readings are possible. */
#include "tracepick_internal.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "parse/traceline.h"
#include "tracegrammar_internal.h"

#define STEPS_MAX \
	10000u /* of one search: a few milliseconds at worst; 80 suffice for one foreign piece */
#define ITEMS_MAX 256u /* piece-like packets of one search, and its depth */

/* One way to read the packets; readings with the same text are one. */
struct reading {
	struct buf text;
	size_t path[ITEMS_MAX], len;
	unsigned count; /* distinct texts seen; the first one is kept */
};

struct search {
	const struct pick_context *context;
	bool leave_rests; /* packets marked after_page are not tried */
	const struct pick_item *items;
	const char *bytes;
	size_t indices[ITEMS_MAX]; /* of the piece-like items, in order */
	size_t index_count;
	size_t path[ITEMS_MAX];
	struct buf text;
	struct reading expected, other; /* by whether the cycle number continues a known process */
	size_t foreign_count;		/* of the indices: not given to this line so far */
	size_t own_left_count;		/* given to this line, but not among the indices */
	unsigned step_count;
};

static struct text item_text(const struct search *s, size_t index)
{
	const struct pick_item *item = &s->items[s->indices[index]];

	return (struct text){ s->bytes + item->offset, item->len };
}

/* The runtime computes the cpu figures of the two stops as P x wall (mgc.go); so with both
 * truncated when printed, cpu must lie in P x [wall, wall + step) up to its own step. Old releases
 * used fewer Ps. */
static bool stop_cpu_fits(uint64_t wall_ns, uint64_t cpu_ns, uint64_t procs)
{
	uint64_t wall_max = wall_ns + gctrace_resolution_ns(wall_ns);
	uint64_t cpu_max = cpu_ns + gctrace_resolution_ns(cpu_ns);

	return procs <= 1u << 20 && wall_ns <= 1ULL << 43 && cpu_ns <= procs * wall_max &&
	       cpu_max > wall_ns;
}

static bool makes_sense(struct trace_line *ret, struct text line)
{
	switch (traceline_parse(ret, line)) {
	case TRACE_GC:
		return stop_cpu_fits(ret->u.gc.sweep_termination_ns,
				     ret->u.gc.sweep_termination_cpu_ns, ret->u.gc.procs) &&
		       stop_cpu_fits(ret->u.gc.mark_termination_ns,
				     ret->u.gc.mark_termination_cpu_ns, ret->u.gc.procs);
	case TRACE_SCAV:
	case TRACE_SCVG:
		return true;
	default:
		return false;
	}
}

static bool is_expected(const struct pick_context *context, const struct trace_line *line)
{
	if (line->kind != TRACE_GC)
		return true;
	for (size_t i = 0; i < context->next_count; i++)
		if (context->next_numbers[i] == line->u.gc.number)
			return true;
	return false;
}

static bool is_own(const struct search *s, size_t index)
{
	return s->items[s->indices[index]].owner == s->context->owner;
}

/* A packet that was given to the line is left out only when another one stands in for it: else the
 * runtime would have printed a piece of no line. */
static bool leaves_none_over(const struct search *s, size_t depth)
{
	size_t own_count = s->index_count - s->foreign_count + s->own_left_count;
	size_t own_used = 0;

	for (size_t i = 0; i < depth; i++)
		own_used += is_own(s, s->path[i]);
	return own_count - own_used <= depth - own_used;
}

/* A complete reading: keep it when it makes sense and differs from the one known. */
static void found(struct search *s, size_t depth)
{
	struct text line = buf_text(&s->text);
	struct trace_line parsed;
	struct reading *r;

	line.len--; /* the newline */
	if (!leaves_none_over(s, depth) || !makes_sense(&parsed, line))
		return;
	r = is_expected(s->context, &parsed) ? &s->expected : &s->other;
	if (r->count > 0) {
		r->count += r->text.len != s->text.len ||
			    memcmp(r->text.at, s->text.at, s->text.len) != 0;
		return;
	}
	r->count = 1;
	buf_add(&r->text, s->text.at, s->text.len);
	memcpy(r->path, s->path, depth * sizeof(s->path[0]));
	r->len = depth;
}

/* Try every packet from `from` on as the next piece. A packet given to the line may be passed over
 * only when another one can stand in for it: skips_left is how many of them there can be. */
static void search_from(struct search *s, size_t from, size_t depth,
			const struct grammar_state *state, size_t skips_left)
{
	if (grammar_is_complete(state)) {
		found(s, depth);
		return;
	}
	for (size_t i = from; i < s->index_count && depth < ITEMS_MAX; i++) {
		struct grammar_state next = *state;
		struct text piece = item_text(s, i);
		size_t len_before = s->text.len;

		if (++s->step_count > STEPS_MAX || s->expected.count > 1)
			return;
		if (grammar_take(&next, piece)) {
			buf_add(&s->text, piece.at, piece.len);
			s->path[depth] = i;
			search_from(s, i + 1, depth + 1, &next, skips_left);
			s->text.len = len_before;
		}
		if (is_own(s, i) && skips_left-- == 0)
			return;
	}
}

static bool may_use(const struct pick_context *context, const struct pick_item *item)
{
	return item->owner == context->owner || item->owner == PICK_FOREIGN ||
	       (item->owner >= 0 && context->uncertain_lines >> item->owner & 1);
}

/* Collect what could be pieces; true when some of it was not given to this line, so that there is a
 * choice. */
static bool collect(struct search *s, size_t count)
{
	bool choice = s->context->mixed;
	size_t first = 0; /* nothing before the line's first packet can be a piece of it */

	while (first < count && s->items[first].owner != s->context->owner)
		first++;
	for (size_t i = first; i < count; i++) {
		struct text packet = { s->bytes + s->items[i].offset, s->items[i].len };
		bool own = s->items[i].owner == s->context->owner;

		if (!may_use(s->context, &s->items[i]) || (!own && !grammar_has_piece(packet)))
			continue;
		if (s->leave_rests && s->items[i].after_page) {
			s->own_left_count += own;
			choice = true;
			continue;
		}
		choice |= !own;
		s->foreign_count += !own;
		if (s->index_count == ITEMS_MAX) {
			s->step_count = STEPS_MAX + 1;
			return true;
		}
		s->indices[s->index_count++] = i;
	}
	return choice;
}

/* The only reading that is left, or NULL. */
static const struct reading *only_reading(const struct search *s)
{
	if (s->step_count > STEPS_MAX)
		return NULL;
	if (s->expected.count)
		return s->expected.count == 1 ? &s->expected : NULL;
	return s->other.count == 1 ? &s->other : NULL;
}

static void reassign(struct search *s, struct pick_item *items, size_t count,
		     const struct reading *r)
{
	int owner = s->context->owner;

	for (size_t i = 0; i < count; i++)
		if (items[i].owner == owner)
			items[i].owner = PICK_FOREIGN;
	for (size_t i = 0; i < r->len; i++)
		items[s->indices[r->path[i]]].owner = owner;
}

static struct search *search_new(const struct pick_item *items, const char *bytes,
				 const struct pick_context *context, bool leave_rests)
{
	struct search *s = xcalloc(1, sizeof(*s));

	s->context = context;
	s->leave_rests = leave_rests;
	s->items = items;
	s->bytes = bytes;
	return s;
}

static void search_free(struct search *s)
{
	buf_done(&s->text);
	buf_done(&s->expected.text);
	buf_done(&s->other.text);
	free(s);
}

static const struct reading *search_run(struct search *s)
{
	struct grammar_state state;

	grammar_begin(&state);
	if (s->step_count <= STEPS_MAX)
		search_from(s, 0, 0, &state, s->foreign_count);
	return only_reading(s);
}

/* Reassign by the same text read without the packets marked after_page, when that is possible: then
 * the user's bytes stay in order. */
static void reassign_without_rests(struct pick_item *items, size_t count, const char *bytes,
				   const struct pick_context *context, const struct reading *whole)
{
	struct search *s = search_new(items, bytes, context, true);
	const struct reading *r = collect(s, count) ? search_run(s) : NULL;

	if (r && r->text.len == whole->text.len &&
	    memcmp(r->text.at, whole->text.at, r->text.len) == 0)
		reassign(s, items, count, r);
	search_free(s);
}

static bool has_rests(const struct pick_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].after_page)
			return true;
	return false;
}

bool pick_settle(struct pick_item *items, size_t count, const char *bytes,
		 const struct pick_context *context)
{
	struct search *s = search_new(items, bytes, context, false);
	bool settled = true;

	if (collect(s, count)) {
		const struct reading *r = search_run(s);

		settled = r != NULL;
		if (r)
			reassign(s, items, count, r);
		if (r && has_rests(items, count))
			reassign_without_rests(items, count, bytes, context, r);
	}
	search_free(s);
	return settled;
}
