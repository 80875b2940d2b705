/* topstacks.c - a finished profile, made short for the report. */
#include "topstacks_internal.h"

#include <stdlib.h>
#include <string.h>

struct named_stack {
	size_t at, len; /* in the buffer of all names */
	uint64_t sample_count, value;
};

/* Functions leaf first, each ended by NUL. */
static void add_names(struct buf *names, const struct profile *p, const struct profile_stack *s)
{
	for (uint32_t i = 0; i < s->location_count; i++) {
		const struct profile_location *l =
			&p->locations[p->stack_locations[s->first_location + i]];

		for (uint32_t k = 0; k < l->line_count; k++) {
			struct text name = p->functions[p->lines[l->first_line + k].function].name;

			/* What is told apart by NUL cannot have one. */
			buf_add(names, name.at, strnlen(name.at, name.len));
			buf_add(names, "", 1);
		}
	}
}

static int compare_names(const struct buf *names, const struct named_stack *a,
			 const struct named_stack *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = len ? memcmp(names->at + a->at, names->at + b->at, len) : 0;

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int by_names(const void *a, const void *b, void *names)
{
	return compare_names(names, a, b);
}

/* Equal ones next to each other become one. Returns how many are left. */
static size_t merge(struct named_stack *at, size_t count, struct buf *names)
{
	size_t kept = 0;

	qsort_r(at, count, sizeof(*at), by_names, names);
	for (size_t i = 0; i < count; i++) {
		if (kept && compare_names(names, &at[kept - 1], &at[i]) == 0) {
			at[kept - 1].sample_count += at[i].sample_count;
			at[kept - 1].value += at[i].value;
		} else {
			at[kept++] = at[i];
		}
	}
	return kept;
}

static void take_top(struct model_stacks *ret, struct named_stack *at, size_t count,
		     const struct buf *names)
{
	while (ret->top_count < MODEL_TOP_STACKS_MAX) {
		struct model_top_stack *top = &ret->top[ret->top_count];
		struct named_stack *best = NULL;

		for (size_t i = 0; i < count; i++)
			if (at[i].sample_count &&
			    (!best || at[i].sample_count > best->sample_count))
				best = &at[i];
		if (!best)
			return;
		top->sample_count = best->sample_count;
		top->value = best->value;
		model_set(&top->frames,
			  (struct text){ (const char *)names->at + best->at, best->len });
		best->sample_count = 0;
		ret->top_count++;
	}
}

void topstacks_fill(struct model_stacks *ret, const struct profile *p)
{
	struct named_stack *at = xcalloc(p->stack_count ? p->stack_count : 1, sizeof(*at));
	struct buf names = { 0 };
	size_t count = 0;

	ret->was_recorded = true;
	model_set(&ret->detail, p->event_detail);
	ret->sample_count = p->sample_count;
	ret->value = p->value;
	ret->unknown_leaf_count = p->unknown_leaf_count;
	ret->cut_stack_count = p->cut_stack_count;
	for (size_t i = 0; i < p->stack_count; i++) {
		const struct profile_stack *s = &p->stacks[i];

		ret->by_use[s->use] += s->sample_count;
		at[count] = (struct named_stack){ names.len, 0, s->sample_count, s->value };
		add_names(&names, p, s);
		at[count].len = names.len - at[count].at;
		count++;
	}
	take_top(ret, at, merge(at, count, &names), &names);
	buf_done(&names);
	free(at);
}
