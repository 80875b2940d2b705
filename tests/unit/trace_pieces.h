/* trace_pieces.h - a trace line cut as the runtime writes it, one write(2) each. */
#ifndef TESTS_TRACE_PIECES_H
#define TESTS_TRACE_PIECES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"

/* The pieces of a line as the runtime writes them: numbers by themselves, literals between them,
 * suffixes apart. */
struct pieces {
	struct text at[96];
	size_t count;
};

static inline void add_piece(struct pieces *p, const char *at, size_t len)
{
	assert_true(p->count < 96);
	if (len)
		p->at[p->count++] = (struct text){ at, len };
}

static inline size_t piece_len(const char *at, bool is_126)
{
	static const char *const whole[] = { " (forced)", " [controller reset]",
					     " (checking for goroutine leaks)", "forced scvg" };
	size_t n = strspn(at, "0123456789.");

	if (n)
		return n;
	for (size_t i = 0; i < 4; i++)
		if (strncmp(at, whole[i], strlen(whole[i])) == 0)
			return strlen(whole[i]);
	if (strncmp(at, "scvg-", 5) == 0)
		return 4;
	if (*at == '%')
		return strncmp(at, "% util", 6) == 0 ? 6 : is_126 ? 1 : 3;
	n = strcspn(at, "0123456789");
	for (size_t i = 0; i < 3; i++) {
		const char *suffix = strstr(at, whole[i]);
		if (suffix && (size_t)(suffix - at) < n)
			n = (size_t)(suffix - at);
	}
	return n;
}

/* Go 1.26 and later write "%" and ": " apart. */
static inline struct pieces split_as(const char *line, bool is_126)
{
	struct pieces p = { .count = 0 };

	while (*line) {
		size_t n = piece_len(line, is_126);
		add_piece(&p, line, n);
		line += n;
	}
	add_piece(&p, "\n", 1);
	return p;
}

#endif
