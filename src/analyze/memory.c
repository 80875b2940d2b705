/* memory.c - resident memory over time: statm often, smaps seldom, the cgroup beside them. */
#include "collect_internal.h"

#include "base/clock.h"
#include "base/unknown.h"

void level_add(struct level *l, uint64_t time_ns, uint64_t value)
{
	if (l->count == 0) {
		l->first_ns = time_ns;
		l->peak = value;
	} else if (time_ns > l->last_ns) {
		l->growth += value > l->last ? value - l->last : 0;
		l->area += ((double)l->last + (double)value) / 2 * (double)(time_ns - l->last_ns);
	} else {
		time_ns = l->last_ns;
	}
	l->peak = value > l->peak ? value : l->peak;
	l->last_ns = time_ns;
	l->last = value;
	l->count++;
}

uint64_t level_mean(const struct level *l)
{
	if (l->count == 0)
		return UNKNOWN_U64;
	if (l->last_ns == l->first_ns)
		return l->last;
	return (uint64_t)(l->area / (double)(l->last_ns - l->first_ns) + 0.5);
}

static void add_smaps(struct memory *mem, struct model *m, const struct event *ev)
{
	const struct event_smaps *s = &ev->u.smaps;
	uint64_t rss = known_add(s->heap_rss_bytes, s->rest_rss_bytes);
	uint64_t lazyfree = known_add(s->heap_lazyfree_bytes, s->rest_lazyfree_bytes);
	uint64_t anonhuge = known_add(s->heap_anonhuge_bytes, s->rest_anonhuge_bytes);
	struct model_memory *out = &m->memory;

	out->smaps_count = is_known(out->smaps_count) ? out->smaps_count + 1 : 1;
	out->lazyfree_peak_bytes = known_max(out->lazyfree_peak_bytes, lazyfree);
	out->anonhuge_peak_bytes = known_max(out->anonhuge_peak_bytes, anonhuge);
	if (is_known(s->heap_rss_bytes))
		out->heap_rss_last_bytes = s->heap_rss_bytes;
	if (is_known(lazyfree))
		out->lazyfree_last_bytes = lazyfree;
	out->heap_rss_peak_bytes = known_max(out->heap_rss_peak_bytes, s->heap_rss_bytes);
	if (is_known(s->heap_anonhuge_bytes) &&
	    (!is_known(out->heap_anonhuge_peak_bytes) ||
	     s->heap_anonhuge_bytes > out->heap_anonhuge_peak_bytes)) {
		out->heap_anonhuge_peak_bytes = s->heap_anonhuge_bytes;
		out->heap_rss_at_anonhuge_peak_bytes = s->heap_rss_bytes;
	}
	if (is_known(lazyfree))
		level_add(&mem->lazyfree, ev->time_ns, lazyfree);
	if (is_known(rss) && is_known(lazyfree))
		level_add(&mem->honest, ev->time_ns, rss > lazyfree ? rss - lazyfree : 0);
}

static void add_cgroup(struct model_cgroup *out, const struct event_cgroup *c)
{
	out->version = c->version;
	out->limit_bytes = c->limit_bytes;
	out->high_bytes = c->high_bytes;
	out->current_bytes = c->current_bytes;
	out->peak_bytes = known_max(out->peak_bytes, known_max(c->peak_bytes, c->current_bytes));
	out->swap_peak_bytes = known_max(out->swap_peak_bytes, c->swap_bytes);
	out->limit_hit_count = known_max(out->limit_hit_count, c->limit_hit_count);
	out->oom_kill_count = known_max(out->oom_kill_count, c->oom_kill_count);
}

void memory_add(struct memory *mem, struct model *m, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_STATM:
		/* A process that is just ending has no memory left: that is not its resident size.
		 */
		if (is_known(ev->u.statm.resident_bytes) &&
		    (ev->u.statm.resident_bytes || ev->u.statm.virtual_bytes))
			level_add(&mem->rss, ev->time_ns, ev->u.statm.resident_bytes);
		break;
	case EVENT_PROCSTAT:
		mem->hwm_bytes = known_max(mem->hwm_bytes, ev->u.procstat.vm_peak_bytes);
		break;
	case EVENT_SMAPS:
		add_smaps(mem, m, ev);
		break;
	case EVENT_CGROUP:
		add_cgroup(&m->cgroup, &ev->u.cgroup);
		break;
	default:
		break;
	}
}

/* RSS is sampled often, smaps seldom, and least where RSS is high: a mean over the reads of smaps
 * would favour what is read more. So it is the mean of RSS less that of lazy-free memory, which
 * after its last read is taken to stay. */
static uint64_t honest_mean_bytes(const struct memory *mem)
{
	const struct level *rss = &mem->rss, *lazy = &mem->lazyfree;
	double away = lazy->area, span;

	if (lazy->count == 0 || rss->count < 2 || rss->last_ns == rss->first_ns)
		return level_mean(&mem->honest);
	span = (double)(rss->last_ns - rss->first_ns);
	if (rss->last_ns > lazy->last_ns)
		away += (double)lazy->last * (double)(rss->last_ns - lazy->last_ns);
	return rss->area > away ? (uint64_t)((rss->area - away) / span + 0.5) : 0;
}

void memory_finish(const struct memory *mem, struct model *m)
{
	struct model_memory *out = &m->memory;

	out->sample_count = mem->rss.count;
	out->rss_peak_bytes =
		known_max(mem->hwm_bytes, mem->rss.count ? mem->rss.peak : UNKNOWN_U64);
	out->rss_mean_bytes = level_mean(&mem->rss);
	if (mem->rss.count > 1)
		out->rss_growth_bytes = mem->rss.growth;
	if (mem->rss.count > 1)
		out->rss_byte_seconds = mem->rss.area / (double)NS_PER_S;
	out->honest_peak_bytes = mem->honest.count ? mem->honest.peak : UNKNOWN_U64;
	out->honest_mean_bytes = honest_mean_bytes(mem);
	if (!is_known(out->smaps_count))
		out->smaps_count = 0;
}
