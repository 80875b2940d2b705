/* machinefacts.h - what of this machine bears on the figures: huge pages, memory, cgroup, perf
 * policy.
 *
 * Sources: Documentation/admin-guide/mm/transhuge.rst, sysctl/kernel.rst (perf_event_paranoid),
 * proc(5). */
#ifndef CAPTURE_MACHINEFACTS_H
#define CAPTURE_MACHINEFACTS_H

#include <sys/types.h>

#include "recording/event.h"

/* Takes one fact; its texts are valid during the call. */
typedef void machinefacts_sink(void *arg, const struct event_fact *fact);

/* Hand over each fact once, in a fixed order: thp.enabled, thp.defrag, thp.max_ptes_none,
 * thp.size_bytes, perf_event_paranoid, memory.total_bytes, swap.total_bytes, cpu.online_count,
 * cgroup.version, cgroup.path (of process pid). "unknown" where it could not be read. */
void machinefacts_list(pid_t pid, machinefacts_sink *sink, void *arg);

#endif
