/* tracepacket.c - a state machine over packets: which are pieces of trace lines, which are the user's.
 *
 * While a line is in progress every packet is kept, in order, in one queue: pieces with the line they
 * were given to, others as foreign. When the line ends, foreign packets go to the user. If some
 * foreign packet looks like a piece, other readings of the same packets are tried first (pick.c):
 * a line is handed out as whole only when one reading is left. */
#include "parse/tracepacket.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/unknown.h"
#include "parse/traceline.h"
#include "tracegrammar_internal.h"
#include "tracepick_internal.h"

#define LINES_MAX        4            /* processes that print at the same moment */
#define PROCESSES_MAX    8            /* whose last cycle number is remembered */
#define PIECES_CERTAIN   4            /* "gc ", number, " @", seconds: nobody else writes that */
#define QUEUE_BYTES_MAX  (256u << 10)
#define QUEUE_ITEMS_MAX  4096u
#define SUFFIX_WAIT_NS   2000000ULL   /* how long a finished line waits for a late " (forced)" */

struct line {
	bool used;
	bool spoiled;               /* pieces may have been swapped with another process's line */
	unsigned mixed_with;        /* bit per line that could have taken the same numbers */
	struct grammar_state state;
	struct buf text;            /* pieces that left the queue already */
	uint64_t first_ns, last_ns, packet_count;
};

/* A line that has ended but is not handed out yet. */
struct ended {
	bool used;
	struct tracepacket_line line;
	struct buf text;
	uint64_t until_ns;
};

struct tracepacket {
	struct tracepacket_sink sink;
	struct line lines[LINES_MAX];
	struct buf bytes;           /* of the queued packets, in order */
	struct buf items;           /* struct pick_item each */
	uint64_t release_ns;        /* when the queue is let go at the latest */
	struct ended ended;
	uint64_t next_numbers[PROCESSES_MAX]; /* newest first; 1 where nothing is known yet */
};

struct tracepacket *tracepacket_new(const struct tracepacket_sink *sink)
{
	struct tracepacket *t = xcalloc(1, sizeof(*t));

	t->sink = *sink;
	t->release_ns = UNKNOWN_U64;
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		t->next_numbers[i] = 1;
	return t;
}

void tracepacket_free(struct tracepacket *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < LINES_MAX; i++)
		buf_done(&t->lines[i].text);
	buf_done(&t->bytes);
	buf_done(&t->items);
	buf_done(&t->ended.text);
	free(t);
}

static struct pick_item *queue_items(const struct tracepacket *t, size_t *ret_count)
{
	*ret_count = t->items.len / sizeof(struct pick_item);
	return (struct pick_item *)(void *)t->items.at;
}

static bool any_line(const struct tracepacket *t)
{
	for (size_t i = 0; i < LINES_MAX; i++)
		if (t->lines[i].used)
			return true;
	return false;
}

static void queue_add(struct tracepacket *t, struct text packet, int owner)
{
	struct pick_item item = { .offset = t->bytes.len, .len = packet.len, .owner = owner };

	buf_add(&t->bytes, packet.at, packet.len);
	buf_add(&t->items, &item, sizeof(item));
}

static void emit_ended(struct tracepacket *t)
{
	struct ended *e = &t->ended;

	if (!e->used)
		return;
	e->used = false;
	e->line.text = buf_text(&e->text);
	t->sink.line(t->sink.arg, &e->line);
	buf_clear(&e->text);
}

/* Give the foreign packets of the queue to the user, in order, and move the pieces into their lines' texts. */
static void queue_release(struct tracepacket *t)
{
	size_t count;
	struct pick_item *items = queue_items(t, &count);

	for (size_t i = 0; i < count; i++) {
		struct text packet = { (const char *)t->bytes.at + items[i].offset, items[i].len };

		if (items[i].owner == PICK_FOREIGN)
			t->sink.user(t->sink.arg, packet);
		else if (items[i].owner >= 0)
			buf_add(&t->lines[items[i].owner].text, packet.at, packet.len);
	}
	buf_clear(&t->bytes);
	buf_clear(&t->items);
	t->release_ns = UNKNOWN_U64;
}

static void line_disown(struct tracepacket *t, int owner);

/* Lines that may turn out to be nothing but the user's bytes. */
static unsigned uncertain_lines(const struct tracepacket *t, int except)
{
	unsigned set = 0;

	for (int i = 0; i < LINES_MAX; i++)
		if (i != except && t->lines[i].used && t->lines[i].state.piece_count < PIECES_CERTAIN)
			set |= 1u << i;
	return set;
}

