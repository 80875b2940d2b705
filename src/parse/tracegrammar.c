/* tracegrammar.c - trace lines as the sequence of pieces in which they are written.
 *
 * Sources: Go runtime/mgc.go (gcMarkTermination), runtime/mgcscavenge.go (printScavTrace),
 * runtime/mheap.go (scavenge, scavengeAll), releases 1.5-1.27. */
#include "tracegrammar_internal.h"

/* Pieces are separated by '|', each one write(2). '#' is an unsigned integer, '~' a figure of
 * fmtNSAsMS, '$' seconds with three decimals; anything else stands for itself. */
#define GC_HEAD	 "gc |#| @|$|s |#|"
#define TO_125	 "%: |"
#define FROM_126 "%|: |"
#define GC_3	 "~|+|~|+|~| ms clock, |~|+|~|/|~|/|~|+|~| ms cpu, |#|->|#|->|#| MB, |#| MB goal, |"
#define GC_5                                                                                      \
	"~|+|~|+|~|+|~|+|~| ms clock, |~|+|~|+|~|+|~|/|~|/|~|+|~| ms cpu, |#|->|#|->|#| MB, |#| " \
	"MB goal, |"
#define GC_SCAN	   "#| MB stacks, |#| MB globals, |"
#define LEAKS	   "%| (checking for goroutine leaks)|: |"
#define SCVG_STATE "inuse: |#|, idle: |#|, sys: |#|, released: |#|, consumed: |#| (MB)|\n"

static const char *const variants[] = {
	GC_HEAD TO_125 GC_5 "#| P|\n",
	GC_HEAD TO_125 GC_5 "#| P| (forced)|\n",
	GC_HEAD TO_125 GC_3 "#| P|\n",
	GC_HEAD TO_125 GC_3 "#| P| (forced)|\n",
	GC_HEAD TO_125 GC_3 GC_SCAN "#| P|\n",
	GC_HEAD TO_125 GC_3 GC_SCAN "#| P| (forced)|\n",
	GC_HEAD FROM_126 GC_3 GC_SCAN "#| P|\n",
	GC_HEAD FROM_126 GC_3 GC_SCAN "#| P| (forced)|\n",
	GC_HEAD LEAKS GC_3 GC_SCAN "#| P|\n",
	GC_HEAD LEAKS GC_3 GC_SCAN "#| P| (forced)|\n",
#define GC_VARIANTS 10
	"scav |#| KiB work, |#| KiB total, |#|% util|\n",
	"scav |#| KiB work, |#| KiB total, |#|% util| (forced)|\n",
	"scav |#| KiB work, |#| KiB total, |#|% util| [controller reset]|\n",
	"scav |#| |#| KiB work, |#| KiB total, |#|% util|\n",
	"scav |#| |#| KiB work, |#| KiB total, |#|% util| (forced)|\n",
	"scav |#| |#| KiB work, |#| KiB total, |#|% util| [controller reset]|\n",
	"scav |#| KiB work (bg), |#| KiB work (eager), |#| KiB now, |#|% util|\n",
	"scav |#| KiB work (bg), |#| KiB work (eager), |#| KiB now, |#|% util| (forced)|\n",
	"scav |#| KiB work (bg), |#| KiB work (eager), |#| KiB now, |#|% util| [controller "
	"reset]|\n",
#define SCVG_VARIANTS_FROM 19
	"scvg|#|: |#| MB released|\n",
	"scvg|-|#|: |#| MB released|\n",
	"scvg|: |#| MB released|\n",
	"forced scvg|: |#| MB released|\n",
	"scvg|#|: |" SCVG_STATE,
	"scvg|-|#|: |" SCVG_STATE,
	"scvg|: |" SCVG_STATE,
	"forced scvg|: |" SCVG_STATE,
};

#define VARIANT_COUNT (sizeof(variants) / sizeof(variants[0]))
_Static_assert(VARIANT_COUNT <= TRACEGRAMMAR_VARIANTS_MAX, "a bit per variant");

static size_t digits_at(struct text t, size_t from)
{
	size_t n = 0;

	while (from + n < t.len && t.at[from + n] >= '0' && t.at[from + n] <= '9')
		n++;
	return n;
}

/* Whether the text is what fmtNSAsMS (runtime/mgc.go) prints: "0", two significant digits with at
 * most three decimals below 10 ms, whole milliseconds from there. */
static bool is_ms_figure(const char *at, size_t whole, size_t decimals)
{
	const char *frac = at + whole + 1;

	switch (decimals) {
	case 0:
		return whole > 1 || at[0] == '0';
	case 1:
		return whole == 1 && at[0] != '0';
	case 2:
		return whole == 1 && at[0] == '0' && frac[0] != '0';
	case 3:
		return whole == 1 && at[0] == '0' && frac[0] == '0' && memcmp(frac, "000", 3) != 0;
	default:
		return false;
	}
}

