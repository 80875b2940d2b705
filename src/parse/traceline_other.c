/* traceline_other.c - runtime traces that carry nothing for us, known so that they are not taken
 * for user text: inittrace (1.16+), gcpacertrace, schedtrace with scheddetail, gctrace=2 (1.25+).
 *
 * Sources: runtime/proc.go (doInit1, schedtrace), runtime/mgcpacer.go, runtime/mgc.go up to 1.15,
 * runtime/mgcsweep.go, runtime/mgcmark_greenteagc.go and mgcmark_nogreenteagc.go. */
#include "traceline_internal.h"

/* In a pattern: # integer with or without sign, ~ floating point, & milliseconds of fmtNSAsMS,
 * ! integer or nil, * one word, $ what a list of counters consists of, ? anything to the end;
 * the rest stands for itself. */
static const char *const patterns[] = {
	"init * @& ms, & ms clock, # bytes, # allocs",
	"pacer: assist ratio=~ (scan # MB in #-># MB) workers=#+~",
	("pacer: H_m_prev=# h_t=~ H_T=# h_a=~ H_a=# h_g=~ H_g=# u_a=~ u_g=~ W_a=# goalΔ=~ "
	 "actualΔ=~ "
	 "u_a/u_g=~"),
	"pacer: #% CPU (# exp.) for #+#+# B work (# B exp.) in # B -> # B (∆goal #, cons/mark ~)",
	("pacer: #% CPU (# exp.) for #+#+# B work (# B exp.) in # B -> # B (∆goal #, cons/mark ~)"
	 "[controller reset]"),
	("pacer: sweep done at heap size #MB; allocated #MB during sweep; swept # pages at ~ "
	 "pages/byte"),
	"pacer: sweep done at heap size #MB; allocated #MB of spans; swept # pages at ~ pages/byte",
	"pacer: sweep done at heap size #MB; allocated #MB of spans; swept # pages",
	"SCHED #ms: gomaxprocs=# idleprocs=# threads=# spinningthreads=#$",
	"SCHED #ms: gomaxprocs=# idleprocs=# threads=# idlethreads=#$",
	"  P#: status=# schedtick=# syscalltick=# m=! runqsize=# gfreecnt=#$",
	"  M#: p=! curg=! mallocing=# throwing=# preemptoff=?",
	"  G#: status=#(?",
	"scan: total # objs",
	"scan: total #+#+#=# objs, #+#=# spans",
	"scan: class L # objs",
	"scan: class L #+#+#=# objs, #+#=# spans",
	"scan: class #B # objs",
	"scan: class #B #+#+#=# objs, #+#=# spans",
};

/* A line of thousands of processors is longer than this; who prints so many is left unread. */
#define OTHER_MAX_BYTES 16384

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static bool in_list(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || strchr("= []-", c);
}

static bool in_float(char c)
{
	return is_digit(c) || strchr("+-.eNaInf", c);
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
		while (n < t.len && t.at[n] && in_float(t.at[n]))
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
		while (n < t.len && t.at[n] && in_list(t.at[n]))
			n++;
		return n;
	default: /* '?' */
		return t.len;
	}
}

static bool matches(const char *pattern, struct text t)
{
	for (; *pattern; pattern++) {
		size_t n = 1;

		if (t.len == 0)
			return false;
		if (strchr("#~&!*$?", *pattern))
			n = take(*pattern, t);
		else if (t.at[0] != *pattern)
			return false;
		if (n == 0)
			return false;
		t.at += n;
		t.len -= n;
	}
	return t.len == 0;
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
		if (matches(patterns[i], line))
			return true;
	}
	return false;
}
