/* grid.c - cells of a grid, and what their runs tell. */
#include "experiment/grid.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/unknown.h"
#include "goruntime/gosetting.h"

/* The words of a list; one NULL when there is no list. Returns how many. */
static size_t split(char **words, size_t most, const char *list)
{
	size_t n = 0;

	if (!list) {
		words[0] = NULL;
		return 1;
	}
	while (list && n < most) {
		size_t len = strcspn(list, ",");

		words[n++] = xstrndup(list, len);
		list = list[len] ? list + len + 1 : NULL;
	}
	return list ? most + 1 : n;
}

static char *copy_of(const char *word)
{
	return word ? xstrndup(word, strlen(word)) : NULL;
}

static void free_words(char **words, size_t count, size_t most)
{
	for (size_t i = 0; i < count && i < most; i++)
		free(words[i]);
}

static int check_words(const char *name, char **words, size_t count, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < count && i < EXPERIMENT_VARIANTS_MAX && rc == 0; i++)
		if (words[i])
			rc = gosetting_check(text_of(name), text_of(words[i]), err);
	return rc;
}

int grid_init(struct grid *g, struct experiment *e, const char *gogc, const char *gomemlimit,
	      struct err *err)
{
	char *rows[EXPERIMENT_VARIANTS_MAX] = { NULL },
	     *columns[EXPERIMENT_VARIANTS_MAX] = { NULL };
	size_t row_count = split(rows, EXPERIMENT_VARIANTS_MAX, gogc);
	size_t column_count = split(columns, EXPERIMENT_VARIANTS_MAX, gomemlimit);
	bool fits = row_count * column_count <= EXPERIMENT_VARIANTS_MAX;
	int rc = check_words("GOGC", rows, row_count, err);

	*g = (struct grid){ .experiment = e };
	if (rc == 0)
		rc = check_words("GOMEMLIMIT", columns, column_count, err);
	if (rc == 0 && !fits)
		rc = err_say(err, EINVAL, "the grid has more than %u pairs of settings",
			     EXPERIMENT_VARIANTS_MAX);
	if (rc == 0) {
		g->count = row_count * column_count;
		g->cells = xcalloc(g->count, sizeof(*g->cells));
	}
	for (size_t i = 0; i < g->count; i++) {
		g->cells[i].gogc = copy_of(rows[i / column_count]);
		g->cells[i].gomemlimit = copy_of(columns[i % column_count]);
	}
	free_words(rows, row_count, EXPERIMENT_VARIANTS_MAX);
	free_words(columns, column_count, EXPERIMENT_VARIANTS_MAX);
	return rc;
}

static int on_cycle(void *arg, const struct model_cycle *c)
{
	struct grid_cell *run = &((struct grid *)arg)->run;
	const uint64_t stops[] = { c->sweep_termination_ns, c->install_barrier_ns,
				   c->mark_termination_ns };

	if (is_known(c->pause_total_ns))
		stats_add(&run->cycles, c->pause_total_ns);
	if (c->stopped_throughout) {
		if (is_known(c->pause_total_ns))
			stats_add(&run->pauses, c->pause_total_ns);
		return 0;
	}
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		if (is_known(stops[i]))
			stats_add(&run->pauses, stops[i]);
	return 0;
}

struct model_sink grid_sink(struct grid *g)
{
	return (struct model_sink){ on_cycle, g };
}

static void move(struct stats *to, struct stats *from, bool is_wanted)
{
	OWN_MEM struct stats_slot *sorted = stats_sorted(from);

	for (size_t i = 0; is_wanted && i < from->used; i++)
		for (uint64_t n = 0; n < sorted[i].count; n++)
			stats_add(to, sorted[i].value);
	stats_done(from);
	*from = (struct stats){ 0 };
}

void grid_take_run(struct grid *g, const struct experiment_run *run)
{
	struct grid_cell *cell = &g->cells[run->variant];

	move(&cell->pauses, &g->run.pauses, run->state == RUN_GOOD);
	move(&cell->cycles, &g->run.cycles, run->state == RUN_GOOD);
}

void grid_front(bool *ret, const double *x, const double *y, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ret[i] = !isnan(x[i]) && !isnan(y[i]);
		for (size_t j = 0; j < count && ret[i]; j++)
			if (x[j] <= x[i] && y[j] <= y[i] && (x[j] < x[i] || y[j] < y[i]))
				ret[i] = false;
	}
}

void grid_finish(struct grid *g)
{
	const struct experiment *e = g->experiment;
	OWN_MEM double *room = xcalloc(e->run_count + 1, sizeof(*room));
	double x[EXPERIMENT_VARIANTS_MAX] = { 0 }, y[EXPERIMENT_VARIANTS_MAX] = { 0 };
	bool front[EXPERIMENT_VARIANTS_MAX];

	for (size_t i = 0; i < g->count; i++) {
		for (size_t m = 0; m < METRICS_COUNT; m++)
			g->cells[i].medians[m] = sample_median(
				(struct sample){ room, experiment_values(e, i, m, room) });
		x[i] = g->cells[i].medians[metric_find("gc_cpu")];
		y[i] = g->cells[i].medians[metric_find("rss_peak")];
	}
	grid_front(front, x, y, g->count);
	for (size_t i = 0; i < g->count; i++)
		g->cells[i].is_on_front = front[i];
}

void grid_done(struct grid *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->cells[i].gogc);
		free(g->cells[i].gomemlimit);
		stats_done(&g->cells[i].pauses);
		stats_done(&g->cells[i].cycles);
	}
	free(g->cells);
	stats_done(&g->run.pauses);
	stats_done(&g->run.cycles);
	*g = (struct grid){ 0 };
}
