/* Lines rebuilt from packets, whatever else is written between the packets. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/unknown.h"
#include "parse/traceline.h"
#include "parse/tracepacket.h"
#include "trace_pieces.h"

static const char *const go126 = "gc 113 @0.906s 10%: 0.17+0.92+0.003 ms clock, "
				 "0.35+0/0.71/0.23+0.007 ms cpu, 96->96->62 MB, 159 MB goal, "
				 "0 MB stacks, 0 MB globals, 2 P (forced)";
static const char *const go119 = "gc 4 @0.008s 7%: 0.053+0.29+0.001 ms clock, 0.10+0.062/0/0+0.003 "
				 "ms cpu, 8->9->3 MB, 9 MB goal, 0 MB stacks, "
				 "0 MB globals, 2 P";

struct capture {
	struct buf user, lines, whys;
	unsigned whole_count, broken_count;
};

static void on_user(void *arg, struct text bytes)
{
	struct capture *c = arg;

	buf_add(&c->user, bytes.at, bytes.len);
}

static void on_line(void *arg, const struct tracepacket_line *line)
{
	struct capture *c = arg;

	if (!line->whole) {
		c->broken_count++;
		assert_non_null(line->why);
		buf_addf(&c->whys, "%s\n", line->why);
		return;
	}
	c->whole_count++;
	buf_add(&c->lines, line->text.at, line->text.len);
	buf_addf(&c->lines, "\n");
}

#define PAGE_BYTES 4096

struct stream {
	struct capture got;
	struct tracepacket *machine;
	uint64_t now_ns;
};

static struct stream *stream_new(void)
{
	struct stream *s = xcalloc(1, sizeof(*s));
	struct tracepacket_sink sink = { on_user, on_line, &s->got };

	s->machine = tracepacket_new(&sink, PAGE_BYTES);
	s->now_ns = 1000;
	return s;
}

static void stream_free(struct stream *s)
{
	tracepacket_free(s->machine);
	buf_done(&s->got.user);
	buf_done(&s->got.lines);
	buf_done(&s->got.whys);
	free(s);
}

static void feed(struct stream *s, const char *bytes, size_t len)
{
	tracepacket_feed(s->machine, (struct text){ bytes, len }, s->now_ns += 1000);
}

static void feed_text(struct stream *s, const char *text)
{
	feed(s, text, strlen(text));
}

static struct pieces split(const char *line)
{
	return split_as(line, line == go126);
}

static void feed_line(struct stream *s, const char *line)
{
	struct pieces p = split(line);

	for (size_t i = 0; i < p.count; i++)
		feed(s, p.at[i].at, p.at[i].len);
}

static void assert_text(struct buf *got, const char *want)
{
	assert_string_equal(buf_cstr(got), want);
}

/* Every runtime line of a log, through the machine, comes out as it was. */
static void check_log(const char *path)
{
	struct stream *s = stream_new();
	struct buf want = { 0 };
	char line[4096];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct trace_line parsed;
		line[strcspn(line, "\n")] = '\0';
		enum trace_kind kind = traceline_parse(&parsed, text_of(line));
		if (kind != TRACE_GC && kind != TRACE_SCAV && kind != TRACE_SCVG)
			continue;
		buf_addf(&want, "%s\n", line);
		feed_line(s, line);
	}
	fclose(f);
	tracepacket_finish(s->machine);
	assert_true(want.len > 0);
	assert_text(&s->got.lines, buf_cstr(&want));
	assert_int_equal(s->got.user.len, 0);
	assert_int_equal(s->got.broken_count, 0);
	buf_done(&want);
	stream_free(s);
}

static void lines_of_every_release_come_out_as_they_were_printed(void **state)
{
	static const char *const releases[] = { "1.5.4",   "1.6.4",   "1.8.7",	 "1.9.7",
						"1.10.8",  "1.11.13", "1.13.15", "1.14.15",
						"1.15.15", "1.17.13", "1.18.10", "1.19.8",
						"1.21.13", "1.22.12", "1.24.4",	 "1.25.12",
						"1.26.10" };
	(void)state;

	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
		char path[128];
		snprintf(path, sizeof(path), "tests/data/gctrace/go%s.plain.log", releases[i]);
		check_log(path);
	}
}

static void a_foreign_line_at_any_place_leaves_the_trace_line_whole(void **state)
{
	struct pieces p = split(go126);
	(void)state;

	for (size_t hole = 0; hole <= p.count; hole++) {
		struct stream *s = stream_new();
		for (size_t i = 0; i < p.count; i++) {
			if (i == hole)
				feed_text(s,
					  "2026/11/22 18:06:44 worker 1: request 14 took 1.5 ms\n");
			feed(s, p.at[i].at, p.at[i].len);
		}
		tracepacket_finish(s->machine);
		assert_int_equal(s->got.whole_count, 1);
		buf_consume(&s->got.lines, s->got.lines.len - strlen(go126) - 1);
		s->got.lines.len--;
		assert_text(&s->got.lines, go126);
		if (hole < p.count)
			assert_text(&s->got.user,
				    "2026/11/22 18:06:44 worker 1: request 14 took 1.5 ms\n");
		stream_free(s);
	}
}

