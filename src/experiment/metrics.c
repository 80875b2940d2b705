/* metrics.c - where each figure stands in the model. */
#include "experiment/metrics.h"

#include <math.h>
#include <string.h>

#include "base/unknown.h"

#define SMAPS_LEAST 5u

static double number(uint64_t v)
{
	return is_known(v) ? (double)v : NAN;
}

/* What depends on every record is not known when some were lost. */
static double of_records(const struct model *m, double v)
{
	return m->losses.perf_lost_count || m->losses.more.perf || m->losses.late_record_count ? NAN
											       : v;
}

/* What depends on every trace line. */
static double of_lines(const struct model *m, double v)
{
	return m->gc.is_at_least || m->losses.missing_cycle_count || m->losses.more.lines ? NAN : v;
}

static double wall(const struct model *m)
{
	return number(m->time.wall_ns);
}

static double user(const struct model *m)
{
	return number(m->cpu.user_ns);
}

static double system_time(const struct model *m)
{
	return number(m->cpu.system_ns);
}

static double rss_peak(const struct model *m)
{
	return number(m->memory.rss_peak_bytes);
}

static double rss_mean(const struct model *m)
{
	return number(m->memory.rss_mean_bytes);
}

static double rss_time(const struct model *m)
{
	return m->memory.rss_byte_seconds;
}

/* Fewer reads of smaps tell nothing of a run as a whole. */
static double of_smaps(const struct model *m, uint64_t v)
{
	return is_known(m->memory.smaps_count) && m->memory.smaps_count >= SMAPS_LEAST ? number(v)
										       : NAN;
}

static double honest_peak(const struct model *m)
{
	return of_smaps(m, m->memory.honest_peak_bytes);
}

static double honest_mean(const struct model *m)
{
	return of_smaps(m, m->memory.honest_mean_bytes);
}

static double faults(const struct model *m)
{
	return number(m->faults.minor_count);
}

static double refaults(const struct model *m)
{
	return m->returns.has_refaults ? of_records(m, number(m->returns.refault_count)) : NAN;
}

static double regret(const struct model *m)
{
	return m->returns.has_refaults ? of_records(m, m->returns.regret_ratio) : NAN;
}

static double returned(const struct model *m)
{
	return m->returns.source ? of_records(m, number(m->returns.all.bytes)) : NAN;
}

static double return_time(const struct model *m)
{
	return m->returns.source ? of_records(m, number(m->returns.syscall_ns)) : NAN;
}

static double cycles(const struct model *m)
{
	return of_lines(m, number(m->gc.cycle_count));
}

static double gc_cpu(const struct model *m)
{
	if (m->gc.cycle_count == 0)
		return of_lines(m, 0);
	return of_lines(m, number(m->gc.cpu_ns));
}

static double pause_p50(const struct model *m)
{
	return of_lines(m, number(m->gc.pause.p50_ns));
}

static double pause_p99(const struct model *m)
{
	return of_lines(m, number(m->gc.pause.p99_ns));
}

static double pause_max(const struct model *m)
{
	return of_lines(m, number(m->gc.pause.max_ns));
}

const struct metric metrics[METRICS_COUNT] = {
	{ "wall", "wall time", METRIC_NS, wall },
	{ "user", "user time", METRIC_NS, user },
	{ "system", "system time", METRIC_NS, system_time },
	{ "rss_peak", "RSS peak", METRIC_BYTES, rss_peak },
	{ "rss_mean", "RSS mean", METRIC_BYTES, rss_mean },
	{ "rss_time", "RSS x time", METRIC_BYTE_SECONDS, rss_time },
	{ "honest_peak", "RSS - lazy-free peak", METRIC_BYTES, honest_peak },
	{ "honest_mean", "RSS - lazy-free mean", METRIC_BYTES, honest_mean },
	{ "faults", "page faults", METRIC_COUNT, faults },
	{ "refaults", "refaults", METRIC_COUNT, refaults },
	{ "regret", "regret", METRIC_RATIO, regret },
	{ "returned", "returned", METRIC_BYTES, returned },
	{ "return_time", "time in madvise", METRIC_NS, return_time },
	{ "cycles", "cycles", METRIC_COUNT, cycles },
	{ "gc_cpu", "GC CPU", METRIC_NS, gc_cpu },
	{ "pause_p50", "pause p50", METRIC_NS, pause_p50 },
	{ "pause_p99", "pause p99", METRIC_NS, pause_p99 },
	{ "pause_max", "pause max", METRIC_NS, pause_max },
};

size_t metric_find(const char *key)
{
	size_t i = 0;

	while (i < METRICS_COUNT && strcmp(metrics[i].key, key) != 0)
		i++;
	return i;
}

const char *metric_unit_name(enum metric_unit unit)
{
	static const char *const names[] = {
		[METRIC_NS] = "ns",
		[METRIC_BYTES] = "bytes",
		[METRIC_COUNT] = "count",
		[METRIC_RATIO] = "ratio",
		[METRIC_BYTE_SECONDS] = "byte_seconds",
	};

	return (unsigned)unit < sizeof(names) / sizeof(names[0]) ? names[unit] : "";
}

void metrics_of(double *values, const struct model *m)
{
	for (size_t i = 0; i < METRICS_COUNT; i++)
		values[i] = metrics[i].of(m);
}
