/* profiles.c - walk a recording, and finish the profiles of it. */
#include "analyze/profiles.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/perfattr.h"
#include "base/cursor.h"
#include "base/unknown.h"
#include "profiles_internal.h"

#define RECORD_SAMPLE	    9
#define RECORD_LOST	    2
#define RECORD_LOST_SAMPLES 13
#define PERF_TYPE_SOFTWARE  1
#define SW_CPU_CLOCK	    0
#define SW_TASK_CLOCK	    1

/* header, and 8 bytes each for id, thread, time and address: a fault without a stack */
#define ADDRESS_RECORD_BYTES 40

#define SOURCES_MAX 64

struct profiles *profiles_new(const struct profiles_options *options)
{
	struct profiles *p = xcalloc(1, sizeof(*p));

	locations_init(&p->locations, options->directory);
	p->page_bytes = 4096;
	p->start_ns = p->end_ns = p->start_unix_ns = UNKNOWN_U64;
	p->ledger.page_bytes = p->page_bytes;
	for (size_t i = 0; i < options->request_count && i < PROFILES_REQUESTS_MAX; i++) {
		p->selections[i].request = options->requests[i];
		p->keeps_ledger |= options->requests[i].refaults;
		p->selection_count++;
	}
	return p;
}

void profiles_free(struct profiles *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->selection_count; i++) {
		profilerows_done(&p->selections[i].rows);
		buf_done(&p->selections[i].mappings);
	}
	chainmend_free(p->mend);
	locations_done(&p->locations);
	perflayouts_done(&p->layouts);
	recordorder_done(&p->order);
	ledger_done(&p->ledger);
	faultorder_done(&p->faults);
	buf_done(&p->calls);
	buf_done(&p->sources);
	buf_done(&p->threads);
	indexmap_done(&p->by_thread);
	free(p);
}

static void take_session(struct profiles *p, const struct event_session *s)
{
	if (p->mend)
		return;
	p->mend = chainmend_new(&p->locations, s->machine);
	if (is_known(s->page_bytes) && s->page_bytes >= 4096 && s->page_bytes <= 1u << 20)
		p->page_bytes = p->ledger.page_bytes = s->page_bytes;
}

/* "cpu-clock" for libpfm4's "perf::CPU-CLOCK". */
static void short_name(char *ret, size_t cap, struct text name)
{
	bool is_generic = text_starts(name, "perf::");
	int skip = is_generic ? 6 : 0;

	snprintf(ret, cap, "%.*s", (int)name.len - skip, name.at + skip);
	for (char *at = ret; is_generic && *at; at++)
		*at = (char)tolower((unsigned char)*at);
}

static void describe_attr(struct profiles_attr *ret, const struct event_perf_attr *a)
{
	char rate[64], name[96];

	ret->role = a->role;
	ret->period = is_known(a->sample_period) && a->sample_period ? a->sample_period : 1;
	ret->hz = a->sample_hz;
	ret->is_clock = a->type == PERF_TYPE_SOFTWARE &&
			(a->config == SW_CPU_CLOCK || a->config == SW_TASK_CLOCK);
	snprintf(ret->name, sizeof(ret->name), "%.*s", (int)a->name.len, a->name.at);
	if (is_known(a->sample_hz))
		snprintf(rate, sizeof(rate), "%llu Hz", (unsigned long long)a->sample_hz);
	else if (ret->period == 1)
		snprintf(rate, sizeof(rate), "every one");
	else
		snprintf(rate, sizeof(rate), "one of %llu", (unsigned long long)ret->period);
	short_name(name, sizeof(name), a->name);
	snprintf(ret->detail, sizeof(ret->detail), "%s, %s, %s", name, rate,
		 a->exclude_kernel ? "user mode only" : "user and kernel mode");
}

