/* clock.c - the monotonic clock, and how it stands to the other two. */
#include "base/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

void clock_read_triple(struct clock_triple *ret)
{
	ret->monotonic_ns = read_ns(CLOCK_MONOTONIC);
	ret->realtime_ns = read_ns(CLOCK_REALTIME);
	ret->boottime_ns = read_ns(CLOCK_BOOTTIME);
}
