/* bench_tracetext.c - how fast trace lines are found in a log: MB/s and lines/s.
 *
 * Inputs of about 200 MB are made in memory from the real logs, repeated: only trace lines of one
 * release each, and the same among 95 % foreign lines. Run from the repository root. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "parse/tracetext.h"

#define INPUT_BYTES  (200u << 20)
#define CHUNK_BYTES  (256u << 10)
#define RUNS	     3
#define FOREIGN_LINE "2026/11/22 18:06:44 worker 1: request 14 took 1.5 ms, 4->4->2 MB kept\n"

static int count_item(void *arg, const struct tracetext_item *item)
{
	*(uint64_t *)arg += item->what == TRACETEXT_LINE;
	return 0;
}

static void read_file(struct buf *ret, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f) {
		fprintf(stderr, "bench_tracetext: cannot open '%s'\n", path);
		exit(1);
	}
	while ((n = fread(buf_room(ret, 65536), 1, 65536, f)) > 0)
		ret->len += n;
	fclose(f);
}

/* Repeat the lines of `log`, each behind foreign_count foreign lines. */
static void build(struct buf *ret, const struct buf *log, unsigned foreign_count)
{
	const char *at = (const char *)log->at, *end = at + log->len;

	while (ret->len < INPUT_BYTES) {
		for (const char *line = at; line < end;) {
			const char *next =
				(const char *)memchr(line, '\n', (size_t)(end - line)) + 1;

			for (unsigned i = 0; i < foreign_count; i++)
				buf_add(ret, FOREIGN_LINE, sizeof(FOREIGN_LINE) - 1);
			buf_add(ret, line, (size_t)(next - line));
			line = next;
		}
	}
}

static void run(const char *path, unsigned foreign_count)
{
	struct buf log = { 0 }, input = { 0 };
	double best = 0;
	uint64_t lines = 0, items = 0;

	read_file(&log, path);
	build(&input, &log, foreign_count);
	for (int i = 0; i < RUNS; i++) {
		struct tracetext *t;
		uint64_t begin;
		double seconds;

		items = 0;
		t = tracetext_new(count_item, &items);
		begin = clock_monotonic_ns();
		for (size_t at = 0; at < input.len; at += CHUNK_BYTES)
			tracetext_feed(t, input.at + at,
				       input.len - at < CHUNK_BYTES ? input.len - at : CHUNK_BYTES);
		tracetext_finish(t);
		seconds = (double)(clock_monotonic_ns() - begin) / 1e9;
		if (best == 0 || seconds < best)
			best = seconds;
		lines = tracetext_stats(t)->line_count;
		tracetext_free(t);
	}
	printf("%-44s %3u %% foreign: %6.0f MB/s %6.2f M lines/s, %llu items\n", path,
	       foreign_count * 100 / (foreign_count + 1), (double)input.len / 1e6 / best,
	       (double)lines / 1e6 / best, (unsigned long long)items);
	buf_done(&log);
	buf_done(&input);
}

int main(void)
{
	static const char *const logs[] = {
		"tests/data/gctrace/go1.8.7.plain.log",
		"tests/data/gctrace/go1.19.8.plain.log",
		"tests/data/gctrace/go1.26.10.plain.log",
	};

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		run(logs[i], 0);
		run(logs[i], 19);
	}
	return 0;
}
