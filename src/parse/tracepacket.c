/* tracepacket.c - a state machine over packets: which are pieces of trace lines, which are the
 * user's.
 *
 * From the first piece of a line on every packet is kept, in order, in one queue: pieces with the
 * line they were given to, others as foreign. What stands before the oldest line in progress is
 * settled and leaves the queue. If some foreign packet looks like a piece, other readings of the
 * same packets are tried when the line ends (tracepick.c): a line is handed out as whole only when
 * one reading is left. */
#include "parse/tracepacket.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/unknown.h"
#include "parse/traceline.h"
#include "packetqueue_internal.h"
#include "tracegrammar_internal.h"
#include "tracepick_internal.h"

#define LINES_MAX                                                                          \
	8 /* lines in progress: of processes that print at the same moment, and beginnings \
	     that others wrote */
#define PROCESSES_MAX  8 /* whose last cycle number is remembered */
#define PIECES_CERTAIN 4 /* "gc ", number, " @", seconds: nobody else writes that */

struct line {
	bool used;
	bool spoiled;	     /* pieces may have been swapped with another process's line */
	unsigned mixed_with; /* bit per line that could have taken the same numbers */
	struct grammar_state state;
	struct buf text; /* pieces that left the queue already */
	uint64_t first_ns, last_ns, packet_count;
	uint64_t patience_ns;		/* how much longer the queue waits for its next piece */
	uint64_t early[PIECES_CERTAIN]; /* serial numbers of its packets until it is certain */
	size_t early_count;
};

struct tracepacket {
	struct tracepacket_sink sink;
	struct line lines[LINES_MAX];
	struct packetqueue queue;
	uint64_t next_numbers[PROCESSES_MAX]; /* newest first; 1 where nothing is known yet */
	size_t page_bytes;
	bool after_page; /* the packet before this one was as long as a packet can be */
};

struct tracepacket *tracepacket_new(const struct tracepacket_sink *sink, size_t page_bytes)
{
	struct tracepacket *t = xcalloc(1, sizeof(*t));

	t->sink = *sink;
	t->page_bytes = page_bytes;
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
	packetqueue_done(&t->queue);
	free(t);
}

static bool is_certain(const struct line *l)
{
	return l->state.piece_count >= PIECES_CERTAIN;
}

static void queue_add(struct tracepacket *t, struct text packet, int owner)
{
	packetqueue_add(&t->queue, packet, owner, t->after_page);
}

static void queue_release(struct tracepacket *t)
{
	packetqueue_release(&t->queue, t->sink.user, t->sink.arg);
}

static void line_disown(struct tracepacket *t, int owner);

/* Lines that may turn out to be nothing but the user's bytes. */
static unsigned uncertain_lines(const struct tracepacket *t, int except)
{
	unsigned set = 0;

	for (int i = 0; i < LINES_MAX; i++)
		if (i != except && t->lines[i].used && !is_certain(&t->lines[i]))
			set |= 1u << i;
	return set;
}

/* Find the right reading of the packets given to a completed line. False when there is not exactly
 * one. */
static bool settle_choice(struct tracepacket *t, int owner)
{
	size_t count;
	struct pick_item *items = packetqueue_items(&t->queue, &count);
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
	if (!pick_settle(items, count, (const char *)t->queue.bytes.at, &context))
		return false;
	for (size_t i = 0; i < count; i++)
		if (items[i].owner >= 0)
			owned_after[items[i].owner]++;
	for (int i = 0; i < LINES_MAX; i++)
		if (i != owner && t->lines[i].used && owned_after[i] < owned_before[i])
			line_disown(t, i);
	return true;
}

/* Settle which of the queued packets make up the line that has just ended, take them out of the
 * queue, and leave its text in *ret. Returns why it is not whole, or NULL. */
static const char *settle(struct tracepacket *t, int owner, bool complete, struct buf *ret)
{
	struct line *l = &t->lines[owner];
	bool queued = l->text.len == 0; /* all of it is in the queue, so there is a choice */
	const char *why = NULL;

	if (l->spoiled || (l->mixed_with & ~uncertain_lines(t, owner)) ||
	    (l->mixed_with && !queued))
		why = "two processes printed at the same time";
	else if (complete && queued && !settle_choice(t, owner))
		why = "other writers wrote what looks like pieces of this line";
	buf_add(ret, l->text.at, l->text.len);
	packetqueue_take(&t->queue, owner, ret);
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
			memmove(t->next_numbers + 1, t->next_numbers,
				i * sizeof(t->next_numbers[0]));
			t->next_numbers[0] = parsed.u.gc.number + 1;
			return;
		}
}

static void line_drop(struct line *l)
{
	buf_clear(&l->text);
	l->used = l->spoiled = false;
	l->mixed_with = 0;
	l->early_count = 0;
}

/* A line that took its numbers for good: whoever could have taken them as well is in doubt from now
 * on. */
static void spoil_partners(struct tracepacket *t, int owner)
{
	for (int i = 0; i < LINES_MAX; i++)
		if (i != owner && t->lines[i].mixed_with >> owner & 1)
			t->lines[i].spoiled = true;
}

