/* traceline_other.c - runtime traces that carry nothing for us, known so that they are not taken
 * for user text: inittrace (1.16+), gcpacertrace, schedtrace with scheddetail, gctrace=2 (1.25+).
 *
 * Sources: runtime/proc.go (doInit1, schedtrace), runtime/mgcpacer.go, runtime/mgc.go up to 1.15,
 * runtime/mgcsweep.go, runtime/mgcmark_greenteagc.go and mgcmark_nogreenteagc.go. */
#include "traceline_internal.h"

/* In a pattern: # integer with or without sign, ~ floating point, & milliseconds of fmtNSAsMS,
 * ! integer or nil, * one word, $ what a list of counters consists of, ? anything to the end;
 * the rest stands for itself. The head has no wildcard: most patterns are ruled out by it at once.
 */
struct pattern {
	size_t head_bytes;
	const char *text;
};

#define PATTERN(head, rest)                  \
	{                                    \
		sizeof(head) - 1, head rest, \
	}

static const struct pattern patterns[] = {
	PATTERN("init ", "* @& ms, & ms clock, # bytes, # allocs"),
	PATTERN("pacer: assist ratio=", "~ (scan # MB in #-># MB) workers=#+~"),
	PATTERN("pacer: H_m_prev=", "# h_t=~ H_T=# h_a=~ H_a=# h_g=~ H_g=# u_a=~ u_g=~ W_a=# "
				    "goalΔ=~ actualΔ=~ u_a/u_g=~"),
	PATTERN("pacer: ", "#% CPU (# exp.) for #+#+# B work (# B exp.) in # B -> # B (∆goal #, "
			   "cons/mark ~)"),
	PATTERN("pacer: ", "#% CPU (# exp.) for #+#+# B work (# B exp.) in # B -> # B (∆goal #, "
			   "cons/mark ~)[controller reset]"),
	PATTERN("pacer: sweep done at heap size ",
		"#MB; allocated #MB during sweep; swept # pages at ~ pages/byte"),
	PATTERN("pacer: sweep done at heap size ",
		"#MB; allocated #MB of spans; swept # pages at ~ pages/byte"),
	PATTERN("pacer: sweep done at heap size ", "#MB; allocated #MB of spans; swept # pages"),
	PATTERN("SCHED ", "#ms: gomaxprocs=# idleprocs=# threads=# spinningthreads=#$"),
	PATTERN("SCHED ", "#ms: gomaxprocs=# idleprocs=# threads=# idlethreads=#$"),
	PATTERN("  P", "#: status=# schedtick=# syscalltick=# m=! runqsize=# gfreecnt=#$"),
	PATTERN("  M", "#: p=! curg=! mallocing=# throwing=# preemptoff=?"),
	PATTERN("  G", "#: status=#(?"),
	PATTERN("scan: total ", "# objs"),
	PATTERN("scan: total ", "#+#+#=# objs, #+#=# spans"),
	PATTERN("scan: class L ", "# objs"),
	PATTERN("scan: class L ", "#+#+#=# objs, #+#=# spans"),
	PATTERN("scan: class ", "#B # objs"),
	PATTERN("scan: class ", "#B #+#+#=# objs, #+#=# spans"),
};

/* A line of thousands of processors is longer than this; who prints so many is left unread. */
#define OTHER_MAX_BYTES 16384

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* These are asked for every byte of a line that begins as one of the patterns does, which users'
 * lines do as well ("pacer: "): a switch becomes one test of a bit, strchr() is a call. */
static bool in_list(char c)
{
	switch (c) {
	case '=':
	case ' ':
	case '[':
	case ']':
	case '-':
		return true;
	default:
		return is_digit(c) || (c >= 'a' && c <= 'z');
	}
}

/* Infinities and what is not a number are printed as "+Inf" and "NaN" (runtime/print.go). */
static bool in_float(char c)
{
	switch (c) {
	case '+':
	case '-':
	case '.':
	case 'e':
	case 'N':
	case 'a':
	case 'I':
	case 'n':
	case 'f':
		return true;
	default:
		return is_digit(c);
	}
}

static bool is_wildcard(char c)
{
	switch (c) {
	case '#':
	case '~':
	case '&':
	case '!':
	case '*':
	case '$':
	case '?':
		return true;
	default:
		return false;
	}
}

/* How many bytes at the begin of t the wildcard takes; 0: it does not match. */
static size_t take(char wildcard, struct text t)
{
	static const struct trace_element ms = { .kind = ELEMENT_MS };
	size_t n = 0;

	if (wildcard == '!' && text_starts(t, "nil"))
		return 3;
	switch (wildcard) {
	case '#':
	case '!':
		if (n < t.len && t.at[n] == '-')
			n++;
		while (n < t.len && is_digit(t.at[n]))
			n++;
		return n && is_digit(t.at[n - 1]) ? n : 0;
	case '~':
		while (n < t.len && in_float(t.at[n]))
			n++;
		return n;
	case '&': /* the longest: the shortest, "0", stands before a point otherwise */
		for (uint32_t lengths = element_lengths(&ms, t); lengths; lengths >>= 1)
			n += lengths > 1;
		return n;
	case '*':
		while (n < t.len && t.at[n] > ' ')
			n++;
		return n;
	case '$':
		while (n < t.len && in_list(t.at[n]))
			n++;
		return n;
	default: /* '?' */
		return t.len;
	}
}

static bool has_head(const struct pattern *p, struct text line)
{
	return line.len >= p->head_bytes && line.at[0] == p->text[0] &&
	       memcmp(line.at, p->text, p->head_bytes) == 0;
}

/* Whether the line, which has the pattern's head, goes on as the pattern does. */
static bool matches(const struct pattern *p, struct text line)
{
	const char *at = line.at + p->head_bytes, *end = line.at + line.len;

	for (const char *want = p->text + p->head_bytes; *want; want++) {
		size_t n = 1;

		if (at == end)
			return false;
		if (is_wildcard(*want))
			n = take(*want, (struct text){ .at = at, .len = (size_t)(end - at) });
		else if (*at != *want)
			return false;
		if (n == 0)
			return false;
		at += n;
	}
	return at == end;
}

bool traceline_begins_other(struct text line)
{
	if (line.len < 5)
		return false;
	switch (line.at[0]) {
	case 'i':
		return text_starts(line, "init ");
	case 'p':
		return text_starts(line, "pacer: ");
	case 's':
		return text_starts(line, "scan: ");
	case 'S':
		return text_starts(line, "SCHED ");
	case ' ':
		return line.at[1] == ' ' && strchr("PMG", line.at[2]) && is_digit(line.at[3]);
	default:
		return false;
	}
}

bool traceline_is_other(struct text line)
{
	if (!traceline_begins_other(line) || line.len > OTHER_MAX_BYTES)
		return false;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (has_head(&patterns[i], line) && matches(&patterns[i], line))
			return true;
	}
	return false;
}
