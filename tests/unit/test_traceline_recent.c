/* test_traceline_recent.c - the quick way to read a line takes nothing that the grammar refuses,
 * and finds the same figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <dirent.h>

#include "trace_logs.h"
#include "traceline_both.h"

#define LINE_MAX_BYTES 512

/* What is common in lines and in what stands around them, and where numbers change their form. */
static const char changes[] = "0123456789. +-/>%@P()gcsMKB:,\0\r\n\x80\xfa";

static const char *const shapes[] = {
	"gc 4 @0.008s 7%: 0.053+0.29+0.001 ms clock, 0.10+0.062/0/0+0.003 ms cpu, 8->9->3 MB, "
	"9 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)",
	"gc 123456 @86400.999s 12%: 1.2+34+0.10 ms clock, 4.8+9.9/10/1000+0.40 ms cpu, "
	"999->1000->1001 MB, 12345 MB goal, 10 MB stacks, 1 MB globals, 128 P",
	"gc 9999999 @9999999.000s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 0->0->0 MB, 17592186044415 "
	"MB goal, 0 MB stacks, 0 MB globals, 1 P",
	"scav 0 KiB work (bg), 118792 KiB work (eager), 277600 KiB now, 50% util",
	"scav 9999999 KiB work (bg), 10000000 KiB work (eager), 12 KiB now, 100% util",
};

struct counts {
	unsigned agreed, left;
};

static void count(struct counts *c, struct text line)
{
	enum both both = read_both(line);

	assert_true(both != BOTH_DIFFER);
	c->agreed += both == BOTH_AGREE;
	c->left += both == BOTH_LEFT;
}

/* The line with each byte changed, taken away and doubled, and cut behind each byte. */
static void count_changed(struct counts *c, struct text line)
{
	char copy[LINE_MAX_BYTES];

	for (size_t at = 0; at < line.len; at++) {
		size_t rest = line.len - at - 1;

		memcpy(copy, line.at, line.len);
		for (size_t k = 0; k < sizeof(changes) - 1; k++) {
			copy[at] = changes[k];
			count(c, (struct text){ .at = copy, .len = line.len });
		}
		memcpy(copy + at, line.at + at + 1, rest);
		count(c, (struct text){ .at = copy, .len = line.len - 1 });
		for (size_t k = 0; k < sizeof(changes) - 1; k++) {
			copy[at] = changes[k];
			memcpy(copy + at + 1, line.at + at, rest + 1);
			count(c, (struct text){ .at = copy, .len = line.len + 1 });
		}
		count(c, (struct text){ .at = line.at, .len = at });
	}
}

static void count_log(struct counts *whole, struct counts *changed, const char *name)
{
	struct buf log = { 0 };
	const char *at, *end;

	read_log(&log, name);
	at = (const char *)log.at;
	end = at + log.len;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct text line = { .at = at, .len = (size_t)((newline ? newline : end) - at) };

		if (line.len && line.len + 1 < LINE_MAX_BYTES && grammar_for(line)) {
			count(whole, line);
			count_changed(changed, line);
		}
		at += line.len + 1;
	}
	buf_done(&log);
}

static void it_agrees_with_the_grammar_on_the_real_logs_and_on_what_is_like_them(void **state)
{
	struct counts whole = { 0 }, changed = { 0 };
	DIR *dir = opendir("tests/data/gctrace");
	struct dirent *entry;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			count_log(&whole, &changed, entry->d_name);
	closedir(dir);
	assert_true(whole.agreed > 500); /* or it would be of no use */
	assert_true(changed.agreed > 10000 && changed.left > 10000);
}

static void it_agrees_with_the_grammar_where_numbers_change_their_form(void **state)
{
	struct counts changed = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		count_changed(&changed, text_of(shapes[i]));
	assert_true(changed.agreed > 1000 && changed.left > 1000);
}

/* Every figure in ms with up to five characters of these, whether the runtime prints it so or not.
 */
static void it_agrees_with_the_grammar_on_every_short_figure(void **state)
{
	static const char digits[] = "0.159+";
	struct counts c = { 0 };
	char line[LINE_MAX_BYTES];

	(void)state;
	for (unsigned n = 0; n < 6 * 6 * 6 * 6 * 6; n++) {
		unsigned rest = n;
		char figure[6] = { 0 };

		for (size_t i = 0; i < 5; i++, rest /= 6)
			figure[i] = digits[rest % 6];
		snprintf(line, sizeof(line),
			 "gc 1 @0.008s 7%%: 0.053+%s+0.001 ms clock, 0.10+0.062/0/0+%s ms cpu, "
			 "8->9->3 MB, 9 MB goal, 0 MB stacks, 0 MB globals, 2 P",
			 figure, figure);
		count(&c, text_of(line));
		for (size_t len = 1; len < 5; len++) {
			snprintf(line, sizeof(line),
				 "gc 1 @0.008s 7%%: 0.053+%.*s+0.001 ms clock, "
				 "0.10+0.062/%.*s/0+0 ms cpu, "
				 "8->9->3 MB, 9 MB goal, 0 MB stacks, 0 MB globals, 2 P",
				 (int)len, figure, (int)len, figure);
			count(&c, text_of(line));
		}
	}
	assert_true(c.agreed > 100 && c.left > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			it_agrees_with_the_grammar_on_the_real_logs_and_on_what_is_like_them),
		cmocka_unit_test(it_agrees_with_the_grammar_where_numbers_change_their_form),
		cmocka_unit_test(it_agrees_with_the_grammar_on_every_short_figure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
