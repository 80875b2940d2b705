/* err.c - messages with errno and a hint. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static int fill(struct err *err, int code, const char *tail,
						      const char *fmt, va_list args)
{
	if (err) {
		size_t used;

		err->code = code;
		err->hint[0] = '\0';
		vsnprintf(err->what, sizeof(err->what), fmt, args);
		used = strlen(err->what);
		if (tail)
			snprintf(err->what + used, sizeof(err->what) - used, ": %s", tail);
	}
	return code ? -code : -EINVAL;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = fill(err, code, code ? strerror(code) : NULL, fmt, args);
	va_end(args);
	return rc;
}

int err_say(struct err *err, int code, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = fill(err, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

void err_hint(struct err *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
}
