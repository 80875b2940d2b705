/* test_line.c - lines of a text report: where they break, and what of foreign text they show. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/line_internal.h"

/* As printed behind the label; the caller frees. */
static char *printed(const char *words)
{
	struct buf line = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	buf_addf(&line, "%s", words);
	line_print(out, "label", &line);
	assert_int_equal(line.len, 0);
	buf_done(&line);
	fclose(out);
	return text;
}

static void assert_printed(const char *words, const char *want)
{
	char *text = printed(words);

	assert_string_equal(text, want);
	free(text);
}

static void a_line_ends_before_the_word_that_would_not_fit(void **state)
{
	(void)state;
	/* 13 columns of label, 87 of text: the last word ends at column 100 */
	assert_printed("aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff ggggggggg "
		       "hhhhhhhhh iiiiiii j",
		       "label        aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff "
		       "ggggggggg hhhhhhhhh iiiiiii\n             j\n");
}

static void a_number_and_its_percent_sign_stay_together(void **state)
{
	(void)state;
	assert_printed("aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff ggggggggg "
		       "hhhhhhhhh iiii 8 %, j",
		       "label        aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff "
		       "ggggggggg hhhhhhhhh iiii\n             8 %, j\n");
	assert_printed("% 5 % %", "label        % 5 % %\n");
}

static void a_number_and_its_unit_stay_together(void **state)
{
	(void)state;
	assert_printed("aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff ggggggggg "
		       "hhhhhhhhh iii 12.0 ms, j",
		       "label        aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff "
		       "ggggggggg hhhhhhhhh iii\n             12.0 ms, j\n");
	/* a word that only begins like a unit, and a unit behind no number */
	assert_printed("aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff ggggggggg "
		       "hhhhhhhhh iii 12 msec",
		       "label        aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff "
		       "ggggggggg hhhhhhhhh iii 12\n             msec\n");
	assert_printed("aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff ggggggggg "
		       "hhhhhhhhh iii in ms",
		       "label        aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff "
		       "ggggggggg hhhhhhhhh iii in\n             ms\n");
}

static void a_word_of_any_length_is_printed_whole(void **state)
{
	char word[301], want[400];

	(void)state;
	memset(word, 'x', 300);
	word[300] = '\0';
	snprintf(want, sizeof(want), "label        %s\n             y\n", word);
	{
		char both[310];

		snprintf(both, sizeof(both), "%s y", word);
		assert_printed(both, want);
	}
	assert_printed("", "label        \n");
}

static void foreign_text_is_cut_between_characters_and_says_so(void **state)
{
	struct buf line = { 0 };

	(void)state;
	line_add_foreign(&line, text_of("abc\xe2\x82\xac"), 5); /* the euro has three bytes */
	assert_string_equal(buf_cstr(&line), "abc... (6 bytes)");
	buf_clear(&line);
	line_add_foreign(&line, text_of("abc\xe2\x82\xac"), 6);
	assert_string_equal(buf_cstr(&line), "abc\xe2\x82\xac");
	buf_clear(&line);
	line_add_foreign(&line, text_of("a\x1b[31m"), 100);
	assert_null(strchr(buf_cstr(&line), '\x1b'));
	buf_done(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_ends_before_the_word_that_would_not_fit),
		cmocka_unit_test(a_number_and_its_percent_sign_stay_together),
		cmocka_unit_test(a_number_and_its_unit_stay_together),
		cmocka_unit_test(a_word_of_any_length_is_printed_whole),
		cmocka_unit_test(foreign_text_is_cut_between_characters_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
