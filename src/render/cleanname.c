/* cleanname.c - names of the target, made fit for any format that holds text. */
#include <stdbool.h>
#include <stdint.h>

#include "cleanname_internal.h"
#include "render/terminal.h"

static uint32_t code_point(const char *at, size_t len)
{
	uint32_t point = (uint8_t)at[0] & (len == 1 ? 0x7fu : 0x7fu >> len);

	for (size_t i = 1; i < len; i++)
		point = point << 6 | ((uint8_t)at[i] & 0x3f);
	return point;
}

static bool is_harmless(uint32_t point)
{
	return point >= 0x20 && !(point >= 0x7f && point < 0xa0) && /* controls, ISO 6429 */
	       !(point >= 0x2028 && point <= 0x202e) &&		    /* line ends, directions */
	       !(point >= 0x2066 && point <= 0x2069) &&		    /* directions */
	       (point & 0xfffe) != 0xfffe;			    /* not characters */
}

void name_clean(struct buf *out, struct text t)
{
	size_t at = 0;

	while (at < t.len) {
		size_t plain = at, len;

		while (plain < t.len && t.at[plain] >= 0x20 && t.at[plain] < 0x7f)
			plain++;
		buf_add(out, t.at + at, plain - at);
		at = plain;
		if (at == t.len)
			return;
		len = utf8_length((struct text){ .at = t.at + at, .len = t.len - at });
		if (len && is_harmless(code_point(t.at + at, len)))
			buf_add(out, t.at + at, len);
		else
			buf_add(out, "\xef\xbf\xbd", 3);
		at += len ? len : 1;
	}
}

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void name_add_xml(struct buf *out, struct text t)
{
	size_t from = 0;

	for (size_t i = 0; i < t.len; i++) {
		const char *as = entity(t.at[i]);

		if (!as)
			continue;
		buf_add(out, t.at + from, i - from);
		buf_add(out, as, strlen(as));
		from = i + 1;
	}
	if (from < t.len)
		buf_add(out, t.at + from, t.len - from);
}
