/* bench_samplers.c - what gctide's perf events cost the thread that they watch, without a recorder.
 * usage: bench_samplers ROUNDS
 * One process, pinned to a CPU, goes on through all ways of watching in random order, a batch of
 * some milliseconds each: so short a while leaves the machine the same. Faults and computing stand
 * at the end of a dozen calls. Each line of output has a figure for each round:
 *	"faults WAY": ns of one page fault; bare, counts, stacks, record, perf
 *	"cpu WAY": ns of a batch of computing; bare, samples
 *	"samples taken": in the batch of "cpu samples" */
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/perfslots_internal.h"

#define CPU	      0
#define FAULTS	      1024u /* of a batch */
#define ROUNDS_MAX    10000
#define RING_PAGES    512u
#define LOADED_HZ     9973u
#define STACK_BYTES   128u /* as of a Go program without C */
#define DEPTH	      12
#define COMPUTE_STEPS 1000000u

enum way { BARE, COUNTS, STACKS, RECORD, PERF, CPU_BARE, CPU_SAMPLES, WAY_COUNT };

static const char *const names[WAY_COUNT] = {
	"faults bare", "faults counts", "faults stacks", "faults record",
	"faults perf", "cpu bare",	"cpu samples",
};

struct watcher {
	int fd;
	struct perf_event_mmap_page *ring; /* NULL: it only counts */
};

struct watch {
	struct watcher events[3];
	size_t count;
};