/* The cycle before go126's: so that its number is expected. */
static void feed_cycle_112(struct stream *s)
{
	feed_line(s, "gc 112 @0.900s 10%: 0.17+0.92+0.003 ms clock, 0.35+0/0.71/0.23+0.007 ms cpu, "
		     "96->96->62 MB, 159 MB "
		     "goal, 0 MB stacks, 0 MB globals, 2 P");
	tracepacket_wait(s->machine, 10000000);
	buf_clear(&s->got.lines);
	s->got.whole_count = 0;
}

/* A writer that happens to write what looks like a piece may cost the line, but never changes a
 * number of it. */
static void a_foreign_piece_at_any_place_never_makes_a_wrong_line(void **state)
{
	static const char *const noise[] = { "5", "0",	       " @",  "gc ", "0.17",	 "\n",
					     "+", " ms cpu, ", "114", "%",   " (forced)" };
	struct pieces p = split(go126);
	unsigned broken = 0, whole = 0;
	(void)state;

	for (size_t n = 0; n < sizeof(noise) / sizeof(noise[0]); n++)
		for (size_t hole = 0; hole < p.count; hole++) {
			struct stream *s;
			if (strcmp(noise[n], "\n") == 0 && hole == p.count - 2)
				continue; /* the one case that cannot be told: tracepacket.h */
			s = stream_new();
			feed_cycle_112(s);
			for (size_t i = 0; i < p.count; i++) {
				if (i == hole)
					feed_text(s, noise[n]);
				feed(s, p.at[i].at, p.at[i].len);
			}
			tracepacket_finish(s->machine);
			assert_int_equal(s->got.whole_count + s->got.broken_count, 1);
			if (s->got.whole_count) {
				s->got.lines.len--;
				assert_text(&s->got.lines, go126);
				assert_text(&s->got.user, noise[n]);
			}
			broken += s->got.broken_count;
			whole += s->got.whole_count;
			stream_free(s);
		}
	/* Most can be told apart by the form of the numbers, the cycle's number, and cpu = P x
	 * wall; a whole number in the place of another whole number cannot. */
	assert_true(whole > 2 * broken);
}

/* A write of more than a page comes as a full page and the rest. A rest that looks like a piece of
 * the line may cost it, but never changes a number, and what is equal stays in order. */
static void the_rest_of_a_long_write_never_makes_a_wrong_line(void **state)
{
	static const char *const rests[] = { "0", "5", "0.17", " @", "+", "%", " ms cpu, ", "\n" };
	struct pieces p = split(go126);
	unsigned whole = 0, broken = 0;
	char page[PAGE_BYTES];
	(void)state;

	memset(page, 'x', sizeof(page));
	for (size_t n = 0; n < sizeof(rests) / sizeof(rests[0]); n++)
		for (size_t hole = 0; hole < p.count; hole++) {
			struct stream *s;
			struct buf want = { 0 };

			if (strcmp(rests[n], "\n") == 0 && hole == p.count - 2)
				continue; /* the one case that cannot be told: tracepacket.h */
			s = stream_new();
			feed_cycle_112(s);
			for (size_t i = 0; i < p.count; i++) {
				if (i == hole) {
					feed(s, page, sizeof(page));
					feed_text(s, rests[n]);
				}
				feed(s, p.at[i].at, p.at[i].len);
			}
			feed_text(s, "after");
			tracepacket_finish(s->machine);
			buf_add(&want, page, sizeof(page));
			buf_addf(&want, "%safter", rests[n]);
			assert_int_equal(s->got.whole_count + s->got.broken_count, 1);
			whole += s->got.whole_count;
			broken += s->got.broken_count;
			if (s->got.whole_count) {
				s->got.lines.len--;
				assert_text(&s->got.lines, go126);
				assert_int_equal(s->got.user.len, want.len);
				assert_memory_equal(s->got.user.at, want.at, want.len);
			}
			buf_done(&want);
			stream_free(s);
		}
	assert_true(whole > 4 * broken);
}

/* A page written by a full buffer, the runtime's piece behind it, and a number of the user's own
 * anywhere: the packets are the same as those of a longer write, so the line is given up where it
 * could be either, and is never wrong. */
