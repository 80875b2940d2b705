/* traceline_recent.c - the lines that Go 1.18 (gc) and 1.21 (scav) and all later releases print,
 * read in one go. They are nearly all that is read today, and the way along the tables of
 * traceline_grammar.c is long: every element is looked up to learn what it is.
 *
 * The law: what is taken here is what those tables take, with the same figures. Whatever is in any
 * way unusual (a note of 1.26, a number of many digits) is left to them. */
#include "traceline_internal.h"
#include "traceline_number_internal.h"

/* The grammar's bounds need not be looked at: they are beyond SHORT_DIGITS digits. */
_Static_assert(SHORT_DIGITS < 10, "INT32_MAX and UINT32_MAX have 10");

/* What follows the literal, or NULL. Compared in words, of which the compiler makes one comparison
 * each; memcmp() of more than that is a call. */
INLINED const char *skip(const char *p, const char *literal)
{
	size_t len = strlen(literal), first = len < 8 ? len : 8;
	size_t second = len - first < 8 ? len - first : 8, third = len - first - second;

	if (memcmp(p, literal, first) != 0 || memcmp(p + first, literal + first, second) != 0 ||
	    memcmp(p + first + second, literal + first + second, third) != 0)
		return NULL;
	return p + len;
}

/* gc 4 @0.008s 7%: 0.053+0.29+0.001 ms clock, 0.10+0.062/0/0+0.003 ms cpu, 8->9->3 MB, 9 MB goal,
 * 0 MB stacks, 0 MB globals, 2 P (forced) */
static bool read_gc(struct figures *ret, const char *p, const char *end)
{
	uint64_t *v = ret->v;

	if (!((p = skip(p, "gc ")) && (p = read_short_count(&v[0], p)) && (p = skip(p, " @")) &&
	      (p = read_seconds(&v[1], p)) && (p = skip(p, "s ")) &&
	      (p = read_short_count(&v[2], p)) && (p = skip(p, "%: ")) && (p = read_ms(&v[3], p)) &&
	      (p = skip(p, "+")) && (p = read_ms(&v[4], p)) && (p = skip(p, "+")) &&
	      (p = read_ms(&v[5], p)) && (p = skip(p, " ms clock, "))))
		return false;
	if (!((p = read_ms(&v[6], p)) && (p = skip(p, "+")) && (p = read_ms(&v[7], p)) &&
	      (p = skip(p, "/")) && (p = read_ms(&v[8], p)) && (p = skip(p, "/")) &&
	      (p = read_ms(&v[9], p)) && (p = skip(p, "+")) && (p = read_ms(&v[10], p)) &&
	      (p = skip(p, " ms cpu, "))))
		return false;
	if (!((p = read_short_count(&v[11], p)) && (p = skip(p, "->")) &&
	      (p = read_short_count(&v[12], p)) && (p = skip(p, "->")) &&
	      (p = read_short_count(&v[13], p)) && (p = skip(p, " MB, ")) &&
	      (p = read_short_count(&v[14], p)) && (p = skip(p, " MB goal, ")) &&
	      (p = read_short_count(&v[15], p)) && (p = skip(p, " MB stacks, ")) &&
	      (p = read_short_count(&v[16], p)) && (p = skip(p, " MB globals, ")) &&
	      (p = read_short_count(&v[17], p)) && (p = skip(p, " P"))))
		return false;
	ret->took = TOOK_STACKS;
	if (p == end)
		return true;
	ret->took |= TOOK_FORCED;
	return skip(p, " (forced)") == end;
}

/* scav 0 KiB work (bg), 118792 KiB work (eager), 277600 KiB now, 50% util */
static bool read_scav(struct figures *ret, const char *p, const char *end)
{
	uint64_t *v = ret->v;

	ret->took = TOOK_EAGER;
	return (p = skip(p, "scav ")) && (p = read_short_count(&v[0], p)) &&
	       (p = skip(p, " KiB work (bg), ")) && (p = read_short_count(&v[1], p)) &&
	       (p = skip(p, " KiB work (eager), ")) && (p = read_short_count(&v[2], p)) &&
	       (p = skip(p, " KiB now, ")) && (p = read_short_count(&v[3], p)) &&
	       skip(p, "% util") == end;
}

bool traceline_read_recent(struct figures *ret, const struct trace_element *grammar,
			   struct text line)
{
	const char *end = line.at + line.len;

	if (grammar == grammar_gc)
		return read_gc(ret, line.at, end);
	return grammar == grammar_scav && read_scav(ret, line.at, end);
}
