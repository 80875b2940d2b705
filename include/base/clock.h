/* clock.h - CLOCK_MONOTONIC is gctide's only clock: Go's nanotime is the same one
 * (Go runtime/sys_linux_*.s), and perf_event_open(2) takes it through use_clockid. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t clock_monotonic_ns(void);

/* The three clocks read as close together as a user program can (clock_gettime(2)). */
struct clock_triple {
	uint64_t monotonic_ns, realtime_ns, boottime_ns;
};
void clock_read_triple(struct clock_triple *ret);

#endif
