/* test_tracetext_torn.c - a runtime that prints the real lines piece by piece while others write:
 * what the mender gives back must be what was printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "parse/tracetext.h"
#include "trace_logs.h"

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

enum writer { DATED, WORDS, JSON, INDENTED, COUNTER, DECIMALS, WRITER_COUNT };

static void add_foreign(struct buf *b, enum writer writer, uint32_t *rng)
{
	unsigned n = random_next(rng) % 3000;

	switch (writer) {
	case DATED:
		buf_addf(b, "2026/11/22 18:%02u:%02u worker: took 1.5 ms, 4->4->2 MB\n", n % 60,
			 n % 59);
		break;
	case WORDS:
		buf_addf(b, "request %u done, 0.5+0.5 ms\n", n);
		break;
	case JSON:
		buf_addf(b, "{\"level\":\"info\",\"n\":%u}\n", n);
		break;
	case INDENTED:
		buf_addf(b, "    at line %u\n", n);
		break;
	case COUNTER:
		buf_addf(b, "%u apples\n", n);
		break;
	default:
		buf_addf(b, "%u.%u ms, %u P\n", n % 20, n % 100, n % 4);
		break;
	}
}

static bool is_number(const char *p)
{
	return (*p >= '0' && *p <= '9') || (*p == '-' && p[1] == '1');
}

/* How long the first piece of p is: a number, or a text up to the next one; a suffix stands alone.
 */
static size_t piece_bytes(const char *p, const char *end)
{
	size_t n = 1;

	if (is_number(p)) {
		while (p + n < end && ((p[n] >= '0' && p[n] <= '9') || p[n] == '.'))
			n++;
		return n;
	}
	while (p + n < end && !is_number(p + n) && memcmp(p + n, " (f", 3) != 0 &&
	       memcmp(p + n, " [c", 3) != 0)
		n++;
	return n;
}

static void print_torn(struct buf *ret, struct text line, unsigned tear_percent, enum writer writer,
		       uint32_t *rng)
{
	const char *p = line.at, *end = line.at + line.len;
	/* scvg's last literal has the newline in it */
	bool late_newline = line.at[0] == 'g' || text_starts(line, "scav");

	while (p < end) {
		size_t n = piece_bytes(p, end);

		buf_add(ret, p, n);
		p += n;
		while ((p < end || late_newline) && random_next(rng) % 1000 < tear_percent * 10)
			add_foreign(ret, writer, rng);
	}
	buf_add(ret, "\n", 1);
}

struct truth {
	struct buf lines; /* as printed, one behind the other, with newlines */
	size_t at;	  /* where the next item is expected */
	unsigned missing_count, found_count;
};

/* Every item must be one of the printed lines, in their order. */
static int compare_with_truth(void *arg, const struct tracetext_item *item)
{
	struct truth *t = arg;

	if (item->what == TRACETEXT_BROKEN)
		return 0;
	for (;;) {
		const char *at = (const char *)t->lines.at + t->at;
		const char *newline = memchr(at, '\n', t->lines.len - t->at);
		size_t len;

		if (!newline)
			return 1; /* never printed: a wrong line */
		len = (size_t)(newline - at);
		t->at += len + 1;
		if (len == item->raw.len && memcmp(at, item->raw.at, len) == 0)
			break;
		t->missing_count++;
	}
	t->found_count++;
	return 0;
}

struct outcome {
	unsigned printed_count, found_count, mended_count, broken_count;
};

static void run_torn_log(struct outcome *ret, const char *name, enum writer writer,
			 unsigned percent, uint32_t seed)
{
	struct truth truth = { 0 };
	struct buf log = { 0 }, stream = { 0 };
	const char *line, *newline;
	struct tracetext *t;

	read_log(&log, name);
	for (int i = 0; i < 3; i++)
		add_foreign(&stream, writer, &seed);
	line = buf_cstr(&log);
	for (; (newline = strchr(line, '\n')); line = newline + 1) {
		struct text whole = { .at = line, .len = (size_t)(newline - line) };

		buf_add(&truth.lines, line, whole.len + 1);
		print_torn(&stream, whole, percent, writer, &seed);
		add_foreign(&stream, writer, &seed);
		ret->printed_count++;
	}
	t = tracetext_new(compare_with_truth, &truth);
	assert_int_equal(tracetext_feed(t, stream.at, stream.len), 0);
	assert_int_equal(tracetext_finish(t), 0);
	ret->found_count += truth.found_count;
	ret->mended_count += (unsigned)tracetext_stats(t)->mended_count;
	ret->broken_count += (unsigned)tracetext_stats(t)->broken_count;
	tracetext_free(t);
	buf_done(&truth.lines);
	buf_done(&log);
	buf_done(&stream);
}

static void a_mended_line_is_one_that_was_printed(void **state)
{
	static const char *const names[] = {
		"go1.5.4.plain.log",   "go1.8.7.plain.log",   "go1.13.15.plain.log",
		"go1.14.15.plain.log", "go1.17.13.plain.log", "go1.26.10.plain.log",
	};
	/* of 1000 torn lines so many must come back, per writer */
	static const unsigned least[WRITER_COUNT] = { 990, 990, 990, 990, 0, 0 };

	(void)state;
	for (unsigned writer = 0; writer < WRITER_COUNT; writer++) {
		struct outcome o = { 0 };
		unsigned lost;

		for (uint32_t seed = 1; seed <= 60; seed++) {
			for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
				run_torn_log(&o, names[i], writer, 1 + seed % 10, seed * 77);
		}
		lost = o.printed_count - o.found_count;
		print_message("writer %u: %u printed, %u mended, %u lost, %u broken\n", writer,
			      o.printed_count, o.mended_count, lost, o.broken_count);
		assert_true(lost <= o.broken_count);
		assert_true(o.mended_count * 1000 >= least[writer] * (o.mended_count + lost));
		assert_true(o.mended_count > 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mended_line_is_one_that_was_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
