/* test_returns.c - calls that give memory back, and faults, from a recording to the report. */
#include "report_render.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>

#define PAGE UINT64_C(4096)
#define HEAP UINT64_C(0xc000000000)

/* ids of the events */
enum { FAULT = 101, ENTER = 301, EXIT = 302 };

static void add_attr(struct sample *s, uint64_t role, uint64_t id)
{
	uint8_t ids[8] = { (uint8_t)id, (uint8_t)(id >> 8) };
	struct event ev = { .kind = EVENT_PERF_ATTR };

	ev.u.perf_attr = (struct event_perf_attr){ .name = text_of("syscalls/madvise"),
						   .role = role,
						   .type = PERF_TYPE_TRACEPOINT,
						   .sample_type = SAMPLE_TYPE | PERF_SAMPLE_RAW,
						   .sample_period = 1,
						   .sample_id_all = 1,
						   .ids = { (char *)ids, sizeof(ids) },
						   .sample_hz = UNKNOWN_U64 };
	sample_add(s, S_NS, ev);
}

static void add_sample(struct buf *b, uint64_t id, uint64_t time_ns, uint64_t address,
		       const uint64_t *raw, size_t count)
{
	size_t raw_bytes = count ? 4 + 8 * count + 4 : 0;

	buf_add_uint(b, PERF_RECORD_SAMPLE, 4);
	buf_add_uint(b, 2, 2);
	buf_add_uint(b, 48 + raw_bytes, 2);
	buf_add_uint(b, id, 8);
	buf_add_uint(b, 0x401000, 8);
	buf_add_uint(b, 4711, 4);
	buf_add_uint(b, 4712, 4);
	buf_add_uint(b, time_ns, 8);
	buf_add_uint(b, address, 8);
	if (count == 0)
		return;
	buf_add_uint(b, 8 * count + 4, 4);
	for (size_t i = 0; i < count; i++)
		buf_add_uint(b, raw[i], 8);
	buf_add_uint(b, 0, 4);
}

static void add_enter(struct buf *b, uint64_t time_ns, uint64_t pages, uint64_t advice)
{
	const uint64_t raw[] = { 0, 28, HEAP, pages * PAGE, advice };

	add_sample(b, ENTER, time_ns, 0, raw, 5);
}

static void add_exit(struct buf *b, uint64_t time_ns, int64_t result)
{
	const uint64_t raw[] = { 0, 28, (uint64_t)result };

	add_sample(b, EXIT, time_ns, 0, raw, 3);
}

static void add_fault(struct buf *b, uint64_t time_ns, uint64_t page)
{
	add_sample(b, FAULT, time_ns, HEAP + page * PAGE, NULL, 0);
}

/* 8 pages go at 12 ms and 3 of them come back in the second cycle, one twice; a call fails; 4 pages
 * are offered at 40 ms; the end of a last call is not seen. The faults stand on the other CPU, in
 * front of the returns. */
static void add_returns(struct sample *s)
{
	struct buf b = { 0 };

	add_fault(&b, AT_MS(11), 0);
	add_fault(&b, AT_MS(22), 0);
	add_fault(&b, AT_MS(22.5), 0);
	add_fault(&b, AT_MS(23), 1);
	add_fault(&b, AT_MS(24), 7);
	add_fault(&b, AT_MS(25), 8);
	sample_data(s, 1, &b, AT_MS(70));
	add_enter(&b, AT_MS(12) - 500, 8, 4);
	add_exit(&b, AT_MS(12), 0);
	add_enter(&b, AT_MS(13), 100, 4);
	add_exit(&b, AT_MS(13.1), -EINVAL);
	add_enter(&b, AT_MS(14), 100, 14); /* MADV_HUGEPAGE gives nothing back */
	add_exit(&b, AT_MS(14.1), 0);
	add_enter(&b, AT_MS(40) - 300, 4, 8);
	add_exit(&b, AT_MS(40), 0);
	add_enter(&b, AT_MS(69), 2, 4);
	sample_data(s, 0, &b, AT_MS(70));
	sample_round(s, AT_MS(70));
	buf_done(&b);
}

static void make(struct sample *s, bool has_addresses)
{
	sample_open(s);
	sample_session_with(s, sample_argv(), "");
	sample_binary(s, 1, "go1.26.8");
	sample_attr(s, PERF_ROLE_FAULT_COUNT, 0, 0);
	if (has_addresses)
		sample_attr(s, PERF_ROLE_FAULT_ADDRESS, 0, 1);
	add_attr(s, PERF_ROLE_RETURN, ENTER);
	add_attr(s, PERF_ROLE_RETURN_END, EXIT);
	sample_body(s);
	add_returns(s);
	sample_exit(s, AT_MS(80));
	sample_close(s);
}

