/* test_tracetext.c - trace lines found, and put together again, in text that others write to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "parse/traceline_internal.h"
#include "parse/tracetext.h"
#include "trace_logs.h"
#include "traceline_print.h"

#define GC_HEAD "gc 5 @0.005s 6%: 0.014+0.27+0.054 ms clock, 0.028+0.066/0/0+0.10 ms cpu, 7->"
#define GC_LINE GC_HEAD "7->6 MB, 8 MB goal, 2 P"
#define GC_NEXT                                                                                 \
	"gc 6 @0.007s 6%: 0.014+0.27+0.054 ms clock, 0.028+0.066/0/0+0.10 ms cpu, 7->7->6 MB, " \
	"8 MB goal, 2 P"
#define SCAV_LINE "scav 8 KiB work, 60752 KiB total, 96% util"
#define LOG_1	  "2026/11/22 18:06:44 worker 1: request 13 took 1.5 ms, 4->4->2 MB kept"
#define LOG_2	  "2026/11/22 18:06:44 worker 0: request 14 took 1.5 ms, 4->4->2 MB kept"

/* All items as text, one a line: "= 12 raw", "+ 12 raw" (mended), "! 12 raw" (broken), with the
 * offset; and the kinds of what was found. */
struct seen {
	struct buf items;
	unsigned kind_count[5];
	unsigned stop_at, count; /* the sink answers 7 at this item; 0: never */
	struct tracetext_stats stats;
};

static int see(void *arg, const struct tracetext_item *item)
{
	struct seen *s = arg;
	bool broken = item->what == TRACETEXT_BROKEN;

	buf_addf(&s->items, "%c %llu ",
		 broken		? '!'
		 : item->mended ? '+'
				: '=',
		 (unsigned long long)item->offset_bytes);
	buf_add(&s->items, item->raw.at, item->raw.len);
	buf_add(&s->items, "\n", 1);
	if (!broken) {
		assert_true(prints_as(&item->line, item->raw));
		s->kind_count[item->line.kind]++;
	}
	return ++s->count == s->stop_at ? 7 : 0;
}

static void seen_done(struct seen *s)
{
	buf_done(&s->items);
}

static struct seen look(struct text stream, size_t chunk_bytes)
{
	struct seen s = { 0 };
	struct tracetext *t = tracetext_new(see, &s);

	for (size_t at = 0; at < stream.len; at += chunk_bytes) {
		size_t left = stream.len - at;

		assert_int_equal(
			tracetext_feed(t, stream.at + at, left < chunk_bytes ? left : chunk_bytes),
			0);
	}
	assert_int_equal(tracetext_finish(t), 0);
	s.stats = *tracetext_stats(t);
	assert_int_equal(s.stats.byte_count, stream.len);
	assert_int_equal(s.stats.runtime_count + s.stats.broken_count, s.count);
	tracetext_free(t);
	return s;
}

/* The items of a stream are these. */
static void expect_text(struct text stream, const char *items)
{
	static const size_t chunks[] = { 1, 2, 7, 4096, 1 << 20 };

	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct seen s = look(stream, chunks[i]);

		assert_string_equal(buf_cstr(&s.items), items);
		seen_done(&s);
	}
}

static void expect(const char *stream, const char *items)
{
	expect_text(text_of(stream), items);
}

struct gc_order {
	uint64_t last, start_ns, mended_count;
};

static int check_order(void *arg, const struct tracetext_item *item)
{
	struct gc_order *o = arg;

	o->mended_count += item->mended;
	assert_int_equal(item->what, TRACETEXT_LINE);
	if (item->line.kind != TRACE_GC)
		return 0;
	assert_int_equal(item->line.u.gc.number, ++o->last);
	assert_true(item->line.u.gc.start_ns >= o->start_ns);
	o->start_ns = item->line.u.gc.start_ns;
	assert_int_equal(item->line.u.gc.procs, 2);
	assert_true(gctrace_cpu_fits(&item->line.u.gc));
	assert_true(item->line.u.gc.heap_end_mib >= item->line.u.gc.heap_start_mib);
	assert_true(item->line.u.gc.heap_live_mib <= item->line.u.gc.heap_end_mib);
	return 0;
}

/* Cuts of logs into which two loggers wrote. The physical lines that are not the loggers' were
 * looked at one by one; whole trace lines were counted with grep -cE
 * '^gc [0-9]+ @.* P( \(forced\))?$|^scav .*util( \(forced\))?$|^scvg.*(released|\(MB\))$'. */
