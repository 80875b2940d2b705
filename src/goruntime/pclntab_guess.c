/* pclntab_guess.c - what a function table tells of itself beyond its header. */
#include "base/cursor.h"
#include "base/unknown.h"
#include "pclntab_internal.h"

#define SOUND_FUNCS    8 /* are looked at */
#define FUNCS_SEARCHED (1u << 17)

static struct cursor at(const struct pclntab *t, uint64_t offset)
{
	struct cursor c = cursor_over(t->table.at, t->table.len);

	cursor_bytes(&c, offset);
	return c;
}

/* A _func begins with the same entry as the list has for it. */
bool pclntab_is_sound(const struct pclntab *t)
{
	bool words = t->layout <= PCLNTAB_1_16;

	for (uint64_t i = 0; i < SOUND_FUNCS && i < t->func_count; i++) {
		struct pclntab_func f;
		struct cursor c;
		uint64_t entry;

		if (!pclntab_func_at(t, i, &f) || pclntab_entry(t, i + 1) < f.entry)
			return false;
		c = at(t, f.at);
		entry = cursor_uint(&c, words ? 8 : 4);
		if (c.bad || entry != (words ? f.entry : f.entry - t->text_start))
			return false;
	}
	return true;
}

static bool has_name(const struct pclntab *t, const struct pclntab_func *f, const char *name)
{
	struct cursor c = at(t, f->at + 8);
	struct text found;

	c = at(t, cursor_uint(&c, 4));
	found = cursor_bytes(&c, strlen(name) + 1);
	return found.len && memcmp(found.at, name, found.len) == 0;
}

/* runtime/runtime2.go, type _func: up to Go 1.11 the count of function data is a number of 4 bytes
 * at 36; from 1.12 on it is one byte at 39, behind the kind of function (36) and two zeros. Which
 * of the function data has inlining changed with 1.13, which brought runtime.bgscavenge
 * (runtime/mgcscavenge.go). */
enum pclntab_inlining pclntab_guess_inlining(const struct pclntab *t)
{
	bool counts_in_byte = false;
	struct pclntab_func f;

	for (uint64_t i = 0; i < FUNCS_SEARCHED && pclntab_func_at(t, i, &f); i++) {
		struct cursor c = at(t, f.at + 39);

		counts_in_byte = counts_in_byte || cursor_uint(&c, 1) > 0;
		if (counts_in_byte && has_name(t, &f, "runtime.bgscavenge"))
			return PCLNTAB_INLINING_1_13;
	}
	return counts_in_byte ? PCLNTAB_INLINING_1_12 : PCLNTAB_INLINING_1_9;
}
