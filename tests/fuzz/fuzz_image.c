/* fuzz_image.c - properties: any bytes are an image or none; frames at any address are at most as
 * many as asked for, all their texts can be read, only the last one is not inlined, and the same
 * address gives the same frames again; a build id is hex or Go's; what file offsets lead to is
 * found at the address. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/image.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

static volatile uint8_t sum;

static void read_text(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		sum ^= (uint8_t)t.at[i];
}

static void check_frames(struct image *im, uint64_t vaddr)
{
	struct code_frame f[CODE_FRAMES_MAX], again[1];
	size_t n = image_frames(im, vaddr, f, CODE_FRAMES_MAX);

	check(n <= CODE_FRAMES_MAX);
	for (size_t i = 0; i < n; i++) {
		read_text(f[i].function);
		read_text(f[i].file);
		check(f[i].is_inlined == (i + 1 < n));
	}
	check(image_frames(im, vaddr, again, 1) == (n > 0));
	check(n == 0 || again[0].line == f[n - 1].line);
}

static void check_section(struct image *im, const char *name)
{
	struct text bytes;
	uint64_t vaddr;

	if (!image_section(im, name, &vaddr, &bytes))
		return;
	for (size_t i = 0; i < 64 && i < bytes.len; i += 5)
		check_frames(im, vaddr + i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image *im;
	struct text id;
	uint64_t vaddr;

	if (image_open_bytes(&im, (struct text){ (const char *)data, size }, NULL) != 0)
		return 0;
	id = image_build_id(im);
	for (size_t i = 0; i < id.len && !text_starts(id, "go:"); i++)
		check(strchr("0123456789abcdef", id.at[i]) != NULL);
	check_section(im, ".text");
	check_section(im, ".plt");
	check_section(im, ".plt.sec");
	for (uint64_t off = 0; off < size; off += size / 16 + 1) {
		struct text one;

		if (!image_vaddr_of(im, off, &vaddr))
			continue;
		one = image_bytes_at(im, vaddr, 1);
		check(one.len <= 1); /* another segment may lie at the same address */
		read_text(one);
		check_frames(im, vaddr);
	}
	check_frames(im, 0);
	check_frames(im, UINT64_MAX);
	image_close(im);
	return 0;
}
