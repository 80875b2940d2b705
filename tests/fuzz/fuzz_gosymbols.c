/* fuzz_gosymbols.c - properties: any file is an answer; functions are around the places that are
 * found, there are no more frames than there is room for, and the result of a failure is left
 * alone. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/unknown.h"
#include "goruntime/gosymbols.h"

#define FUNCS 64 /* are asked for */

static void check(bool holds)
{
	if (!holds)
		abort();
}

static unsigned long text_sum(struct text t)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < t.len; i++)
		sum += (unsigned char)t.at[i];
	return sum;
}

static void check_place(const struct gosymbols *g, uint64_t vaddr)
{
	struct code_frame f[CODE_FRAMES_MAX];
	size_t n = gosymbols_frames(g, vaddr, f, CODE_FRAMES_MAX);
	uint64_t entry, end;

	check(n <= CODE_FRAMES_MAX);
	for (size_t i = 0; i < n; i++) /* the texts are all there */
		check(text_sum(f[i].function) + text_sum(f[i].file) < UINT32_MAX);
	if (gosymbols_extent(g, vaddr, &entry, &end))
		check(entry <= vaddr && vaddr < end);
	else
		check(n == 0);
	(void)gosymbols_sp_delta(g, vaddr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gosymbols *g = NULL;
	struct elfimage image;
	int rc;

	if (elfimage_open_bytes(&image, (struct text){ (const char *)data, size }) < 0)
		return 0;
	rc = gosymbols_open(&g, &image, NULL);
	check(rc == 0 ? g != NULL : g == NULL && (rc == -ENOENT || rc == -EBADMSG));
	for (size_t i = 0; g && i <= gosymbols_count(g) && i < FUNCS; i++) {
		uint64_t entry = gosymbols_entry(g, i);

		for (uint64_t n = 0; n < 32; n++)
			check_place(g, entry + n * n);
		check_place(g, entry - 1);
	}
	gosymbols_close(g);
	elfimage_close(&image);
	return 0;
}
