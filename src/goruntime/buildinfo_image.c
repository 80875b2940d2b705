/* buildinfo_image.c - find the build info in an ELF file. */
#include "goruntime/buildinfo.h"
#include "goruntime/elfimage.h"

#define DATA_SEARCHED (1U << 20) /* of each writable segment, when there is no section */

static struct text memory_bytes_at(void *arg, uint64_t vaddr, uint64_t len)
{
	return elfimage_bytes_at(arg, vaddr, len);
}

static uint64_t memory_pointer_at(void *arg, uint64_t vaddr, size_t width_bytes)
{
	return elfimage_pointer_at(arg, vaddr, width_bytes);
}

/* In its section; without section table, at the front of writable memory, where the linker puts it.
 */
enum buildinfo_status buildinfo_of_image(struct buildinfo *ret, const struct elfimage *im)
{
	const struct buildinfo_memory memory = { .bytes_at = memory_bytes_at,
						 .pointer_at = memory_pointer_at,
						 .arg = (void *)(uintptr_t)im };
	enum buildinfo_status status = BUILDINFO_NONE;
	size_t left = im->file.len; /* overlapping segments of a made-up file */
	struct elfsection s;

	if (elfimage_section(&s, im, ".go.buildinfo"))
		return buildinfo_decode(ret, s.bytes, s.vaddr, &memory);
	for (size_t i = 0;
	     status == BUILDINFO_NONE && elfimage_data_segment(&s, im, i, DATA_SEARCHED); i++) {
		if (s.bytes.len > left)
			s.bytes.len = left;
		left -= s.bytes.len;
		status = buildinfo_decode(ret, s.bytes, s.vaddr, &memory);
	}
	return status;
}
