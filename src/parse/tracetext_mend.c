/* tracetext_mend.c - put a runtime line together again that foreign lines stand in.
 *
 * The runtime writes a line piece by piece (runtime/print.go, gwrite), others write whole lines. So
 * every physical line is: pieces of the runtime line, then one foreign line; or one foreign line;
 * or, at the end, the last pieces. The set of grammar elements that may come next is kept up from
 * line to line; when a line reaches the end of the grammar, all ways to read what was kept are
 * looked at. Where they differ in a figure and nothing decides, the line is not mended. */
#include "tracetext_internal.h"

/* A foreign text is known by so many bytes that it has in common with a neighbour. */
#define KNOWN_BYTES ((size_t)4)

/* Foreign text may well begin with "+", "/", "%" or a blank, not with a longer literal. */
#define SURE_BYTES 2

/* Most ways in which one physical line can be cut, and most cuts looked at for one runtime line. */
#define MAX_CUTS   160
#define MAX_VISITS 5000

struct cut {
	uint16_t len;  /* bytes that belong to the runtime */
	uint8_t state; /* the element that comes next */
	bool sure;     /* behind a literal that no foreign text begins with, and before no digit */
	bool literal;  /* it follows a literal */
};

struct cuts {
	struct cut at[MAX_CUTS];
	unsigned count;
	bool complete; /* the grammar's end is the line's end */
};

struct reading {
	bool found, differ; /* at least one; and they do not agree */
	size_t len;
	char text[TRACELINE_MAX_BYTES];
};

enum { ANY, SUPPORTED, IN_SEQUENCE, SUPPORTED_IN_SEQUENCE, RANKS };

struct search {
	const struct mender *m;
	unsigned visits;
	uint64_t dead[MENDER_LINES]; /* bit: nothing ends that goes on from here */
	uint16_t taken[MENDER_LINES];
	bool sure[MENDER_LINES];
	struct reading rank[RANKS];
};

static struct text line_text(const struct mender_line *l)
{
	return (struct text){ .at = l->at, .len = l->len };
}

static struct text behind(struct text t, size_t n)
{
	return (struct text){ .at = t.at + n, .len = t.len - n };
}

static bool begins_like_number(struct text t)
{
	return t.len && ((unsigned char)(t.at[0] - '0') < 10 || t.at[0] == '.');
}

static void add_cut(struct cuts *c, size_t len, unsigned state, bool sure, bool literal)
{
	if (c->count < MAX_CUTS)
		c->at[c->count++] = (struct cut){ (uint16_t)len, (uint8_t)state, sure, literal };
}

/* Cuts behind each length that the number at pos may have; the longest, 0 when there is none. */
static size_t cut_number(struct cuts *c, const struct trace_element *e, unsigned next,
			 struct text t, size_t pos)
{
	uint32_t lengths = element_lengths(e, behind(t, pos));
	size_t longest = 0;

	for (size_t n = 1; n < 32 && lengths >> n; n++) {
		if (!(lengths >> n & 1))
			continue;
		longest = n;
		add_cut(c, pos + n, next, false, false);
	}
	return longest;
}

/* All places where the runtime's part of t can end when it goes on with element `state`. */
static void walk_cuts(struct cuts *ret, const struct trace_element *grammar, unsigned state,
		      struct text t)
{
	size_t pos = 0;

	ret->count = 0;
	ret->complete = false;
	while (grammar[state].kind != ELEMENT_END) {
		const struct trace_element *e = &grammar[state];
		unsigned next = (unsigned)(element_next(grammar, e) - grammar);

		if (e->kind != ELEMENT_LITERAL) {
			size_t n = cut_number(ret, e, next, t, pos);

			if (n == 0)
				return;
			pos += n;
			state = next;
		} else if (t.len - pos >= e->len && !memcmp(t.at + pos, e->literal, e->len)) {
			pos += e->len;
			state = next;
			add_cut(ret, pos, state,
				e->len >= SURE_BYTES && !begins_like_number(behind(t, pos)), true);
		} else if (e->alt) {
			state = e->alt;
		} else {
			return;
		}
	}
	ret->complete = pos == t.len;
}

/* As walk_cuts(). Only the last cut can be sure: before any other one a foreign text would have to
 * begin just as the runtime goes on. */
static void find_cuts(struct cuts *ret, const struct trace_element *grammar, unsigned state,
		      struct text t)
{
	walk_cuts(ret, grammar, state, t);
	for (unsigned i = 0; i + 1 < ret->count; i++)
		ret->at[i].sure = false;
}

static bool same_beginning(struct text a, struct text b, size_t bytes)
{
	return a.len >= bytes && b.len >= bytes && memcmp(a.at, b.at, bytes) == 0;
}

/* How far the digits and points go that t begins with. */
static size_t digit_run(struct text t)
{
	size_t n = 0;

	while (begins_like_number(behind(t, n)))
		n++;
	return n;
}

/* Whether t begins as the last whole foreign lines did, in so many bytes. A text that begins with
 * digits needs two neighbours, and none that has the same text behind another count of digits: who
 * prints "12 apples" and "2 apples" may have printed either behind a number. */
