/* procsmaps.c - /proc/PID/smaps, line by line, into sums per group. */
#include "parse/procsmaps.h"

#include "base/unknown.h"
#include "procscan_internal.h"

struct field {
	const char *key;
	size_t offset; /* of its sum in struct smaps_sums */
};

static const struct field fields[] = {
	{ "Size", offsetof(struct smaps_sums, size_bytes) },
	{ "Rss", offsetof(struct smaps_sums, rss_bytes) },
	{ "Anonymous", offsetof(struct smaps_sums, anonymous_bytes) },
	{ "LazyFree", offsetof(struct smaps_sums, lazyfree_bytes) },
	{ "AnonHugePages", offsetof(struct smaps_sums, anonhuge_bytes) },
	{ "Swap", offsetof(struct smaps_sums, swap_bytes) },
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static uint64_t *sum_at(struct smaps_sums *sums, size_t offset)
{
	return (uint64_t *)((char *)sums + offset);
}

/* A sum that does not fit becomes unknown, and stays it. */
static void add(uint64_t *sum, uint64_t v)
{
	*sum = is_known(*sum) && v < UNKNOWN_U64 - *sum ? *sum + v : UNKNOWN_U64;
}

void smaps_init(struct smaps_stream *s, smaps_classifier *classify, void *classify_arg)
{
	*s = (struct smaps_stream){ .classify = classify, .classify_arg = classify_arg };
}

/* "Rss:                  12 kB". Keys that we do not sum, and VmFlags, are passed over. */
static void take_field(struct smaps_stream *s, struct text key, struct text rest)
{
	uint64_t kib;

	if (!s->in_mapping) {
		s->totals.bad_line_count++;
		return;
	}
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		struct smaps_sums *sums = &s->totals.group[s->group];

		if (!text_is(key, fields[i].key))
			continue;
		scan_blanks(&rest);
		if (!scan_uint(&kib, &rest, 10) || !text_is(rest, " kB") ||
		    kib > UINT64_MAX >> 10) {
			s->totals.bad_line_count++;
			return;
		}
		s->seen[s->group] |= 1U << i;
		add(sum_at(sums, fields[i].offset), kib << 10);
		if (fields[i].offset == offsetof(struct smaps_sums, rss_bytes) && s->has_file)
			add(&sums->file_rss_bytes, kib << 10);
		return;
	}
}

static void take_head(struct smaps_stream *s, struct text line)
{
	struct proc_mapping m;

	s->in_mapping = procmaps_parse_line(&m, line);
	if (!s->in_mapping) {
		s->totals.bad_line_count++;
		return;
	}
	s->group = s->classify(&m, s->classify_arg);
	s->has_file = m.inode != 0;
	s->totals.group[s->group].mapping_count++;
}

/* A field's key ends in ':' before the first blank; a head line has none there. */
static void take_line(struct smaps_stream *s)
{
	struct text line = { .at = s->line, .len = s->line_len };
	struct text rest = line, key;

	s->line_len = 0;
	if (scan_until(&key, &rest, ':') && rest.len && key.len && key.at[0] >= 'A' &&
	    key.at[0] <= 'Z' && !memchr(key.at, ' ', key.len))
		take_field(s, key, rest);
	else
		take_head(s, line);
}

void smaps_feed(struct smaps_stream *s, struct text piece)
{
	while (piece.len) {
		const char *newline = memchr(piece.at, '\n', piece.len);
		size_t n = newline ? (size_t)(newline - piece.at) : piece.len;
		size_t room = sizeof(s->line) - s->line_len;

		if (n) {
			size_t kept = n < room ? n : room;

			memcpy(s->line + s->line_len, piece.at, kept);
			s->line_len += kept;
		}
		if (newline)
			take_line(s);
		scan_skip(&piece, n + (newline ? 1 : 0));
	}
}

void smaps_finish(struct smaps_stream *s, struct smaps_totals *ret)
{
	if (s->line_len)
		s->totals.bad_line_count++;
	for (size_t g = 0; g < SMAPS_GROUP_COUNT; g++) {
		struct smaps_sums *sums = &s->totals.group[g];

		for (size_t i = 0; i < FIELD_COUNT; i++) {
			if (sums->mapping_count && !(s->seen[g] & (1U << i)))
				*sum_at(sums, fields[i].offset) = UNKNOWN_U64;
		}
		if (!is_known(sums->rss_bytes))
			sums->file_rss_bytes = UNKNOWN_U64;
	}
	*ret = s->totals;
}
