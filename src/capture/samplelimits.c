/* samplelimits.c - what the kernel allows of samples with stacks. */
#include "capture/samplelimits.h"

#include <limits.h>

#include "base/unknown.h"
#include "capture/permission.h"

uint64_t samplelimits_max_hz(void)
{
	int hz = permission_read_int("/proc/sys/kernel/perf_event_max_sample_rate");

	return hz > 0 ? (uint64_t)hz : UNKNOWN_U64;
}

uint64_t samplelimits_register_mask(void)
{
#if defined(__x86_64__)
	return 0xff01ff; /* ax to ip, r8 to r15 */
#elif defined(__aarch64__)
	return 0x1ffffffff; /* x0 to x29, lr, sp, pc */
#else
	return 0;
#endif
}

uint64_t samplelimits_frame_register_mask(void)
{
#if defined(__x86_64__)
	return 0xf001c2; /* bx, bp, sp, ip, r12 to r15 */
#elif defined(__aarch64__)
	return 0x1fff80000; /* x19 to x29, lr, sp, pc */
#else
	return 0;
#endif
}