static const struct {
	const char *name;
	unsigned whole_count, mended_count, cycle_count;
} noisy[] = {
	{ "go1.8.7.noisy.log", 22, 12, 30 },
	{ "go1.14.15.noisy.log", 46, 3, 29 },
	{ "go1.19.8.noisy.log", 54, 2, 27 },
	{ "go1.26.10.noisy.log", 55, 1, 27 },
};

static void every_cycle_of_the_noisy_logs_is_found(void **state)
{
	struct buf log = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(noisy) / sizeof(noisy[0]); i++) {
		struct gc_order order = { 0 };
		struct tracetext *t = tracetext_new(check_order, &order);

		read_log(&log, noisy[i].name);
		assert_int_equal(tracetext_feed(t, log.at, log.len), 0);
		assert_int_equal(tracetext_finish(t), 0);
		assert_int_equal(order.last, noisy[i].cycle_count);
		assert_int_equal(order.mended_count, noisy[i].mended_count);
		assert_int_equal(tracetext_stats(t)->mended_count, noisy[i].mended_count);
		assert_int_equal(tracetext_stats(t)->broken_count, 0);
		assert_int_equal(tracetext_stats(t)->runtime_count,
				 noisy[i].whole_count + noisy[i].mended_count);
		tracetext_free(t);
	}
	buf_done(&log);
}

static void the_items_do_not_depend_on_the_chunks(void **state)
{
	static const size_t chunks[] = { 1, 2, 7, 4096 };
	struct buf log = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(noisy) / sizeof(noisy[0]); i++) {
		struct seen whole;

		read_log(&log, noisy[i].name);
		whole = look(buf_text(&log), log.len);
		for (size_t k = 0; k < sizeof(chunks) / sizeof(chunks[0]); k++) {
			struct seen s = look(buf_text(&log), chunks[k]);

			assert_string_equal(buf_cstr(&s.items), buf_cstr(&whole.items));
			assert_memory_equal(&s.stats, &whole.stats, sizeof(s.stats));
			seen_done(&s);
		}
		seen_done(&whole);
	}
	buf_done(&log);
}

static void whole_lines_are_found_among_foreign_ones(void **state)
{
	(void)state;
	expect("", "");
	expect("\n\n", "");
	expect(LOG_1 "\n" GC_LINE "\n" LOG_2 "\n" SCAV_LINE " (forced)\n",
	       "= 70 " GC_LINE "\n= 240 " SCAV_LINE " (forced)\n");
	expect("worker: gc 5 is done\ngc 5 is done\ngc\ngc \nscav \nscavenging 5 P\nscvg\n"
	       "forced scvg: no\ninit done\nscan: 5 P\ngc: 96% util\n",
	       "");
}

static void a_line_behind_a_viewers_prefix_is_found(void **state)
{
	(void)state;
	expect("2026-11-22T18:07:56.123Z " GC_LINE "\n", "= 25 " GC_LINE "\n");
	expect("pod-1 | " GC_LINE " (forced)\n", "= 8 " GC_LINE " (forced)\n");
	expect("Nov 22 host app[5]: " SCAV_LINE "\n", "= 20 " SCAV_LINE "\n");
	expect("stderr\tforced scvg: 3 MB released\n", "= 7 forced scvg: 3 MB released\n");
	expect("10 %\r20 %\r" GC_LINE "\n", "= 10 " GC_LINE "\n");
	expect("gc gc scav " GC_LINE "\n", "= 11 " GC_LINE "\n");
	expect("pod-1 | " GC_LINE " and more\n", "");
	/* an unfinished line of another trace, printed in several calls */
	expect("SCHED 0ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=1 idlethreads=0 "
	       "runqueue=0" GC_LINE "\n [0 0]\n",
	       "= 88 " GC_LINE "\n");
}

static void what_terminals_and_rotation_leave_around_a_line_is_dropped(void **state)
{
	static const char nuls[] = "\0\0\0" GC_LINE "\n\0\0\n";

	(void)state;
	expect(GC_LINE "\r\n" LOG_1 "\r\n" SCAV_LINE "\r\n",
	       "= 0 " GC_LINE "\n= 172 " SCAV_LINE "\n");
	expect(GC_HEAD LOG_1 "\r\n7->6 MB, 8 MB goal, 2 P\r\n", "+ 0 " GC_LINE "\n");
	expect_text((struct text){ nuls, sizeof(nuls) - 1 }, "= 3 " GC_LINE "\n");
}