static void a_page_and_a_number_anywhere_never_make_a_wrong_line(void **state)
{
	static const char *const numbers[] = { "0", "5", "777", "0.17" };
	struct pieces p = split(go126);
	char page[PAGE_BYTES];
	(void)state;

	memset(page, 'x', sizeof(page));
	for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
		for (size_t holes = 0; holes < p.count * p.count; holes++) {
			struct stream *s = stream_new();

			feed_cycle_112(s);
			for (size_t i = 0; i < p.count; i++) {
				if (i == holes % p.count)
					feed(s, page, sizeof(page));
				feed(s, p.at[i].at, p.at[i].len);
				if (i == holes / p.count)
					feed_text(s, numbers[n]);
			}
			tracepacket_finish(s->machine);
			assert_int_equal(s->got.whole_count + s->got.broken_count, 1);
			if (s->got.whole_count) {
				s->got.lines.len--;
				assert_text(&s->got.lines, go126);
			}
			stream_free(s);
		}
}

/* Nor does a write of just a page, as a full buffer makes it, take the next piece from the line. */
static void a_write_of_just_a_page_at_any_place_leaves_the_line_whole(void **state)
{
	struct pieces p = split(go126);
	char page[PAGE_BYTES];
	(void)state;

	memset(page, 'x', sizeof(page));
	for (size_t hole = 0; hole < p.count; hole++) {
		struct stream *s = stream_new();

		feed_cycle_112(s);
		for (size_t i = 0; i < p.count; i++) {
			if (i == hole)
				feed(s, page, sizeof(page));
			feed(s, p.at[i].at, p.at[i].len);
		}
		tracepacket_finish(s->machine);
		assert_int_equal(s->got.whole_count, 1);
		s->got.lines.len--;
		assert_text(&s->got.lines, go126);
		assert_int_equal(s->got.user.len, sizeof(page));
		stream_free(s);
	}
}

static void text_that_only_begins_like_a_trace_line_is_the_users(void **state)
{
	static const char *const texts[] = {
		"gc ", "5", " is slow today\n", "scav ", "enger hunt\n", "forced scvg"
	};
	struct stream *s = stream_new();
	(void)state;

	for (size_t i = 0; i < 6; i++)
		feed_text(s, texts[i]);
	assert_true(is_known(tracepacket_patience_ns(s->machine)));
	tracepacket_wait(s->machine, TRACEPACKET_WAIT_NS);
	assert_text(&s->got.user, "gc 5 is slow today\nscav enger hunt\nforced scvg");
	assert_int_equal(s->got.whole_count + s->got.broken_count, 0);
	assert_false(is_known(tracepacket_patience_ns(s->machine)));
	stream_free(s);
}

static void a_line_that_stops_for_long_lets_the_users_bytes_pass_and_goes_on(void **state)
{
	struct pieces p = split(go119);
	struct stream *s = stream_new();
	(void)state;

	for (size_t i = 0; i < p.count; i++) {
		if (i == 20) {
			feed_text(s, "waiting\n");
			tracepacket_wait(s->machine, TRACEPACKET_WAIT_NS);
			assert_text(&s->got.user, "waiting\n");
		}
		feed(s, p.at[i].at, p.at[i].len);
	}
	tracepacket_finish(s->machine);
	s->got.lines.len--;
	assert_text(&s->got.lines, go119);
	stream_free(s);
}

/* Whoever reads late finds all pieces at once: time alone gives nothing up. And a runtime that
 * stops again and again is waited for each time. */
static void time_counts_only_while_nothing_comes(void **state)
{
	struct pieces p = split(go126);
	struct stream *s = stream_new();
	(void)state;

	for (size_t i = 0; i < p.count; i++) {
		feed_text(s, "x");
		s->now_ns += 10 * TRACEPACKET_WAIT_NS;
		tracepacket_wait(s->machine, TRACEPACKET_WAIT_NS - 1);
		feed(s, p.at[i].at, p.at[i].len);
	}
	assert_int_equal(s->got.whole_count, 1);
	assert_int_equal(s->got.user.len, p.count);
	stream_free(s);
}

/* Two lines in progress, and a writer louder than the queue is long: who stands in its way is given
 * up, whichever line it is and however often. */
static void a_full_queue_always_finds_whom_to_give_up(void **state)
{
	struct pieces p = split(go126);
	struct stream *s = stream_new();
	enum { LOUD = 50000 };
	(void)state;

	alarm(60); /* so that a loop without end fails */
	for (size_t i = 0; i < 20; i++)
		feed(s, p.at[i].at, p.at[i].len);
	tracepacket_wait(s->machine, TRACEPACKET_WAIT_NS);
	feed_text(s, "gc ");
	for (size_t i = 0; i < LOUD; i++)
		feed_text(s, "x");
	for (size_t i = 20; i < p.count; i++)
		feed(s, p.at[i].at, p.at[i].len);
	tracepacket_finish(s->machine);
	alarm(0);
	assert_int_equal(s->got.user.len, 3 + LOUD);
	assert_memory_equal(s->got.user.at, "gc xxx", 6);
	assert_int_equal(s->got.whole_count, 1);
	stream_free(s);
}

