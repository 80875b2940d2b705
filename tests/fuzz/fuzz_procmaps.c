/* fuzz_procmaps.c - properties: a line that is refused leaves the result alone, one that is taken
 * holds start < end and a name within the line; and the sums over smaps text are the same whatever
 * the pieces in which it comes. The first byte chooses the pieces. */
#include <stdlib.h>
#include <string.h>

#include "parse/procmaps.h"
#include "parse/procsmaps.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

static enum smaps_group group_of(const struct proc_mapping *m, void *arg)
{
	(void)arg;
	check(m->start < m->end);
	return mapping_is_anonymous(m) && !m->shared ? SMAPS_HEAP : SMAPS_REST;
}

static void check_line(struct text line)
{
	struct proc_mapping before, after;

	memset(&before, 0xa5, sizeof(before));
	after = before;
	if (!procmaps_parse_line(&after, line)) {
		check(memcmp(&before, &after, sizeof(after)) == 0);
		return;
	}
	check(after.start < after.end);
	check(after.name.at >= line.at && after.name.at + after.name.len == line.at + line.len);
}

static struct smaps_totals sum(struct text t, size_t piece_bytes)
{
	struct smaps_stream s;
	struct smaps_totals totals;

	smaps_init(&s, group_of, NULL);
	while (t.len) {
		size_t n = t.len < piece_bytes ? t.len : piece_bytes;

		smaps_feed(&s, (struct text){ .at = t.at, .len = n });
		t.at += n;
		t.len -= n;
	}
	smaps_finish(&s, &totals);
	return totals;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { .at = (const char *)data, .len = size };
	struct smaps_totals whole, pieces;
	const char *newline;

	if (size < 1)
		return 0;
	t.at++;
	t.len--;
	newline = t.len ? memchr(t.at, '\n', t.len) : NULL;
	check_line((struct text){ .at = t.at, .len = newline ? (size_t)(newline - t.at) : t.len });
	whole = sum(t, t.len);
	pieces = sum(t, (size_t)data[0] + 1);
	check(memcmp(&whole, &pieces, sizeof(whole)) == 0);
	for (size_t g = 0; g < SMAPS_GROUP_COUNT; g++)
		check(whole.group[g].file_rss_bytes <= whole.group[g].rss_bytes);
	return 0;
}