static void take_attr(struct profiles *p, const struct event_perf_attr *a)
{
	struct perfrecord_layout layout = perfattr_layout(a, p->attr_count);

	if (p->attr_count == PROFILES_ATTRS_MAX)
		return;
	describe_attr(&p->attrs[p->attr_count++], a);
	perflayouts_add(&p->layouts, a->ids, &layout);
	p->has_addresses |= a->role == PERF_ROLE_FAULT_ADDRESS;
	p->has_returns |= a->role == PERF_ROLE_RETURN;
	p->has_gate |= text_is(a->name, "seccomp/madvise");
	p->has_other_returns |= a->role == PERF_ROLE_RETURN_OTHER;
	p->has_return_ends |= a->role == PERF_ROLE_RETURN_END;
}

/* NULL when nothing was said of it. */
static struct profiles_source *find_source(const struct profiles *p, const char *name)
{
	struct profiles_source *s = (void *)p->sources.at;

	for (size_t i = 0; i < p->sources.len / sizeof(*s); i++)
		if (strcmp(s[i].name, name) == 0)
			return &s[i];
	return NULL;
}

/* The latest word on a source counts. */
static void take_source(struct profiles *p, const struct event_source *s)
{
	struct profiles_source one, *earlier;

	if (!text_starts(s->name, "perf."))
		return;
	snprintf(one.name, sizeof(one.name), "%.*s", (int)s->name.len, s->name.at);
	snprintf(one.state, sizeof(one.state), "%.*s", (int)s->state.len, s->state.at);
	snprintf(one.detail, sizeof(one.detail), "%.*s", (int)s->detail.len, s->detail.at);
	earlier = find_source(p, one.name);
	if (earlier)
		*earlier = one;
	else if (p->sources.len / sizeof(one) < SOURCES_MAX)
		buf_add(&p->sources, &one, sizeof(one));
}

static void take_clock(struct profiles *p, const struct event_clock *c)
{
	if (!is_known(p->start_ns)) {
		p->start_ns = c->monotonic_ns;
		p->start_unix_ns = c->realtime_ns;
	}
	p->end_ns = c->monotonic_ns;
}

void profiles_declare(struct profiles *p, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_SESSION:
		take_session(p, &ev->u.session);
		break;
	case EVENT_CLOCK:
		take_clock(p, &ev->u.clock);
		break;
	case EVENT_SOURCE:
		take_source(p, &ev->u.source);
		break;
	case EVENT_PERF_ATTR:
		take_attr(p, &ev->u.perf_attr);
		break;
	case EVENT_IMAGE:
		imageset_declare(p->locations.images,
				 &(struct imageset_facts){
					 ev->u.image.pid, ev->u.image.path, ev->u.image.build_id,
					 ev->u.image.file_bytes, ev->u.image.content });
		break;
	case EVENT_KERNEL_SYMBOL:
		locations_add_kernel_symbol(&p->locations, ev->u.kernel_symbol.address,
					    ev->u.kernel_symbol.name);
		break;
	default:
		break;
	}
}

/* A fault that ends a page's time away, perhaps. */
static void take_fault(struct profiles *p, const struct perfrecord *r)
{
	struct fault f = { r->time_ns, r->addr, (uint32_t)r->pid,
			   (uint32_t)p->attrs[r->layout->user].period };

	if (p->keeps_ledger && !p->faults_are_fed && is_known(r->time_ns))
		profiles_add_fault(p, &f);
}

/* Mappings, names and samples wait for their turn. */
static bool take_in(struct profiles *p, const struct perfrecord *r)
{
	if (r->type == RECORD_LOST || r->type == RECORD_LOST_SAMPLES) {
		p->lost_count += is_known(r->lost_count) ? r->lost_count : 0;
		return false;
	}
	if (r->type == RECORD_SAMPLE && !r->layout)
		return false;
	if (r->type == RECORD_SAMPLE && p->attrs[r->layout->user].role == PERF_ROLE_FAULT_ADDRESS) {
		take_fault(p, r);
		return false;
	}
	return is_known(r->time_ns);
}

/* The size of the plain fault record at the front, which is passed over without decoding; 0 when it
 * is something else. */
