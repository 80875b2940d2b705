/* stackrows.c - names of a profile in order, and its stacks as rows of them. */
#include "stackrows_internal.h"

#include <stdlib.h>

#include "cleanname_internal.h"

/* One thing that a frame can be called by: a function, a virtual root, or the stand-in for a stack
 * without frames. */
struct entry {
	size_t at, len; /* in bytes; a ';' stands behind it */
	uint32_t leaf_key, caller_key;
};

struct entries {
	struct entry *at;
	size_t count, first_virtual, nothing;
	uint32_t *line_keys; /* of profile.lines, as callers */
};

/* A key to be: the text that decides its order, and whose it is. */
struct candidate {
	struct text text;
	size_t entry;
	bool is_caller;
};

/* "NAME 12" at the end of a stack is what flamegraph.pl reads as two counts: the blank before a
 * closing number becomes '_'. ';' parts frames, so it becomes ':'. */
static void fold_name(uint8_t *at, size_t len)
{
	size_t digits = len;

	for (size_t i = 0; i < len; i++)
		if (at[i] == ';')
			at[i] = ':';
	while (digits > 0 &&
	       ((at[digits - 1] >= '0' && at[digits - 1] <= '9') || at[digits - 1] == '.'))
		digits--;
	if (digits > 0 && digits < len && at[digits - 1] == ' ')
		at[digits - 1] = '_';
}

static void add_entry(struct stackrows *t, struct entries *e, struct text name, bool is_folded)
{
	struct entry *entry = &e->at[e->count++];

	entry->at = t->bytes.len;
	name_clean(&t->bytes, name.len ? name : text_of("[unknown]"));
	entry->len = t->bytes.len - entry->at;
	if (is_folded)
		fold_name(t->bytes.at + entry->at, entry->len);
	buf_add(&t->bytes, ";", 1);
}

/* How many virtual roots there can be. */
static size_t virtual_count(const struct profile *p, enum profile_split split)
{
	switch (split) {
	case SPLIT_PHASE:
		return PHASE_COUNT;
	case SPLIT_THREAD:
		return p->thread_count + 1;
	case SPLIT_CAUSE:
		return CAUSE_COUNT;
	case SPLIT_NONE:
		break;
	}
	return 0;
}

/* Which of them is the root of s. */
static size_t virtual_of(const struct profile *p, const struct profile_stack *s,
			 enum profile_split split)
{
	switch (split) {
	case SPLIT_PHASE:
		return s->phase;
	case SPLIT_THREAD:
		return s->thread < p->thread_count ? s->thread : p->thread_count;
	case SPLIT_CAUSE:
		return s->cause;
	case SPLIT_NONE:
		break;
	}
	return 0;
}

static void collect_entries(struct stackrows *t, struct entries *e, const struct profile *p,
			    const struct stackrows_options *o)
{
	size_t virtuals = virtual_count(p, o->split);
	struct buf name = { 0 };

	e->at = xcalloc(p->function_count + virtuals + 1, sizeof(*e->at));
	for (size_t i = 0; i < p->function_count; i++)
		add_entry(t, e, p->functions[i].name, o->is_folded);
	e->first_virtual = e->count;
	for (size_t i = 0; i < virtuals; i++) {
		struct profile_stack s = { .thread = (uint32_t)i,
					   .phase = (enum profile_phase)i,
					   .cause = (enum profile_cause)i };

		buf_clear(&name);
		profile_split_name(&name, p, &s, o->split);
		add_entry(t, e, buf_text(&name), o->is_folded);
	}
	e->nothing = e->count;
	add_entry(t, e, text_of("[no stack]"), o->is_folded);
	buf_done(&name);
}

static int compare_candidates(const void *va, const void *vb)
{
	const struct candidate *a = va, *b = vb;
	size_t both = a->text.len < b->text.len ? a->text.len : b->text.len;
	int by = both ? memcmp(a->text.at, b->text.at, both) : 0;

	return by ? by : (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

/* Give equal texts one key, in bytewise order.
 *
 * Folded: whole stacks are to be in bytewise order, where a caller's name is followed by ';' and
 * a leaf's by nothing. So each name has two keys: "NAME;" and "NAME". No name has a ';' in it, so
 * of two keys that differ neither "X;" begins the other, and comparing key by key is comparing the
 * text. */
static void assign_keys(struct stackrows *t, struct entries *e, bool is_folded)
{
	size_t count = is_folded ? 2 * e->count : e->count;
	struct candidate *all = xcalloc(count, sizeof(*all));
	uint32_t key = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_caller = i >= e->count;
		const struct entry *entry = &e->at[is_caller ? i - e->count : i];

		all[i] = (struct candidate){
			.text = { .at = (const char *)t->bytes.at + entry->at,
				  .len = entry->len + is_caller },
			.entry = is_caller ? i - e->count : i,
			.is_caller = is_caller,
		};
	}
	qsort(all, count, sizeof(*all), compare_candidates);
	t->names = xcalloc(count, sizeof(*t->names));
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = &e->at[all[i].entry];

		if (i > 0 && compare_candidates(&all[i - 1], &all[i]) != 0)
			key++;
		t->names[key] = (struct text){ .at = all[i].text.at, .len = entry->len };
		if (all[i].is_caller || !is_folded)
			entry->caller_key = key;
		if (!all[i].is_caller)
			entry->leaf_key = key;
	}
	t->key_count = (size_t)key + 1;
	free(all);
}

