/* cleanname_internal.h - names of functions, files and threads come from the target: made fit for
 * any format that holds text. */
#ifndef RENDER_CLEANNAME_INTERNAL_H
#define RENDER_CLEANNAME_INTERNAL_H

#include "base/buf.h"
#include "base/text.h"

/* Append t as valid UTF-8 without control characters (NUL and newline too), without marks that turn
 * the direction of text, and without code points that XML 1.0 forbids: each of them becomes U+FFFD.
 * Nothing is escaped. */
void name_clean(struct buf *out, struct text t);

/* Append t, which is clean, with the five characters that XML and HTML give a meaning (& < > " ')
 * as entities: fit for an element's text and for an attribute in quotes. */
void name_add_xml(struct buf *out, struct text t);

#endif
