/* tracepick_internal.h - which of the queued packets make up a line, when several readings are
 * possible. */
#ifndef PARSE_TRACEPICK_INTERNAL_H
#define PARSE_TRACEPICK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PICK_FOREIGN (-1) /* not a piece: the user's bytes */
#define PICK_TAKEN   (-2) /* a piece of a line that is settled */

struct pick_item {
	size_t offset, len; /* in the queue's bytes */
	int owner;	    /* index of the line it was given to, or PICK_... */
	bool after_page;    /* likely the rest of a longer write, see tracepacket_new */
};

/* What pick_settle is told besides the packets. */
struct pick_context {
	int owner;		      /* the line that has just been completed */
	unsigned uncertain_lines;     /* bit per line that may have taken packets of this one */
	const uint64_t *next_numbers; /* cycle numbers that would continue a process known so far */
	size_t next_count;
	bool mixed; /* another line could have taken the same packets: always search */
};

/* The packets of the owner make up a complete line. When other packets between them could be pieces
 * as well, look for the one reading that makes sense (form of the numbers, stop-the-world cpu = P x
 * wall, a cycle number that continues a known process) and change the owners accordingly. Of
 * packets with the same bytes those not marked after_page are the line's. False when more than one
 * reading, or none, is left: owners are then as they were. */
bool pick_settle(struct pick_item *items, size_t count, const char *bytes,
		 const struct pick_context *context);

#endif
