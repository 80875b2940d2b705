/* fuzz_pclntab.c - properties: a table that opens answers at every place, with texts that lie in it
 * and end in NUL, no more frames than there is room for, and functions around the places that are
 * found. The first 8 bytes of the input are the form of inlining (1) and where the inline trees
 * are. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/unknown.h"
#include "goruntime/pclntab_internal.h"

#define PLACES 64 /* are asked for in each function */
#define FUNCS  32 /* are asked */

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Function data lie in the table itself, as from Go 1.26 on. */
static struct text bytes_at(const void *arg, uint64_t vaddr, uint64_t len)
{
	const struct text *table = arg;

	if (vaddr > table->len || len > table->len - vaddr)
		return (struct text){ 0 };
	return (struct text){ table->at + vaddr, (size_t)len };
}

static void check_text(const struct pclntab *t, struct text s)
{
	check(s.len == 0 || (s.at >= t->table.at && s.at + s.len < t->table.at + t->table.len &&
			     s.at[s.len] == '\0'));
}

static void check_place(const struct pclntab *t, uint64_t pc, size_t max)
{
	struct code_frame f[CODE_FRAMES_MAX];
	size_t n = pclntab_frames(t, pc, f, max);
	uint64_t i = pclntab_find(t, pc);

	check(n <= max && (n == 0 || is_known(i)));
	if (is_known(i))
		check(pclntab_entry(t, i) <= pc && pc < pclntab_entry(t, i + 1));
	for (size_t k = 0; k < n; k++) {
		check_text(t, f[k].function);
		check_text(t, f[k].file);
		check(f[k].is_inlined == (k + 1 < n));
	}
	(void)pclntab_sp_delta(t, pc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);
	uint64_t inlining = cursor_uint(&c, 1), gofunc = cursor_uint(&c, 7);
	struct text table = { (const char *)c.at, cursor_left(&c) };
	struct pclntab t;

	if (!pclntab_open(&t, table))
		return 0;
	if (t.layout == PCLNTAB_1_2)
		t.inlining = (enum pclntab_inlining)(inlining % 4);
	(void)pclntab_guess_inlining(&t);
	(void)pclntab_is_sound(&t);
	t.gofunc = gofunc;
	t.bytes_at = bytes_at;
	t.arg = &table;
	for (uint64_t i = 0; i < FUNCS && i <= t.func_count; i++) {
		uint64_t entry = pclntab_entry(&t, i);

		for (uint64_t n = 0; n < PLACES; n++)
			check_place(&t, entry + n * n, n % 8 ? CODE_FRAMES_MAX : 1);
		check_place(&t, entry - 1, 2);
	}
	return 0;
}