/* Length of the number that begins at `from`, 0 when there is none of this form. */
static size_t number_at(struct text t, size_t from, char form)
{
	size_t whole = digits_at(t, from), decimals = 0;

	if (whole == 0 || whole > 20 || (whole > 1 && t.at[from] == '0'))
		return 0;
	if (form == '#')
		return whole;
	if (from + whole < t.len && t.at[from + whole] == '.')
		decimals = digits_at(t, from + whole + 1);
	if (form == '$')
		return decimals == 3 ? whole + 4 : 0;
	if (!is_ms_figure(t.at + from, whole, decimals))
		return 0;
	return decimals ? whole + 1 + decimals : whole;
}

/* The end of the pattern's first element: at its '|', or at the NUL. */
static const char *element_end(const char *pattern)
{
	while (*pattern && *pattern != '|')
		pattern++;
	return pattern;
}

/* How many bytes of t, from `from`, the pattern's first element takes; 0 when it does not fit. */
static size_t element_match(const char *pattern, const char *end, struct text t, size_t from)
{
	size_t len = (size_t)(end - pattern);

	if (len == 1 && (*pattern == '#' || *pattern == '~' || *pattern == '$'))
		return number_at(t, from, *pattern);
	return t.len - from >= len && memcmp(t.at + from, pattern, len) == 0 ? len : 0;
}

/* The pattern behind the elements that make up the whole packet, or NULL. Only the scvg lines of
 * old releases may come with several elements in one packet: all others are known to be written one
 * by one, and so a program that prints a copy of a trace line is not taken for its runtime. */
static const char *pattern_take(const char *pattern, struct text packet, bool several,
				uint32_t *ret_elements)
{
	size_t used = 0;
	uint32_t elements = 0;

	while (used < packet.len && *pattern) {
		const char *end = element_end(pattern);
		size_t n = element_match(pattern, end, packet, used);

		if (n == 0)
			return NULL;
		used += n;
		elements++;
		pattern = *end ? end + 1 : end;
	}
	if (used < packet.len || used == 0 || (elements > 1 && !several))
		return NULL;
	*ret_elements = elements;
	return pattern;
}

void grammar_begin(struct grammar_state *s)
{
	*s = (struct grammar_state){ .alive = (uint32_t)((1ULL << VARIANT_COUNT) - 1) };
	for (size_t i = 0; i < VARIANT_COUNT; i++)
		s->at[i] = variants[i];
}

bool grammar_take(struct grammar_state *s, struct text packet)
{
	struct grammar_state next = { .piece_count = s->piece_count };

	for (size_t i = 0; i < VARIANT_COUNT; i++) {
		uint32_t elements = 0;
		const char *rest;

		if (!(s->alive >> i & 1))
			continue;
		rest = pattern_take(s->at[i], packet, i >= SCVG_VARIANTS_FROM, &elements);
		if (!rest)
			continue;
		next.alive |= 1u << i;
		next.at[i] = rest;
		next.piece_count = s->piece_count + elements;
	}
	if (!next.alive)
		return false;
	*s = next;
	return true;
}

bool grammar_can_begin(struct text packet)
{
	return text_is(packet, "gc ") || text_is(packet, "scav ") || text_starts(packet, "scvg") ||
	       text_starts(packet, "forced scvg");
}

bool grammar_is_complete(const struct grammar_state *s)
{
	for (size_t i = 0; i < VARIANT_COUNT; i++)
		if (s->alive >> i & 1 && *s->at[i] == '\0')
			return true;
	return false;
}

bool grammar_is_gc(const struct grammar_state *s)
{
	return s->alive >> GC_VARIANTS == 0;
}

bool grammar_has_piece(struct text packet)
{
	static const char first_bytes[] = "0123456789 +-/%:,gsf\n";
	uint32_t elements;

	/* Nearly all that others write ends here: it is longer than any piece, or begins as none
	 * does. */
	if (packet.len == 0 || packet.len > 32 ||
	    !memchr(first_bytes, packet.at[0], sizeof(first_bytes) - 1))
		return false;
	if (number_at(packet, 0, '~') == packet.len || number_at(packet, 0, '#') == packet.len)
		return true;
	for (size_t i = 0; i < VARIANT_COUNT; i++)
		for (const char *at = variants[i]; *at;) {
			const char *end = element_end(at);

			if (pattern_take(at, packet, i >= SCVG_VARIANTS_FROM, &elements))
				return true;
			at = *end ? end + 1 : end;
		}
	return false;
}
