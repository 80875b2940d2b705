/* gateevidence.c - one walk over a recording gathers what limits are held against. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/unknown.h"
#include "experiment/gate.h"
#include "runoutcome_internal.h"

#define POINTS_MOST 65536u
#define NS_IN_S	    1e9

struct gathering {
	struct gate_evidence *e;
	double p99_limit;
};

/* Two become one: x and y in the middle. */
static void halve(struct gate_points *p)
{
	for (size_t i = 0; i < p->count / 2; i++) {
		p->x[i] = (p->x[2 * i] + p->x[2 * i + 1]) / 2;
		p->y[i] = (p->y[2 * i] + p->y[2 * i + 1]) / 2;
	}
	p->count /= 2;
	p->per_point *= 2;
}

static void add_point(struct gate_points *p, uint64_t time_ns, uint64_t value)
{
	if (!p->x) {
		p->x = xcalloc(POINTS_MOST, sizeof(*p->x));
		p->y = xcalloc(POINTS_MOST, sizeof(*p->y));
		p->per_point = 1;
	}
	p->pending_x += (double)time_ns / NS_IN_S;
	p->pending_y += (double)value;
	if (++p->pending < p->per_point)
		return;
	p->x[p->count] = p->pending_x / (double)p->pending;
	p->y[p->count++] = p->pending_y / (double)p->pending;
	p->pending = 0;
	p->pending_x = p->pending_y = 0;
	if (p->count == POINTS_MOST)
		halve(p);
}

static void add_pause(struct gathering *g, uint64_t ns)
{
	if (!is_known(ns))
		return;
	stats_add(&g->e->pauses, ns);
	g->e->pauses_above += (double)ns > g->p99_limit;
}

static int on_cycle(void *arg, const struct model_cycle *c)
{
	struct gathering *g = arg;

	if (c->stopped_throughout) {
		add_pause(g, c->pause_total_ns);
	} else {
		add_pause(g, c->sweep_termination_ns);
		add_pause(g, c->install_barrier_ns);
		add_pause(g, c->mark_termination_ns);
	}
	if (is_known(c->heap_live_bytes) && is_known(c->end_ns))
		add_point(&g->e->heap, c->end_ns, c->heap_live_bytes);
	return 0;
}

static void on_rss(void *arg, uint64_t time_ns, uint64_t bytes)
{
	struct gathering *g = arg;

	add_point(&g->e->rss, time_ns, bytes);
}

int gate_evidence_read(struct gate_evidence *e, const char *path, const struct gate_limits *limits,
		       struct err *err)
{
	struct gathering g = { e, limits->max[GATE_PAUSE_P99] };
	const struct watch watch = { .arg = &g, .rss = on_rss };
	struct analyze_options o = { .process_id = UNKNOWN_U64,
				     .sink = { on_cycle, &g },
				     .watch = &watch };
	const struct runoutcome outcome = { .may_be_stopped = true };
	struct experiment_run run = { .state = RUN_GOOD };
	int rc;

	*e = (struct gate_evidence){ .model = xcalloc(1, sizeof(*e->model)) };
	rc = analyze_recording(e->model, path, &o, err);
	if (rc < 0)
		return rc;
	metrics_of(e->values, e->model);
	e->is_whole = e->model->recording.end == MODEL_WHOLE;
	runoutcome_judge(&run, &outcome, e->model);
	if (run.state == RUN_FAILED)
		memcpy(e->why, run.why, sizeof(e->why));
	return 0;
}

void gate_evidence_done(struct gate_evidence *e)
{
	if (e->model)
		model_done(e->model);
	free(e->model);
	stats_done(&e->pauses);
	free(e->heap.x);
	free(e->heap.y);
	free(e->rss.x);
	free(e->rss.y);
	*e = (struct gate_evidence){ 0 };
}
