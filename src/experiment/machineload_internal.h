/* machineload_internal.h - how busy the machine is, and with what. */
#ifndef MACHINELOAD_INTERNAL_H
#define MACHINELOAD_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

struct machineload {
	bool is_known;
	uint64_t busy_ticks, steal_ticks, all_ticks; /* of all CPUs, since boot */
};

void machineload_read(struct machineload *ret);

/* Between two reads: the share of all CPU time that others used, own_cpu_ns being ours, and what
 * the hypervisor took. NaN when it is not known, or the time between was too short. */
void machineload_shares(const struct machineload *from, const struct machineload *to,
			uint64_t own_cpu_ns, double *ret_foreign, double *ret_steal);

#endif
