/* tracetext_internal.h - the mender: one runtime line that foreign lines have torn apart. */
#ifndef TRACETEXT_INTERNAL_H
#define TRACETEXT_INTERNAL_H

#include "base/text.h"
#include "parse/traceline.h"
#include "traceline_internal.h"

/* What is kept while a line waits for its rest. A longer physical line is kept in part: behind the
 * longest runtime line only the beginning of the foreign text counts. */
#define MENDER_LINES	  64
#define MENDER_LINE_BYTES (TRACELINE_MAX_BYTES + MENDER_SAMPLE_BYTES)
#define MENDER_WAIT_LINES 4096

/* Whole foreign lines seen last, by their first bytes. */
#define MENDER_NEIGHBOURS   8
#define MENDER_SAMPLE_BYTES 32

struct mender_line {
	uint16_t len;
	bool literal; /* more than a number may have been taken from it */
	char at[MENDER_LINE_BYTES];
};

struct mender_sample {
	uint8_t len;
	char at[MENDER_SAMPLE_BYTES];
};

struct mender {
	const struct trace_element *grammar; /* of the line that waits; NULL: none does */
	uint64_t states;		     /* bit i: element i may be the next one */
	uint64_t offset;		     /* of the line in the stream */
	size_t head_bytes;		     /* runtime text at the begin of line[0], at most */
	unsigned line_count;		     /* physical lines kept */
	unsigned wait_count;		     /* physical lines since the head */
	uint64_t last_cycle; /* number of the last collection, when nothing broken followed; else 0
			      */
	uint64_t last_start_ns;
	struct mender_line line[MENDER_LINES];
	struct mender_sample neighbour[MENDER_NEIGHBOURS];
	unsigned neighbour_count;
	char joined[TRACELINE_MAX_BYTES];
};

enum mender_answer {
	MENDER_WAITS,
	MENDER_MENDED,	  /* *ret and *ret_raw are filled */
	MENDER_AMBIGUOUS, /* it ended, and may be read in more than one way */
	MENDER_GAVE_UP,	  /* too much foreign text */
};

/* Remember how a whole foreign line begins. */
static inline void mender_note_foreign(struct mender *m, struct text line)
{
	struct mender_sample *s = &m->neighbour[m->neighbour_count++ % MENDER_NEIGHBOURS];

	s->len = line.len < MENDER_SAMPLE_BYTES ? (uint8_t)line.len : MENDER_SAMPLE_BYTES;
	if (s->len)
		memcpy(s->at, line.at, s->len);
}

static inline bool mender_is_waiting(const struct mender *m)
{
	return m->grammar;
}

/* Whether what waits is runtime text beyond doubt; something must be waiting. */
bool mender_is_certain(const struct mender *m);

/* Whether a physical line that is no runtime line begins with so much of one that it can only be
 * its head ("gc 5 @"), rather than user text that happens to begin with "gc ". */
bool mender_is_head(struct text line);

/* Wait for the rest of the runtime line that begins this physical line (grammar_for() knows it). */
void mender_begin(struct mender *m, struct text line, uint64_t offset);

/* The next physical line; whole: it was not cut. *ret_raw is borrowed until the next call. After
 * any answer but MENDER_WAITS nothing waits any more. */
enum mender_answer mender_add(struct mender *m, struct trace_line *ret, struct text *ret_raw,
			      struct text line, bool whole);

/* Stop waiting. True when what waited was runtime text for certain; *ret_raw is its piece. */
bool mender_drop(struct mender *m, struct text *ret_raw);

#endif