static void a_line_cut_by_the_end_of_the_stream_is_broken_and_not_the_users(void **state)
{
	struct pieces p = split(go119);
	(void)state;

	for (size_t cut = 4; cut < p.count; cut++) {
		struct stream *s = stream_new();
		for (size_t i = 0; i < cut; i++)
			feed(s, p.at[i].at, p.at[i].len);
		tracepacket_finish(s->machine);
		assert_int_equal(s->got.whole_count, 0);
		assert_int_equal(s->got.broken_count, 1);
		assert_int_equal(s->got.user.len, 0);
		stream_free(s);
	}
}

static void two_processes_that_take_turns_by_line_are_both_whole(void **state)
{
	struct stream *s = stream_new();
	(void)state;

	for (int i = 0; i < 3; i++) {
		feed_line(s, go119);
		feed_line(s, go126);
	}
	tracepacket_finish(s->machine);
	assert_int_equal(s->got.whole_count, 6);
	stream_free(s);
}

/* With pieces of two processes in any order, a line may be lost, but no line appears that nobody
 * printed. */
static void two_processes_that_mix_pieces_never_make_a_line_that_nobody_printed(void **state)
{
	struct pieces a = split(go119), b = split(go126);
	uint32_t seed = 1;
	(void)state;

	for (int round = 0; round < 300; round++) {
		struct stream *s = stream_new();
		size_t i = 0, j = 0;
		while (i < a.count || j < b.count) {
			seed = seed * 1664525u + 1013904223u;
			if (j == b.count || (i < a.count && seed >> 31))
				feed(s, a.at[i].at, a.at[i].len), i++;
			else
				feed(s, b.at[j].at, b.at[j].len), j++;
		}
		tracepacket_finish(s->machine);
		for (char *line = strtok((char *)(uintptr_t)buf_cstr(&s->got.lines), "\n"); line;
		     line = strtok(NULL, "\n"))
			assert_true(strcmp(line, go119) == 0 || strcmp(line, go126) == 0);
		stream_free(s);
	}
}

static void a_copy_of_a_trace_line_in_one_write_is_the_users(void **state)
{
	struct stream *s = stream_new();
	(void)state;

	feed_text(s, "gc 99999 @0.001s 1%: 0.01+0.1+0.01 ms clock, ");
	feed_text(s, "gc 5 @");
	feed_line(s, go119);
	feed_text(s, "scav 1 KiB work (bg), ");
	tracepacket_finish(s->machine);
	assert_text(&s->got.user,
		    "gc 99999 @0.001s 1%: 0.01+0.1+0.01 ms clock, gc 5 @scav 1 KiB work (bg), ");
	assert_int_equal(s->got.whole_count, 1);
	stream_free(s);
}

static void a_flood_of_text_like_pieces_stays_bounded_and_passes_in_order(void **state)
{
	struct stream *s = stream_new();
	struct buf want = { 0 };
	(void)state;

	for (int i = 0; i < 20000; i++) {
		const char *piece = i % 3 == 0 ? "gc " : i % 3 == 1 ? "5" : "x\n";
		feed_text(s, piece);
		buf_addf(&want, "%s", piece);
	}
	tracepacket_finish(s->machine);
	assert_int_equal(s->got.user.len, want.len);
	assert_memory_equal(s->got.user.at, want.at, want.len);
	buf_done(&want);
	stream_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_every_release_come_out_as_they_were_printed),
		cmocka_unit_test(a_foreign_line_at_any_place_leaves_the_trace_line_whole),
		cmocka_unit_test(a_foreign_piece_at_any_place_never_makes_a_wrong_line),
		cmocka_unit_test(the_rest_of_a_long_write_never_makes_a_wrong_line),
		cmocka_unit_test(a_page_and_a_number_anywhere_never_make_a_wrong_line),
		cmocka_unit_test(a_write_of_just_a_page_at_any_place_leaves_the_line_whole),
		cmocka_unit_test(text_that_only_begins_like_a_trace_line_is_the_users),
		cmocka_unit_test(a_line_that_stops_for_long_lets_the_users_bytes_pass_and_goes_on),
		cmocka_unit_test(time_counts_only_while_nothing_comes),
		cmocka_unit_test(a_full_queue_always_finds_whom_to_give_up),
		cmocka_unit_test(a_line_cut_by_the_end_of_the_stream_is_broken_and_not_the_users),
		cmocka_unit_test(two_processes_that_take_turns_by_line_are_both_whole),
		cmocka_unit_test(
			two_processes_that_mix_pieces_never_make_a_line_that_nobody_printed),
		cmocka_unit_test(a_copy_of_a_trace_line_in_one_write_is_the_users),
		cmocka_unit_test(a_flood_of_text_like_pieces_stays_bounded_and_passes_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
