/* text_returns.c - what was given back, by whom, and what was touched again. */
#include <math.h>

#include "base/units.h"
#include "base/unknown.h"
#include "line_internal.h"
#include "renderer_internal.h"

static void add_advice(struct buf *line, const char *name, const struct model_return_sum *sum)
{
	if (sum->call_count)
		line_part(line, "%s by %s", figure_bytes(sum->bytes).text, name);
}

/* The runtime's own account beside ours: each line floors to KiB, which pages are multiples of. */
static void print_check(FILE *out, const struct model *m)
{
	const struct model_returns *r = &m->returns;
	uint64_t seen = r->until_scav_line_bytes, said = 0;
	struct buf line = { 0 };

	if (!is_known(seen))
		return;
	if (is_known(m->gc.scav_background_bytes))
		said += m->gc.scav_background_bytes;
	if (is_known(m->gc.scav_eager_bytes))
		said += m->gc.scav_eager_bytes;
	line_part(&line, "check: %s by the scavenger's own lines", figure_bytes(said).text);
	if (seen == said)
		line_part(&line, "as much by the calls they tell of");
	else
		line_part(&line, "%s %s by the calls they tell of",
			  figure_bytes(seen > said ? seen - said : said - seen).text,
			  seen > said ? "more" : "less");
	if (is_known(r->checked_cycle_count) && r->checked_cycle_count)
		line_part(&line, "cycle by cycle the same in %s of %s",
			  figure_count(r->agreeing_cycle_count).text,
			  figure_count(r->checked_cycle_count).text);
	line_print(out, "", &line);
	buf_done(&line);
}

static void print_huge(FILE *out, const struct model_returns *r)
{
	static const char *const names[HUGE_COUNT] = {
		[HUGE_WANTED] = "MADV_HUGEPAGE",
		[HUGE_UNWANTED] = "MADV_NOHUGEPAGE",
		[HUGE_COLLAPSE] = "MADV_COLLAPSE",
	};
	struct buf line = { 0 };

	for (size_t i = 0; i < HUGE_COUNT; i++)
		if (is_known(r->huge[i].call_count) && r->huge[i].call_count)
			line_part(&line, "%s %s for %s",
				  figure_counted(r->huge[i].call_count, "call of", "calls of").text,
				  names[i], figure_bytes(r->huge[i].bytes).text);
	if (line.len)
		line_print(out, "", &line);
	buf_done(&line);
}

static void print_returned(FILE *out, const struct model *m)
{
	const struct model_returns *r = &m->returns;
	struct buf line = { 0 };

	line_part(&line, "%s%s in %s (%s)", r->is_at_least ? "at least " : "",
		  figure_bytes(r->all.bytes).text,
		  figure_counted(r->all.call_count, "call", "calls").text, r->source);
	for (size_t i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++)
		if (r->by_cause[i].call_count)
			line_part(&line, "%s %s in %s", profile_cause_name((enum profile_cause)i),
				  figure_bytes(r->by_cause[i].bytes).text,
				  figure_count(r->by_cause[i].call_count).text);
	line_print(out, "returns", &line);
	if (r->all.call_count) {
		add_advice(&line, "MADV_DONTNEED", &r->by_advice[ADVICE_DONTNEED]);
		add_advice(&line, "MADV_FREE", &r->by_advice[ADVICE_FREE]);
		line_part(&line, "%s within the calls", figure_duration(r->syscall_ns).text);
	}
	if (is_known(r->process_madvise_count) && r->process_madvise_count)
		line_part(&line, "%s of process_madvise besides, their sizes unknown",
			  figure_counted(r->process_madvise_count, "call", "calls").text);
	if (is_known(r->failed_count) && r->failed_count)
		line_part(&line, "%s failed",
			  figure_counted(r->failed_count, "more call", "more calls").text);
	if (is_known(r->unended_count) && r->unended_count)
		line_part(&line, "the end of %s was not seen",
			  figure_counted(r->unended_count, "call", "calls").text);
	if (is_known(r->after_cycle_p50_ns))
		line_part(&line, "by the scavenger p50 %s  p90 %s after the end of a collection",
			  figure_duration(r->after_cycle_p50_ns).text,
			  figure_duration(r->after_cycle_p90_ns).text);
	if (line.len)
		line_print(out, "", &line);
	buf_done(&line);
	print_huge(out, r);
}

static void print_refaults(FILE *out, const struct model *m)
{
	const struct model_returns *r = &m->returns;
	struct buf line = { 0 };

	line_part(&line, "%s%s (%s)", r->refault_is_estimate ? "about " : "",
		  figure_count(r->refault_count).text, figure_bytes(r->all.refault_bytes).text);
	if (!isnan(r->regret_ratio))
		buf_addf(&line, ", %s of what was given back", figure_ratio(r->regret_ratio).text);
	if (is_known(r->age_p50_ns))
		line_part(&line, "after p50 %s  p90 %s  p99 %s",
			  figure_duration(r->age_p50_ns).text, figure_duration(r->age_p90_ns).text,
			  figure_duration(r->age_p99_ns).text);
	line_print(out, "refaults", &line);
	line_part(&line, "%s never touched again", figure_bytes(r->away_bytes).text);
	if (r->by_advice[ADVICE_FREE].call_count)
		line_part(&line,
			  "of that %s only offered, with %s still there at the last read of smaps",
			  figure_bytes(r->offered_bytes).text,
			  figure_bytes(m->memory.lazyfree_last_bytes).text);
	line_part(&line, "%s given back more than once", figure_bytes(r->repeated_bytes).text);
	if (is_known(r->refault_cpu_ns))
		line_part(&line, "about %s of CPU time in their faults (by samples)",
			  figure_duration(r->refault_cpu_ns).text);
	if (is_known(m->memory.heap_anonhuge_peak_bytes) && m->memory.heap_anonhuge_peak_bytes)
		line_part(&line, "one refault can bring a whole huge page");
	line_print(out, "", &line);
	buf_done(&line);
}

static void print_unknown(FILE *out, const char *label, const char *what, const struct buf *why)
{
	struct buf line = { 0 };

	line_part(&line, "%s", what);
	if (why->len) {
		buf_addf(&line, ": ");
		line_add_foreign(&line, buf_text(why), 240);
	}
	line_print(out, label, &line);
	buf_done(&line);
}

void text_print_returns(FILE *out, const struct model *m)
{
	const struct model_returns *r = &m->returns;
	static const struct buf no_reason;

	if (!r->source) {
		print_unknown(out, "returns", "not recorded", &r->why_off);
		return;
	}
	print_returned(out, m);
	print_check(out, m);
	if (r->all.call_count && r->has_refaults)
		print_refaults(out, m);
	else if (r->all.call_count)
		print_unknown(out, "refaults", "unknown: no addresses of faults were recorded",
			      &no_reason);
}
