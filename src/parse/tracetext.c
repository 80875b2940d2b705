/* tracetext.c - cut a byte stream into lines and find the runtime's among them.
 *
 * Most lines of most logs are foreign: they are told by their first and last bytes. */
#include "parse/tracetext.h"

#include <stdlib.h>

#include "base/buf.h"
#include "tracetext_internal.h"

/* A physical line is looked at no further than this. */
#define LINE_MAX_BYTES 65536

struct tracetext {
	tracetext_sink *sink;
	void *arg;
	int stopped;	      /* what the sink returned, once it was not 0 */
	uint64_t offset;      /* of the first byte of the line that is being read */
	uint64_t line_bytes;  /* of that line so far, in earlier feeds */
	const char *readable; /* end of the bytes in memory behind the line */
	struct buf begun;     /* its first LINE_MAX_BYTES + 1 bytes */
	struct tracetext_stats stats;
	struct mender mender;
};

static int hand_out(struct tracetext *t, struct tracetext_item *item)
{
	if (item->what == TRACETEXT_BROKEN) {
		t->stats.broken_count++;
		t->mender.last_cycle = 0; /* it may have been the next one */
	} else {
		t->stats.runtime_count++;
		t->stats.mended_count += item->mended;
		if (item->line.kind == TRACE_GC) {
			t->mender.last_cycle = item->line.u.gc.number;
			t->mender.last_start_ns = item->line.u.gc.start_ns;
		}
	}
	t->stopped = t->sink(t->arg, item);
	return t->stopped;
}

static int hand_out_broken(struct tracetext *t, struct text raw, uint64_t offset)
{
	struct tracetext_item item = { .what = TRACETEXT_BROKEN, .raw = raw };

	item.offset_bytes = offset;
	return hand_out(t, &item);
}

/* Nothing waits any more; what waited is handed out as broken. */
static int drop_waiting(struct tracetext *t)
{
	struct text raw;

	if (!mender_is_waiting(&t->mender) || !mender_drop(&t->mender, &raw))
		return 0;
	return hand_out_broken(t, raw, t->mender.offset);
}

static bool ends_in(struct text t, const char *end, size_t len)
{
	return t.len >= len && memcmp(t.at + t.len - len, end, len) == 0;
}

#define ENDS_IN(t, literal) ends_in(t, literal, sizeof(literal) - 1)

/* Whether a gc, scav or scvg line can end as this one does. */
static inline bool ends_like_trace(struct text line)
{
	if (line.len < 12)
		return false;
	switch (line.at[line.len - 1]) {
	case 'P':
		return line.at[line.len - 2] == ' ';
	case ')':
		return ENDS_IN(line, " (forced)") || ENDS_IN(line, " (MB)");
	case 'l':
		return ENDS_IN(line, "% util");
	case 'd':
		return ENDS_IN(line, " MB released");
	case ']':
		return ENDS_IN(line, " [controller reset]");
	default:
		return false;
	}
}

/* A whole trace line at the end of a longer one, behind a log viewer's prefix that ends in a blank,
 * or behind a schedtrace or inittrace line that has not got its newline yet (those are printed in
 * several print calls, and a gc line may come between them). */
static bool find_behind_prefix(struct trace_line *ret, struct text *ret_raw, struct text line)
{
	bool anywhere = traceline_begins_other(line);
	size_t first = 1;

	if (line.len > TRACELINE_MAX_BYTES)
		first = line.len - TRACELINE_MAX_BYTES;
	for (size_t i = first; i < line.len; i++) {
		char before = line.at[i - 1];
		struct text rest = { .at = line.at + i, .len = line.len - i };

		if (!anywhere && before != ' ' && before != '\t' && before != '\r')
			continue;
		if (!grammar_for(rest))
			continue;
		if (traceline_parse(ret, rest) != TRACE_NOT_RUNTIME) {
			*ret_raw = rest;
			return true;
		}
	}
	return false;
}

