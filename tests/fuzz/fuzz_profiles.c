/* fuzz_profiles.c - any bytes as the perf data of a recording whose events are known.
 * Properties: samples of the folded lines are those of the profile; all three renderers take
 * whatever comes out; what the ledger tells of is what it sums up. Every other input is walked as a
 * report does it, with the same bytes as faults. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/profiles.h"
#include "analyze/profiles_internal.h"
#include "base/unknown.h"
#include "render/flame.h"
#include "render/folded.h"
#include "render/pprof.h"

/* linux/perf_event.h, enum perf_event_sample_format */
enum {
	TID = 1 << 1,
	TIME = 1 << 2,
	ADDR = 1 << 3,
	CALLCHAIN = 1 << 5,
	CPU = 1 << 7,
	PERIOD = 1 << 8,
	RAW = 1 << 10,
	REGS = 1 << 12,
	STACK = 1 << 13,
	IDENTIFIER = 1 << 16,
};

#define PLAIN (IDENTIFIER | TID | TIME | ADDR)
#define DEEP  (PLAIN | CPU | CALLCHAIN | REGS | STACK)

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void declare_attr(struct profiles *p, uint64_t role, uint64_t sample_type, char id)
{
	const char ids[8] = { id };
	struct event ev = { .kind = EVENT_PERF_ATTR,
			    .u.perf_attr = { .name = text_of("event"),
					     .role = role,
					     .type = 1,
					     .sample_type = sample_type,
					     .sample_period = 61,
					     .sample_id_all = 1,
					     .ids = { ids, sizeof(ids) },
					     .sample_hz = role == PERF_ROLE_CPU ? 99 : UNKNOWN_U64,
					     .regs_user = 0xff01ff } };

	profiles_declare(p, &ev);
}

static void declare(struct profiles *p)
{
	struct event session = { .kind = EVENT_SESSION,
				 .u.session = { .machine = text_of("x86_64"),
						.page_bytes = 4096 } };
	struct event symbol = { .kind = EVENT_KERNEL_SYMBOL,
				.u.kernel_symbol = { .address = UINT64_C(0xffffffff81000000),
						     .name = text_of("asm_exc_page_fault") } };

	profiles_declare(p, &session);
	profiles_declare(p, &symbol);
	declare_attr(p, PERF_ROLE_BOOKKEEPING, PLAIN, 1);
	declare_attr(p, PERF_ROLE_CPU, DEEP | PERIOD, 2);
	declare_attr(p, PERF_ROLE_FAULT_STACK, DEEP, 3);
	declare_attr(p, PERF_ROLE_RETURN, DEEP | RAW, 4);
	declare_attr(p, PERF_ROLE_FAULT_ADDRESS, PLAIN, 5);
	declare_attr(p, PERF_ROLE_RETURN_END, PLAIN | RAW, 6);
	declare_attr(p, PERF_ROLE_UNMAP, PLAIN | RAW, 7);
	declare_attr(p, PERF_ROLE_MAP_FIXED, PLAIN | RAW, 8);
	declare_attr(p, PERF_ROLE_RETURN_OTHER, PLAIN | RAW, 9);
}

static void check_folded(const struct profile *profile)
{
	static const enum profile_split splits[] = { SPLIT_NONE, SPLIT_PHASE, SPLIT_THREAD };

	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		struct folded_options o = { WEIGHT_SAMPLES, splits[i] };
		char *text = NULL, *line;
		uint64_t sum = 0;
		size_t len = 0;
		FILE *f = open_memstream(&text, &len);

		check(f && folded_render(profile, &o, f) == 0);
		fclose(f);
		for (line = text; line < text + len; line = strchr(line, '\n') + 1) {
			char *end = strchr(line, '\n'), *blank;

			check(end != NULL);
			blank = memrchr(line, ' ', (size_t)(end - line));
			check(blank != NULL);
			sum += strtoull(blank, NULL, 10);
		}
		check(sum == profile->sample_count);
		free(text);
	}
}

static void render(const struct profile *profile)
{
	struct flame_options o = { .weight = WEIGHT_VALUE, .split = SPLIT_PHASE };
	FILE *f = fopen("/dev/null", "w");

	check(f != NULL);
	check(pprof_render(profile, f) == 0);
	check(flame_render(profile, &o, f) == 0);
	fclose(f);
}

struct seen {
	uint64_t return_count, refault_count;
};

static void on_return(void *arg, const struct ledger_return *r)
{
	struct seen *s = arg;

	check(r->advice < ADVICE_COUNT && r->cause < CAUSE_COUNT);
	s->return_count++;
}

static void on_fault(void *arg, const struct fault *f, const struct ledger_refault *r)
{
	struct seen *s = arg;

	if (!r)
		return;
	check(r->advice < ADVICE_COUNT && r->cause < CAUSE_COUNT);
	s->refault_count += f->weight;
}

static void add_faults(struct profiles *p, const uint8_t *data, size_t size)
{
	struct fault f;

	for (; size >= sizeof(f); data += sizeof(f), size -= sizeof(f)) {
		memcpy(&f, data, sizeof(f));
		profiles_add_fault(p, &f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct profile_request requests[] = {
		{ .role = PERF_ROLE_CPU, .by_thread = true, .unit = PROFILE_NANOSECONDS },
		{ .role = PERF_ROLE_FAULT_STACK, .refaults = true },
		{ .role = PERF_ROLE_RETURN, .unit = PROFILE_BYTES },
	};
	struct profiles_options options = { requests, 3, NULL };
	struct profiles *p = profiles_new(&options);
	struct event ev = { .kind = EVENT_PERF_DATA,
			    .u.perf_data = { 0, { (const char *)data, size } } };
	struct event round = { .kind = EVENT_PERF_ROUND, .u.perf_round = { 1000 } };

	struct seen seen = { 0 };
	struct profiles_watch watch = { on_return, on_fault, &seen };

	declare(p);
	if (size % 2)
		profiles_watch(p, &watch);
	profiles_add(p, &ev);
	add_faults(p, data, size % 2 ? size : 0);
	profiles_add(p, &round);
	profiles_finish(p);
	if (size % 2) {
		check(seen.return_count >= p->ledger.all.call_count);
		check(seen.refault_count == p->ledger.refault_count);
	}
	for (size_t i = 0; i < 3; i++) {
		check_folded(profiles_at(p, i));
		render(profiles_at(p, i));
	}
	profiles_free(p);
	return 0;
}
