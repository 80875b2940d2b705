/* timeline.c - one timeline, by whichever format. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/unknown.h"
#include "timeline_internal.h"

struct timeline {
	const struct timeline_format *format;
	struct watch watch;
	void *state; /* owned */
};

static const struct timeline_format *const formats[] = { &timeline_page, &timeline_trace,
							 &timeline_csv };

struct timeline *timeline_open(const char *format, const struct timeline_options *options)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct timeline *t;

		if (strcmp(formats[i]->name, format) != 0)
			continue;
		t = xcalloc(1, sizeof(*t));
		t->format = formats[i];
		t->state = xcalloc(1, formats[i]->state_bytes);
		t->watch = formats[i]->watch;
		t->watch.arg = t->state;
		t->format->open(t->state, options);
		return t;
	}
	return NULL;
}

const struct watch *timeline_watch(const struct timeline *t)
{
	return &t->watch;
}

int timeline_cycle(void *timeline, const struct model_cycle *c)
{
	struct timeline *t = timeline;

	t->format->cycle(t->state, c);
	return 0;
}

int timeline_end(struct timeline *t, const struct model *m, struct err *err)
{
	return t->format->end(t->state, m, err);
}

void timeline_close(struct timeline *t)
{
	if (!t)
		return;
	t->format->done(t->state);
	free(t->state);
	free(t);
}

static void add_phase(struct timeline_span *spans, size_t *count, const char *name, bool is_pause,
		      uint64_t ns)
{
	const struct timeline_span *last = &spans[*count - 1];
	uint64_t begin_ns = last->begin_ns + (*count > 1 ? last->len_ns : 0);

	spans[(*count)++] = (struct timeline_span){ name, is_pause, begin_ns, ns };
}

size_t timeline_spans(const struct model_cycle *c, struct timeline_span *ret)
{
	size_t count = 1;

	ret[0] = (struct timeline_span){ "cycle", c->stopped_throughout, c->start_ns,
					 c->end_ns > c->start_ns ? c->end_ns - c->start_ns : 0 };
	if (c->stopped_throughout || !is_known(c->sweep_termination_ns) || !is_known(c->mark_ns) ||
	    !is_known(c->mark_termination_ns))
		return count;
	add_phase(ret, &count, "sweep termination", true, c->sweep_termination_ns);
	if (is_known(c->install_barrier_ns))
		add_phase(ret, &count, "install barrier", true, c->install_barrier_ns);
	add_phase(ret, &count, "mark", false, c->mark_ns);
	add_phase(ret, &count, "mark termination", true, c->mark_termination_ns);
	return count;
}

bool timeline_range(const struct timeline_options *o, const struct model *m, uint64_t *ret_from_ns,
		    uint64_t *ret_to_ns)
{
	uint64_t end_ns = known_max(m->time.wall_ns, m->recording.stops_at_ns);

	*ret_from_ns = is_known(o->from_ns) ? o->from_ns : 0;
	*ret_to_ns =
		is_known(o->to_ns) && (!is_known(end_ns) || o->to_ns < end_ns) ? o->to_ns : end_ns;
	return is_known(*ret_to_ns) && *ret_to_ns > *ret_from_ns;
}
