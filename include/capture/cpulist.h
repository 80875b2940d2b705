/* cpulist.h - the CPUs that are online, from /sys/devices/system/cpu/online ("0-3,8"). */
#ifndef CAPTURE_CPULIST_H
#define CAPTURE_CPULIST_H

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

#define CPULIST_MAX 8192

struct cpulist {
	int *at;      /* owned, ascending */
	size_t count; /* at least 1 */
};

/* Parse the kernel's list format. 0, or -EINVAL (*ret untouched) for anything else. */
int cpulist_parse(struct cpulist *ret, struct text list);

/* 0 or a negative errno, *err filled. */
int cpulist_online(struct cpulist *ret, struct err *err);

void cpulist_done(struct cpulist *c);

#endif
