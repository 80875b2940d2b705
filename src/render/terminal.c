/* terminal.c - bytes of others, made safe to print. */
#include "render/terminal.h"

#include <stdint.h>
#include <string.h>

struct utf8_form {
	size_t len;
	uint32_t first; /* smallest code point of this length */
	uint8_t mask, lead;
};

static const struct utf8_form forms[] = {
	{ 1, 0, 0x80, 0x00 },
	{ 2, 0x80, 0xe0, 0xc0 },
	{ 3, 0x800, 0xf0, 0xe0 },
	{ 4, 0x10000, 0xf8, 0xf0 },
};

/* Length, and the code point. */
static size_t decode(uint32_t *ret, struct text t)
{
	uint8_t lead = t.len ? (uint8_t)t.at[0] : 0xff;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct utf8_form *f = &forms[i];
		uint32_t point = lead & (uint8_t)~f->mask;

		if ((lead & f->mask) != f->lead)
			continue;
		if (f->len > t.len)
			return 0;
		for (size_t k = 1; k < f->len; k++) {
			uint8_t next = (uint8_t)t.at[k];

			if ((next & 0xc0) != 0x80)
				return 0;
			point = point << 6 | (next & 0x3f);
		}
		if (point < f->first || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
			return 0;
		*ret = point;
		return f->len;
	}
	return 0;
}

size_t utf8_length(struct text t)
{
	uint32_t point;

	return decode(&point, t);
}

static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
	       /* marks that change the direction of the text around them */
	       (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

static struct text skip(struct text t, size_t n)
{
	return (struct text){ .at = t.at + n, .len = t.len - n };
}

void terminal_escape(struct buf *out, struct text t)
{
	while (t.len) {
		uint32_t point = 0;
		size_t n = decode(&point, t), width = n ? n : 1;

		if (n && !is_control(point))
			buf_add(out, t.at, n);
		else
			for (size_t i = 0; i < width; i++)
				buf_addf(out, "\\x%02x", (unsigned)(uint8_t)t.at[i]);
		t = skip(t, width);
	}
}

void utf8_repair(struct buf *out, struct text t)
{
	while (t.len) {
		size_t n = utf8_length(t);

		if (n)
			buf_add(out, t.at, n);
		else
			buf_add(out, "\xef\xbf\xbd", 3);
		t = skip(t, n ? n : 1);
	}
}

static bool is_plain(struct text word)
{
	if (word.len == 0)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (strchr(" \t\n'\"\\$`*?[]{}()<>|&;#~!", word.at[i]))
			return false;
	return true;
}

static void add_argument(struct buf *out, struct text word)
{
	if (is_plain(word)) {
		terminal_escape(out, word);
		return;
	}
	buf_add(out, "'", 1);
	while (word.len) {
		const char *quote = memchr(word.at, '\'', word.len);
		size_t n = quote ? (size_t)(quote - word.at) : word.len;

		terminal_escape(out, (struct text){ .at = word.at, .len = n });
		if (quote)
			buf_add(out, "'\\''", 4);
		word = skip(word, quote ? n + 1 : n);
	}
	buf_add(out, "'", 1);
}

void terminal_command(struct buf *out, struct text argv)
{
	bool is_first = true;

	while (argv.len) {
		const char *end = memchr(argv.at, '\0', argv.len);
		size_t n = end ? (size_t)(end - argv.at) : argv.len;

		if (!is_first)
			buf_add(out, " ", 1);
		is_first = false;
		add_argument(out, (struct text){ .at = argv.at, .len = n });
		argv = skip(argv, end ? n + 1 : n);
	}
}
