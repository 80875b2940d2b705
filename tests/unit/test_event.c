/* test_event.c - the tables of event.c, and what the encoder and decoder make of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/unknown.h"
#include "recording/event.h"

#define HEADER_BYTES 16
#define LAST_KIND    EVENT_KERNEL_SYMBOL

/* Another value for each field, none of them 0 or unknown. */
static void fill(struct event *ev, uint64_t kind)
{
	static char texts[32][32];
	const struct event_shape *shape = event_shape_of(kind);

	*ev = (struct event){ .kind = kind, .time_ns = 0x1122334455667788 };
	for (size_t i = 0; i < shape->field_count; i++) {
		void *at = (char *)ev + shape->fields[i].offset;

		if (shape->fields[i].type == EVENT_U64) {
			*(uint64_t *)at = 0x0102030405060700 + i;
		} else {
			int n = snprintf(texts[i], sizeof(texts[i]), "text%c%zu of %s", 0, i,
					 shape->name);
			*(struct text *)at = (struct text){ .at = texts[i], .len = (size_t)n };
		}
	}
}

static void assert_same_field(const struct event *a, const struct event *b,
			      const struct event_field *f)
{
	const void *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;

	if (f->type == EVENT_U64) {
		assert_int_equal(*(const uint64_t *)x, *(const uint64_t *)y);
	} else {
		const struct text *s = x, *t = y;
		assert_int_equal(s->len, t->len);
		assert_memory_equal(s->at, t->at, s->len);
	}
}

static bool is_missing(const struct event *ev, const struct event_field *f)
{
	const void *at = (const char *)ev + f->offset;

	return f->type == EVENT_U64 ? !is_known(*(const uint64_t *)at)
				    : ((const struct text *)at)->len == 0;
}

static struct text body_of(const struct buf *b)
{
	return (struct text){ .at = (const char *)b->at + HEADER_BYTES,
			      .len = b->len - HEADER_BYTES };
}

static void every_field_of_every_kind_survives_the_file(void **state)
{
	(void)state;
	for (uint64_t kind = 1; kind <= LAST_KIND; kind++) {
		const struct event_shape *shape = event_shape_of(kind);
		struct event in, out;
		struct buf b = { 0 };

		fill(&in, kind);
		event_encode(&b, &in);
		assert_int_equal(event_decode(&out, kind, in.time_ns, body_of(&b)), 0);
		assert_int_equal(out.kind, kind);
		assert_int_equal(out.time_ns, in.time_ns);
		for (size_t i = 0; i < shape->field_count; i++)
			assert_same_field(&in, &out, &shape->fields[i]);
		buf_done(&b);
	}
}

static void a_body_may_end_between_fields_and_nowhere_else(void **state)
{
	(void)state;
	for (uint64_t kind = 1; kind <= LAST_KIND; kind++) {
		const struct event_shape *shape = event_shape_of(kind);
		struct event in, out, before;
		size_t field_end = 0, whole = 0;
		struct buf b = { 0 };

		fill(&in, kind);
		event_encode(&b, &in);
		for (size_t len = 0; len <= body_of(&b).len; len++) {
			memset(&before, 0xa5, sizeof(before));
			memcpy(&out, &before, sizeof(out));
			int rc = event_decode(&out, kind, 7,
					      (struct text){ .at = body_of(&b).at, .len = len });
			if (len != field_end) {
				assert_int_equal(rc, -EBADMSG);
				assert_memory_equal(&out, &before, sizeof(out));
				continue;
			}
			assert_int_equal(rc, 0);
			for (size_t i = 0; i < shape->field_count; i++) {
				if (i < whole)
					assert_same_field(&in, &out, &shape->fields[i]);
				else
					assert_true(is_missing(&out, &shape->fields[i]));
			}
			if (whole == shape->field_count)
				continue;
			const struct event_field *f = &shape->fields[whole++];
			const void *at = (const char *)&in + f->offset;
			field_end += f->type == EVENT_U64 ? 8 : 4 + ((const struct text *)at)->len;
		}
		assert_int_equal(whole, shape->field_count);
		buf_done(&b);
	}
}

static void fields_of_newer_versions_are_passed_over(void **state)
{
	struct event in, out;
	struct buf b = { 0 };

	(void)state;
	fill(&in, EVENT_STATM);
	event_encode(&b, &in);
	buf_add(&b, "what a later version adds", 25);
	assert_int_equal(event_decode(&out, EVENT_STATM, 1, body_of(&b)), 0);
	assert_int_equal(out.u.statm.data_bytes, in.u.statm.data_bytes);
	buf_done(&b);
}

