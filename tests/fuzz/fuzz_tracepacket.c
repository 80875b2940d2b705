/* Property: whatever arrives, no byte is lost and none is invented: what goes in comes out as the
 * user's bytes or as the text of lines (each without its newline), and a whole line is one that the
 * line decoder takes. Input: packets, each a length byte (0: time passes) and as many bytes. */
#include <stdint.h>
#include <stdlib.h>

#include "parse/traceline.h"
#include "parse/tracepacket.h"

struct totals {
	uint64_t user_bytes, line_bytes, line_count;
};

static void on_user(void *arg, struct text bytes)
{
	((struct totals *)arg)->user_bytes += bytes.len;
}

static void on_line(void *arg, const struct tracepacket_line *line)
{
	struct totals *t = arg;

	t->line_bytes += line->text.len;
	t->line_count++;
	if (line->whole == (line->why != NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct totals t = { 0 };
	struct tracepacket_sink sink = { on_user, on_line, &t };
	struct tracepacket *machine =
		tracepacket_new(&sink, 16 /* so that packets of a page's length occur */);
	uint64_t now_ns = 1, fed_bytes = 0;

	while (size > 0) {
		size_t len = *data++;

		size--;
		now_ns += 1000;
		if (len == 0)
			tracepacket_wait(machine, TRACEPACKET_WAIT_NS / 4);
		if (len > size)
			len = size;
		tracepacket_feed(machine, (struct text){ (const char *)data, len }, now_ns);
		fed_bytes += len;
		data += len;
		size -= len;
	}
	tracepacket_finish(machine);
	tracepacket_free(machine);
	/* a line that was complete has lost its newline, one that was cut has none */
	if (t.user_bytes + t.line_bytes > fed_bytes ||
	    t.user_bytes + t.line_bytes + t.line_count < fed_bytes)
		abort();
	return 0;
}
