/* noise.c - what disturbed the runs: others on the machine, the hypervisor, a drift, a wide
 * scatter. */
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "base/buf.h"
#include "base/own.h"
#include "base/units.h"
#include "experiment/experiment.h"

#define FOREIGN_LEAST 0.05 /* of the machine's CPUs */
#define STEAL_LEAST   0.01
#define SCATTER_LEAST 0.10 /* of the median: between the quartiles */
#define DRIFT_RUNS    10u
#define DRIFT_Z	      3.3 /* one in a thousand by chance */

static double foreign_of(const struct experiment_run *r)
{
	return r->foreign_share;
}

static double steal_of(const struct experiment_run *r)
{
	return r->steal_share;
}

/* Half of the runs had more than it; *ret_worst is the run with the most, from 1. */
static double median_share(const struct experiment *e, double (*of)(const struct experiment_run *),
			   double *ret_most, size_t *ret_worst)
{
	OWN_MEM double *shares = xcalloc(e->run_count + 1, sizeof(*shares));
	size_t n = 0;

	*ret_most = -1;
	for (size_t i = 0; i < e->run_count; i++) {
		double share = of(&e->runs[i]);

		if (e->runs[i].state != RUN_GOOD || !isfinite(share))
			continue;
		shares[n++] = share;
		if (share > *ret_most) {
			*ret_most = share;
			*ret_worst = i + 1;
		}
	}
	return sample_median((struct sample){ shares, n });
}

static void tell_share(const struct experiment *e, struct buf *lines,
		       double (*of)(const struct experiment_run *), double least, const char *what)
{
	char half[UNITS_TEXT_BYTES], most_text[UNITS_TEXT_BYTES];
	double most;
	size_t worst = 0;
	double median = median_share(e, of, &most, &worst);

	if (isnan(median) || most < least)
		return;
	buf_addf(lines, "%s %s of the CPUs in half of the runs, %s in run %zu\n", what,
		 units_ratio(half, median), units_ratio(most_text, most), worst);
}

/* Wall times as shares of their variant's median, in the order of the runs. */
static size_t relative_walls(const struct experiment *e, double *out, double *order)
{
	OWN_MEM double *room = xcalloc(e->run_count + 1, sizeof(*room));
	size_t wall = metric_find("wall"), n = 0;

	for (size_t i = 0; i < e->run_count; i++) {
		const struct experiment_run *r = &e->runs[i];
		double median;

		if (r->state != RUN_GOOD || !isfinite(r->values[wall]))
			continue;
		median = sample_median(
			(struct sample){ room, experiment_values(e, r->variant, wall, room) });
		out[n] = r->values[wall] / median;
		order[n++] = (double)i;
	}
	return n;
}

/* The first half of the runs against the second, and is it in their order? */
static void tell_drift(const struct experiment *e, struct buf *lines)
{
	OWN_MEM double *walls = xcalloc(e->run_count + 1, sizeof(*walls));
	OWN_MEM double *order = xcalloc(e->run_count + 1, sizeof(*order));
	OWN_MEM double *room = xcalloc(2 * e->run_count + 2, sizeof(*room));
	size_t n = relative_walls(e, walls, order);
	char by[UNITS_TEXT_BYTES];
	double z, change;

	if (n < DRIFT_RUNS)
		return;
	z = gsl_stats_spearman(order, 1, walls, 1, n, room) * sqrt((double)(n - 1));
	if (!(fabs(z) > DRIFT_Z))
		return;
	change = sample_median((struct sample){ walls + n / 2, n - n / 2 }) -
		 sample_median((struct sample){ walls, n / 2 });
	buf_addf(lines, "the machine became %s: the later half of the runs took %s %s time\n",
		 change > 0 ? "slower" : "faster", units_ratio(by, fabs(change)),
		 change > 0 ? "more" : "less");
}

static void tell_scatter(const struct experiment *e, struct buf *lines)
{
	OWN_MEM double *room = xcalloc(e->run_count + 1, sizeof(*room));
	size_t wall = metric_find("wall");
	char spread_text[UNITS_TEXT_BYTES];

	for (size_t v = 0; v < e->variant_count; v++) {
		struct sample s = { room, experiment_values(e, v, wall, room) };
		double spread =
			(sample_quantile(s, 0.75) - sample_quantile(s, 0.25)) / sample_median(s);

		if (s.count >= 4 && spread > SCATTER_LEAST)
			buf_addf(lines,
				 "the wall time of '%.*s' scatters: %s between its quartiles\n",
				 (int)e->labels[v].len, (const char *)e->labels[v].at,
				 units_ratio(spread_text, spread));
	}
}

void experiment_noise(const struct experiment *e, struct buf *lines)
{
	tell_share(e, lines, foreign_of, FOREIGN_LEAST, "other processes used");
	tell_share(e, lines, steal_of, STEAL_LEAST, "the hypervisor took");
	tell_drift(e, lines);
	tell_scatter(e, lines);
}