static void a_kind_from_the_future_keeps_its_body(void **state)
{
	struct event out;

	(void)state;
	assert_null(event_shape_of(0));
	assert_null(event_shape_of(LAST_KIND + 1));
	assert_null(event_shape_of(UINT64_MAX));
	assert_int_equal(event_decode(&out, 4711, 5, text_of("body")), 0);
	assert_int_equal(out.kind, 4711);
	assert_true(text_is(out.u.unknown, "body"));
}

static void a_text_longer_than_its_body_is_refused(void **state)
{
	const uint8_t body[] = { 0xff, 0xff, 0xff, 0xff, 'x' };
	struct event out = { .kind = 77 };

	(void)state;
	assert_int_equal(
		event_decode(&out, EVENT_FACT, 1,
			     (struct text){ .at = (const char *)body, .len = sizeof(body) }),
		-EBADMSG);
	assert_int_equal(out.kind, 77);
}

static void the_bytes_are_those_of_the_format_document(void **state)
{
	const uint8_t want[] = {
		0x07, 0x00, 0x00, 0x00, 0x11, 0x00, 0x00, 0x00, /* kind, zero, body size */
		0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, /* time */
		0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* packet_count */
		0x01, 0x00, 0x00, 0x00, 'w',			/* why */
		0x00, 0x00, 0x00, 0x00,				/* bytes */
	};
	struct event ev = { .kind = EVENT_TRACE_BROKEN,
			    .time_ns = 0x0102030405060708,
			    .u.trace_broken = { .packet_count = 2, .why = text_of("w") } };
	struct buf b = { 0 };

	(void)state;
	event_encode(&b, &ev);
	assert_int_equal(b.len, sizeof(want));
	assert_memory_equal(b.at, want, sizeof(want));
	buf_done(&b);
}

/* A field added to a struct but not to its table would be lost silently. */
static void the_tables_cover_their_structs(void **state)
{
	static const size_t struct_bytes[] = {
		[EVENT_SESSION] = sizeof(struct event_session),
		[EVENT_CLOCK] = sizeof(struct event_clock),
		[EVENT_SOURCE] = sizeof(struct event_source),
		[EVENT_FACT] = sizeof(struct event_fact),
		[EVENT_BINARY] = sizeof(struct event_binary),
		[EVENT_TRACE_LINE] = sizeof(struct event_trace_line),
		[EVENT_TRACE_BROKEN] = sizeof(struct event_trace_broken),
		[EVENT_STATM] = sizeof(struct event_statm),
		[EVENT_PROCSTAT] = sizeof(struct event_procstat),
		[EVENT_SMAPS] = sizeof(struct event_smaps),
		[EVENT_CGROUP] = sizeof(struct event_cgroup),
		[EVENT_PERF_ATTR] = sizeof(struct event_perf_attr),
		[EVENT_PERF_DATA] = sizeof(struct event_perf_data),
		[EVENT_PERF_ROUND] = sizeof(struct event_perf_round),
		[EVENT_PERF_COUNT] = sizeof(struct event_perf_count),
		[EVENT_LOSS] = sizeof(struct event_loss),
		[EVENT_FALLBACK] = sizeof(struct event_fallback),
		[EVENT_EXIT] = sizeof(struct event_exit),
		[EVENT_OBSERVER] = sizeof(struct event_observer),
		[EVENT_END] = sizeof(struct event_end),
		[EVENT_IMAGE] = sizeof(struct event_image),
		[EVENT_KERNEL_SYMBOL] = sizeof(struct event_kernel_symbol),
	};

	(void)state;
	for (uint64_t kind = 1; kind <= LAST_KIND; kind++) {
		const struct event_shape *shape = event_shape_of(kind);
		size_t at = offsetof(struct event, u);

		for (size_t i = 0; i < shape->field_count; i++) {
			assert_int_equal(shape->fields[i].offset, at);
			at += shape->fields[i].type == EVENT_U64 ? 8 : sizeof(struct text);
		}
		assert_int_equal(at - offsetof(struct event, u), struct_bytes[kind]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_every_kind_survives_the_file),
		cmocka_unit_test(a_body_may_end_between_fields_and_nowhere_else),
		cmocka_unit_test(fields_of_newer_versions_are_passed_over),
		cmocka_unit_test(a_kind_from_the_future_keeps_its_body),
		cmocka_unit_test(a_text_longer_than_its_body_is_refused),
		cmocka_unit_test(the_bytes_are_those_of_the_format_document),
		cmocka_unit_test(the_tables_cover_their_structs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