static size_t plain_fault_bytes(const struct profiles *p, struct text bytes)
{
	struct cursor c = cursor_over(bytes.at, bytes.len);
	uint64_t header = cursor_uint(&c, 8);

	if (c.bad || (p->keeps_ledger && p->has_returns && !p->faults_are_fed) ||
	    (uint32_t)header != RECORD_SAMPLE || header >> 48 != ADDRESS_RECORD_BYTES ||
	    bytes.len < ADDRESS_RECORD_BYTES)
		return 0;
	return ADDRESS_RECORD_BYTES;
}

static void release(struct profiles *p, uint64_t until_ns)
{
	recordorder_release(&p->order, until_ns, perflayouts_view(&p->layouts),
			    profiles_take_record, p);
	profiles_settle_faults(p, until_ns);
}

static void add_data(struct profiles *p, struct text bytes)
{
	struct perfrecord_layouts layouts = perflayouts_view(&p->layouts);
	enum perfrecord_status status = PERFRECORD_OK;
	struct perfrecord r;

	while (status == PERFRECORD_OK) {
		size_t skip = plain_fault_bytes(p, bytes);
		const char *at = bytes.at;

		if (skip) {
			bytes.at += skip;
			bytes.len -= skip;
			continue;
		}
		status = perfrecord_next(&r, &bytes, layouts);
		if (status == PERFRECORD_OK && take_in(p, &r))
			recordorder_add(&p->order, (struct text){ at, r.size_bytes }, r.time_ns);
	}
	p->bad_block_count += status == PERFRECORD_BAD;
	if (recordorder_is_full(&p->order))
		release(p, UINT64_MAX);
}

void profiles_add(struct profiles *p, const struct event *ev)
{
	if (!p->mend)
		return;
	if (ev->kind == EVENT_PERF_DATA)
		add_data(p, ev->u.perf_data.bytes);
	else if (ev->kind == EVENT_PERF_ROUND && is_known(ev->u.perf_round.drained_ns))
		release(p, ev->u.perf_round.drained_ns);
}

static const struct profiles_attr *find_attr(const struct profiles *p,
					     const struct profile_request *request)
{
	for (size_t i = 0; i < p->attr_count; i++)
		if (p->attrs[i].role == request->role &&
		    (request->role != PERF_ROLE_EVENT ||
		     strcmp(p->attrs[i].name, request->event) == 0))
			return &p->attrs[i];
	return NULL;
}

static const char *event_name(const struct profile_request *r)
{
	switch (r->role) {
	case PERF_ROLE_CPU:
		return "cpu";
	case PERF_ROLE_FAULT_STACK:
		return r->refaults ? "refaults" : "faults";
	case PERF_ROLE_RETURN:
		return "returns";
	default:
		return r->event;
	}
}

static void list_mappings(struct profiles *p, struct buf *out)
{
	for (size_t i = 0; i < space_mapping_count(p->locations.space); i++) {
		struct space_mapping m = space_mapping_at(p->locations.space, i);
		struct profile_mapping one = {
			.start = m.range.start,
			.limit = m.range.start + m.range.len,
			.file_off = m.range.file_off,
			.path = m.path,
			.build_id = imageset_build_id(p->locations.images, m.path),
		};

		buf_add(out, &one, sizeof(one));
	}
}

static uint64_t period_of(const struct profiles_selection *s)
{
	if (!s->attr)
		return UNKNOWN_U64;
	if (s->request.unit == PROFILE_NANOSECONDS)
		return is_known(s->attr->hz) && s->attr->hz ? 1000000000 / s->attr->hz
							    : UNKNOWN_U64;
	return is_known(s->attr->hz) ? UNKNOWN_U64 : s->attr->period;
}