static size_t frame_count(const struct profile *p, const struct profile_stack *s,
			  enum profile_split split)
{
	size_t count = split != SPLIT_NONE;

	for (uint32_t i = 0; i < s->location_count; i++)
		count += p->locations[p->stack_locations[s->first_location + i]].line_count;
	return count ? count : 1;
}

static uint32_t *make_line_keys(const struct profile *p, const struct entries *e)
{
	uint32_t *keys = xcalloc(p->line_count, sizeof(*keys));

	for (size_t i = 0; i < p->line_count; i++)
		keys[i] = e->at[p->lines[i].function].caller_key;
	return keys;
}

/* The frames of s from the leaf to the root, written from the end of the row to its front. */
static void fill_row(struct stackrows *t, const struct profile *p, const struct profile_stack *s,
		     const struct stack_row *row, const uint32_t *line_keys)
{
	size_t to = row->first + row->count;

	for (uint32_t i = 0; i < s->location_count; i++) {
		const struct profile_location *l =
			&p->locations[p->stack_locations[s->first_location + i]];

		for (uint32_t k = 0; k < l->line_count; k++) {
			t->keys[--to] = line_keys[l->first_line + k];
			if (t->lines)
				t->lines[to] = l->first_line + k;
		}
	}
}

/* What the last frame of s is called by. */
static const struct entry *leaf_entry(const struct profile *p, const struct profile_stack *s,
				      enum profile_split split, const struct entries *e)
{
	for (uint32_t i = 0; i < s->location_count; i++) {
		const struct profile_location *l =
			&p->locations[p->stack_locations[s->first_location + i]];

		if (l->line_count)
			return &e->at[p->lines[l->first_line].function];
	}
	return &e->at[split == SPLIT_NONE ? e->nothing
					  : e->first_virtual + virtual_of(p, s, split)];
}

static void make_row(struct stackrows *t, const struct profile *p, const struct profile_stack *s,
		     enum profile_split split, const struct entries *e)
{
	const struct stack_row *row = &t->rows[t->row_count];

	if (split != SPLIT_NONE)
		t->keys[row->first] = e->at[e->first_virtual + virtual_of(p, s, split)].caller_key;
	if (t->lines)
		t->lines[row->first] = STACKROWS_NO_LINE;
	fill_row(t, p, s, row, e->line_keys);
	t->keys[row->first + row->count - 1] = leaf_entry(p, s, split, e)->leaf_key;
	t->row_count++;
}

static void make_rows(struct stackrows *t, const struct profile *p,
		      const struct stackrows_options *o, struct entries *e)
{
	size_t frames = 0;

	t->rows = xcalloc(p->stack_count, sizeof(*t->rows));
	for (size_t i = 0; i < p->stack_count; i++)
		if (profile_stack_weight(&p->stacks[i], o->weight))
			frames += frame_count(p, &p->stacks[i], o->split);
	t->keys = xcalloc(frames, sizeof(*t->keys));
	if (!o->is_folded)
		t->lines = xcalloc(frames, sizeof(*t->lines));
	e->line_keys = make_line_keys(p, e);
	frames = 0;
	for (size_t i = 0; i < p->stack_count; i++) {
		const struct profile_stack *s = &p->stacks[i];
		struct stack_row *row = &t->rows[t->row_count];

		*row = (struct stack_row){ .first = frames,
					   .phase = s->phase,
					   .weight = profile_stack_weight(s, o->weight) };
		if (row->weight == 0)
			continue;
		row->count = (uint32_t)frame_count(p, s, o->split);
		frames += row->count;
		make_row(t, p, s, o->split, e);
	}
	free(e->line_keys);
}

void stackrows_init(struct stackrows *t, const struct profile *p, const struct stackrows_options *o)
{
	struct entries e = { 0 };

	*t = (struct stackrows){ 0 };
	collect_entries(t, &e, p, o);
	assign_keys(t, &e, o->is_folded);
	make_rows(t, p, o, &e);
	free(e.at);
	stackrows_sort(t);
}

void stackrows_done(struct stackrows *t)
{
	free(t->rows);
	free(t->keys);
	free(t->lines);
	free(t->names);
	buf_done(&t->bytes);
	*t = (struct stackrows){ 0 };
}
