/* fuzz_perfrecord.c - any bytes as perf ring records.
 *
 * The first 32 bytes make four layouts, the rest are records.
 * Properties: *ret and *bytes change only with PERFRECORD_OK; then the walk goes forward by the
 * record's size; texts lie within the record; a layout that was found is one of ours. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "parse/perfrecord.h"

#define LAYOUT_COUNT 4

#define REQUIRE(truth)           \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

static void check_inside(struct text t, struct text record)
{
	if (t.len)
		REQUIRE(t.at >= record.at && t.at + t.len <= record.at + record.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct perfrecord_layout layout[LAYOUT_COUNT];
	struct perfrecord_layouts layouts = { layout, LAYOUT_COUNT };
	struct cursor c = cursor_over(data, size);
	enum perfrecord_status status;
	struct perfrecord before, r;
	struct text bytes;
	uint64_t id = 0;

	for (size_t i = 0; i < LAYOUT_COUNT; i++) {
		uint64_t word = cursor_uint(&c, 8);

		id += 1 + (word >> 48 & 0xff); /* rising, with gaps or without */
		layout[i] =
			(struct perfrecord_layout){ .id = id,
						    .sample_type = (word & 0xffffffff) | 1 << 16,
						    .sample_id_all = word >> 63 ? 0 : 1,
						    .regs_user = word >> 32 & 0xff,
						    .user = i };
	}
	if (c.bad)
		return 0;
	bytes = cursor_bytes(&c, cursor_left(&c));
	for (;;) {
		struct text was = bytes;

		memset(&before, 0xa5, sizeof(before));
		memcpy(&r, &before, sizeof(r));
		status = perfrecord_next(&r, &bytes, layouts);
		if (status != PERFRECORD_OK) {
			REQUIRE(memcmp(&r, &before, sizeof(r)) == 0);
			REQUIRE(bytes.at == was.at && bytes.len == was.len);
			REQUIRE((status == PERFRECORD_END) == (was.len == 0));
			break;
		}
		REQUIRE(r.size_bytes >= 8 && bytes.at == was.at + r.size_bytes &&
			bytes.len == was.len - r.size_bytes);
		was.len = r.size_bytes;
		check_inside(r.callchain, was);
		check_inside(r.name, was);
		check_inside(r.raw, was);
		check_inside(r.registers, was);
		check_inside(r.stack, was);
		REQUIRE(r.registers.len % 8 == 0);
		REQUIRE(r.callchain.len % 8 == 0);
		REQUIRE(!r.layout || (r.layout >= layout && r.layout < layout + LAYOUT_COUNT));
	}
	return 0;
}