static void a_torn_line_is_mended_where_one_reading_is_possible(void **state)
{
	(void)state;
	/* behind a literal; more foreign lines in between; torn three times */
	expect(GC_HEAD "hello\n7->6 MB, 8 MB goal, 2 P\n", "+ 0 " GC_LINE "\n");
	expect(GC_HEAD "hello\n\nworld\n  5\n7->6 MB, 8 MB goal, 2 P\n", "+ 0 " GC_LINE "\n");
	expect(GC_HEAD "a\n7->b\n6 MB, c\n8d\n MB goal, 2 P\n", "+ 0 " GC_LINE "\n");
	/* behind a number that nothing can be glued to */
	expect(GC_HEAD "7hello\n->6 MB, 8 MB goal, 2 P\n", "+ 0 " GC_LINE "\n");
	/* only the suffix, or the newline, came late */
	expect(GC_LINE "hello\n (forced)\n", "+ 0 " GC_LINE " (forced)\n");
	expect(GC_LINE "hello\n\n", "+ 0 " GC_LINE "\n");
	expect("gc " LOG_1 "\n" LOG_2 "\n5 @0.005s 6%: 0.014+0.27+0.054 ms clock, "
	       "0.028+0.066/0/0+0.10 ms cpu, 7->7->6 MB, 8 MB goal, 2 P\n",
	       "+ 0 " GC_LINE "\n");
	expect("hello 1\nscav 8 KiB work, 60752hello 2\n KiB total, 96% util\n",
	       "+ 8 " SCAV_LINE "\n");
	expect("scvg-1: inuse: 1, idle: hello\n2, sys: 3, released: 1, consumed: 2 (MB)\n",
	       "+ 0 scvg-1: inuse: 1, idle: 2, sys: 3, released: 1, consumed: 2 (MB)\n");
}

static void glued_digits_are_told_apart_by_what_the_neighbours_begin_with(void **state)
{
	/* 7->7|2026/... : without a neighbour it may be 72, 720, 7202 or 72026 as well */
	(void)state;
	expect(GC_HEAD "7" LOG_1 "\n->6 MB, 8 MB goal, 2 P\n", "! 0 " GC_HEAD "72026\n");
	expect(LOG_2 "\n" LOG_2 "\n" GC_HEAD "7" LOG_1 "\n->6 MB, 8 MB goal, 2 P\n",
	       "+ 140 " GC_LINE "\n");
	/* one neighbour is not enough for a text that begins with a digit */
	expect(LOG_2 "\n" GC_HEAD "7" LOG_1 "\n->6 MB, 8 MB goal, 2 P\n",
	       "! 70 " GC_HEAD "72026\n");
	/* who counts apples may have printed 2 apples behind 71, or 12 apples behind 7 */
	expect("2 apples\n2 apples\n12 apples\n12 apples\n" GC_HEAD
	       "712 apples\n->6 MB, 8 MB goal, 2 P\n",
	       "! 38 " GC_HEAD "712\n");
	expect(GC_HEAD "7" LOG_1 "\n" LOG_2 "\n->6 MB, 8 MB goal, 2 P\n", "! 0 " GC_HEAD "72026\n");
	expect("hello\n" GC_HEAD "712 apples\n->6 MB, 8 MB goal, 2 P\n", "! 6 " GC_HEAD "712\n");
	/* a neighbour that fits two readings decides nothing */
	expect("11111 a\n11111 a\n1111 b\n1111 b\n" GC_HEAD "111111 a\n->6 MB, 8 MB goal, 2 P\n",
	       "! 30 " GC_HEAD "111111\n");
}

static void glued_digits_are_told_apart_by_the_forms_of_numbers(void **state)
{
	(void)state;
	/* 0.005|2026 s: three decimals; 0 cannot go on; 5.2|2026 */
	expect("gc 5 @0.0052026 a\ns 6%: 0.014+5.22026 b\n+02026 c\n ms clock, "
	       "0.028+0.066/0/0+0 ms cpu, 7->7->6 MB, 8 MB goal, 2 P\n",
	       "+ 0 gc 5 @0.005s 6%: 0.014+5.2+0 ms clock, 0.028+0.066/0/0+0 ms cpu, 7->7->6 MB, "
	       "8 MB goal, 2 P\n");
}

