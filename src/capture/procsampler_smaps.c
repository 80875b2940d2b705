/* procsampler_smaps.c - memory by mapping, as seldom and in as small pieces as the budget wants. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/units.h"
#include "goruntime/heaparena.h"
#include "parse/procsmaps.h"
#include "procsampler_internal.h"

#define PIECE_BYTES   4096 /* about six mappings under one hold of the mmap lock */
#define SOON_NS	      (500 * NS_PER_MS)
#define AFTER_EXEC_NS NS_PER_S /* when refused: look whether an exec changed that */

static enum smaps_group group_of(const struct proc_mapping *m, void *arg)
{
	return heaparena_has_mapping(arg, m) ? SMAPS_HEAP : SMAPS_REST;
}

struct smaps_read {
	struct smaps_totals totals;
	uint64_t cost_ns, longest_read_ns, byte_count;
};

/* 0, or -errno; -EINTR when the sampler is to stop. */
static int read_smaps(struct procsampler *s, struct smaps_read *ret)
{
	OWN_FD int fd = openat(s->proc_fd, "smaps", O_RDONLY | O_CLOEXEC);
	struct smaps_stream stream;
	struct smaps_read r = { 0 };
	char piece[PIECE_BYTES];

	if (fd < 0)
		return -errno;
	smaps_init(&stream, group_of, (void *)(uintptr_t)s->config.machine);
	for (;;) {
		uint64_t start_ns = clock_monotonic_ns(), took_ns;
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno != EINTR)
			return -errno;
		took_ns = clock_monotonic_ns() - start_ns;
		r.cost_ns += took_ns;
		if (took_ns > r.longest_read_ns)
			r.longest_read_ns = took_ns;
		if (n == 0)
			break;
		if (atomic_load(&s->stopping))
			return -EINTR;
		if (n > 0) {
			smaps_feed(&stream, (struct text){ .at = piece, .len = (size_t)n });
			r.byte_count += (uint64_t)n;
		}
	}
	smaps_finish(&stream, &r.totals);
	*ret = r;
	return 0;
}

static void emit_smaps(struct procsampler *s, const struct smaps_read *r, uint64_t time_ns)
{
	const struct smaps_sums *heap = &r->totals.group[SMAPS_HEAP];
	const struct smaps_sums *rest = &r->totals.group[SMAPS_REST];
	struct event ev = { .kind = EVENT_SMAPS, .time_ns = time_ns };

	ev.u.smaps = (struct event_smaps){
		.cost_ns = r->cost_ns,
		.longest_read_ns = r->longest_read_ns,
		.mapping_count = heap->mapping_count + rest->mapping_count,
		.heap_mapping_count = heap->mapping_count,
		.heap_size_bytes = heap->size_bytes,
		.heap_rss_bytes = heap->rss_bytes,
		.heap_anonymous_bytes = heap->anonymous_bytes,
		.heap_lazyfree_bytes = heap->lazyfree_bytes,
		.heap_anonhuge_bytes = heap->anonhuge_bytes,
		.heap_swap_bytes = heap->swap_bytes,
		.rest_size_bytes = rest->size_bytes,
		.rest_rss_bytes = rest->rss_bytes,
		.rest_anonymous_bytes = rest->anonymous_bytes,
		.rest_lazyfree_bytes = rest->lazyfree_bytes,
		.rest_anonhuge_bytes = rest->anonhuge_bytes,
		.rest_swap_bytes = rest->swap_bytes,
		.file_rss_bytes = rest->file_rss_bytes,
	};
	sampler_emit(s, &ev);
}

static void refused(struct procsampler *s, int code)
{
	s->smaps_off = true;
	if (code == EACCES || code == EPERM)
		sampler_tell_source(s, SAMPLER_SMAPS, "off",
				    "not permitted to read the target's smaps: run gctide as the "
				    "target's user or as root");
	else
		sampler_tell_source(s, SAMPLER_SMAPS, "off", strerror(code));
}

/* The read would stall the target for longer than it may. */
static void skip(struct procsampler *s)
{
	char resident[UNITS_TEXT_BYTES], expected[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES];
	uint64_t stall_ns = smapsbudget_expected_stall_ns(&s->budget, s->resident_bytes);
	char reason[160];
	struct event ev = { .kind = EVENT_FALLBACK, .time_ns = clock_monotonic_ns() };

	atomic_fetch_add(&s->skipped_count, 1);
	if (s->fallback_told)
		return;
	s->fallback_told = true;
	snprintf(reason, sizeof(reason),
		 "at %s resident, one read may stall the target for %s; the limit is %s",
		 units_bytes(resident, s->resident_bytes), units_duration(expected, stall_ns),
		 units_duration(limit, s->config.max_stall_ns));
	ev.u.fallback = (struct event_fallback){ .what = text_of("smaps"),
						 .from = text_of("all reads"),
						 .to = text_of("reads within the stall limit"),
						 .reason = text_of(reason) };
	sampler_emit(s, &ev);
	sampler_tell_source(s, SAMPLER_SMAPS, "degraded", reason);
}

static void raise_to(_Atomic uint64_t *max, uint64_t v)
{
	if (v > atomic_load(max))
		atomic_store(max, v); /* one writer */
}

/* Read, learn, report. Returns how long to wait before the next time. */
static uint64_t read_and_emit(struct procsampler *s)
{
	uint64_t start_ns = clock_monotonic_ns();
	struct smaps_read r;
	int rc = read_smaps(s, &r);

	if (rc == -EINTR)
		return 0;
	if (rc == 0 && r.byte_count == 0) {
		sampler_read_empty(s);
		return SOON_NS;
	}
	if (rc == -ESRCH || rc == -ENOENT) {
		sampler_read_failed(s, rc);
		return SOON_NS;
	}
	if (rc < 0) {
		refused(s, -rc);
		return AFTER_EXEC_NS;
	}
	raise_to(&s->longest_stall_ns, r.longest_read_ns);
	smapsbudget_learn(&s->budget, s->resident_bytes, r.cost_ns, r.longest_read_ns);
	if (r.totals.bad_line_count) {
		atomic_fetch_add(&s->failed_count, 1);
	} else {
		if (!s->fallback_told)
			sampler_tell_source(s, SAMPLER_SMAPS, "on", "");
		emit_smaps(s, &r, start_ns);
	}
	return smapsbudget_period_ns(&s->budget, s->resident_bytes);
}

void sampler_smaps(struct procsampler *s)
{
	uint64_t wait_ns = AFTER_EXEC_NS;

	if (s->smaps_off) {
		/* an exec may change that */
	} else if (smapsbudget_allows(&s->budget, clock_monotonic_ns(), s->resident_bytes)) {
		wait_ns = read_and_emit(s);
	} else {
		skip(s);
		wait_ns = smapsbudget_period_ns(&s->budget, s->resident_bytes);
	}
	s->smaps_due_ns = clock_monotonic_ns() + wait_ns;
}
