/* test_traceline_logs.c - every line that 17 releases really printed: decoded, cut, and changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "parse/traceline_internal.h"
#include "trace_logs.h"
#include "traceline_print.h"

/* Counted with grep -c: '^gc [0-9]', '^scav [0-9]', '^(forced )?scvg', '^(pacer: |SCHED |init )'.
 * In go1.25.12.traces.log a SCHED line stands in an init line, which takes two lines from `other`:
 * the joined one and an empty one. */
static const struct {
	const char *name;
	unsigned line_count, gc_count, scav_count, scvg_count, other_count, torn_count;
} logs[] = {
	{ "go1.5.4.plain.log", 34, 30, 0, 4, 0, 0 },
	{ "go1.6.4.plain.log", 34, 30, 0, 4, 0, 0 },
	{ "go1.8.7.plain.log", 34, 30, 0, 4, 0, 0 },
	{ "go1.9.7.plain.log", 34, 30, 0, 4, 0, 0 },
	{ "go1.10.8.plain.log", 34, 30, 0, 4, 0, 0 },
	{ "go1.11.13.plain.log", 31, 27, 0, 4, 0, 0 },
	{ "go1.13.15.plain.log", 71, 30, 0, 41, 0, 0 },
	{ "go1.14.15.plain.log", 44, 28, 16, 0, 0, 0 },
	{ "go1.15.15.plain.log", 61, 28, 33, 0, 0, 0 },
	{ "go1.17.13.plain.log", 62, 29, 33, 0, 0, 0 },
	{ "go1.18.10.plain.log", 56, 26, 30, 0, 0, 0 },
	{ "go1.19.8.plain.log", 54, 26, 28, 0, 0, 0 },
	{ "go1.21.13.plain.log", 56, 27, 29, 0, 0, 0 },
	{ "go1.22.12.plain.log", 50, 24, 26, 0, 0, 0 },
	{ "go1.24.4.plain.log", 50, 24, 26, 0, 0, 0 },
	{ "go1.25.12.plain.log", 54, 26, 28, 0, 0, 0 },
	{ "go1.26.10.plain.log", 56, 27, 29, 0, 0, 0 },
	{ "go1.5.4.traces.log", 109, 30, 0, 4, 75, 0 },
	{ "go1.6.4.traces.log", 141, 30, 0, 4, 107, 0 },
	{ "go1.8.7.traces.log", 134, 29, 0, 4, 101, 0 },
	{ "go1.9.7.traces.log", 147, 30, 0, 4, 113, 0 },
	{ "go1.10.8.traces.log", 133, 27, 0, 4, 102, 0 },
	{ "go1.11.13.traces.log", 147, 30, 0, 4, 113, 0 },
	{ "go1.13.15.traces.log", 183, 31, 0, 36, 116, 0 },
	{ "go1.14.15.traces.log", 158, 29, 18, 0, 111, 0 },
	{ "go1.15.15.traces.log", 174, 29, 34, 0, 111, 0 },
	{ "go1.17.13.traces.log", 173, 28, 32, 0, 113, 0 },
	{ "go1.18.10.traces.log", 149, 26, 30, 0, 93, 0 },
	{ "go1.19.8.traces.log", 136, 23, 25, 0, 88, 0 },
	{ "go1.21.13.traces.log", 135, 25, 27, 0, 83, 0 },
	{ "go1.22.12.traces.log", 132, 24, 26, 0, 82, 0 },
	{ "go1.24.4.traces.log", 140, 25, 27, 0, 88, 0 },
	{ "go1.25.12.traces.log", 153, 23, 25, 0, 103, 2 },
	{ "go1.26.10.traces.log", 165, 25, 27, 0, 113, 0 },
};

#define LOG_COUNT (sizeof(logs) / sizeof(logs[0]))

/* The next line of *left without its newline; false at the end. */
static bool next_line(struct text *ret, struct text *left)
{
	const char *newline = left->len ? memchr(left->at, '\n', left->len) : NULL;

	if (!newline)
		return false;
	*ret = (struct text){ .at = left->at, .len = (size_t)(newline - left->at) };
	left->len -= ret->len + 1;
	left->at = newline + 1;
	return true;
}

