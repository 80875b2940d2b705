/* bench_returns.c - what a call of madvise(2) takes here, however it is watched: nanoseconds of
 * each of CALLS calls that give a touched page back, and of the touching, on stdout. usage:
 * bench_returns [CALLS] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"

int main(int argc, char **argv)
{
	unsigned long calls = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	volatile char *page =
		mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t spent_ns = 0;

	if (page == MAP_FAILED || calls == 0)
		return 1;
	for (unsigned long i = 0; i < calls; i++) {
		uint64_t begun_ns;

		*page = 1;
		begun_ns = clock_monotonic_ns();
		if (madvise((void *)page, page_bytes, MADV_DONTNEED) != 0)
			return 1;
		spent_ns += clock_monotonic_ns() - begun_ns;
	}
	printf("%.1f\n", (double)spent_ns / (double)calls);
	return 0;
}
