/* packetqueue_internal.h - packets that wait, in order, until it is settled whose they are. */
#ifndef PARSE_PACKETQUEUE_INTERNAL_H
#define PARSE_PACKETQUEUE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"
#include "tracepick_internal.h"

/* All zero is an empty queue; free with packetqueue_done. */
struct packetqueue {
	struct buf bytes; /* of the packets, in order */
	struct buf items; /* struct pick_item each */
	uint64_t serial;  /* of the first packet; the others follow */
};

/* The packets; borrowed until the next one is added. */
struct pick_item *packetqueue_items(const struct packetqueue *q, size_t *ret_count);

/* The bytes of one of them; borrowed likewise. */
struct text packetqueue_text(const struct packetqueue *q, const struct pick_item *item);

/* The packet with this serial number, which is in the queue; borrowed likewise. */
struct pick_item *packetqueue_at(const struct packetqueue *q, uint64_t serial);

/* The serial number that the next packet added will have. */
uint64_t packetqueue_next_serial(const struct packetqueue *q);

bool packetqueue_is_empty(const struct packetqueue *q);

/* More than can wait: 1 MiB, or 16384 packets. */
bool packetqueue_is_full(const struct packetqueue *q);

/* The line that all others wait for: it owns the first packet. Of a queue that is not empty and
 * has just been released. */
int packetqueue_front_owner(const struct packetqueue *q);

/* owner is a line, or PICK_FOREIGN. */
void packetqueue_add(struct packetqueue *q, struct text packet, int owner, bool after_page);

/* Add the owner's packets to *ret, in order; they are PICK_TAKEN then. */
void packetqueue_take(struct packetqueue *q, int owner, struct buf *ret);

/* The owner's packets from this serial number on are PICK_FOREIGN. */
void packetqueue_disown(struct packetqueue *q, int owner, uint64_t from_serial);

/* Let go what stands before the first packet that a line owns: foreign packets to the user, in
 * order. */
void packetqueue_release(struct packetqueue *q, void (*user)(void *arg, struct text bytes),
			 void *arg);

void packetqueue_done(struct packetqueue *q);

#endif
