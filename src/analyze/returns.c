/* returns.c - what the ledger knows in the end, for the model. */
#include "returns_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/unknown.h"

#define NS_PER_US 1000u

/* In microseconds, or unknown. */
static uint64_t age_ns(const struct stats *ages_us, const struct stats_slot *sorted,
		       unsigned permille)
{
	uint64_t us = stats_percentile(ages_us, sorted, permille);

	return is_known(us) ? us * NS_PER_US : us;
}

static void fill_ages(struct model_returns *r, const struct ledger *l)
{
	struct stats_slot *sorted = stats_sorted(&l->ages_us);

	r->age_p50_ns = age_ns(&l->ages_us, sorted, 500);
	r->age_p90_ns = age_ns(&l->ages_us, sorted, 900);
	r->age_p99_ns = age_ns(&l->ages_us, sorted, 990);
	free(sorted);
}

static void forget_refaults(struct model_return_sum *sum)
{
	sum->refault_bytes = UNKNOWN_U64;
}

/* Without the addresses of faults nobody knows what was touched again. */
static void fill_refaults(struct model_returns *r, const struct ledger *l)
{
	if (r->has_refaults) {
		r->refault_count = l->refault_count;
		r->away_bytes = l->is_full ? UNKNOWN_U64 : l->away_bytes;
		r->offered_bytes = l->is_full ? UNKNOWN_U64 : l->offered_bytes;
		fill_ages(r, l);
		if (r->all.bytes)
			r->regret_ratio = (double)r->all.refault_bytes / (double)r->all.bytes;
		return;
	}
	forget_refaults(&r->all);
	for (size_t i = 0; i < CAUSE_COUNT; i++)
		forget_refaults(&r->by_cause[i]);
	for (size_t i = 0; i < ADVICE_COUNT; i++)
		forget_refaults(&r->by_advice[i]);
}

/* What was in the way of a source. */
static void explain(struct model *m, const char *source)
{
	struct buf *why = &m->returns.why_off;

	for (size_t i = 0; i < m->source_count; i++) {
		struct text detail = buf_text(&m->sources[i].detail);

		if (!text_is(buf_text(&m->sources[i].name), source) ||
		    text_is(detail, (const char *)buf_cstr(why)))
			continue;
		if (why->len)
			buf_addf(why, "; by a seccomp filter: ");
		buf_add(why, detail.at, detail.len);
	}
}

void returns_fill(struct model *m, const struct profiles *p)
{
	struct model_returns *r = &m->returns;
	const struct ledger *l = &p->ledger;

	if (!p->has_returns) {
		explain(m, "perf.returns");
		explain(m, "seccomp.returns");
		return;
	}
	r->source = p->has_gate ? "seccomp" : "tracepoint";
	r->all = l->all;
	memcpy(r->by_cause, l->by_cause, sizeof(r->by_cause));
	memcpy(r->by_advice, l->by_advice, sizeof(r->by_advice));
	if (p->has_return_ends && (l->timed_count || l->all.call_count == 0))
		r->syscall_ns = l->syscall_ns;
	if (p->has_other_returns)
		r->process_madvise_count = p->other_return_count;
	r->failed_count = p->has_return_ends ? p->failed_return_count : UNKNOWN_U64;
	r->unended_count = p->has_return_ends ? p->open_return_count : UNKNOWN_U64;
	memcpy(r->huge, p->huge, sizeof(r->huge));
	r->repeated_bytes = l->repeated_bytes;
	r->has_refaults = p->has_addresses;
	r->refault_is_estimate =
		l->is_full || (is_known(m->faults.sample_period) && m->faults.sample_period > 1);
	r->is_at_least = l->is_full;
	fill_refaults(r, l);
}