/* The line is over, whole or broken: hand it out. */
static void line_end(struct tracepacket *t, int owner, const char *broken)
{
	struct line *l = &t->lines[owner];
	struct buf text = { 0 };
	const char *why = settle(t, owner, !broken, &text);
	struct tracepacket_line line = {
		.kind = grammar_is_gc(&l->state) ? TRACEPACKET_GC : TRACEPACKET_SCAV,
		.whole = !why && !broken,
		.why = broken ? broken : why,
		.first_ns = l->first_ns,
		.last_ns = l->last_ns,
		.packet_count = l->packet_count,
	};

	if (text.len && text.at[text.len - 1] == '\n')
		text.len--;
	line.text = buf_text(&text);
	if (line.whole)
		note_number(t, line.text);
	spoil_partners(t, owner);
	line_drop(l);
	t->sink.line(t->sink.arg, &line);
	buf_done(&text);
	queue_release(t);
}

/* The packets given to a line that turned out to be none are the user's after all. */
static void line_disown(struct tracepacket *t, int owner)
{
	packetqueue_disown(&t->queue, owner, 0);
	line_drop(&t->lines[owner]);
	for (int i = 0; i < LINES_MAX; i++)
		t->lines[i].mixed_with &= ~(1u << owner);
}

/* The waiting time or the room is over: a line that is certain goes on without the queue, another
 * one is the user's bytes. */
static void line_give_up(struct tracepacket *t, int owner)
{
	struct line *l = &t->lines[owner];

	l->patience_ns = TRACEPACKET_WAIT_NS;
	if (!is_certain(l))
		line_disown(t, owner);
	else /* its pieces need not stay in order with other packets any longer */
		packetqueue_take(&t->queue, owner, &l->text);
	queue_release(t);
}

/* Room for a new line: when there is none, the uncertain one that has waited longest is given up.
 * -1 when all lines are certain. */
static int free_slot(struct tracepacket *t)
{
	int oldest = -1;

	for (int i = 0; i < LINES_MAX; i++) {
		if (!t->lines[i].used)
			return i;
		if (!is_certain(&t->lines[i]) &&
		    (oldest < 0 || t->lines[i].first_ns < t->lines[oldest].first_ns))
			oldest = i;
	}
	if (oldest >= 0)
		line_give_up(t, oldest);
	return oldest;
}

