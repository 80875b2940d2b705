/* traceline_grammar.c - the trace lines of Go 1.5-1.27, element by element.
 *
 * Sources: runtime/mgc.go (gcMarkTermination), runtime/mgcscavenge.go (printScavTrace and its
 * predecessors), runtime/mheap.go (scavenge, scavengeAll up to 1.13). */
#include "traceline_internal.h"

#define MAX_U32	 UINT32_MAX
#define MAX_I32	 INT32_MAX
#define MAX_MIB	 ((1ULL << 44) - 1) /* uint64 >> 20; GOGC=off prints just this goal */
#define MAX_KIB	 ((1ULL << 54) - 1) /* uint64 >> 10 */
#define MAX_PART INT64_MAX	    /* percentages: nothing bounds them */

#define LIT(i, s)		[i] = { ELEMENT_LITERAL, sizeof(s) - 1, 0, 0, 0, 0, s }
#define LIT_TO(i, to, s)	[i] = { ELEMENT_LITERAL, sizeof(s) - 1, to, 0, 0, 0, s }
#define LIT_OR(i, to, or, f, s) [i] = { ELEMENT_LITERAL, sizeof(s) - 1, to, or, f, 0, s }
#define COUNT(i, max)		[i] = { ELEMENT_COUNT, 0, 0, 0, 0, max, "" }
#define MS(i)			[i] = { ELEMENT_MS, 0, 0, 0, 0, 0, "" }
#define END(i)			[i] = { ELEMENT_END, 0, 0, 0, 0, 0, "" }

/* gc 4 @0.008s 7%: 0.053+0.29+0.001 ms clock, 0.10+0.062/0/0+0.003 ms cpu, 8->9->3 MB, 9 MB goal,
 * 0 MB stacks, 0 MB globals, 2 P (forced) */
const struct trace_element grammar_gc[] = {
	LIT(0, "gc "),
	COUNT(1, MAX_U32),
	LIT(2, " @"),
	[3] = { ELEMENT_SECONDS, 0, 0, 0, 0, 0, "" },
	LIT(4, "s "),
	COUNT(5, MAX_PART),
	LIT(6, "%"),
	LIT_OR(7, 0, 8, TOOK_LEAK_CHECK, " (checking for goroutine leaks)"),
	LIT(8, ": "),
	MS(9),
	LIT(10, "+"),
	MS(11),
	LIT(12, "+"),
	MS(13),
	LIT_OR(14, 0, 41, 0, " ms clock, "),
	MS(15),
	LIT(16, "+"),
	MS(17),
	LIT(18, "/"),
	MS(19),
	LIT(20, "/"),
	MS(21),
	LIT(22, "+"),
	MS(23),
	LIT(24, " ms cpu, "),
	COUNT(25, MAX_MIB),
	LIT(26, "->"),
	COUNT(27, MAX_MIB),
	LIT(28, "->"),
	COUNT(29, MAX_MIB),
	LIT(30, " MB, "),
	COUNT(31, MAX_MIB),
	LIT(32, " MB goal, "),
	COUNT(33, MAX_MIB), /* stacks, or P before 1.18 */
	LIT_OR(34, 0, 38, TOOK_STACKS, " MB stacks, "),
	COUNT(35, MAX_MIB),
	LIT(36, " MB globals, "),
	COUNT(37, MAX_I32),
	LIT(38, " P"),
	LIT_OR(39, 0, 40, TOOK_FORCED, " (forced)"),
	END(40),
	/* Go 1.5: scan and the barrier's installation have clock and CPU figures of their own */
	LIT_OR(41, 0, 0, TOOK_FIVE, "+"),
	MS(42),
	LIT(43, "+"),
	MS(44),
	LIT(45, " ms clock, "),
	MS(46),
	LIT(47, "+"),
	MS(48),
	LIT(49, "+"),
	MS(50),
	LIT_TO(51, 17, "+"),
};

/* scav 137 188376 KiB work, 261328 KiB total, 59% util (forced)
 * scav 0 KiB work (bg), 118792 KiB work (eager), 277600 KiB now, 50% util */
const struct trace_element grammar_scav[] = {
	LIT(0, "scav "),
	COUNT(1, MAX_KIB), /* work, or the generation in 1.15-1.18 */
	LIT_OR(2, 0, 10, 0, " KiB work, "),
	COUNT(3, MAX_KIB),
	LIT(4, " KiB total, "),
	COUNT(5, MAX_PART),
	LIT(6, "% util"),
	LIT_OR(7, 9, 8, TOOK_FORCED, " (forced)"),
	LIT_OR(8, 0, 9, TOOK_RESET, " [controller reset]"),
	END(9),
	LIT_OR(10, 0, 15, TOOK_EAGER, " KiB work (bg), "),
	COUNT(11, MAX_KIB),
	LIT(12, " KiB work (eager), "),
	COUNT(13, MAX_KIB),
	LIT_TO(14, 5, " KiB now, "),
	LIT_OR(15, 0, 0, TOOK_GENERATION, " "),
	COUNT(16, MAX_KIB),
	LIT_TO(17, 3, " KiB work, "),
};

/* scvg-1: inuse: 0, idle: 191, sys: 191, released: 191, consumed: 0 (MB)
 * forced scvg: 149 MB released */
const struct trace_element grammar_scvg[] = {
	LIT_OR(0, 0, 12, TOOK_STATE, "scvg: inuse: "),
	COUNT(1, MAX_MIB),
	LIT(2, ", idle: "),
	COUNT(3, MAX_MIB),
	LIT(4, ", sys: "),
	COUNT(5, MAX_MIB),
	LIT(6, ", released: "),
	COUNT(7, MAX_MIB),
	LIT(8, ", consumed: "),
	COUNT(9, MAX_MIB),
	LIT(10, " (MB)"),
	END(11),
	LIT_OR(12, 0, 15, 0, "scvg: "),
	COUNT(13, MAX_MIB),
	LIT_TO(14, 11, " MB released"),
	LIT_OR(15, 0, 18, TOOK_PASS, "scvg"),
	[16] = { ELEMENT_PASS, 0, 0, 0, 0, MAX_I32, "" },
	LIT_OR(17, 1, 20, TOOK_STATE, ": inuse: "),
	LIT_OR(18, 1, 19, TOOK_STATE | TOOK_FORCED, "forced scvg: inuse: "),
	LIT_OR(19, 13, 0, TOOK_FORCED, "forced scvg: "),
	LIT_TO(20, 13, ": "),
};

const struct trace_element *grammar_for(struct text line)
{
	if (line.len < 3)
		return NULL;
	switch (line.at[0]) {
	case 'g':
		return text_starts(line, "gc ") ? grammar_gc : NULL;
	case 's':
		if (text_starts(line, "scav "))
			return grammar_scav;
		return text_starts(line, "scvg") ? grammar_scvg : NULL;
	case 'f':
		return text_starts(line, "forced scvg: ") ? grammar_scvg : NULL;
	default:
		return NULL;
	}
}