/* Bytes up to `readable` follow the line in memory, beginning with its newline. */
static inline bool find_whole(struct trace_line *ret, struct text *ret_raw, struct text line,
			      const char *readable)
{
	const struct trace_element *grammar = grammar_for(line);

	*ret_raw = line;
	if (grammar && readable - line.at >= (ptrdiff_t)line.len + TRACELINE_PAD_BYTES) {
		if (traceline_decode(ret, grammar, line) != TRACE_NOT_RUNTIME)
			return true;
	} else if ((grammar || traceline_begins_other(line)) &&
		   traceline_parse(ret, line) != TRACE_NOT_RUNTIME) {
		return true;
	}
	return ends_like_trace(line) && find_behind_prefix(ret, ret_raw, line);
}

static size_t drop_digits(struct text t)
{
	while (t.len && (unsigned char)(t.at[t.len - 1] - '0') < 10)
		t.len--;
	return t.len;
}

/* Whether a line that is not whole is the end of a trace line whose beginning is not there. */
static bool is_orphan(struct text line)
{
	if (!ends_like_trace(line))
		return false;
	if (ENDS_IN(line, " (forced)"))
		line.len -= sizeof(" (forced)") - 1;
	else if (ENDS_IN(line, " [controller reset]"))
		line.len -= sizeof(" [controller reset]") - 1;
	if (ENDS_IN(line, " P")) {
		line.len -= 2;
		line.len = drop_digits(line);
		return ENDS_IN(line, " MB goal, ") || ENDS_IN(line, " MB globals, ");
	}
	if (ENDS_IN(line, "% util")) {
		line.len -= 6;
		line.len = drop_digits(line);
		return ENDS_IN(line, " KiB total, ") || ENDS_IN(line, " KiB now, ");
	}
	if (ENDS_IN(line, " (MB)")) {
		line.len -= 5;
		line.len = drop_digits(line);
		return ENDS_IN(line, ", consumed: ");
	}
	return false;
}

/* A physical line while a runtime line waits for its rest. *ret_done: it needs no further look. */
static int offer_to_mender(struct tracetext *t, struct text line, bool whole, bool *ret_done)
{
	struct tracetext_item item = { .what = TRACETEXT_LINE, .mended = true };

	*ret_done = true;
	switch (mender_add(&t->mender, &item.line, &item.raw, line, whole)) {
	case MENDER_MENDED:
		item.offset_bytes = t->mender.offset;
		return hand_out(t, &item);
	case MENDER_AMBIGUOUS:
		return hand_out_broken(t, item.raw, t->mender.offset);
	case MENDER_GAVE_UP:
		return drop_waiting(t);
	default:
		break;
	}
	if (whole && is_orphan(line)) { /* its end, and it does not fit */
		uint64_t broken_count = t->stats.broken_count;
		int rc = drop_waiting(t);

		*ret_done = t->stats.broken_count != broken_count;
		return rc;
	}
	return 0;
}

/* One physical line without its newline; whole is false when it was cut. */
static int take_line(struct tracetext *t, struct text line, bool whole, uint64_t offset)
{
	struct tracetext_item item; /* not cleared: it is large, and most lines are foreign */
	bool done = false;
	int rc;

	if (whole && find_whole(&item.line, &item.raw, line, t->readable)) {
		rc = drop_waiting(t);
		item.what = TRACETEXT_LINE;
		item.mended = false;
		item.offset_bytes = offset + (uint64_t)(item.raw.at - line.at);
		return rc ? rc : hand_out(t, &item);
	}
	if (grammar_for(line) && (!mender_is_waiting(&t->mender) || mender_is_head(line) ||
				  !mender_is_certain(&t->mender))) {
		rc = drop_waiting(t);
		mender_begin(&t->mender, line, offset);
		return rc;
	}
	if (mender_is_waiting(&t->mender)) {
		rc = offer_to_mender(t, line, whole, &done);
		if (rc || done)
			return rc;
	}
	if (whole && is_orphan(line))
		return hand_out_broken(t, line, offset);
	mender_note_foreign(&t->mender, line);
	return 0;
}

