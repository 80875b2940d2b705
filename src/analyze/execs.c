/* execs.c - tell the target from its children by the times at which perf saw them executed.
 *
 * Trace lines do not name their process. When the target makes no collection of its own but a Go
 * child does, the child's lines would be taken for the target's. A runtime begins about a
 * millisecond after its exec (Go runtime/proc.go, main), so the latest exec before that moment
 * tells whose it is. */
#include "execs_internal.h"

#include "base/clock.h"
#include "base/unknown.h"
#include "faults_internal.h"
#include "recording/reader.h"

/* linux/perf_event.h: enum perf_event_type, PERF_RECORD_MISC_COMM_EXEC. */
#define RECORD_COMM    3u
#define MISC_COMM_EXEC (1u << 13)

/* A start this close to the target's own exec is the target's: there was no time to start a child.
 */
#define TARGET_START_NS_MAX (3 * NS_PER_MS)

struct execs {
	uint64_t target_pid, init_ns;
	uint64_t target_ns, other_ns; /* latest exec up to init_ns, of the target and of others */
};

static void add_exec(struct execs *e, const struct perfrecord *r)
{
	uint64_t *latest = r->pid == e->target_pid ? &e->target_ns : &e->other_ns;

	if (r->type == RECORD_COMM && (r->misc & MISC_COMM_EXEC) && is_known(r->time_ns) &&
	    r->time_ns <= e->init_ns && (!is_known(*latest) || r->time_ns > *latest))
		*latest = r->time_ns;
}

static void add_data(struct execs *e, const struct faults *f, struct text bytes)
{
	struct perfrecord_layouts layouts = perflayouts_view(&f->layouts);
	struct perfrecord r;

	while (perfrecord_next(&r, &bytes, layouts) == PERFRECORD_OK)
		add_exec(e, &r);
}

/* Decisive only when the other's exec fits far better than the target's: a line that came late
 * makes a start look later than it was, by a little. */
static bool is_decisive(const struct execs *e)
{
	uint64_t since_target_ns, since_other_ns;

	if (!is_known(e->target_ns) || !is_known(e->other_ns) || e->other_ns < e->target_ns)
		return false;
	since_target_ns = e->init_ns - e->target_ns;
	since_other_ns = e->init_ns - e->other_ns;
	return since_target_ns > TARGET_START_NS_MAX && since_other_ns < since_target_ns / 3;
}

bool execs_is_child(const char *path, const struct model *m, uint64_t init_ns)
{
	struct execs e = { .target_pid = m->target.pid,
			   .init_ns = init_ns,
			   .target_ns = UNKNOWN_U64,
			   .other_ns = UNKNOWN_U64 };
	struct faults layouts;
	struct reader *r = NULL;
	struct event ev;

	if (reader_open(&r, path, NULL) < 0)
		return false;
	faults_init(&layouts, 0, (struct model_sink){ 0 });
	while (reader_next(r, &ev) == READER_RECORD) {
		if (ev.kind == EVENT_PERF_ATTR)
			faults_add(&layouts, &ev);
		else if (ev.kind == EVENT_PERF_DATA)
			add_data(&e, &layouts, ev.u.perf_data.bytes);
		else if (ev.kind == EVENT_PERF_ROUND && ev.u.perf_round.drained_ns > init_ns)
			break;
	}
	faults_done(&layouts);
	reader_close(r);
	return is_decisive(&e);
}
