/* faults.c - count page-fault records into the cycles in whose interval they fall. */
#include "faults_internal.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/perfattr.h"
#include "base/buf.h"
#include "base/unknown.h"

/* linux/perf_event.h, enum perf_event_type: fixed for ever. */
enum {
	RECORD_LOST = 2,
	RECORD_THROTTLE = 5,
	RECORD_SAMPLE = 9,
	RECORD_LOST_SAMPLES = 13,
};

void faults_init(struct faults *f, uint64_t origin_ns, struct model_sink sink)
{
	*f = (struct faults){ .origin_ns = origin_ns, .sink = sink, .drained_ns = UNKNOWN_U64 };
}

void faults_rows_from(struct faults *f, faults_pull *pull, void *arg)
{
	f->pull = pull;
	f->pull_arg = arg;
	f->has_rows = true;
}

void faults_hand_on(struct faults *f, bool has_returns, faults_each *each, void *arg)
{
	f->each = each;
	f->each_arg = arg;
	f->has_returns = has_returns;
}

void faults_done(struct faults *f)
{
	free(f->rows);
	perflayouts_done(&f->layouts);
	f->rows = NULL;
}

static struct faults_row *row_at(const struct faults *f, size_t i)
{
	return &f->rows[(f->first + i) & (f->capacity - 1)];
}

static uint64_t row_end_ns(const struct faults *f, const struct faults_row *row)
{
	return f->origin_ns + row->cycle.end_ns;
}

/* The next fault looks for its row anew: rows have moved or gone. */
static void forget_current(struct faults *f)
{
	f->current = NULL;
	f->low_ns = f->high_ns = 0;
}

static void grow_rows(struct faults *f)
{
	size_t capacity = f->capacity ? f->capacity * 2 : 64;
	struct faults_row *rows = xcalloc(capacity, sizeof(*rows));

	for (size_t i = 0; i < f->used; i++)
		rows[i] = *row_at(f, i);
	free(f->rows);
	f->rows = rows;
	f->capacity = capacity;
	f->first = 0;
	forget_current(f);
}

/* Nothing that comes later than this concerns the row. */
static uint64_t row_settled_ns(const struct faults *f, const struct faults_row *row)
{
	uint64_t line_ns = known_max(row->cycle.scav_line_ns, row->cycle.scav_forced_line_ns);
	uint64_t end_ns = row_end_ns(f, row);

	return f->has_returns && is_known(line_ns) && f->origin_ns + line_ns > end_ns
		       ? f->origin_ns + line_ns
		       : end_ns;
}

static bool is_complete(const struct faults *f, const struct faults_row *row, bool is_whole)
{
	/* Behind a hole in the numbers the interval is that of several cycles. */
	if (row->cycle.missing_before)
		return false;
	return is_whole || (is_known(f->drained_ns) && f->drained_ns >= row_settled_ns(f, row));
}

/* Hand on the front row. */
static int emit_front(struct faults *f, bool is_whole)
{
	struct faults_row *row = row_at(f, 0);

	if (is_complete(f, row, is_whole)) {
		row->cycle.fault_count = row->count;
		row->cycle.fault_is_estimate = row->is_estimate;
	}
	if (f->has_returns && is_complete(f, row, is_whole)) {
		row->cycle.returned_bytes = row->returned_bytes;
		row->cycle.refault_count = row->refault_count;
		if (is_known(row->cycle.scav_line_ns) || is_known(row->cycle.scav_forced_line_ns))
			row->cycle.scav_seen_bytes = row->told_bytes;
	}
	f->emitted_end_ns = row_end_ns(f, row);
	f->first = (f->first + 1) & (f->capacity - 1);
	f->used--;
	forget_current(f);
	return f->sink.cycle ? f->sink.cycle(f->sink.arg, &row->cycle) : 0;
}

/* Take one more row; has_rows becomes false when there is none. */
static int pull_row(struct faults *f)
{
	struct faults_row *row;
	int rc;

	if (f->used == FAULTS_WAITING_MAX) {
		rc = emit_front(f, false);
		if (rc)
			return rc;
	}
	if (f->used == f->capacity)
		grow_rows(f);
	row = row_at(f, f->used);
	*row = (struct faults_row){ 0 };
	rc = f->pull ? f->pull(f->pull_arg, &row->cycle) : 0;
	if (rc > 0)
		f->used++;
	else
		f->has_rows = false;
	return rc < 0 ? rc : 0;
}

