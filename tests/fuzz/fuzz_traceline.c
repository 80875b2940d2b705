/* fuzz_traceline.c - a refused line leaves the result alone; an accepted one, printed from its
 * figures in the runtime's form, is the line again; both ways to read it agree. */
#include <stdlib.h>
#include <string.h>

#include "../unit/traceline_both.h"
#include "../unit/traceline_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text line = { .at = (const char *)data, .len = size };
	struct trace_line t;
	unsigned char *bytes = (unsigned char *)&t;

	memset(&t, 0x5a, sizeof(t));
	if (traceline_parse(&t, line) == TRACE_NOT_RUNTIME) {
		for (size_t i = 0; i < sizeof(t); i++) {
			if (bytes[i] != 0x5a)
				abort();
		}
	} else if (!prints_as(&t, line)) {
		abort();
	}
	if (read_both(line) == BOTH_DIFFER)
		abort();
	return 0;
}
