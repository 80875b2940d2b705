/* fuzz_tracetext.c - the items of a stream do not depend on how it is cut into feeds; every byte is
 * counted; there is at most one item per physical line, in stream order; and what is handed out as
 * a line is one. The first byte of the input chooses the cuts. */
#include <stdlib.h>
#include <string.h>

#include "../unit/traceline_print.h"
#include "parse/tracetext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t hash, count, offset;
	size_t size;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void mix(struct seen *s, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		s->hash = (s->hash ^ p[i]) * 1099511628211;
}

static int see(void *arg, const struct tracetext_item *item)
{
	struct seen *s = arg;

	s->count++;
	require(item->offset_bytes >= s->offset && item->offset_bytes < s->size);
	s->offset = item->offset_bytes;
	mix(s, &item->what, sizeof(item->what));
	mix(s, item->raw.at, item->raw.len);
	mix(s, &item->offset_bytes, sizeof(item->offset_bytes));
	if (item->what == TRACETEXT_LINE) {
		struct trace_line again;

		mix(s, &item->mended, sizeof(item->mended));
		require(traceline_parse(&again, item->raw) == item->line.kind);
		require(prints_as(&item->line, item->raw));
	}
	return 0;
}

static void run(struct seen *ret, struct tracetext_stats *ret_stats, const uint8_t *data,
		size_t size, uint32_t cuts)
{
	struct tracetext *t;

	*ret = (struct seen){ .size = size };
	t = tracetext_new(see, ret);
	while (size > 0) {
		size_t n = cuts ? 1 + (cuts >> 8) % cuts : size;

		n = n < size ? n : size;
		require(tracetext_feed(t, data, n) == 0);
		data += n;
		size -= n;
		cuts = cuts * 1103515245 + 12345;
		cuts = cuts ? cuts : 1;
		if (cuts > 4096)
			cuts = cuts % 64 + 1;
	}
	require(tracetext_finish(t) == 0);
	*ret_stats = *tracetext_stats(t);
	tracetext_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tracetext_stats whole_stats, cut_stats;
	struct seen whole, cut;
	uint64_t line_count = 0;

	if (size == 0)
		return 0;
	run(&whole, &whole_stats, data + 1, size - 1, 0);
	run(&cut, &cut_stats, data + 1, size - 1, data[0] % 7 + 1u);
	require(memcmp(&whole, &cut, sizeof(whole)) == 0);
	require(memcmp(&whole_stats, &cut_stats, sizeof(whole_stats)) == 0);

	for (size_t i = 1; i < size; i++)
		line_count += data[i] == '\n';
	line_count += size > 1 && data[size - 1] != '\n';
	require(whole_stats.byte_count == size - 1);
	require(whole_stats.line_count == line_count);
	require(whole_stats.runtime_count + whole_stats.broken_count == whole.count);
	require(whole.count <= line_count);
	require(whole_stats.mended_count <= whole_stats.runtime_count);
	return 0;
}
