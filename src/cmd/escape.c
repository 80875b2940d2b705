/* escape.c - print untrusted bytes so that a terminal only sees text. */
#include <stdbool.h>
#include <stdint.h>

#include "escape_internal.h"

/* Length of the UTF-8 sequence at the front (RFC 3629: shortest form, no surrogates), 0 when there
 * is none. U+0080-U+009F are control characters: some terminals obey them. */
static size_t utf8_len(const uint8_t *at, size_t left)
{
	static const uint32_t smallest[] = { 0, 0, 0xa0, 0x800, 0x10000 };
	size_t len = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	uint32_t point;

	if (at[0] < 0xc2 || at[0] > 0xf4 || len > left)
		return 0;
	point = at[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (at[i] & 0x3f);
	}
	if (point < smallest[len] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return len;
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void escape_print(FILE *out, struct text t)
{
	const uint8_t *at = (const uint8_t *)t.at;
	size_t left = t.len;

	while (left > 0) {
		size_t n = 0;

		while (n < left && is_plain(at[n]))
			n++;
		if (n == 0 && at[0] >= 0x80)
			n = utf8_len(at, left);
		if (n > 0) {
			fwrite(at, 1, n, out);
		} else {
			fprintf(out, "\\x%02x", at[0]);
			n = 1;
		}
		at += n;
		left -= n;
	}
}
