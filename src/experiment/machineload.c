/* machineload.c - how busy the machine is: the first line of /proc/stat (proc(5)). */
#include "machineload_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/own.h"

#define TICKS_LEAST 50 /* below, a tick more or less is too much */

void machineload_read(struct machineload *ret)
{
	OWN_FILE FILE *f = fopen("/proc/stat", "re");
	uint64_t v[8];

	*ret = (struct machineload){ 0 };
	if (!f || fscanf(f,
			 "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
			 " %" SCNu64 " %" SCNu64,
			 &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) != 8)
		return;
	ret->is_known = true;
	ret->busy_ticks = v[0] + v[1] + v[2] + v[5] + v[6]; /* user nice system irq softirq */
	ret->steal_ticks = v[7];
	ret->all_ticks = ret->busy_ticks + v[3] + v[4] + v[7];
}

void machineload_shares(const struct machineload *from, const struct machineload *to,
			uint64_t own_cpu_ns, double *ret_foreign, double *ret_steal)
{
	double all = (double)(to->all_ticks - from->all_ticks), busy, own;

	*ret_foreign = *ret_steal = NAN;
	if (!from->is_known || !to->is_known || to->all_ticks < from->all_ticks + TICKS_LEAST)
		return;
	busy = (double)(to->busy_ticks - from->busy_ticks);
	own = (double)own_cpu_ns * 1e-9 * (double)sysconf(_SC_CLK_TCK);
	*ret_foreign = busy > own ? (busy - own) / all : 0;
	*ret_steal = (double)(to->steal_ticks - from->steal_ticks) / all;
}