/* By hand: 14 pages in 3 calls, 3 refaults after 10, 11 and 12 ms; 0, 1 and 7 came back;
 * then 0 to 3 were offered, 2 and 3 of which were away still, and 0 and 1 went a third time: 7 are
 * away in the end, and 6 were given back that had been before. */
static void sums_and_ages_are_those_of_the_calls(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	struct sample s;
	struct kept k;

	(void)state;
	make(&s, true);
	sample_analyze(&s, m, &k);
	assert_string_equal(m->returns.source, "tracepoint");
	assert_int_equal(m->returns.all.call_count, 3);
	assert_int_equal(m->returns.all.bytes, 14 * PAGE);
	assert_int_equal(m->returns.by_advice[ADVICE_DONTNEED].bytes, 10 * PAGE);
	assert_int_equal(m->returns.by_advice[ADVICE_FREE].bytes, 4 * PAGE);
	assert_int_equal(m->returns.by_cause[CAUSE_OTHER].call_count, 3);
	assert_int_equal(m->returns.syscall_ns, 800);
	assert_int_equal(m->returns.failed_count, 1);
	assert_int_equal(m->returns.unended_count, 1);
	assert_int_equal(m->returns.refault_count, 3);
	assert_int_equal(m->returns.all.refault_bytes, 3 * PAGE);
	assert_int_equal(m->returns.by_advice[ADVICE_DONTNEED].refault_bytes, 3 * PAGE);
	assert_int_equal(m->returns.age_p50_ns, 11 * MS);
	assert_int_equal(m->returns.age_p99_ns, 12 * MS);
	assert_int_equal(m->returns.repeated_bytes, 6 * PAGE);
	assert_int_equal(m->returns.away_bytes, 7 * PAGE);
	assert_int_equal(m->returns.offered_bytes, 2 * PAGE); /* 2 and 3: 0 and 1 went again */
	assert_false(m->returns.is_at_least);
	model_done(m);
	free(m);
}

/* As it is with the faults: into the first cycle that ends at or after them. */
static void returns_and_refaults_are_told_by_cycle(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	uint64_t returned = 0, refaults = 0;
	struct sample s;
	struct kept k;

	(void)state;
	make(&s, true);
	sample_analyze(&s, m, &k);
	assert_int_equal(k.count, 3);
	for (size_t i = 0, from = 0; i < k.count; from = k.rows[i++].end_ns) {
		const struct model_cycle *c = &k.rows[i];
		uint64_t end = c->end_ns;

		assert_int_equal(c->returned_bytes,
				 (12 * MS > from && 12 * MS <= end ? 8 * PAGE : 0) +
					 (40 * MS > from && 40 * MS <= end ? 4 * PAGE : 0));
		assert_int_equal(c->refault_count, (22 * MS > from && 22 * MS <= end) +
							   (23 * MS > from && 23 * MS <= end) +
							   (24 * MS > from && 24 * MS <= end));
		returned += c->returned_bytes;
		refaults += c->refault_count;
	}
	assert_int_equal(returned, 12 * PAGE); /* the last call came behind the last cycle */
	assert_int_equal(refaults, 3);
	model_done(m);
	free(m);
}

static void without_addresses_refaults_are_unknown(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	struct sample s;
	struct kept k;

	(void)state;
	make(&s, false);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->returns.all.bytes, 14 * PAGE);
	assert_true(m->returns.refault_count == UNKNOWN_U64);
	assert_true(m->returns.away_bytes == UNKNOWN_U64);
	assert_true(m->returns.all.refault_bytes == UNKNOWN_U64);
	assert_true(m->returns.by_cause[CAUSE_OTHER].refault_bytes == UNKNOWN_U64);
	assert_true(isnan(m->returns.regret_ratio));
	model_done(m);
	free(m);
}

static void the_text_says_who_gave_back_and_what_came_of_it(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	make(&s, true);
	text = sample_render(&s, "text", 0, false);
	assert_non_null(strstr(
		text, "returns      56.0 KiB in 3 calls (tracepoint), other 56.0 KiB in 3\n"
		      "             40.0 KiB by MADV_DONTNEED, 16.0 KiB by MADV_FREE, 800 ns "
		      "within the calls, 1 more call\n"
		      "             failed, the end of 1 call was not seen\n"
		      "             1 call of MADV_HUGEPAGE for 400 KiB\n"));
	assert_non_null(
		strstr(text, "refaults     3 (12.0 KiB), 21.4 % of what was given back, after p50 "
			     "11.0 ms  p90 12.0 ms  p99\n"
			     "             12.0 ms\n"));
	assert_non_null(strstr(
		text, "             28.0 KiB never touched again, of that 8.00 KiB only offered, "
		      "with 20.0 MiB still there\n"
		      "             at the last read of smaps, 24.0 KiB given back more than "
		      "once, one refault can bring a\n"
		      "             whole huge page\n"));
	free(text);
	make(&s, false);
	text = sample_render(&s, "text", 0, false);
	assert_non_null(
		strstr(text, "refaults     unknown: no addresses of faults were recorded\n"));
	free(text);
}

