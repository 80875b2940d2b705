/* compareseries.c - the tracks of one run that a comparison lays over those of another. */
#include "compareseries_internal.h"

#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/buf.h"
#include "base/units.h"
#include "base/unknown.h"
#include "timecolumns_internal.h"

#define SERIES_COLUMNS 600u
#define NS_IN_S	       1e9

enum track { TRACK_RSS, TRACK_HONEST, TRACK_LIVE, TRACK_RETURNED, TRACK_FAULTS, TRACK_COUNT };

struct series {
	struct timecolumns_axis axis;
	bool has_axis;
	struct timecolumns tracks[TRACK_COUNT];
};

static void begin(void *arg, const struct model *m)
{
	struct series *s = arg;

	s->has_axis = is_known(m->time.wall_ns) && m->time.wall_ns > 0;
	s->axis = (struct timecolumns_axis){ 0, m->time.wall_ns, SERIES_COLUMNS };
	for (size_t i = 0; s->has_axis && i < TRACK_COUNT; i++)
		timecolumns_init(&s->tracks[i], &s->axis);
}

static void add(struct series *s, enum track track, uint64_t time_ns, uint64_t value)
{
	if (s->has_axis && is_known(value))
		timecolumns_add(&s->tracks[track], time_ns, (double)value);
}

static void on_rss(void *arg, uint64_t time_ns, uint64_t bytes)
{
	add(arg, TRACK_RSS, time_ns, bytes);
}

static void on_smaps(void *arg, const struct watch_smaps *w)
{
	if (is_known(w->rss_bytes) && is_known(w->lazyfree_bytes) &&
	    w->lazyfree_bytes <= w->rss_bytes)
		add(arg, TRACK_HONEST, w->time_ns, w->rss_bytes - w->lazyfree_bytes);
}

static void on_fault(void *arg, const struct watch_fault *f)
{
	add(arg, TRACK_FAULTS, f->time_ns, f->weight);
}

static void on_return(void *arg, const struct watch_return *r)
{
	add(arg, TRACK_RETURNED, r->time_ns, r->bytes);
}

static int on_cycle(void *arg, const struct model_cycle *c)
{
	add(arg, TRACK_LIVE, c->end_ns, c->heap_live_bytes);
	return 0;
}

static void add_point(json_t *points, double at_s, double value)
{
	json_array_append_new(points, json_pack("[f, f]", at_s, value));
}

static json_t *points_json(const struct series *s, enum track track)
{
	bool is_rate = track == TRACK_RETURNED || track == TRACK_FAULTS;
	double span_s = (double)(s->axis.to_ns - s->axis.from_ns) / NS_IN_S / SERIES_COLUMNS;
	json_t *points = json_array();

	for (size_t i = 0; s->has_axis && i < SERIES_COLUMNS; i++) {
		const struct timecolumn *c = &s->tracks[track].at[i];
		double at_s = (double)timecolumns_begin_ns(&s->axis, i) / NS_IN_S;

		if (is_rate) {
			add_point(points, at_s, c->sum / span_s);
		} else if (c->value_count) {
			add_point(points, at_s, c->low);
			if (c->high > c->low)
				add_point(points, at_s + span_s / 2, c->high);
		}
	}
	return points;
}

int compareseries_of(json_t **ret, const char *path, struct err *err)
{
	static const char *const names[TRACK_COUNT] = { "rss", "honest", "live", "returned",
							"faults" };
	struct series s = { .has_axis = false };
	const struct watch watch = { .arg = &s,
				     .begin = begin,
				     .rss = on_rss,
				     .smaps = on_smaps,
				     .fault = on_fault,
				     .returned = on_return };
	struct analyze_options o = { .process_id = UNKNOWN_U64,
				     .sink = { on_cycle, &s },
				     .watch = &watch };
	struct model *m = xcalloc(1, sizeof(*m));
	int rc = analyze_recording(m, path, &o, err);

	*ret = json_object();
	for (int i = 0; rc == 0 && i < TRACK_COUNT; i++)
		json_object_set_new(*ret, names[i], points_json(&s, (enum track)i));
	for (size_t i = 0; i < TRACK_COUNT; i++)
		timecolumns_done(&s.tracks[i]);
	model_done(m);
	free(m);
	return rc;
}
