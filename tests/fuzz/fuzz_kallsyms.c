/* fuzz_kallsyms.c - properties: a line that is refused leaves the result alone; of one that is
 * taken, name and module lie within the line, and the name is not empty. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "parse/kallsyms.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool is_within(struct text part, struct text whole)
{
	return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kallsyms_symbol before, after;
	struct text line = { (const char *)data, size };

	memset(&before, 0xa5, sizeof(before));
	memcpy(&after, &before, sizeof(after));
	if (!kallsyms_parse_line(&after, line)) {
		check(memcmp(&before, &after, sizeof(after)) == 0);
		return 0;
	}
	check(after.name.len > 0 && is_within(after.name, line) && is_within(after.module, line));
	kallsyms_is_function(&after);
	return 0;
}