static void every_line_of_the_real_logs_is_decoded(void **state)
{
	struct buf log = { 0 };

	(void)state;
	for (size_t i = 0; i < LOG_COUNT; i++) {
		unsigned count[5] = { 0 }, line_count = 0, cycle = 0;
		struct text left, line;
		struct trace_line t;

		read_log(&log, logs[i].name);
		left = buf_text(&log);
		while (next_line(&line, &left)) {
			enum trace_kind kind = traceline_parse(&t, line);

			line_count++;
			count[kind]++;
			if (kind == TRACE_NOT_RUNTIME)
				continue;
			assert_true(prints_as(&t, line));
			if (kind == TRACE_GC) {
				assert_int_equal(t.u.gc.number, ++cycle);
				assert_int_equal(t.u.gc.procs, 2);
				assert_true(gctrace_cpu_fits(&t.u.gc));
			}
		}
		assert_int_equal(line_count, logs[i].line_count);
		assert_int_equal(count[TRACE_GC], logs[i].gc_count);
		assert_int_equal(count[TRACE_SCAV], logs[i].scav_count);
		assert_int_equal(count[TRACE_SCVG], logs[i].scvg_count);
		assert_int_equal(count[TRACE_OTHER], logs[i].other_count);
		assert_int_equal(count[TRACE_NOT_RUNTIME], logs[i].torn_count);
	}
	buf_done(&log);
}

/* What may be left of a whole line: only its suffix may be gone. */
static bool is_whole_without_suffix(struct text line, size_t len)
{
	static const char *const suffixes[] = { " (forced)", " [controller reset]" };

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(suffixes[i]);

		if (line.len > n && len == line.len - n &&
		    memcmp(line.at + len, suffixes[i], n) == 0)
			return true;
	}
	return false;
}

static void a_cut_line_is_refused_at_every_byte(void **state)
{
	struct buf log = { 0 };

	(void)state;
	for (size_t i = 0; i < LOG_COUNT; i++) {
		struct text left, line;

		read_log(&log, logs[i].name);
		left = buf_text(&log);
		while (next_line(&line, &left)) {
			struct trace_line t, before;

			if (!grammar_for(line))
				continue;
			memset(&t, 0x5a, sizeof(t));
			before = t;
			for (size_t len = 0; len < line.len; len++) {
				struct text cut = { .at = line.at, .len = len };

				if (is_whole_without_suffix(line, len))
					continue;
				assert_int_equal(traceline_parse(&t, cut), TRACE_NOT_RUNTIME);
				assert_memory_equal(&t, &before, sizeof(t));
			}
		}
	}
	buf_done(&log);
}

static void a_changed_byte_is_refused_or_makes_another_well_formed_line(void **state)
{
	static const char bytes[] = "09.5 +-/>P()g:\0\r\x80";
	unsigned refused = 0, accepted = 0;
	struct buf log = { 0 };

	(void)state;
	for (size_t i = 0; i < LOG_COUNT; i++) {
		struct text left, line;

		read_log(&log, logs[i].name);
		left = buf_text(&log);
		while (next_line(&line, &left)) {
			char copy[512];
			struct trace_line t;

			if (line.len >= sizeof(copy) || !grammar_for(line))
				continue;
			for (size_t at = 0; at < line.len; at++) {
				for (size_t k = 0; k < sizeof(bytes) - 1; k++) {
					struct text changed = { .at = copy, .len = line.len };

					memcpy(copy, line.at, line.len);
					copy[at] = bytes[k];
					if (traceline_parse(&t, changed) == TRACE_NOT_RUNTIME) {
						refused++;
						continue;
					}
					accepted++;
					assert_true(prints_as(&t, changed));
				}
			}
		}
	}
	assert_true(refused > 4 * accepted);
	buf_done(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_of_the_real_logs_is_decoded),
		cmocka_unit_test(a_cut_line_is_refused_at_every_byte),
		cmocka_unit_test(a_changed_byte_is_refused_or_makes_another_well_formed_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