/* A physical line of the stream: cut it, and drop what a terminal (CR) or a log file that was
 * truncated under its writer (NULs) put around it. */
static int take_physical_line(struct tracetext *t, const char *at, size_t len, uint64_t offset)
{
	bool whole = len <= LINE_MAX_BYTES;

	t->stats.line_count++;
	if (!whole) {
		t->stats.overlong_count++;
		len = LINE_MAX_BYTES;
	}
	if (whole && len && at[len - 1] == '\r')
		len--;
	while (len && *at == '\0') {
		at++;
		len--;
		offset++;
	}
	return take_line(t, (struct text){ .at = at, .len = len }, whole, offset);
}

/* Bytes of a line whose end has not come. */
static void keep_begun(struct tracetext *t, const char *at, size_t len)
{
	size_t room = LINE_MAX_BYTES + 1 - t->begun.len;

	buf_add(&t->begun, at, len < room ? len : room);
	t->line_bytes += len;
}

struct tracetext *tracetext_new(tracetext_sink *sink, void *arg)
{
	struct tracetext *t = xcalloc(1, sizeof(*t));

	t->sink = sink;
	t->arg = arg;
	return t;
}

int tracetext_feed(struct tracetext *t, const void *bytes, size_t len)
{
	const char *at = bytes, *end = at + len;

	while (at < end && !t->stopped) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((newline ? newline : end) - at);
		uint64_t line_bytes;

		t->stats.byte_count += n + (newline != NULL);
		if (!newline || t->line_bytes)
			keep_begun(t, at, n);
		if (!newline)
			break;
		line_bytes = t->line_bytes ? t->line_bytes : n;
		if (t->line_bytes) {
			t->readable = (const char *)t->begun.at + t->begun.len;
			take_physical_line(t, (const char *)t->begun.at, t->begun.len, t->offset);
		} else {
			t->readable = end;
			take_physical_line(t, at, n, t->offset);
		}
		buf_clear(&t->begun);
		t->line_bytes = 0;
		t->offset += line_bytes + 1;
		at = newline + 1;
	}
	return t->stopped;
}

/* The stream ends without a newline. A gc or scav line without a suffix may have lost just that, so
 * only what has its suffix, and a scavenger pass, whose last literal is written with its newline,
 * is known to be whole. */
static int take_torn_line(struct tracetext *t)
{
	struct text line = buf_text(&t->begun);
	struct tracetext_item item = { .what = TRACETEXT_LINE };
	bool whole = line.len <= LINE_MAX_BYTES;
	bool certain;

	t->stats.line_count++;
	t->stats.overlong_count += !whole;
	if (whole && find_whole(&item.line, &item.raw, line, line.at + line.len)) {
		int rc = drop_waiting(t);

		certain = item.line.kind == TRACE_SCVG || item.line.kind == TRACE_OTHER ||
			  ENDS_IN(line, ")") || ENDS_IN(line, "]");
		item.offset_bytes = t->offset + (uint64_t)(item.raw.at - line.at);
		if (rc)
			return rc;
		return certain ? hand_out(t, &item)
			       : hand_out_broken(t, item.raw, item.offset_bytes);
	}
	if (mender_is_waiting(&t->mender) && mender_is_certain(&t->mender))
		return 0; /* handed out as broken by the caller */
	if (mender_is_head(line) || (whole && is_orphan(line)))
		return hand_out_broken(t, line, t->offset);
	return 0;
}

int tracetext_finish(struct tracetext *t)
{
	if (t->stopped)
		return t->stopped;
	if (t->line_bytes && take_torn_line(t))
		return t->stopped;
	buf_clear(&t->begun);
	t->line_bytes = 0;
	drop_waiting(t);
	return t->stopped;
}

const struct tracetext_stats *tracetext_stats(const struct tracetext *t)
{
	return &t->stats;
}

void tracetext_free(struct tracetext *t)
{
	if (!t)
		return;
	buf_done(&t->begun);
	free(t);
}