static void die(const char *what)
{
	fprintf(stderr, "bench_samplers: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void add_attr(struct watch *w, const struct perf_event_attr *attr)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct watcher *e = &w->events[w->count++];
	int fd = perfslots_open_event(attr, getpid(), CPU);

	if (fd < 0) {
		errno = -fd;
		die("perf_event_open");
	}
	e->fd = fd;
	e->ring = NULL;
	if (!attr->sample_period)
		return;
	e->ring = mmap(NULL, (1 + RING_PAGES) * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (e->ring == MAP_FAILED)
		die("mmap of a ring");
}

static void add(struct watch *w, const struct slot *s)
{
	struct perf_event_attr attr;
	struct err err = { 0 };

	if (perfslots_make_attr(&attr, s, true, RING_PAGES * 4096, &err) < 0) {
		fprintf(stderr, "bench_samplers: %s\n", err.what);
		exit(1);
	}
	add_attr(w, &attr);
}

/* As perf record -e page-faults -c 1 -d opens it. */
static void add_perf(struct watch *w, const struct slot *every)
{
	struct perf_event_attr attr;

	if (perfslots_make_attr(&attr, every, true, RING_PAGES * 4096, NULL) < 0)
		die("page faults");
	attr.config = PERF_COUNT_SW_PAGE_FAULTS;
	attr.sample_type |= PERF_SAMPLE_IP;
	add_attr(w, &attr);
}

static void open_all(struct watch *watches)
{
	struct perfset_config c = {
		.addresses = true, .thin_period = 61, .sample_hz = 99, .stack_bytes = STACK_BYTES
	};
	struct slot slots[PERFSLOTS_MAX];

	perfslots_plan(slots, &c);
	add(&watches[COUNTS], &slots[SLOT_COUNT]);
	add(&watches[STACKS], &slots[SLOT_COUNT]);
	add(&watches[STACKS], &slots[SLOT_FAULT_STACK]);
	add(&watches[RECORD], &slots[SLOT_COUNT]);
	add(&watches[RECORD], &slots[SLOT_EVERY]);
	add(&watches[RECORD], &slots[SLOT_FAULT_STACK]);
	add_perf(&watches[PERF], &slots[SLOT_EVERY]);
	slots[SLOT_CPU].sample_hz = LOADED_HZ;
	perfslots_choose_cpu_event(&slots[SLOT_CPU], getpid(), CPU, true);
	add(&watches[CPU_SAMPLES], &slots[SLOT_CPU]);
}

static void switch_to(const struct watch *w, unsigned long request)
{
	for (size_t i = 0; i < w->count; i++)
		if (ioctl(w->events[i].fd, request, 0) < 0)
			die("ioctl of a perf event");
}

/* What came into the rings: its number of samples. They are empty then. */
static uint64_t drain(const struct watch *w)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t samples = 0;

	for (size_t i = 0; i < w->count; i++) {
		struct perf_event_mmap_page *ring = w->events[i].ring;
		uint64_t head, at;

		if (!ring)
			continue;
		head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
		for (at = ring->data_tail; at < head;) { /* headers do not wrap: 8 bytes each */
			const char *data = (const char *)ring + page;
			struct perf_event_header h;

			memcpy(&h, data + at % (RING_PAGES * page), sizeof(h));
			samples += h.type == PERF_RECORD_SAMPLE;
			at += h.size;
		}
		__atomic_store_n(&ring->data_tail, head, __ATOMIC_RELEASE);
	}
	return samples;
}

static __attribute__((noinline)) uint64_t compute(unsigned depth, uint64_t steps)
{
	uint64_t x = steps | 1;

	if (depth) {
		x = compute(depth - 1, steps);
		__asm__ volatile("" : "+r"(x)); /* no tail call */
		return x;
	}
	for (uint64_t i = 0; i < steps; i++)
		x = x * 6364136223846793005u + i;
	return x;
}

static __attribute__((noinline)) void touch(unsigned depth, char *memory, size_t page)
{
	if (depth) {
		touch(depth - 1, memory, page);
		__asm__ volatile("" ::: "memory");
		return;
	}
	for (size_t i = 0; i < FAULTS; i++)
		((volatile char *)memory)[i * page] = 1;
}

static double batch(enum way way, const struct watch *w, char *memory, size_t page)
{
	bool is_cpu = way >= CPU_BARE;
	uint64_t start, end, result = 0;

	if (!is_cpu && madvise(memory, FAULTS * page, MADV_DONTNEED) < 0)
		die("madvise");
	switch_to(w, PERF_EVENT_IOC_ENABLE);
	start = clock_monotonic_ns();
	if (is_cpu)
		result = compute(DEPTH, COMPUTE_STEPS);
	else
		touch(DEPTH, memory, page);
	end = clock_monotonic_ns();
	switch_to(w, PERF_EVENT_IOC_DISABLE);
	__asm__ volatile("" ::"r"(result));
	return is_cpu ? (double)(end - start) : (double)(end - start) / FAULTS;
}

static void shuffle(unsigned *order, unsigned *seed)
{
	for (unsigned i = WAY_COUNT - 1; i > 0; i--) {
		unsigned j = (unsigned)rand_r(seed) % (i + 1), was = order[i];

		order[i] = order[j];
		order[j] = was;
	}
}

static void print(double (*ns)[ROUNDS_MAX], const uint64_t *samples, int rounds)
{
	for (int way = 0; way < WAY_COUNT; way++) {
		printf("%s", names[way]);
		for (int i = 0; i < rounds; i++)
			printf(" %.1f", ns[way][i]);
		printf("\n");
	}
	printf("samples taken");
	for (int i = 0; i < rounds; i++)
		printf(" %" PRIu64, samples[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	static double ns[WAY_COUNT][ROUNDS_MAX];
	static uint64_t samples[ROUNDS_MAX];
	struct watch watches[WAY_COUNT] = { 0 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int rounds = argc == 2 ? atoi(argv[1]) : 0;
	unsigned order[WAY_COUNT], seed = 1;
	cpu_set_t cpu;
	char *memory;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_samplers ROUNDS (1 to %d)\n", ROUNDS_MAX);
		return 2;
	}
	CPU_ZERO(&cpu);
	CPU_SET(CPU, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu) < 0)
		die("sched_setaffinity");
	open_all(watches);
	memory = mmap(NULL, FAULTS * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (memory == MAP_FAILED || madvise(memory, FAULTS * page, MADV_NOHUGEPAGE) < 0)
		die("memory");
	for (unsigned i = 0; i < WAY_COUNT; i++)
		order[i] = i;
	for (int round = 0; round < rounds; round++) {
		shuffle(order, &seed);
		for (size_t i = 0; i < WAY_COUNT; i++) {
			uint64_t count;

			ns[order[i]][round] =
				batch((enum way)order[i], &watches[order[i]], memory, page);
			count = drain(&watches[order[i]]);
			if (order[i] == CPU_SAMPLES)
				samples[round] = count;
		}
	}
	print(ns, samples, rounds);
	return 0;
}
