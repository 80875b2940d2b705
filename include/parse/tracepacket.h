/* tracepacket.h - tell the Go runtime's trace lines from everything else written to one stderr,
 * exactly.
 *
 * The runtime prints a line as 34-39 separate write(2) calls, one per argument of print
 * (runtime/print.go, gwrite; Go 1.5-1.27). Through a packet-mode pipe (pipe2(2), O_DIRECT) each
 * write arrives as a packet of its own, so a state machine over packets can follow a line although
 * others write in its middle. Lines of one process never mix (printlock); lines of several
 * processes can.
 *
 * What it cannot tell: another writer's single write of just the bytes that the runtime would write
 * next. Where the line's own arithmetic does not betray that, the line is given up as broken; a
 * lone newline written between " P" and " (forced)" ends the line too early.
 *
 * Pure but for allocation: no I/O, no clock of its own. Memory is bounded. */
#ifndef PARSE_TRACEPACKET_H
#define PARSE_TRACEPACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum tracepacket_kind {
	TRACEPACKET_GC = 1, /* "gc 1 @..." */
	TRACEPACKET_SCAV,   /* "scav ...", "scvg...", "forced scvg..." */
};

struct tracepacket_line {
	enum tracepacket_kind kind;
	bool whole;	  /* false: text is what could be gathered, why says what broke it */
	const char *why;  /* static; NULL when whole */
	struct text text; /* without newline; borrowed during the call */
	uint64_t first_ns, last_ns, packet_count;
};

struct tracepacket_sink {
	/* Bytes that are the user's, in the order in which they were written. */
	void (*user)(void *arg, struct text bytes);
	/* A line of the runtime: its bytes were not and will not be given to user(). */
	void (*line)(void *arg, const struct tracepacket_line *line);
	void *arg;
};

struct tracepacket;

/* Free with _free. The kernel cuts a write longer than page_bytes, the size of a page, into several
 * packets (pipe(2), O_DIRECT). What follows a packet of just that length is its rest, or was
 * written by somebody else after a buffer of that length: of equal bytes it is the user's, and
 * where numbers differ the line is given up. */
struct tracepacket *tracepacket_new(const struct tracepacket_sink *sink, size_t page_bytes);

/* One packet, read at now_ns. Nearly always its bytes go to one of the sinks at once; packets that
 * look like a piece of a line wait until the line in progress is settled, at most
 * TRACEPACKET_WAIT_NS. */
void tracepacket_feed(struct tracepacket *t, struct text packet, uint64_t now_ns);

/* All that was written has been fed, and for waited_ns more nothing came: a line in progress whose
 * next piece has not come for TRACEPACKET_WAIT_NS in all is waited for no longer. */
void tracepacket_wait(struct tracepacket *t, uint64_t waited_ns);

/* After how much more waiting something is given up; UNKNOWN_U64 when nothing waits. */
uint64_t tracepacket_patience_ns(const struct tracepacket *t);

/* The stream ended or shall be handed over: settle everything. */
void tracepacket_finish(struct tracepacket *t);

void tracepacket_free(struct tracepacket *t); /* NULL is fine; does not finish */

/* A runtime that is stopped in the middle of a line, by a CPU quota mostly, goes on after some
 * periods of 100 ms. */
#define TRACEPACKET_WAIT_NS 500000000ULL

#endif
