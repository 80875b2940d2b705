/* packetqueue.c - packets that wait, in order, until it is settled whose they are. */
#include "packetqueue_internal.h"

#define BYTES_MAX (1u << 20)
#define ITEMS_MAX 16384u

struct pick_item *packetqueue_items(const struct packetqueue *q, size_t *ret_count)
{
	*ret_count = q->items.len / sizeof(struct pick_item);
	return (struct pick_item *)(void *)q->items.at;
}

struct text packetqueue_text(const struct packetqueue *q, const struct pick_item *item)
{
	return (struct text){ (const char *)q->bytes.at + item->offset, item->len };
}

struct pick_item *packetqueue_at(const struct packetqueue *q, uint64_t serial)
{
	size_t count;

	return &packetqueue_items(q, &count)[serial - q->serial];
}

uint64_t packetqueue_next_serial(const struct packetqueue *q)
{
	return q->serial + q->items.len / sizeof(struct pick_item);
}

bool packetqueue_is_empty(const struct packetqueue *q)
{
	return q->items.len == 0;
}

bool packetqueue_is_full(const struct packetqueue *q)
{
	return q->bytes.len > BYTES_MAX || q->items.len > ITEMS_MAX * sizeof(struct pick_item);
}

int packetqueue_front_owner(const struct packetqueue *q)
{
	size_t count;

	return packetqueue_items(q, &count)[0].owner;
}

void packetqueue_add(struct packetqueue *q, struct text packet, int owner, bool after_page)
{
	struct pick_item item = {
		.offset = q->bytes.len, .len = packet.len, .owner = owner, .after_page = after_page
	};

	buf_add(&q->bytes, packet.at, packet.len);
	buf_add(&q->items, &item, sizeof(item));
}

void packetqueue_take(struct packetqueue *q, int owner, struct buf *ret)
{
	size_t count;
	struct pick_item *items = packetqueue_items(q, &count);

	for (size_t i = 0; i < count; i++) {
		if (items[i].owner != owner)
			continue;
		buf_add(ret, q->bytes.at + items[i].offset, items[i].len);
		items[i].owner = PICK_TAKEN;
	}
}

void packetqueue_disown(struct packetqueue *q, int owner, uint64_t from_serial)
{
	size_t count;
	struct pick_item *items = packetqueue_items(q, &count);

	for (size_t i = from_serial > q->serial ? (size_t)(from_serial - q->serial) : 0; i < count;
	     i++)
		if (items[i].owner == owner)
			items[i].owner = PICK_FOREIGN;
}

void packetqueue_release(struct packetqueue *q, void (*user)(void *arg, struct text bytes),
			 void *arg)
{
	size_t count, done = 0, bytes = 0;
	struct pick_item *items = packetqueue_items(q, &count);

	for (; done < count && items[done].owner < 0; done++) {
		if (items[done].owner == PICK_FOREIGN)
			user(arg, packetqueue_text(q, &items[done]));
		bytes = items[done].offset + items[done].len;
	}
	for (size_t i = done; i < count; i++)
		items[i].offset -= bytes;
	buf_consume(&q->bytes, bytes);
	buf_consume(&q->items, done * sizeof(*items));
	q->serial += done;
}

void packetqueue_done(struct packetqueue *q)
{
	buf_done(&q->bytes);
	buf_done(&q->items);
}