static void finish_selection(struct profiles *p, struct profiles_selection *s)
{
	const struct locations *l = &p->locations;
	bool has_times = is_known(p->start_ns) && is_known(p->end_ns) && p->end_ns >= p->start_ns;
	size_t stack_location_count = 0;
	const uint32_t *stack_locations =
		p->mend ? chainmend_locations(p->mend, &stack_location_count) : NULL;

	s->attr = find_attr(p, &s->request);
	list_mappings(p, &s->mappings);
	s->profile = (struct profile){
		.event = text_of(event_name(&s->request)),
		.event_detail = s->attr ? text_of(s->attr->detail) : (struct text){ 0 },
		.unit = s->request.unit,
		.period = period_of(s),
		.start_unix_ns = p->start_unix_ns,
		.duration_ns = has_times ? p->end_ns - p->start_ns : UNKNOWN_U64,
		.functions = (const void *)l->functions.at,
		.function_count = l->functions.len / sizeof(struct profile_function),
		.lines = (const void *)l->lines.at,
		.line_count = l->lines.len / sizeof(struct profile_line),
		.locations = (const void *)l->locations.at,
		.location_count = l->locations.len / sizeof(struct profile_location),
		.mappings = (const void *)s->mappings.at,
		.mapping_count = s->mappings.len / sizeof(struct profile_mapping),
		.threads = (const void *)p->threads.at,
		.thread_count = p->threads.len / sizeof(struct profile_thread),
		.stack_locations = stack_locations,
		.stack_location_count = stack_location_count,
		.stacks = (const void *)s->rows.rows.at,
		.stack_count = s->rows.rows.len / sizeof(struct profile_stack),
		.sample_count = s->rows.sample_count,
		.value = s->rows.value,
		.unknown_leaf_count = s->rows.unknown_leaf_count,
		.cut_stack_count = s->rows.cut_stack_count,
		.lost_count = p->lost_count,
	};
}

void profiles_finish(struct profiles *p)
{
	if (p->mend) {
		release(p, UINT64_MAX);
		profiles_close_returns(p);
		chainmend_finish(p->mend);
		recordorder_done(&p->order);
	}
	for (size_t i = 0; i < p->selection_count; i++)
		finish_selection(p, &p->selections[i]);
}

const struct profile *profiles_at(const struct profiles *p, size_t i)
{
	return &p->selections[i].profile;
}

bool profiles_has_stacks(const struct profiles *p)
{
	for (size_t i = 0; i < p->attr_count; i++)
		if (p->attrs[i].role >= PERF_ROLE_CPU && p->attrs[i].role <= PERF_ROLE_EVENT)
			return true;
	return false;
}

bool profiles_was_recorded(const struct profiles *p, size_t i)
{
	return p->selections[i].attr != NULL;
}

static const char *source_of(const struct profile_request *r, char *buf, size_t cap)
{
	switch (r->role) {
	case PERF_ROLE_CPU:
		return "perf.cpu-samples";
	case PERF_ROLE_FAULT_STACK:
		return "perf.fault-stacks";
	case PERF_ROLE_RETURN:
		return "perf.returns";
	default:
		snprintf(buf, cap, "perf.event %s", r->event);
		return buf;
	}
}

struct text profiles_source_state(const struct profiles *p, size_t i, struct text *ret_why)
{
	char room[192];
	const struct profiles_source *s =
		find_source(p, source_of(&p->selections[i].request, room, sizeof(room)));

	*ret_why = s ? text_of(s->detail) : (struct text){ 0 };
	return s ? text_of(s->state) : (struct text){ 0 };
}

void profiles_list_events(const struct profiles *p, struct buf *out)
{
	for (size_t i = 0; i < p->attr_count; i++) {
		struct profile_request r = { .role = p->attrs[i].role, .event = p->attrs[i].name };

		if (r.role >= PERF_ROLE_CPU && r.role <= PERF_ROLE_EVENT)
			buf_addf(out, "%s%s", out->len ? ", " : "", event_name(&r));
	}
}

static bool wants_refaults(const struct profiles *p)
{
	for (size_t i = 0; i < p->selection_count; i++)
		if (p->selections[i].request.refaults)
			return true;
	return false;
}

void profiles_complain(const struct profiles *p, struct buf *out)
{
	imageset_complain(p->locations.images, out);
	if (p->bad_block_count)
		buf_addf(out,
			 "blocks of perf records that made no sense from some point on: %llu\n",
			 (unsigned long long)p->bad_block_count);
	if (p->ledger.is_full)
		buf_addf(out, "more memory was given back than is kept track of: refaults are too "
			      "few\n");
	if (wants_refaults(p) && !p->has_addresses)
		buf_addf(out, "no fault addresses were recorded: refaults are too many\n");
}