static bool is_known(const struct mender *m, struct text t, size_t bytes)
{
	unsigned have = m->neighbour_count, same = 0;
	size_t run = digit_run(t);

	if (have > MENDER_NEIGHBOURS)
		have = MENDER_NEIGHBOURS;
	for (unsigned i = 0; i < have; i++) {
		struct text s = { .at = m->neighbour[i].at, .len = m->neighbour[i].len };
		size_t s_run = digit_run(s);

		same += same_beginning(s, t, bytes);
		if (run && s_run && s_run != run &&
		    same_beginning(behind(s, s_run), behind(t, run), KNOWN_BYTES))
			return false;
	}
	return same >= (run ? 2 : 1);
}

/* Whether the foreign text of line i in this reading is one that others like it were seen of. */
static bool is_supported(const struct search *s, unsigned i)
{
	struct text foreign = behind(line_text(&s->m->line[i]), s->taken[i]);

	return (s->taken[i] && s->sure[i]) || is_known(s->m, foreign, KNOWN_BYTES);
}

static void offer(struct reading *r, const char *text, size_t len)
{
	if (r->found) {
		r->differ |= r->len != len || memcmp(r->text, text, len) != 0;
		return;
	}
	r->found = true;
	r->len = len;
	memcpy(r->text, text, len);
}

/* One way to read all lines: keep it when it is a line that the runtime can have printed. */
static void judge(struct search *s)
{
	char joined[TRACELINE_MAX_BYTES];
	struct trace_line line;
	bool supported = true, follows;
	size_t len = 0;

	for (unsigned i = 0; i < s->m->line_count; i++) {
		if (len + s->taken[i] > sizeof(joined))
			return;
		memcpy(joined + len, s->m->line[i].at, s->taken[i]);
		len += s->taken[i];
	}
	switch (traceline_parse(&line, (struct text){ .at = joined, .len = len })) {
	case TRACE_NOT_RUNTIME:
		return;
	case TRACE_GC:
		if (!gctrace_cpu_fits(&line.u.gc))
			return;
		follows = s->m->last_cycle && line.u.gc.number == s->m->last_cycle + 1 &&
			  line.u.gc.start_ns >= s->m->last_start_ns;
		break;
	default:
		follows = false;
	}
	for (unsigned i = 0; supported && i + 1 < s->m->line_count; i++)
		supported = is_supported(s, i);
	offer(&s->rank[ANY], joined, len);
	if (supported)
		offer(&s->rank[SUPPORTED], joined, len);
	if (follows)
		offer(&s->rank[IN_SEQUENCE], joined, len);
	if (supported && follows)
		offer(&s->rank[SUPPORTED_IN_SEQUENCE], joined, len);
}

/* Read line i and those behind it, from element `state` on; whether any way came to the end. The
 * depth is bounded by MENDER_LINES. */
static bool visit(struct search *s, unsigned i, unsigned state)
{
	const struct mender_line *l = &s->m->line[i];
	struct cuts cuts; /* a kilobyte, at most MENDER_LINES times */
	bool found = false;

	if (s->visits >= MAX_VISITS || s->dead[i] >> state & 1)
		return false;
	s->visits++;
	find_cuts(&cuts, s->m->grammar, state, line_text(l));
	if (i + 1 == s->m->line_count) {
		if (cuts.complete) {
			s->taken[i] = l->len;
			judge(s);
			found = true;
		}
	} else {
		s->taken[i] = 0;
		if (i > 0)
			found = visit(s, i + 1, state);
		for (unsigned k = 0; k < cuts.count; k++) {
			s->taken[i] = cuts.at[k].len;
			s->sure[i] = cuts.at[k].sure;
			found |= visit(s, i + 1, cuts.at[k].state);
		}
		s->taken[i] = 0;
	}
	if (!found)
		s->dead[i] |= 1ULL << state;
	return found;
}

/* The one reading that can be relied on, or NULL. */
static const struct reading *decide(const struct search *s)
{
	const struct reading *rank = s->rank;

	if (s->visits >= MAX_VISITS || !rank[ANY].found)
		return NULL;
	if (!rank[ANY].differ)
		return &rank[ANY];
	if (rank[SUPPORTED].found && !rank[SUPPORTED].differ)
		return &rank[SUPPORTED];
	/* cycles are numbered without a gap: of two numbers, the next one is right */
	if (rank[SUPPORTED].found)
		rank += SUPPORTED_IN_SEQUENCE;
	else
		rank += IN_SEQUENCE;
	return rank->found && !rank->differ ? rank : NULL;
}

static enum mender_answer read_all(struct mender *m, struct trace_line *ret, struct text *ret_raw)
{
	struct search s = { .m = m };
	const struct reading *r;

	visit(&s, 0, 0);
	r = decide(&s);
	m->grammar = NULL;
	*ret_raw = (struct text){ .at = m->line[0].at, .len = m->head_bytes };
	if (!r)
		return MENDER_AMBIGUOUS;
	memcpy(m->joined, r->text, r->len);
	*ret_raw = (struct text){ .at = m->joined, .len = r->len };
	traceline_parse(ret, *ret_raw);
	return MENDER_MENDED;
}