/* Find the right reading of the packets given to a completed line. False when there is not exactly one. */
static bool settle_choice(struct tracepacket *t, int owner)
{
	size_t count;
	struct pick_item *items = queue_items(t, &count);
	struct pick_context context = {
		.owner = owner,
		.uncertain_lines = uncertain_lines(t, owner),
		.next_numbers = t->next_numbers,
		.next_count = PROCESSES_MAX,
		.mixed = t->lines[owner].mixed_with != 0,
	};
	size_t owned_before[LINES_MAX] = { 0 }, owned_after[LINES_MAX] = { 0 };

	for (size_t i = 0; i < count; i++)
		if (items[i].owner >= 0)
			owned_before[items[i].owner]++;
	if (!pick_settle(items, count, (const char *)t->bytes.at, &context))
		return false;
	for (size_t i = 0; i < count; i++)
		if (items[i].owner >= 0)
			owned_after[items[i].owner]++;
	for (int i = 0; i < LINES_MAX; i++)
		if (i != owner && t->lines[i].used && owned_after[i] < owned_before[i])
			line_disown(t, i);
	return true;
}

/* Settle which of the queued packets make up the line that has just ended, take them out of the queue, and
 * leave its text in *ret. Returns why it is not whole, or NULL. */
static const char *settle(struct tracepacket *t, int owner, bool complete, struct buf *ret)
{
	struct line *l = &t->lines[owner];
	bool queued = l->text.len == 0; /* all of it is in the queue, so there is a choice */
	const char *why = NULL;
	size_t count;
	struct pick_item *items;

	if (l->spoiled || (l->mixed_with & ~uncertain_lines(t, owner)) || (l->mixed_with && !queued))
		why = "two processes printed at the same time";
	else if (complete && queued && !settle_choice(t, owner))
		why = "other writers wrote what looks like pieces of this line";
	buf_add(ret, l->text.at, l->text.len);
	items = queue_items(t, &count);
	for (size_t i = 0; i < count; i++) {
		if (items[i].owner != owner)
			continue;
		buf_add(ret, t->bytes.at + items[i].offset, items[i].len);
		items[i].owner = PICK_TAKEN;
	}
	return why;
}

/* Remember which cycle number would continue this process. */
static void note_number(struct tracepacket *t, struct text line)
{
	struct trace_line parsed;

	if (traceline_parse(&parsed, line) != TRACE_GC)
		return;
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		if (t->next_numbers[i] == parsed.u.gc.number || i == PROCESSES_MAX - 1) {
			memmove(t->next_numbers + 1, t->next_numbers, i * sizeof(t->next_numbers[0]));
			t->next_numbers[0] = parsed.u.gc.number + 1;
			return;
		}
}

static void line_drop(struct line *l)
{
	buf_clear(&l->text);
	l->used = l->spoiled = false;
	l->mixed_with = 0;
}

/* A line that took its numbers for good: whoever could have taken them as well is in doubt from now on. */
static void spoil_partners(struct tracepacket *t, int owner)
{
	for (int i = 0; i < LINES_MAX; i++)
		if (i != owner && t->lines[i].mixed_with >> owner & 1)
			t->lines[i].spoiled = true;
}

/* The line is over, whole or given up: prepare it for handing out. */
static void line_end(struct tracepacket *t, int owner, const char *broken)
{
	struct line *l = &t->lines[owner];
	struct ended *e = &t->ended;
	const char *why;

	emit_ended(t);
	why = settle(t, owner, !broken, &e->text);
	if (broken)
		why = broken;
	if (e->text.len && e->text.at[e->text.len - 1] == '\n')
		e->text.len--;
	e->line = (struct tracepacket_line){
		.kind = grammar_is_gc(&l->state) ? TRACEPACKET_GC : TRACEPACKET_SCAV,
		.whole = !why,
		.why = why,
		.first_ns = l->first_ns,
		.last_ns = l->last_ns,
		.packet_count = l->packet_count,
	};
	if (!why)
		note_number(t, buf_text(&e->text));
	e->used = true;
	e->until_ns = l->last_ns + SUFFIX_WAIT_NS;
	spoil_partners(t, owner);
	line_drop(l);
	if (!any_line(t))
		queue_release(t);
}

/* The packets given to a line that turned out to be none are the user's after all. */
static void line_disown(struct tracepacket *t, int owner)
{
	size_t count;
	struct pick_item *items = queue_items(t, &count);

	for (size_t i = 0; i < count; i++)
		if (items[i].owner == owner)
			items[i].owner = PICK_FOREIGN;
	line_drop(&t->lines[owner]);
	for (int i = 0; i < LINES_MAX; i++)
		t->lines[i].mixed_with &= ~(1u << owner);
}

