/* faultorder.c - faults of all CPUs in the order of their times. */
#include "faultorder_internal.h"

#include "timesort_internal.h"

void faultorder_add(struct faultorder *o, const struct fault *fault)
{
	/* what was taken goes when more comes: a round at a time */
	if (o->next) {
		buf_consume(&o->faults, o->next * sizeof(*fault));
		o->next = 0;
	}
	buf_add(&o->faults, fault, sizeof(*fault));
	o->is_sorted = false;
}

const struct fault *faultorder_take(struct faultorder *o, uint64_t until_ns)
{
	const struct fault *f;

	if (!o->is_sorted)
		timesort(&o->faults, &o->spare, sizeof(*f) / 8);
	o->is_sorted = true;
	if (o->next == o->faults.len / sizeof(*f))
		return NULL;
	f = (const struct fault *)(const void *)o->faults.at + o->next;
	if (f->time_ns >= until_ns)
		return NULL;
	o->next++;
	return f;
}

void faultorder_done(struct faultorder *o)
{
	buf_done(&o->faults);
	buf_done(&o->spare);
}