static void keep(struct mender *m, struct text line)
{
	struct mender_line *l = &m->line[m->line_count++];

	l->len = line.len < MENDER_LINE_BYTES ? (uint16_t)line.len : MENDER_LINE_BYTES;
	if (l->len)
		memcpy(l->at, line.at, l->len);
}

/* Elements that a line of another meaning may reach as well: "gc 5 done", "scav 7 ". */
static uint64_t doubtful_states(const struct trace_element *grammar)
{
	if (grammar == grammar_gc)
		return 1ULL << 0 | 1ULL << 1 | 1ULL << 2;
	if (grammar == grammar_scav)
		return 1ULL << 0 | 1ULL << 1 | 1ULL << 2 | 1ULL << 16 | 1ULL << 17;
	return 1ULL << 0 | 1ULL << 13 | 1ULL << 16 | 1ULL << 17;
}

static bool is_credible(const struct trace_element *grammar, uint64_t states)
{
	return states & ~doubtful_states(grammar);
}

/* The elements that can follow the pieces at the begin of a head line. */
static uint64_t head_states(const struct trace_element *grammar, struct text line,
			    size_t *ret_head_bytes)
{
	struct cuts cuts;
	uint64_t states = 0;

	if (line.len > MENDER_LINE_BYTES)
		line.len = MENDER_LINE_BYTES;
	find_cuts(&cuts, grammar, 0, line);
	*ret_head_bytes = cuts.count ? cuts.at[cuts.count - 1].len : 0;
	for (unsigned i = 0; i < cuts.count; i++)
		states |= 1ULL << cuts.at[i].state;
	return states;
}

bool mender_is_head(struct text line)
{
	const struct trace_element *grammar = grammar_for(line);
	size_t bytes;

	return grammar && is_credible(grammar, head_states(grammar, line, &bytes));
}

void mender_begin(struct mender *m, struct text line, uint64_t offset)
{
	m->grammar = grammar_for(line);
	m->states = head_states(m->grammar, line, &m->head_bytes);
	m->offset = offset;
	m->line_count = 0;
	m->wait_count = 0;
	keep(m, line);
}

/* Whether a line that may begin with the number that is waited for begins as one that was kept for
 * the same reason. One at most begins with that number, and either would give the same one. */
static bool is_kept(const struct mender *m, struct text line, size_t bytes)
{
	for (unsigned i = m->line_count; i-- > 1 && !m->line[i].literal;) {
		if (same_beginning(line_text(&m->line[i]), line, bytes))
			return true;
	}
	return false;
}

/* What a physical line can add to the line that waits. */
struct prospect {
	uint64_t states; /* the elements that may follow it; 0: it is foreign */
	bool complete;	 /* it can be the end */
	bool literal;	 /* more than a number would be taken from it */
	bool foreign;	 /* it begins as whole foreign lines do, well beyond what would be taken */
};

static struct prospect look_at(const struct mender *m, struct text line)
{
	struct prospect p = { 0 };
	size_t taken = digit_run(line);
	struct cuts cuts;

	for (uint64_t left = m->states; left; left &= left - 1) {
		find_cuts(&cuts, m->grammar, (unsigned)__builtin_ctzll(left), line);
		p.complete |= cuts.complete;
		for (unsigned i = 0; i < cuts.count; i++) {
			p.states |= 1ULL << cuts.at[i].state;
			p.literal |= cuts.at[i].literal;
			if (cuts.at[i].len > taken)
				taken = cuts.at[i].len;
		}
	}
	taken = taken < KNOWN_BYTES ? 2 * KNOWN_BYTES : taken + KNOWN_BYTES;
	p.foreign = p.states == 0 || is_known(m, line, taken) ||
		    (!p.literal && is_kept(m, line, taken));
	return p;
}

enum mender_answer mender_add(struct mender *m, struct trace_line *ret, struct text *ret_raw,
			      struct text line, bool whole)
{
	struct prospect p;

	if (line.len > MENDER_LINE_BYTES) {
		line.len = MENDER_LINE_BYTES;
		whole = false;
	}
	p = look_at(m, line);
	if (p.complete && whole) {
		keep(m, line);
		return read_all(m, ret, ret_raw);
	}
	if (p.foreign) {
		mender_note_foreign(m, line);
	} else {
		m->line[m->line_count].literal = p.literal;
		keep(m, line);
		m->states |= p.states;
	}
	if (++m->wait_count < MENDER_WAIT_LINES && m->line_count + 1 < MENDER_LINES)
		return MENDER_WAITS;
	return MENDER_GAVE_UP;
}

bool mender_is_certain(const struct mender *m)
{
	return is_credible(m->grammar, m->states);
}

bool mender_drop(struct mender *m, struct text *ret_raw)
{
	bool credible = m->grammar && mender_is_certain(m);

	m->grammar = NULL;
	*ret_raw = (struct text){ .at = m->line[0].at, .len = m->head_bytes };
	return credible;
}