/* The waiting time or the room is over: lines that are certain go on without their queue, others are
 * the user's bytes. */
static void give_up_waiting(struct tracepacket *t)
{
	for (int i = 0; i < LINES_MAX; i++)
		if (t->lines[i].used && t->lines[i].state.piece_count < PIECES_CERTAIN)
			line_disown(t, i);
	queue_release(t);
}

static bool takes_late_suffix(struct tracepacket *t, struct text packet)
{
	struct ended *e = &t->ended;
	bool forced = text_is(packet, " (forced)");

	if (!e->used || !e->line.whole || !(forced || text_is(packet, " [controller reset]")))
		return false;
	if (e->text.len && (e->text.at[e->text.len - 1] == ')' || e->text.at[e->text.len - 1] == ']'))
		return false;
	buf_add(&e->text, packet.at, packet.len);
	return true;
}

static bool begin_line(struct tracepacket *t, struct text packet, uint64_t now_ns)
{
	struct grammar_state state;

	grammar_begin(&state);
	if (!grammar_take(&state, packet))
		return false;
	for (int i = 0; i < LINES_MAX; i++) {
		struct line *l = &t->lines[i];

		if (l->used)
			continue;
		emit_ended(t);
		l->used = true;
		l->state = state;
		l->first_ns = l->last_ns = now_ns;
		l->packet_count = 1;
		queue_add(t, packet, i);
		return true;
	}
	return false;
}

/* The lines that could take the packet as their next piece, as bits. */
static unsigned takers_of(const struct tracepacket *t, struct text packet)
{
	unsigned takers = 0;

	for (int i = 0; i < LINES_MAX; i++) {
		struct grammar_state probe = t->lines[i].state;

		if (t->lines[i].used && grammar_take(&probe, packet))
			takers |= 1u << i;
	}
	return takers;
}

/* Which line takes the packet: -1 for none. When several would, the one that waited longest gets it; a number that
 * could belong to either puts both in doubt, a literal is the same in both. */
static int choose_line(struct tracepacket *t, struct text packet)
{
	unsigned takers = takers_of(t, packet);
	bool is_number = packet.at[0] >= '0' && packet.at[0] <= '9';
	int chosen = -1;

	for (int i = 0; i < LINES_MAX; i++) {
		if (!(takers >> i & 1))
			continue;
		if (chosen < 0 || t->lines[i].last_ns < t->lines[chosen].last_ns)
			chosen = i;
		if (is_number)
			t->lines[i].mixed_with |= takers & ~(1u << i);
	}
	return chosen;
}

static void give_piece(struct tracepacket *t, int owner, struct text packet, uint64_t now_ns)
{
	struct line *l = &t->lines[owner];

	grammar_take(&l->state, packet);
	l->last_ns = now_ns;
	l->packet_count++;
	queue_add(t, packet, owner);
	if (grammar_is_complete(&l->state))
		line_end(t, owner, NULL);
}

void tracepacket_feed(struct tracepacket *t, struct text packet, uint64_t now_ns)
{
	int owner;

	if (packet.len == 0)
		return;
	tracepacket_expire(t, now_ns);
	owner = choose_line(t, packet);
	if (owner >= 0)
		give_piece(t, owner, packet, now_ns);
	else if (!takes_late_suffix(t, packet) && !begin_line(t, packet, now_ns)) {
		if (any_line(t))
			queue_add(t, packet, PICK_FOREIGN);
		else
			t->sink.user(t->sink.arg, packet);
	}
	if (t->bytes.len > QUEUE_BYTES_MAX || t->items.len > QUEUE_ITEMS_MAX * sizeof(struct pick_item))
		give_up_waiting(t);
	if (t->items.len && !is_known(t->release_ns))
		t->release_ns = now_ns + TRACEPACKET_WAIT_NS;
}

void tracepacket_expire(struct tracepacket *t, uint64_t now_ns)
{
	if (t->ended.used && now_ns >= t->ended.until_ns)
		emit_ended(t);
	if (is_known(t->release_ns) && now_ns >= t->release_ns)
		give_up_waiting(t);
}

uint64_t tracepacket_deadline_ns(const struct tracepacket *t)
{
	uint64_t ended_ns = t->ended.used ? t->ended.until_ns : UNKNOWN_U64;

	return ended_ns < t->release_ns ? ended_ns : t->release_ns;
}

void tracepacket_finish(struct tracepacket *t)
{
	give_up_waiting(t);
	for (int i = 0; i < LINES_MAX; i++)
		if (t->lines[i].used)
			line_end(t, i, "the stream ended in the middle of it");
	emit_ended(t);
}