/* ids of the mappings' events */
enum { UNMAP = 303, MAP_FIXED = 304, PROCESS_MADVISE = 305 };

static void add_mapping(struct buf *b, uint64_t id, uint64_t time_ns, uint64_t first,
			uint64_t pages)
{
	const uint64_t raw[] = { 0, id == UNMAP ? 11 : 9, HEAP + first * PAGE, pages * PAGE };

	add_sample(b, id, time_ns, 0, raw, 4);
}

/* 8 pages go; 0 to 3 are unmapped, so that a fault on 0 is none on memory given back, 5 and 6 are
 * mapped anew; then advice fails for 16 pages, and they are mapped anew in its place (Go 1.21 and
 * later), as is, later, the same range without a failure before. */
static void make_mapped(struct sample *s)
{
	struct buf b = { 0 };

	sample_open(s);
	sample_session_with(s, sample_argv(), "");
	sample_attr(s, PERF_ROLE_FAULT_ADDRESS, 0, 1);
	add_attr(s, PERF_ROLE_RETURN, ENTER);
	add_attr(s, PERF_ROLE_RETURN_END, EXIT);
	add_attr(s, PERF_ROLE_UNMAP, UNMAP);
	add_attr(s, PERF_ROLE_MAP_FIXED, MAP_FIXED);
	add_attr(s, PERF_ROLE_RETURN_OTHER, PROCESS_MADVISE);
	sample_body(s);
	add_enter(&b, AT_MS(12) - 500, 8, 4);
	add_exit(&b, AT_MS(12), 0);
	add_mapping(&b, UNMAP, AT_MS(13), 0, 4);
	add_mapping(&b, MAP_FIXED, AT_MS(14), 5, 2);
	add_fault(&b, AT_MS(22), 0);
	add_fault(&b, AT_MS(23), 5);
	add_fault(&b, AT_MS(24), 7);
	add_enter(&b, AT_MS(30), 16, 4);
	add_exit(&b, AT_MS(30.1), -EINVAL);
	add_mapping(&b, MAP_FIXED, AT_MS(30.2), 0, 16);
	add_fault(&b, AT_MS(31.2), 15);
	add_sample(&b, PROCESS_MADVISE, AT_MS(31.5), 0, (uint64_t[]){ 0, 440, 5, 6, 1, 4 }, 6);
	add_sample(&b, PROCESS_MADVISE, AT_MS(31.6), 0, (uint64_t[]){ 0, 440, 5, 6, 1, 20 }, 6);
	add_mapping(&b, MAP_FIXED, AT_MS(32), 0, 16);
	add_fault(&b, AT_MS(33), 14);
	sample_data(s, 0, &b, AT_MS(70));
	sample_round(s, AT_MS(70));
	buf_done(&b);
	sample_exit(s, AT_MS(80));
	sample_close(s);
}

static void what_is_unmapped_or_mapped_anew_is_not_touched_again(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	struct sample s;
	struct kept k;

	(void)state;
	make_mapped(&s);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->returns.all.call_count, 2); /* the second one by mmap */
	assert_int_equal(m->returns.all.bytes, 24 * PAGE);
	assert_int_equal(m->returns.failed_count, 1);
	assert_int_equal(m->returns.process_madvise_count, 1); /* MADV_COLD gives nothing back */
	assert_int_equal(m->returns.refault_count, 2);	       /* 7, and 15 */
	assert_int_equal(m->returns.age_p50_ns, MS);
	assert_int_equal(m->returns.age_p99_ns, 12 * MS);
	model_done(m);
	free(m);
}

static void advice_on_huge_pages_is_counted_apart(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	struct sample s;
	struct kept k;

	(void)state;
	make(&s, true);
	sample_analyze(&s, m, &k);
	assert_int_equal(m->returns.huge[HUGE_WANTED].call_count, 1);
	assert_int_equal(m->returns.huge[HUGE_WANTED].bytes, 100 * PAGE);
	assert_int_equal(m->returns.huge[HUGE_UNWANTED].call_count, 0);
	model_done(m);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_and_ages_are_those_of_the_calls),
		cmocka_unit_test(returns_and_refaults_are_told_by_cycle),
		cmocka_unit_test(without_addresses_refaults_are_unknown),
		cmocka_unit_test(the_text_says_who_gave_back_and_what_came_of_it),
		cmocka_unit_test(what_is_unmapped_or_mapped_anew_is_not_touched_again),
		cmocka_unit_test(advice_on_huge_pages_is_counted_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
