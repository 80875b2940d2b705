/* syscallraw.c - the fields of system calls' tracepoints. */
#include "parse/syscallraw.h"

#include "base/cursor.h"

#define FIELDS_OFFSET 16

static bool words(struct text raw, uint64_t *ret, size_t count)
{
	struct cursor c = cursor_over(raw.at, raw.len);

	cursor_bytes(&c, FIELDS_OFFSET);
	if (c.bad || cursor_left(&c) / 8 < count)
		return false;
	for (size_t i = 0; i < count; i++)
		ret[i] = cursor_uint(&c, 8);
	return true;
}

bool syscallraw_arguments(struct text raw, uint64_t *ret, size_t count)
{
	return words(raw, ret, count);
}

bool syscallraw_result(struct text raw, int64_t *ret)
{
	uint64_t word;

	if (!words(raw, &word, 1))
		return false;
	*ret = (int64_t)word;
	return true;
}
