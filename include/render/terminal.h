/* terminal.h - bytes of others, made safe to print. */
#ifndef RENDER_TERMINAL_H
#define RENDER_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* The length of the UTF-8 character at the front of t (1-4), or 0 when there is none (RFC 3629: no
 * surrogates, nothing overlong, up to U+10FFFF). */
size_t utf8_length(struct text t);

/* Append t as a terminal may show it: control characters (also those of ISO 6429 in U+0080-9F) and
 * bytes that are not UTF-8 become \xNN; valid UTF-8 is kept. */
void terminal_escape(struct buf *out, struct text t);

/* Append t as valid UTF-8 (for JSON): each byte that is not becomes U+FFFD. */
void utf8_repair(struct buf *out, struct text t);

/* Append an argument vector (each argument ended by NUL) as a shell would read it: spaces between,
 * quotes where needed, control characters escaped. */
void terminal_command(struct buf *out, struct text argv);

#endif
