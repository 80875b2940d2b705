/* json_stacks.c - the stacks of a report, in short. */
#include <math.h>

#include "json_values_internal.h"
#include "renderer_internal.h"

static json_t *stack_json(const struct model_top_stack *top, const struct model_stacks *s)
{
	json_t *j = json_object(), *frames = json_array();
	struct text left = buf_text(&top->frames);

	json_object_set_new(j, "sample_count", json_of_number(top->sample_count));
	json_object_set_new(j, "ratio",
			    json_of_real((double)top->sample_count / (double)s->sample_count));
	while (left.len) {
		struct text name = text_of(left.at);

		json_array_append_new(frames, json_of_string(name));
		left.at += name.len + 1;
		left.len -= name.len + 1;
	}
	json_object_set_new(j, "frames", frames);
	return j;
}

static json_t *uses_json(const struct model_stacks *s)
{
	json_t *j = json_object();

	for (int use = 0; use < USE_COUNT; use++) {
		json_t *one = json_object();
		double all = (double)s->sample_count;

		json_object_set_new(one, "sample_count", json_of_number(s->by_use[use]));
		json_object_set_new(one, "ratio",
				    json_of_real(all > 0 ? (double)s->by_use[use] / all : NAN));
		json_object_set_new(j, profile_use_name((enum profile_use)use), one);
	}
	return j;
}

/* Stacks of one kind of event; null when they were not recorded. */
static json_t *one_stacks_json(const struct model_stacks *s, bool is_cpu)
{
	json_t *j, *top;

	if (!s->was_recorded)
		return json_null();
	j = json_object();
	top = json_array();
	json_object_set_new(j, "source", json_of_string(buf_text(&s->detail)));
	json_object_set_new(j, "sample_count", json_of_number(s->sample_count));
	json_object_set_new(j, is_cpu ? "sampled_ns" : "sampled_fault_count",
			    json_of_number(s->value));
	json_object_set_new(j, "unknown_leaf_count", json_of_number(s->unknown_leaf_count));
	json_object_set_new(j, "cut_stack_count", json_of_number(s->cut_stack_count));
	if (is_cpu)
		json_object_set_new(j, "by_use", uses_json(s));
	for (size_t i = 0; i < s->top_count; i++)
		json_array_append_new(top, stack_json(&s->top[i], s));
	json_object_set_new(j, "top", top);
	return j;
}

json_t *json_of_stacks(const struct model *m)
{
	json_t *j = json_object();

	json_object_set_new(j, "cpu", one_stacks_json(&m->cpu_stacks, true));
	json_object_set_new(j, "faults", one_stacks_json(&m->fault_stacks, false));
	json_object_set_new(j, "refaults", one_stacks_json(&m->refault_stacks, false));
	return j;
}
