/* line_internal.h - labelled lines of the text report, made of parts and wrapped. */
#ifndef RENDER_LINE_INTERNAL_H
#define RENDER_LINE_INTERNAL_H

#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/units.h"

#define LABEL_COLUMNS 13u
#define TEXT_COLUMNS  100u

/* One figure, printed; several fit into one statement. */
struct figure {
	char text[UNITS_TEXT_BYTES + 24]; /* with a noun */
};

struct figure figure_bytes(uint64_t v);
struct figure figure_duration(uint64_t ns);
struct figure figure_count(uint64_t v);
struct figure figure_counted(uint64_t v, const char *one, const char *many); /* "1 cycle" */
struct figure figure_ordinal(uint64_t n);				     /* "61st" */
struct figure figure_ratio(double v);
struct figure figure_rate(double bytes_per_second); /* "1.20 GiB/s" */

/* Append one part, with ", " between it and what is there. */
void line_part(struct buf *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Append a text of the target's, safe for a terminal; of a long one the first `most` bytes. */
void line_add_foreign(struct buf *line, struct text t, size_t most);

/* Print the words, wrapped at TEXT_COLUMNS; a label of LABEL_COLUMNS was printed in front of them.
 * A word that does not fit gets a line of its own; a number keeps its "%". */
void line_print_words(FILE *out, struct text text);

/* Print label and line, wrapped, and empty the line. */
void line_print(FILE *out, const char *label, struct buf *line);

#endif
