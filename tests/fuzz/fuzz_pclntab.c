/* fuzz_pclntab.c - any bytes as Go's function table: the first byte chooses the form of the inline
 * trees (0: the layout's), 16 bytes are an inline tree, the rest is the table. Properties: frames
 * come out only for addresses of functions, all their texts can be read, only the last one is not
 * inlined; entries and look-ups agree. */
#include <stdint.h>
#include <stdlib.h>

#include "base/unknown.h"
#include "goruntime/pclntab.h"

#define TREE_BYTES 16
#define TREE_VADDR 0x500000u

static void check(bool holds)
{
	if (!holds)
		abort();
}

static struct text tree_at(const void *arg, uint64_t vaddr, uint64_t len)
{
	uint64_t into = vaddr - TREE_VADDR;

	if (into > TREE_BYTES || len > TREE_BYTES - into)
		return (struct text){ 0 };
	return (struct text){ (const char *)arg + into, (size_t)len };
}

static void read_text(struct text t)
{
	static volatile char sum;

	for (size_t i = 0; i < t.len; i++)
		sum ^= t.at[i];
}

static void look_up(const struct pclntab *t, uint64_t pc)
{
	struct code_frame f[CODE_FRAMES_MAX];
	size_t n = pclntab_frames(t, pc, f, CODE_FRAMES_MAX);

	check(n <= CODE_FRAMES_MAX);
	check(n == 0 || is_known(pclntab_find(t, pc)));
	for (size_t i = 0; i < n; i++) {
		read_text(f[i].function);
		read_text(f[i].file);
		check(f[i].is_inlined == (i + 1 < n));
	}
	pclntab_sp_delta(t, pc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pclntab t;

	if (size < 1 + TREE_BYTES ||
	    !pclntab_open(&t, (struct text){ (const char *)data + 1 + TREE_BYTES,
					     size - 1 - TREE_BYTES }))
		return 0;
	if (data[0])
		t.inlining = (enum pclntab_inlining)(data[0] % (PCLNTAB_INLINING_1_20 + 1));
	t.gofunc = TREE_VADDR;
	t.bytes_at = tree_at;
	t.arg = data + 1;
	for (uint64_t i = 0; i < t.func_count && i < 8; i++) {
		uint64_t entry = pclntab_entry(&t, i), found = pclntab_find(&t, entry);

		check(!is_known(found) || found < t.func_count);
		for (uint64_t at = 0; at < 48; at += 5)
			look_up(&t, entry + at);
	}
	return 0;
}
