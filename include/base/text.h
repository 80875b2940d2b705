/* text.h - borrowed bytes with a length; they need not end in NUL. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct text {
	const char *at; /* borrowed; may be NULL when len is 0 */
	size_t len;
};

/* A C string as text; NULL gives the empty text. */
static inline struct text text_of(const char *s)
{
	return (struct text){ .at = s, .len = s ? strlen(s) : 0 };
}

static inline bool text_is(struct text t, const char *s)
{
	size_t len = strlen(s);
	return t.len == len && (len == 0 || memcmp(t.at, s, len) == 0);
}

static inline bool text_starts(struct text t, const char *prefix)
{
	size_t len = strlen(prefix);
	return t.len >= len && (len == 0 || memcmp(t.at, prefix, len) == 0);
}

#endif