static void glued_digits_are_told_apart_by_the_processors(void **state)
{
	(void)state;
	/* 12|2026 ms with 2 P is 24 ms, so it is neither 122 nor 1220 nor ... */
	expect("gc 5 @0.005s 6%: 122026 a\n+0.27+0.054 ms clock, 24+0.066/0/0+0.10 ms cpu, "
	       "7->7->6 MB, 8 MB goal, 2 P\n",
	       "+ 0 gc 5 @0.005s 6%: 12+0.27+0.054 ms clock, 24+0.066/0/0+0.10 ms cpu, "
	       "7->7->6 MB, 8 MB goal, 2 P\n");
}

static void glued_digits_are_told_apart_by_the_number_of_the_cycle(void **state)
{
	static const char torn[] = "gc 62026 a\n @0.007s 6%: 0.014+0.27+0.054 ms clock, "
				   "0.028+0.066/0/0+0.10 ms cpu, 7->7->6 MB, 8 MB goal, 2 P\n";
	char stream[1024];

	(void)state;
	expect(torn, "! 0 gc 62026\n");
	snprintf(stream, sizeof(stream), "%s\n%s", GC_LINE, torn);
	expect(stream, "= 0 " GC_LINE "\n+ 100 " GC_NEXT "\n");
}

static void a_line_that_never_comes_to_its_end_is_broken(void **state)
{
	(void)state;
	expect(GC_HEAD "hello\n" GC_NEXT "\n", "! 0 " GC_HEAD "\n= 82 " GC_NEXT "\n");
	expect(GC_HEAD "hello\ngc 6 @0.0hello\n", "! 0 " GC_HEAD "\n! 82 gc 6 @\n");
	expect(GC_HEAD "hello\n", "! 0 " GC_HEAD "\n");
	expect(GC_HEAD "hello\n->6 MB, 8 MB goal, 2 P\n", "! 0 " GC_HEAD "\n");
	/* what is only like the begin of one is not */
	expect("gc 5\nhello\n", "");
	expect("gc 2026/11/22\nhello\n" GC_LINE "\n", "= 20 " GC_LINE "\n");
}

static void an_end_without_its_beginning_is_broken(void **state)
{
	(void)state;
	expect("->6 MB, 8 MB goal, 2 P\n", "! 0 ->6 MB, 8 MB goal, 2 P\n");
	expect("0 MB globals, 12 P (forced)\n", "! 0 0 MB globals, 12 P (forced)\n");
	expect("x, 0 MB stacks, 0 MB globals, 12 P (forced)\n",
	       "! 0 x, 0 MB stacks, 0 MB globals, 12 P (forced)\n");
	expect("8 KiB total, 96% util\n8 KiB now, 96% util (forced)\n",
	       "! 0 8 KiB total, 96% util\n! 22 8 KiB now, 96% util (forced)\n");
	expect("1, consumed: 0 (MB)\n", "! 0 1, consumed: 0 (MB)\n");
	expect("disk: 96% util\n", "");
}

static void a_stream_without_a_last_newline_ends_in_what_is_certain(void **state)
{
	(void)state;
	/* " (forced)" may be missing */
	expect(GC_LINE, "! 0 " GC_LINE "\n");
	expect(GC_LINE " (forced)", "= 0 " GC_LINE " (forced)\n");
	expect("scvg: 3 MB released", "= 0 scvg: 3 MB released\n");
	expect(GC_HEAD, "! 0 " GC_HEAD "\n");
	expect("gc", "");
	expect(GC_HEAD "hello\n7->6 MB, 8 MB goal, 2 P", "! 0 " GC_HEAD "\n");
}

static void a_cut_log_gives_no_line_that_the_whole_one_does_not_give(void **state)
{
	static const char stream[] =
		LOG_2 "\n" GC_HEAD "7" LOG_1 "\n->6 MB, 8 MB goal, 2 P (forced)\n" SCAV_LINE
		      " (forced)\n";

	(void)state;
	for (size_t len = 0; len <= sizeof(stream) - 1; len++) {
		struct seen s = look((struct text){ stream, len }, 4096);
		const char *items = buf_cstr(&s.items);

		if (s.stats.mended_count)
			assert_non_null(strstr(items, "+ 140 " GC_LINE " (forced)\n"));
		if (s.stats.runtime_count > s.stats.mended_count)
			assert_non_null(strstr(items, SCAV_LINE " (forced)\n"));
		seen_done(&s);
	}
}