/* The first waiting row that ends at or after time_ns: by halving, as there can be many. */
static size_t find_row(const struct faults *f, uint64_t time_ns)
{
	size_t low = 0, high = f->used;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (row_end_ns(f, row_at(f, middle)) < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Make the row of a fault at time_ns the current one. */
static int seek_row(struct faults *f, uint64_t time_ns)
{
	size_t i;
	int rc = 0;

	while (rc == 0 && f->has_rows &&
	       (f->used == 0 || row_end_ns(f, row_at(f, f->used - 1)) < time_ns))
		rc = pull_row(f);
	if (rc)
		return rc;
	i = find_row(f, time_ns);
	f->low_ns = i ? row_end_ns(f, row_at(f, i - 1)) : f->emitted_end_ns;
	f->high_ns = i < f->used ? row_end_ns(f, row_at(f, i)) : UINT64_MAX;
	f->current = i < f->used ? row_at(f, i) : &f->after;
	return 0;
}

/* Could time_ns fall into a row that was not handed on yet? */
static inline bool is_in_time(const struct faults *f, uint64_t time_ns)
{
	return is_known(time_ns) && time_ns > f->emitted_end_ns;
}

/* A round promised that this cannot be. */
static inline void note_late(struct faults *f, uint64_t time_ns)
{
	f->late_count += is_known(time_ns);
}

static inline bool is_current(const struct faults *f, uint64_t time_ns)
{
	return f->current && time_ns > f->low_ns && time_ns <= f->high_ns;
}

int faults_note(struct faults *f, uint64_t time_ns, uint64_t returned_bytes, uint64_t refault_count)
{
	int rc = 0;

	if (!is_current(f, time_ns)) {
		if (!is_in_time(f, time_ns)) {
			if (returned_bytes) /* a refault is a fault, and counted as such */
				note_late(f, time_ns);
			return 0;
		}
		rc = seek_row(f, time_ns);
	}
	if (rc)
		return rc;
	f->current->returned_bytes += returned_bytes;
	f->current->refault_count += refault_count;
	return 0;
}

static bool tells_of(const struct faults *f, const struct faults_row *row, uint64_t time_ns,
		     bool is_forced)
{
	uint64_t line_ns = is_forced ? row->cycle.scav_forced_line_ns : row->cycle.scav_line_ns;

	return is_known(line_ns) && f->origin_ns + line_ns >= time_ns;
}

/* A line is printed behind the end of its cycle: of what was given back in between the row before
 * tells. */
void faults_note_told(struct faults *f, uint64_t time_ns, uint64_t bytes, bool is_forced)
{
	size_t i = find_row(f, time_ns);

	if (i && tells_of(f, row_at(f, i - 1), time_ns, is_forced))
		i--;
	while (i < f->used && !tells_of(f, row_at(f, i), time_ns, is_forced))
		i++;
	if (i < f->used)
		row_at(f, i)->told_bytes += bytes;
}

uint64_t faults_since_cycle_ns(const struct faults *f, uint64_t time_ns)
{
	return f->low_ns && time_ns >= f->low_ns ? time_ns - f->low_ns : UNKNOWN_U64;
}

static int count_fault(struct faults *f, const struct perfrecord *r)
{
	const struct faults_attr *attr = &f->attrs[r->layout->user];
	uint64_t weight = is_known(r->period) ? r->period : attr->period;
	int rc;

	f->recorded_count++;
	if (f->each && is_known(r->time_ns))
		f->each(f->each_arg, r, weight);
	if (!is_current(f, r->time_ns)) {
		if (!is_in_time(f, r->time_ns)) {
			note_late(f, r->time_ns);
			return 0;
		}
		rc = seek_row(f, r->time_ns);
		if (rc)
			return rc;
	}
	f->current->count += weight;
	f->current->is_estimate |= weight != 1;
	f->period_max = weight > f->period_max ? weight : f->period_max;
	return 0;
}

static int add_data(struct faults *f, struct text bytes)
{
	struct perfrecord_layouts layouts = perflayouts_view(&f->layouts);
	enum perfrecord_status status;
	struct perfrecord r;
	int rc = 0;

	while (rc == 0 && (status = perfrecord_next(&r, &bytes, layouts)) == PERFRECORD_OK) {
		if (r.type == RECORD_SAMPLE) {
			if (r.layout && f->attrs[r.layout->user].role == PERF_ROLE_FAULT_ADDRESS)
				rc = count_fault(f, &r);
		} else if (r.type == RECORD_LOST || r.type == RECORD_LOST_SAMPLES) {
			f->lost_count += is_known(r.lost_count) ? r.lost_count : 0;
		} else if (r.type == RECORD_THROTTLE) {
			f->throttle_count++;
		}
	}
	f->bad_block_count += rc == 0 && status == PERFRECORD_BAD;
	return rc;
}

/* A layout per id; an id that is told again (another period) replaces the old one. */
static void add_attr(struct faults *f, const struct event_perf_attr *a)
{
	struct perfrecord_layout layout = perfattr_layout(a, f->attr_count);

	if (f->attr_count == FAULTS_ATTRS_MAX)
		return;
	f->attrs[f->attr_count] = (struct faults_attr){
		.role = a->role,
		.period = is_known(a->sample_period) && a->sample_period ? a->sample_period : 1,
	};
	perflayouts_add(&f->layouts, a->ids, &layout);
	f->attr_count++;
}

static int add_round(struct faults *f, uint64_t drained_ns)
{
	int rc = 0;

	if (!is_known(drained_ns))
		return 0;
	f->drained_ns =
		is_known(f->drained_ns) && f->drained_ns > drained_ns ? f->drained_ns : drained_ns;
	while (rc == 0 && f->used && row_settled_ns(f, row_at(f, 0)) < f->drained_ns)
		rc = emit_front(f, false);
	return rc;
}

int faults_add(struct faults *f, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_PERF_ATTR:
		add_attr(f, &ev->u.perf_attr);
		return 0;
	case EVENT_PERF_DATA:
		return add_data(f, ev->u.perf_data.bytes);
	case EVENT_PERF_ROUND:
		return add_round(f, ev->u.perf_round.drained_ns);
	default:
		return 0;
	}
}

int faults_finish(struct faults *f, bool is_whole)
{
	int rc = 0;

	while (rc == 0 && (f->used || f->has_rows)) {
		if (f->used)
			rc = emit_front(f, is_whole);
		else
			rc = pull_row(f);
	}
	return rc;
}
