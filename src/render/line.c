/* line.c - labelled lines of the text report, made of parts and wrapped. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/unknown.h"
#include "line_internal.h"
#include "render/terminal.h"

struct figure figure_bytes(uint64_t v)
{
	struct figure f;

	units_bytes(f.text, v);
	return f;
}

struct figure figure_duration(uint64_t v)
{
	struct figure f;

	units_duration(f.text, v);
	return f;
}

struct figure figure_count(uint64_t v)
{
	struct figure f;

	units_count(f.text, v);
	return f;
}

struct figure figure_counted(uint64_t v, const char *one, const char *many)
{
	char count[UNITS_TEXT_BYTES];
	struct figure f;

	snprintf(f.text, sizeof(f.text), "%s %s", units_count(count, v),
		 units_plural(v, one, many));
	return f;
}

struct figure figure_ordinal(uint64_t v)
{
	struct figure f;

	units_ordinal(f.text, v);
	return f;
}

struct figure figure_ratio(double v)
{
	struct figure f;

	units_ratio(f.text, v);
	return f;
}

struct figure figure_rate(double bytes_per_second)
{
	struct figure f;
	char size[UNITS_TEXT_BYTES];

	units_bytes(size, bytes_per_second >= 0 && bytes_per_second < 1e18
				  ? (uint64_t)bytes_per_second
				  : UNKNOWN_U64);
	snprintf(f.text, sizeof(f.text), "%.24s%s", size, isfinite(bytes_per_second) ? "/s" : "");
	return f;
}

/* Does a unit begin here: a word that belongs to the number before it? */
static bool is_unit(const char *at, const char *end)
{
	static const char *const units[] = {
		"ns", "us", "ms", "s", "B", "KiB", "MiB", "GiB", "TiB"
	};
	size_t n = 0;

	if (at < end && *at == '%')
		return true;
	while (at + n < end && ((at[n] >= 'a' && at[n] <= 'z') || (at[n] >= 'A' && at[n] <= 'Z')))
		n++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text_is((struct text){ at, n }, units[i]))
			return true;
	return false;
}

static bool is_between_number_and_unit(const char *space, const char *from, const char *end)
{
	return space > from && ((space[-1] >= '0' && space[-1] <= '9') || space[1] == '%') &&
	       is_unit(space + 1, end);
}

/* Up to the next place where a line may end: not between a number and its unit. */
static size_t word_length(struct text text)
{
	const char *end = text.at + text.len;
	const char *space = memchr(text.at, ' ', text.len);

	while (space && space + 1 < end && is_between_number_and_unit(space, text.at, end))
		space = memchr(space + 1, ' ', (size_t)(end - space - 1));
	return space ? (size_t)(space - text.at) : text.len;
}

void line_print_words(FILE *out, struct text text)
{
	size_t column = LABEL_COLUMNS;
	bool at_start = true;

	while (text.len) {
		size_t n = word_length(text);

		if (!at_start && column + 1 + n > TEXT_COLUMNS) {
			fprintf(out, "\n%*s", (int)LABEL_COLUMNS, "");
			column = LABEL_COLUMNS;
			at_start = true;
		}
		column += n + !at_start;
		fprintf(out, "%s%.*s", at_start ? "" : " ", (int)n, text.at);
		at_start = false;
		n += n < text.len; /* the space */
		text = (struct text){ .at = text.at + n, .len = text.len - n };
	}
	fputc('\n', out);
}

void line_print(FILE *out, const char *label, struct buf *line)
{
	fprintf(out, "%-*s", (int)LABEL_COLUMNS, label);
	line_print_words(out, buf_text(line));
	buf_clear(line);
}

void line_part(struct buf *line, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_addf(line, "%s%s", line->len ? ", " : "", text);
}

void line_add_foreign(struct buf *line, struct text t, size_t most)
{
	struct buf safe = { 0 };
	size_t n = 0;

	terminal_escape(&safe, t);
	while (n < safe.len) {
		size_t width = utf8_length(
			(struct text){ .at = (char *)safe.at + n, .len = safe.len - n });

		if (width == 0 || n + width > most)
			break;
		n += width;
	}
	buf_add(line, safe.at, n);
	if (n < safe.len)
		buf_addf(line, "... (%zu bytes)", t.len);
	buf_done(&safe);
}
