/* test_recording_doc.c - docs/recording-format.md says what the program does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recording/block_internal.h"
#include "recording/event.h"

static const char path[] = "docs/recording-format.md";

/* "### 8 statm": the kind, and its name into name; 0 for any other line. */
static uint64_t parse_heading(const char *line, char name[64])
{
	unsigned long long kind;

	return sscanf(line, "### %llu %63[a-z_]", &kind, name) == 2 ? kind : 0;
}

/* "| pid | number | of the target |": a field row. The row above the dashes is not one. */
static bool parse_row(const char *line, char name[64], char type[16], char meaning[256])
{
	return sscanf(line, "| %63[a-z_] | %15[a-z] | %255[^|\n]", name, type, meaning) == 3 &&
	       strcmp(name, "field") != 0;
}

static void check_row(const struct event_shape *shape, size_t i, const char *name, const char *type)
{
	if (i >= shape->field_count)
		fail_msg("%s: '%s' of %s is not recorded", path, name, shape->name);
	if (strcmp(name, shape->fields[i].name) != 0)
		fail_msg("%s: field %zu of %s is '%s', not '%s'", path, i, shape->name,
			 shape->fields[i].name, name);
	assert_string_equal(type, shape->fields[i].type == EVENT_U64 ? "number" : "text");
}

static void check_complete(const struct event_shape *shape, size_t row_count)
{
	if (shape && row_count < shape->field_count)
		fail_msg("%s: '%s' of %s is missing", path, shape->fields[row_count].name,
			 shape->name);
}

static void every_kind_is_described_with_its_fields_in_order(void **state)
{
	char line[1024], name[64], type[16], meaning[256];
	const struct event_shape *shape = NULL;
	FILE *f = fopen(path, "re");
	uint64_t kind_count = 0;
	size_t row_count = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		uint64_t kind = parse_heading(line, name);

		if (line[0] == '#') {
			check_complete(shape, row_count);
			shape = NULL;
			row_count = 0;
		}
		if (kind) {
			assert_int_equal(kind, ++kind_count);
			shape = event_shape_of(kind);
			assert_string_equal(name, shape ? shape->name : "(not recorded)");
		} else if (shape && parse_row(line, name, type, meaning)) {
			check_row(shape, row_count++, name, type);
		}
	}
	fclose(f);
	assert_int_equal(kind_count, EVENT_KERNEL_SYMBOL);
	assert_null(event_shape_of(kind_count + 1));
}

static bool document_has(const char *want)
{
	FILE *f = fopen(path, "re");
	bool found = false;
	char line[1024];

	assert_non_null(f);
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, want) != NULL;
	fclose(f);
	return found;
}

static void the_numbers_of_the_format_are_those_of_the_program(void **state)
{
	char text[128];

	(void)state;
	snprintf(text, sizeof(text), "# The recording: format %d", FILE_FORMAT);
	assert_true(document_has(text));
	snprintf(text, sizeof(text), "### File header, %d bytes", FILE_HEADER_BYTES);
	assert_true(document_has(text));
	snprintf(text, sizeof(text), "### Block header, %d bytes", BLOCK_HEADER_BYTES);
	assert_true(document_has(text));
	snprintf(text, sizeof(text), "### Record header, %d bytes", RECORD_HEADER_BYTES);
	assert_true(document_has(text));
	snprintf(text, sizeof(text), "A block holds at most %u MiB", READER_BLOCK_BYTES_MAX >> 20);
	assert_true(document_has(text));
	snprintf(text, sizeof(text), "class: %d everything but perf data, %d perf data only",
		 BLOCK_EVENTS, BLOCK_PERF);
	assert_true(document_has(text));
	snprintf(text, sizeof(text), "codec: %d stored as it is, %d one zstd frame", CODEC_STORED,
		 CODEC_ZSTD);
	assert_true(document_has(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_described_with_its_fields_in_order),
		cmocka_unit_test(the_numbers_of_the_format_are_those_of_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