static bool begin_line(struct tracepacket *t, struct text packet, uint64_t now_ns)
{
	struct grammar_state state;
	struct line *l;
	int slot;

	if (!grammar_can_begin(packet))
		return false;
	grammar_begin(&state);
	if (!grammar_take(&state, packet))
		return false;
	slot = free_slot(t);
	if (slot < 0)
		return false;
	l = &t->lines[slot];
	l->used = true;
	l->state = state;
	l->first_ns = l->last_ns = now_ns;
	l->patience_ns = TRACEPACKET_WAIT_NS;
	l->packet_count = 1;
	l->early[0] = packetqueue_next_serial(&t->queue);
	l->early_count = 1;
	queue_add(t, packet, slot);
	return true;
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

/* Which line owns the packet: a certain one before an uncertain one, then the one that moved last,
 * as the runtime writes its pieces at one go. A number that another line could take as well,
 * besides a certain one, puts them in doubt; a literal is the same in both. */
static int choose_owner(struct tracepacket *t, unsigned takers, struct text packet)
{
	bool is_number = packet.at[0] >= '0' && packet.at[0] <= '9';
	unsigned certain = takers & ~uncertain_lines(t, -1), among = certain ? certain : takers;
	int chosen = -1;

	for (int i = 0; i < LINES_MAX; i++) {
		if (is_number && certain && takers >> i & 1)
			t->lines[i].mixed_with |= takers & ~(1u << i);
		if (among >> i & 1 &&
		    (chosen < 0 || t->lines[i].last_ns >= t->lines[chosen].last_ns))
			chosen = i;
	}
	return chosen;
}

/* An uncertain line whose packet turned out to be another's: back to before that packet. */
static void line_roll_back(struct tracepacket *t, int owner, uint64_t serial)
{
	struct line *l = &t->lines[owner];
	size_t kept = 0;

	grammar_begin(&l->state);
	while (kept < l->early_count && l->early[kept] < serial)
		grammar_take(
			&l->state,
			packetqueue_text(&t->queue, packetqueue_at(&t->queue, l->early[kept++])));
	l->early_count = l->packet_count = kept;
	packetqueue_disown(&t->queue, owner, serial);
}

/* A line has become certain: the packets that it shared with uncertain lines are its own. */
static void claim_early(struct tracepacket *t, int owner)
{
	struct line *l = &t->lines[owner];

	for (size_t e = 0; e < l->early_count; e++) {
		packetqueue_at(&t->queue, l->early[e])->owner = owner;
		for (int i = 0; i < LINES_MAX; i++)
			for (size_t k = 0;
			     i != owner && t->lines[i].used && k < t->lines[i].early_count; k++)
				if (t->lines[i].early[k] == l->early[e])
					line_roll_back(t, i, l->early[e]);
	}
	l->early_count = 0;
}

/* Let one taker move on; true when that made it certain. */
static bool line_move(struct tracepacket *t, int taker, struct text packet, uint64_t serial)
{
	struct line *l = &t->lines[taker];
	bool was_certain = is_certain(l);

	grammar_take(&l->state, packet);
	l->packet_count++;
	l->patience_ns = TRACEPACKET_WAIT_NS;
	if (!was_certain && l->early_count < PIECES_CERTAIN)
		l->early[l->early_count++] = serial;
	return !was_certain && is_certain(l);
}

/* The packet is the next piece of its owner; of several uncertain lines nobody knows yet which is
 * the runtime's, so they share it. Of several that become certain with it, the one that began last
 * is the runtime's. */
static void give_piece(struct tracepacket *t, unsigned takers, struct text packet, uint64_t now_ns)
{
	int owner = choose_owner(t, takers, packet), newest = -1;
	uint64_t serial = packetqueue_next_serial(&t->queue);

	if (is_certain(&t->lines[owner]))
		takers = 1u << owner;
	queue_add(t, packet, owner);
	for (int i = 0; i < LINES_MAX; i++) {
		struct line *l = &t->lines[i];

		if (!(takers >> i & 1))
			continue;
		if (line_move(t, i, packet, serial) &&
		    (newest < 0 || l->first_ns >= t->lines[newest].first_ns))
			newest = i;
		l->last_ns = now_ns;
	}
	/* The others that became certain with it shared all but their first packet: they are
	 * nothing yet. */
	for (int i = 0; newest >= 0 && i < LINES_MAX; i++)
		if (i != newest && takers >> i & 1 && t->lines[i].early_count)
			line_roll_back(t, i, t->lines[i].early[1]);
	if (newest >= 0) {
		claim_early(t, newest);
		owner = newest;
	}
	if (grammar_is_complete(&t->lines[owner].state))
		line_end(t, owner, NULL);
}

/* A certain line that has collided with another process's, or -1: what looks like a piece and fits
 * nowhere is then the runtimes', not the user's, and both lines are lost anyway. */
static int collided_line(const struct tracepacket *t)
{
	unsigned uncertain = uncertain_lines(t, -1);

	for (int i = 0; i < LINES_MAX; i++)
		if (t->lines[i].used && !(uncertain >> i & 1) &&
		    (t->lines[i].spoiled || t->lines[i].mixed_with & ~uncertain))
			return i;
	return -1;
}

/* A packet that is no line's next piece. */
static void take_other(struct tracepacket *t, struct text packet)
{
	bool waiting = !packetqueue_is_empty(&t->queue);
	int collided = waiting ? collided_line(t) : -1;

	if (collided >= 0 && grammar_has_piece(packet)) {
		t->lines[collided].spoiled = true;
		queue_add(t, packet, collided);
	} else if (waiting) {
		queue_add(t, packet, PICK_FOREIGN);
	} else {
		t->sink.user(t->sink.arg, packet);
	}
}

/* The line in progress that has waited longest for its next piece, or -1. */
static int oldest_line(const struct tracepacket *t)
{
	int oldest = -1;

	for (int i = 0; i < LINES_MAX; i++)
		if (t->lines[i].used &&
		    (oldest < 0 || t->lines[i].patience_ns < t->lines[oldest].patience_ns))
			oldest = i;
	return oldest;
}

/* Give up whoever stands in the way of the others, each time the line that owns the first packet.
 */
static void make_room(struct tracepacket *t)
{
	queue_release(t);
	while (packetqueue_is_full(&t->queue))
		line_give_up(t, packetqueue_front_owner(&t->queue));
}

void tracepacket_feed(struct tracepacket *t, struct text packet, uint64_t now_ns)
{
	unsigned takers;

	if (packet.len == 0)
		return;
	takers = takers_of(t, packet);
	if (takers)
		give_piece(t, takers, packet, now_ns);
	else if (!begin_line(t, packet, now_ns))
		take_other(t, packet);
	t->after_page = packet.len == t->page_bytes;
	if (packetqueue_is_full(&t->queue))
		make_room(t);
}

void tracepacket_wait(struct tracepacket *t, uint64_t waited_ns)
{
	for (int i = 0; i < LINES_MAX; i++) {
		struct line *l = &t->lines[i];

		l->patience_ns -= waited_ns < l->patience_ns ? waited_ns : l->patience_ns;
	}
	for (int i = oldest_line(t); i >= 0 && t->lines[i].patience_ns == 0; i = oldest_line(t))
		line_give_up(t, i);
}

uint64_t tracepacket_patience_ns(const struct tracepacket *t)
{
	int oldest = packetqueue_is_empty(&t->queue) ? -1 : oldest_line(t);

	return oldest < 0 ? UNKNOWN_U64 : t->lines[oldest].patience_ns;
}

void tracepacket_finish(struct tracepacket *t)
{
	for (int i = 0; i < LINES_MAX; i++) {
		if (!t->lines[i].used)
			continue;
		if (!is_certain(&t->lines[i]))
			line_disown(t, i);
		else
			line_end(t, i, "the stream ended in the middle of it");
	}
	queue_release(t);
}
