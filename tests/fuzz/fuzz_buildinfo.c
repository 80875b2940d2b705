/* fuzz_buildinfo.c - properties: only BUILDINFO_OK writes the result; then the version is a line of
 * printable text, and both texts lie in the input, which serves as the program's memory as well.
 * Settings that are found lie in the module text. */
#include <stdlib.h>
#include <string.h>

#include "goruntime/buildinfo.h"
#include "goruntime/releaseadvice.h"

#define VADDR 0x500000

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_within(struct text part, struct text all)
{
	check(part.len == 0 ||
	      (part.at >= all.at && part.len <= all.len && part.at + part.len <= all.at + all.len));
}

static struct text bytes_at(void *arg, uint64_t vaddr, uint64_t len)
{
	const struct text *all = arg;

	if (vaddr < VADDR || vaddr - VADDR > all->len || len > all->len - (vaddr - VADDR))
		return (struct text){ 0 };
	return (struct text){ .at = all->at + (vaddr - VADDR), .len = (size_t)len };
}

static uint64_t pointer_at(void *arg, uint64_t vaddr, size_t width_bytes)
{
	struct text t = bytes_at(arg, vaddr, width_bytes);
	uint64_t v = 0;

	if (t.len)
		memcpy(&v, t.at, t.len);
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text all = { .at = (const char *)data, .len = size };
	const struct buildinfo_memory memory = { bytes_at, pointer_at, &all };
	struct buildinfo before, b;
	struct release_advice advice;
	struct text v;

	memset(&before, 0xa5, sizeof(before));
	b = before;
	if (buildinfo_decode(&b, all, VADDR, &memory) != BUILDINFO_OK) {
		check(memcmp(&before, &b, sizeof(b)) == 0);
		return 0;
	}
	check(b.version.len > 0);
	check_within(b.version, all);
	check_within(b.modinfo, all);
	for (size_t i = 0; i < b.version.len; i++)
		check(b.version.at[i] >= ' ' && b.version.at[i] <= '~');
	if (buildinfo_setting(&v, b.modinfo, "CGO_ENABLED"))
		check_within(v, b.modinfo);
	if (buildinfo_line(&v, b.modinfo, "path"))
		check_within(v, b.modinfo);
	release_advice_of(&advice, b.version, b.modinfo);
	check(advice.reason[0] != '\0');
	return 0;
}
