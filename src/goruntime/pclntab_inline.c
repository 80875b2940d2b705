/* pclntab_inline.c - the functions that were inlined at a program counter (cmd/internal/obj/inl.go,
 * runtime/symtabinl.go). */
#include "base/cursor.h"
#include "base/unknown.h"
#include "pclntab_internal.h"

/* Numbers of the function data and of the pcdata that have the inlining (internal/abi/symtab.go,
 * before 1.19 runtime/funcdata.h). */
struct inline_shape {
	unsigned funcdata, pcdata, entry_bytes;
};

static const struct inline_shape shapes[] = {
	[PCLNTAB_INLINING_1_9] = { 2, 1, 16 },	[PCLNTAB_INLINING_1_12] = { 2, 1, 20 },
	[PCLNTAB_INLINING_1_13] = { 4, 2, 20 }, [PCLNTAB_INLINING_1_16] = { 3, 2, 20 },
	[PCLNTAB_INLINING_1_20] = { 3, 2, 16 },
};

/* One inlined call. */
struct call {
	int64_t parent; /* the call that it was inlined into; -1: the function itself (before 1.20)
			 */
	int64_t file, line; /* where it was called (before 1.20) */
	uint64_t name;
	uint64_t parent_pc; /* from the function's entry: a place in the call's surroundings (1.20+)
			     */
	uint64_t start_line;
};

static int64_t take_int(struct cursor *c, size_t width_bytes)
{
	uint64_t v = cursor_uint(c, width_bytes);

	return width_bytes == 2 ? (int16_t)v : (int32_t)v;
}

static bool read_call(const struct pclntab *t, uint64_t tree, int64_t index, struct call *ret)
{
	const struct inline_shape *s = &shapes[t->inlining];
	struct text bytes;
	struct cursor c;

	if (index < 0 || index > INT32_MAX || !t->bytes_at)
		return false;
	bytes = t->bytes_at(t->arg, tree + (uint64_t)index * s->entry_bytes, s->entry_bytes);
	c = cursor_over(bytes.at, bytes.len);
	*ret = (struct call){ .parent = -1, .start_line = UNKNOWN_U64 };
	if (t->inlining == PCLNTAB_INLINING_1_20) {
		cursor_uint(&c, 4); /* kind of function */
		ret->name = cursor_uint(&c, 4);
		ret->parent_pc = cursor_uint(&c, 4);
		ret->start_line = cursor_uint(&c, 4);
	} else {
		ret->parent = take_int(&c, t->inlining == PCLNTAB_INLINING_1_9 ? 4 : 2);
		if (t->inlining != PCLNTAB_INLINING_1_9)
			cursor_uint(&c, 2);
		ret->file = take_int(&c, 4);
		ret->line = take_int(&c, 4);
		ret->name = cursor_uint(&c, 4);
	}
	return !c.bad;
}

/* What the walk out of the inlined calls knows of the place it is at. */
struct walk {
	const struct pclntab *t;
	struct pclntab_func f;
	uint64_t tree, indexes;	 /* of the function */
	int64_t index;		 /* of the call at this place; -1: the function itself */
	struct code_frame place; /* its file and line */
};

static int64_t index_at(struct walk *w, uint64_t pc)
{
	int64_t v;

	return pclntab_value(w->t, w->indexes, &w->f, pc, &v) ? v : -1;
}

/* From an inlined call to where it was called. False when the tree cannot be. */
static bool step_out(struct walk *w, const struct call *call)
{
	uint64_t pc = w->f.entry + call->parent_pc;
	int64_t before = w->index;

	if (w->t->inlining == PCLNTAB_INLINING_1_20) {
		w->index = index_at(w, pc);
		pclntab_place(w->t, &w->f, pc, &w->place);
		return true; /* steps are counted by the caller */
	}
	w->index = call->parent;
	w->place.file = pclntab_file(w->t, &w->f, call->file);
	w->place.line = call->line > 0 ? (uint64_t)call->line : UNKNOWN_U64;
	return w->index < before; /* parents come first */
}

static bool start_walk(struct walk *w, const struct pclntab *t, uint64_t pc)
{
	*w = (struct walk){ .t = t, .index = -1 };
	if (!pclntab_func(t, pc, &w->f))
		return false;
	pclntab_place(t, &w->f, pc, &w->place);
	if (t->inlining == PCLNTAB_NO_INLINING)
		return true;
	w->tree = pclntab_funcdata(t, &w->f, shapes[t->inlining].funcdata);
	w->indexes = pclntab_pcdata(t, &w->f, shapes[t->inlining].pcdata);
	if (is_known(w->tree) && is_known(w->indexes))
		w->index = index_at(w, pc);
	return true;
}

size_t pclntab_frames(const struct pclntab *t, uint64_t pc, struct code_frame *out, size_t max)
{
	struct call call;
	struct walk w;
	size_t n = 0;

	if (max == 0 || !start_walk(&w, t, pc))
		return 0;
	for (unsigned step = 0;
	     step < 2 * CODE_FRAMES_MAX && w.index >= 0 && read_call(t, w.tree, w.index, &call);
	     step++) {
		if (n + 1 < max)
			out[n++] = (struct code_frame){ .function = pclntab_name(t, call.name),
							.file = w.place.file,
							.line = w.place.line,
							.start_line = call.start_line,
							.is_inlined = true };
		if (!step_out(&w, &call))
			break;
	}
	out[n] = w.place;
	pclntab_describe(t, &w.f, &out[n]);
	return n + 1;
}