static void overlong_lines_are_cut_and_counted(void **state)
{
	struct buf stream = { 0 };
	struct seen s;

	(void)state;
	/* the head of a torn line may be followed by much foreign text */
	buf_add(&stream, GC_HEAD, sizeof(GC_HEAD) - 1);
	memset(buf_room(&stream, 200000), 'x', 200000);
	stream.len += 200000;
	buf_addf(&stream, "\n7->6 MB, 8 MB goal, 2 P\n");
	memset(buf_room(&stream, 65536), 'y', 65536);
	stream.len += 65536;
	buf_addf(&stream, "\n");
	memset(buf_room(&stream, 70000), 'y', 70000);
	stream.len += 70000;
	buf_addf(&stream, " %s\n%s\n", GC_LINE, GC_LINE);
	expect_text(buf_text(&stream), "+ 0 " GC_LINE "\n= 335739 " GC_LINE "\n");
	s = look(buf_text(&stream), 1000);
	assert_int_equal(s.stats.overlong_count, 2);
	assert_int_equal(s.stats.line_count, 5);
	seen_done(&s);
	buf_done(&stream);
}

static void too_much_foreign_text_ends_the_wait(void **state)
{
	struct buf stream = { 0 };
	struct seen s;

	(void)state;
	for (unsigned foreign = 1000; foreign <= 5000; foreign += 4000) {
		buf_clear(&stream);
		buf_addf(&stream, LOG_2 "\n" LOG_2 "\n%shello\n", GC_HEAD);
		for (unsigned i = 0; i < foreign; i++)
			buf_addf(&stream, LOG_1 "\n");
		buf_addf(&stream, "7->6 MB, 8 MB goal, 2 P\n");
		s = look(buf_text(&stream), 4096);
		assert_int_equal(s.stats.mended_count, foreign == 1000);
		/* the head, and the end that came too late */
		assert_int_equal(s.stats.broken_count, foreign == 1000 ? 0 : 2);
		seen_done(&s);
	}
	buf_done(&stream);
}

static void the_sink_can_end_a_feed(void **state)
{
	static const char stream[] = GC_LINE "\n" GC_NEXT "\n" SCAV_LINE "\n";
	struct seen s = { .stop_at = 2 };
	struct tracetext *t = tracetext_new(see, &s);

	(void)state;
	assert_int_equal(tracetext_feed(t, stream, sizeof(stream) - 1), 7);
	assert_int_equal(tracetext_feed(t, stream, sizeof(stream) - 1), 7);
	assert_int_equal(tracetext_finish(t), 7);
	assert_int_equal(s.count, 2);
	tracetext_free(t);
	tracetext_free(NULL);
	seen_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cycle_of_the_noisy_logs_is_found),
		cmocka_unit_test(the_items_do_not_depend_on_the_chunks),
		cmocka_unit_test(whole_lines_are_found_among_foreign_ones),
		cmocka_unit_test(a_line_behind_a_viewers_prefix_is_found),
		cmocka_unit_test(what_terminals_and_rotation_leave_around_a_line_is_dropped),
		cmocka_unit_test(a_torn_line_is_mended_where_one_reading_is_possible),
		cmocka_unit_test(glued_digits_are_told_apart_by_what_the_neighbours_begin_with),
		cmocka_unit_test(glued_digits_are_told_apart_by_the_forms_of_numbers),
		cmocka_unit_test(glued_digits_are_told_apart_by_the_processors),
		cmocka_unit_test(glued_digits_are_told_apart_by_the_number_of_the_cycle),
		cmocka_unit_test(a_line_that_never_comes_to_its_end_is_broken),
		cmocka_unit_test(an_end_without_its_beginning_is_broken),
		cmocka_unit_test(a_stream_without_a_last_newline_ends_in_what_is_certain),
		cmocka_unit_test(a_cut_log_gives_no_line_that_the_whole_one_does_not_give),
		cmocka_unit_test(overlong_lines_are_cut_and_counted),
		cmocka_unit_test(too_much_foreign_text_ends_the_wait),
		cmocka_unit_test(the_sink_can_end_a_feed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
