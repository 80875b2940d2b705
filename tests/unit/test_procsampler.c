/* test_procsampler.c - the sampling thread against children of this process that do known things.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/unknown.h"
#include "capture/machinefacts.h"
#include "capture/procsampler.h"

#define MIB	     (1ULL << 20)
#define WHERE_HEAP   0xc000000000ULL
#define HEADER_BYTES 16
#define PATIENCE_NS  (20 * NS_PER_S)
/* statm lags by a batch of pages per CPU and counter (mm/percpu: 32 pages, or two per CPU) */
#define STATM_SLACK (2 * MIB)

#ifdef __x86_64__
static const char machine[] = "x86_64";
#else
static const char machine[] = "none of the known ones";
#endif

/* The runtime's first hint, and one that a build with AddressSanitizer leaves free. */
static const uint64_t heap_hints[] = { 0xc000000000, 0x10c000000000 };

/* A child that does what one byte on its pipe says, and answers with one byte. */
struct child {
	pid_t pid;
	int order_fd, answer_fd;
};

static uint8_t *map_at(uint64_t address, size_t bytes)
{
	void *p = mmap((void *)(uintptr_t)address, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | (address ? MAP_FIXED_NOREPLACE : 0), -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

static void child_main(int order_fd, int answer_fd)
{
	uint8_t *heap = NULL, *other = NULL;
	char order;

	while (read(order_fd, &order, 1) == 1) {
		if (order == 'h') {
			heap = map_at(heap_hints[0], 64 * MIB);
			if (!heap)
				heap = map_at(heap_hints[1], 64 * MIB);
			if (!heap)
				_exit(9);
			memset(heap, 1, 64 * MIB);
		} else if (order == 'o') {
			other = map_at(0, 32 * MIB);
			if (!other)
				_exit(9);
			memset(other, 1, 32 * MIB);
		} else if (order == 'f') {
			madvise(heap, 48 * MIB, MADV_FREE);
		} else if (order == 'u') {
			munmap(heap, 64 * MIB);
		} else if (order == 'x') {
			execl("/bin/sleep", "sleep", "30", (char *)NULL);
		}
		if (write(answer_fd, "k", 1) != 1)
			break;
	}
	_exit(0);
}

static void child_start(struct child *c)
{
	int order[2], answer[2];

	assert_int_equal(pipe2(order, O_CLOEXEC), 0);
	assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0) {
		close(order[1]);
		close(answer[0]);
		child_main(order[0], answer[1]);
	}
	close(order[0]);
	close(answer[1]);
	c->order_fd = order[1];
	c->answer_fd = answer[0];
}

static void child_do(const struct child *c, char order)
{
	char answer;

	assert_int_equal(write(c->order_fd, &order, 1), 1);
	assert_int_equal(read(c->answer_fd, &answer, 1), 1);
}

static void child_end(struct child *c)
{
	close(c->order_fd);
	close(c->answer_fd);
	kill(c->pid, SIGKILL);
	assert_int_equal(waitpid(c->pid, NULL, 0), c->pid);
}

/* Records as they come from the pipe. */
struct tap {
	struct procsampler *s;
	struct buf bytes;
	size_t used; /* of bytes, by the record before */
};

static struct procsampler_config config_for(pid_t pid)
{
	return (struct procsampler_config){
		.pid = pid,
		.statm_hz = PROCSAMPLER_STATM_HZ,
		.max_stall_ns = NS_PER_S, /* a busy machine is not what is tested */
		.smaps_share = 0.5,
		.machine = machine,
	};
}

static struct tap tap_open(const struct procsampler_config *config)
{
	struct tap t = { 0 };
	struct err err = { 0 };

	if (procsampler_start(&t.s, config, &err) != 0)
		fail_msg("%s", err.what);
	return t;
}

static void tap_close(struct tap *t)
{
	procsampler_free(t->s);
	buf_done(&t->bytes);
}

/* The next record, or false at the end of the pipe; fails the test when nothing comes for long. */
static bool tap_next(struct tap *t, struct event *ret)
{
	struct pollfd p = { .fd = procsampler_fd(t->s), .events = POLLIN };

	buf_consume(&t->bytes, t->used);
	t->used = 0;
	for (;;) {
		uint16_t kind;
		uint32_t size;
		uint64_t time_ns;
		ssize_t n;

		if (t->bytes.len >= HEADER_BYTES) {
			memcpy(&kind, t->bytes.at, 2);
			memcpy(&size, t->bytes.at + 4, 4);
			memcpy(&time_ns, t->bytes.at + 8, 8);
			if (t->bytes.len - HEADER_BYTES >= size) {
				struct text body = { .at = (char *)t->bytes.at + HEADER_BYTES,
						     .len = size };

				assert_int_equal(event_decode(ret, kind, time_ns, body), 0);
				t->used = HEADER_BYTES + size;
				return true;
			}
		}
		assert_int_equal(poll(&p, 1, (int)(PATIENCE_NS / NS_PER_MS)), 1);
		n = read(p.fd, buf_room(&t->bytes, 4096), 4096);
		if (n == 0) {
			assert_int_equal(t->bytes.len, 0); /* whole records only */
			return false;
		}
		assert_true(n > 0);
		t->bytes.len += (size_t)n;
	}
}

/* The next record of a kind that was sampled at or after from_ns. */
static struct event tap_find(struct tap *t, uint64_t kind, uint64_t from_ns)
{
	uint64_t start_ns = clock_monotonic_ns();
	struct event ev;

	while (clock_monotonic_ns() - start_ns < PATIENCE_NS) {
		if (!tap_next(t, &ev))
			fail_msg("the sampler ended before a record of kind %d came", (int)kind);
		if (ev.kind == kind && ev.time_ns >= from_ns)
			return ev;
	}
	fail_msg("no record of kind %d came", (int)kind);
	return ev;
}

static void resident_memory_is_seen_as_it_is(void **state)
{
	struct child c;
	struct procsampler_config config;
	struct tap t;
	uint64_t before, after;

	(void)state;
	child_start(&c);
	config = config_for(c.pid);
	t = tap_open(&config);
	before = tap_find(&t, EVENT_STATM, 0).u.statm.resident_bytes;
	child_do(&c, 'o');
	after = tap_find(&t, EVENT_STATM, clock_monotonic_ns()).u.statm.resident_bytes;
	assert_in_range(after - before, 32 * MIB - STATM_SLACK, 32 * MIB + STATM_SLACK);
	tap_close(&t);
	child_end(&c);
}

static void the_heap_and_its_lazily_freed_part_are_seen_apart_from_the_rest(void **state)
{
	struct event_smaps before, touched, offered, unmapped;
	struct procsampler_config config;
	struct child c;
	struct tap t;

	(void)state;
#ifndef __x86_64__
	print_message("the arena address of this machine is not tested\n");
	skip();
#endif
	child_start(&c);
	config = config_for(c.pid);
	t = tap_open(&config);
	before = tap_find(&t, EVENT_SMAPS, 0).u.smaps;
	assert_int_equal(before.heap_mapping_count, 0);
	assert_true(before.mapping_count > 0 && before.file_rss_bytes > 0);
	child_do(&c, 'o');
	child_do(&c, 'h');
	touched = tap_find(&t, EVENT_SMAPS, clock_monotonic_ns()).u.smaps;
	assert_int_equal(touched.heap_mapping_count, 1);
	assert_int_equal(touched.heap_size_bytes, 64 * MIB);
	assert_int_equal(touched.heap_rss_bytes, 64 * MIB);
	assert_int_equal(touched.heap_anonymous_bytes, 64 * MIB);
	assert_int_equal(touched.heap_lazyfree_bytes, 0);
	/* AddressSanitizer, where it is used, touches up to an eighth of as much itself. */
	assert_in_range(touched.rest_rss_bytes - before.rest_rss_bytes, 32 * MIB, 46 * MIB);
	assert_true(touched.longest_read_ns > 0 && touched.longest_read_ns <= touched.cost_ns);
	child_do(&c, 'f');
	offered = tap_find(&t, EVENT_SMAPS, clock_monotonic_ns()).u.smaps;
	/* Each CPU marks its last few pages later, in a batch (mm/swap.c, folio_mark_lazyfree). */
	assert_in_range(offered.heap_lazyfree_bytes, 47 * MIB, 48 * MIB);
	assert_int_equal(offered.heap_rss_bytes, 64 * MIB); /* offered, not gone */
	assert_int_equal(offered.rest_lazyfree_bytes, 0);
	child_do(&c, 'u');
	unmapped = tap_find(&t, EVENT_SMAPS, clock_monotonic_ns()).u.smaps;
	assert_int_equal(unmapped.heap_rss_bytes, 0);
	tap_close(&t);
	child_end(&c);
}

static void statm_comes_at_its_rate_and_what_was_missed_is_counted(void **state)
{
	struct procsampler_config config;
	struct procsampler_totals totals;
	uint64_t start_ns, last_ns = 0, count = 0, lost = 0, slots;
	struct child c;
	struct event ev;
	struct tap t;

	(void)state;
	child_start(&c);
	config = config_for(c.pid);
	start_ns = clock_monotonic_ns();
	t = tap_open(&config);
	usleep(700000);
	procsampler_stop(t.s, &totals);
	slots = (clock_monotonic_ns() - start_ns) * config.statm_hz / NS_PER_S;
	while (tap_next(&t, &ev)) {
		if (ev.kind == EVENT_STATM) {
			assert_true(ev.time_ns > last_ns && ev.time_ns >= start_ns);
			last_ns = ev.time_ns;
			count++;
		} else if (ev.kind == EVENT_LOSS) {
			assert_true(text_is(ev.u.loss.source, "statm"));
			lost += ev.u.loss.count;
		}
	}
	assert_int_equal(lost, totals.statm_missed_count);
	assert_in_range(count + lost, slots - slots / 5, slots + 2);
	assert_true(totals.cpu_ns > 0);
	assert_int_equal(totals.failed_read_count, 0);
	assert_int_equal(totals.unsent_record_count, 0);
	tap_close(&t);
	child_end(&c);
}

static void smaps_is_left_alone_and_counted_when_no_stall_is_allowed(void **state)
{
	struct procsampler_config config;
	struct procsampler_totals totals;
	uint64_t fallbacks = 0, lost = 0;
	struct child c;
	struct event ev;
	struct tap t;

	(void)state;
	child_start(&c);
	config = config_for(c.pid);
	config.max_stall_ns = 1;
	t = tap_open(&config);
	usleep(500000);
	procsampler_stop(t.s, &totals);
	while (tap_next(&t, &ev)) {
		assert_int_not_equal(ev.kind, EVENT_SMAPS);
		if (ev.kind == EVENT_FALLBACK) {
			assert_true(text_is(ev.u.fallback.what, "smaps"));
			fallbacks++;
		}
		if (ev.kind == EVENT_LOSS && text_is(ev.u.loss.source, "smaps"))
			lost += ev.u.loss.count;
	}
	assert_int_equal(fallbacks, 1);
	assert_in_range(lost, 1, 6);
	assert_int_equal(lost, totals.smaps_skipped_count);
	assert_int_equal(totals.longest_stall_ns, 0);
	tap_close(&t);
	child_end(&c);
}

static void reading_smaps_keeps_to_its_share_of_a_core(void **state)
{
	struct procsampler_config config;
	struct procsampler_totals totals;
	uint64_t last_end_ns = 0, last_cost_ns = 0, longest_ns = 0, count = 0;
	struct child c;
	struct event ev;
	struct tap t;

	(void)state;
	child_start(&c);
	child_do(&c, 'o');
	config = config_for(c.pid);
	config.smaps_share = PROCSAMPLER_SMAPS_SHARE;
	t = tap_open(&config);
	usleep(1200000);
	procsampler_stop(t.s, &totals);
	while (tap_next(&t, &ev)) {
		if (ev.kind != EVENT_SMAPS)
			continue;
		if (last_end_ns) {
			uint64_t gap_ns = ev.time_ns - last_end_ns;

			assert_true(gap_ns >= 100 * NS_PER_MS);
			assert_true((double)last_cost_ns <= 0.00501 * (double)gap_ns);
		}
		last_cost_ns = ev.u.smaps.cost_ns;
		last_end_ns = ev.time_ns + last_cost_ns;
		if (ev.u.smaps.longest_read_ns > longest_ns)
			longest_ns = ev.u.smaps.longest_read_ns;
		count++;
	}
	assert_true(count >= 1);
	assert_int_equal(longest_ns, totals.longest_stall_ns);
	tap_close(&t);
	child_end(&c);
}

static void an_exec_is_noticed(void **state)
{
	struct procsampler_config config;
	struct child c;
	struct event ev;
	struct tap t;
	char first[512], order = 'x';

	(void)state;
	child_start(&c);
	config = config_for(c.pid);
	t = tap_open(&config);
	ev = tap_find(&t, EVENT_BINARY, 0);
	assert_int_equal(ev.u.binary.pid, c.pid);
	assert_int_equal(ev.u.binary.is_go, 0);
	assert_in_range(ev.u.binary.path.len, 1, sizeof(first) - 1);
	memcpy(first, ev.u.binary.path.at, ev.u.binary.path.len);
	first[ev.u.binary.path.len] = '\0';
	assert_non_null(strstr(first, "test_procsampler"));
	assert_int_equal(write(c.order_fd, &order, 1), 1);
	ev = tap_find(&t, EVENT_BINARY, 0);
	assert_false(text_is(ev.u.binary.path, first));
	assert_true(ev.u.binary.path.len > 0);
	tap_close(&t);
	child_end(&c);
}

static void counters_are_those_of_the_kernel_to_the_end(void **state)
{
	struct procsampler_config config;
	struct procsampler_totals totals;
	struct event_procstat live;
	struct event last = { 0 };
	siginfo_t si;
	struct child c;
	struct event ev;
	struct tap t;

	(void)state;
	child_start(&c);
	config = config_for(c.pid);
	t = tap_open(&config);
	child_do(&c, 'o');
	live = tap_find(&t, EVENT_PROCSTAT, clock_monotonic_ns()).u.procstat;
	assert_true(live.minor_faults >= 32 * MIB / (uint64_t)sysconf(_SC_PAGESIZE));
	assert_true(live.vm_peak_bytes >= 32 * MIB && is_known(live.vm_peak_bytes));
	assert_int_equal(live.thread_count, 1);
	close(c.order_fd); /* the child ends */
	assert_int_equal(waitid(P_PID, (id_t)c.pid, &si, WEXITED | WNOWAIT), 0);
	while (tap_next(&t, &ev)) /* the sampler ends by itself, before the child is waited for */
		assert_false(ev.kind == EVENT_SOURCE && text_is(ev.u.source.state, "off"));
	procsampler_stop(t.s, &totals);
	assert_int_equal(totals.failed_read_count, 0);
	assert_int_equal(procsampler_read_last(c.pid, &last, NULL), 0);
	assert_true(last.u.procstat.minor_faults >= live.minor_faults);
	assert_true(last.u.procstat.system_ns >= live.system_ns);
	assert_false(is_known(last.u.procstat.vm_peak_bytes));
	tap_close(&t);
	close(c.answer_fd);
	assert_int_equal(waitpid(c.pid, NULL, 0), c.pid);
	assert_int_equal(procsampler_read_last(c.pid, &last, NULL), -ENOENT);
}

/* Nothing came for 200 ms; at a busy machine that can take its time. */
static void wait_until_full(int pipe_fd)
{
	uint64_t deadline_ns = clock_monotonic_ns() + 20 * NS_PER_S;
	int before, now = 0;

	do {
		before = now;
		usleep(200000);
		assert_int_equal(ioctl(pipe_fd, FIONREAD, &now), 0);
	} while ((now == 0 || now != before) && clock_monotonic_ns() < deadline_ns);
}

static void stop_is_prompt_even_when_nobody_reads(void **state)
{
	struct procsampler_config config;
	struct procsampler_totals totals;
	uint64_t start_ns;
	struct child c;
	struct event ev;
	struct tap t;

	(void)state;
	child_start(&c);
	config = config_for(c.pid);
	config.statm_hz = 10000;
	config.max_stall_ns = 0;
	t = tap_open(&config);
	fcntl(procsampler_fd(t.s), F_SETPIPE_SZ, 4096); /* so that it is full at once */
	wait_until_full(procsampler_fd(t.s));
	start_ns = clock_monotonic_ns();
	procsampler_stop(t.s, &totals);
	assert_true(clock_monotonic_ns() - start_ns < NS_PER_S);
	assert_true(totals.unsent_record_count > 0);
	while (tap_next(&t, &ev)) /* what is in the pipe is whole */
		;
	tap_close(&t);
	child_end(&c);
}

static void a_reader_that_goes_away_ends_the_sampler_and_nothing_else(void **state)
{
	struct procsampler_config config;
	struct child c;
	struct tap t;

	(void)state;
	child_start(&c);
	config = config_for(c.pid);
	t = tap_open(&config);
	assert_int_equal(dup2(STDERR_FILENO, procsampler_fd(t.s)), procsampler_fd(t.s));
	usleep(300000); /* SIGPIPE would have ended this program */
	tap_close(&t);
	child_end(&c);
}

static void a_process_that_is_not_there_is_an_error(void **state)
{
	struct procsampler_config config = config_for(0x3fffffff);
	struct procsampler *s = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(procsampler_start(&s, &config, &err), -ESRCH);
	assert_null(s);
	assert_non_null(strstr(err.what, "1073741823"));
	procsampler_free(NULL);
}

static void take_fact(void *arg, const struct event_fact *fact)
{
	struct buf *b = arg;

	assert_true(fact->value.len > 0);
	assert_null(memchr(fact->value.at, '\n', fact->value.len));
	buf_add(b, fact->key.at, fact->key.len);
	buf_add(b, "=", 1);
	buf_add(b, fact->value.at, fact->value.len);
	buf_add(b, "\n", 1);
}

static void every_fact_is_told_once_and_total_memory_is_right(void **state)
{
	static const char *const keys[] = { "thp.enabled=",	    "thp.defrag=",
					    "thp.max_ptes_none=",   "thp.size_bytes=",
					    "perf_event_paranoid=", "memory.total_bytes=",
					    "swap.total_bytes=",    "cpu.online_count=",
					    "cgroup.version=",	    "cgroup.path=" };
	struct buf b = { 0 };
	const char *all, *total;
	double kernel, ours;

	(void)state;
	machinefacts_list(getpid(), take_fact, &b);
	all = buf_cstr(&b);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *found = strstr(all, keys[i]);

		assert_non_null(found);
		assert_null(strstr(found + 1, keys[i]));
	}
	total = strstr(all, "memory.total_bytes=") + strlen("memory.total_bytes=");
	ours = strtod(total, NULL);
	kernel = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
	assert_true(ours > 0.99 * kernel && ours < 1.01 * kernel);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resident_memory_is_seen_as_it_is),
		cmocka_unit_test(the_heap_and_its_lazily_freed_part_are_seen_apart_from_the_rest),
		cmocka_unit_test(statm_comes_at_its_rate_and_what_was_missed_is_counted),
		cmocka_unit_test(smaps_is_left_alone_and_counted_when_no_stall_is_allowed),
		cmocka_unit_test(reading_smaps_keeps_to_its_share_of_a_core),
		cmocka_unit_test(an_exec_is_noticed),
		cmocka_unit_test(counters_are_those_of_the_kernel_to_the_end),
		cmocka_unit_test(stop_is_prompt_even_when_nobody_reads),
		cmocka_unit_test(a_reader_that_goes_away_ends_the_sampler_and_nothing_else),
		cmocka_unit_test(a_process_that_is_not_there_is_an_error),
		cmocka_unit_test(every_fact_is_told_once_and_total_memory_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
