/* grid.h - one program under every pair of two settings: pauses of all its runs together, CPU time
 * against memory. */
#ifndef EXPERIMENT_GRID_H
#define EXPERIMENT_GRID_H

#include "analyze/stats.h"
#include "base/err.h"
#include "experiment/experiment.h"

/* One pair of settings; its place among the cells is the number of its variant. */
struct grid_cell {
	char *gogc, *gomemlimit; /* owned; NULL: as it was in the environment */
	struct stats pauses;	 /* ns, each pause of all good runs */
	struct stats cycles;	 /* ns, the pauses of a cycle together */
	double medians[METRICS_COUNT];
	bool is_on_front; /* no other cell takes less of GC CPU or RSS peak, and no more of the
			     other */
};

struct grid {
	struct experiment *experiment; /* borrowed: the runs */
	struct grid_cell *cells;       /* owned */
	size_t count;
	struct grid_cell run; /* the pauses of the run in hand */
};

/* Cells for every pair, the values of GOGC as rows: lists such as "50,100,off", or NULL. 0, or
 * -EINVAL with *err filled: a value that the runtime does not read, or more pairs than
 * EXPERIMENT_VARIANTS_MAX. */
int grid_init(struct grid *g, struct experiment *e, const char *gogc, const char *gomemlimit,
	      struct err *err);

/* What a walk over a run tells goes here; then the run is taken over, when it is good, or
 * forgotten. */
struct model_sink grid_sink(struct grid *g);
void grid_take_run(struct grid *g, const struct experiment_run *run);

/* Medians and front, when all runs are there. */
void grid_finish(struct grid *g);
void grid_done(struct grid *g);

/* Which of count points are on the front: no other is lower in one and no higher in the other. NaN
 * is never. Pure. */
void grid_front(bool *ret, const double *x, const double *y, size_t count);

#endif
