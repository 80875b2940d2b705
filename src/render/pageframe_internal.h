/* pageframe_internal.h - a page that needs nothing else: style, data and scripts stand in it. */
#ifndef PAGEFRAME_INTERNAL_H
#define PAGEFRAME_INTERNAL_H

#include <jansson.h>
#include <stdio.h>

#define PAGEFRAME_PARTS_MAX 3u

struct pageframe {
	const char *title, *without_script; /* plain text, without markup */
	const char *styles[PAGEFRAME_PARTS_MAX], *scripts[PAGEFRAME_PARTS_MAX]; /* NULL: no more */
	const json_t *data; /* borrowed; the scripts find it in the element "data" */
};

/* The whole page; scripts draw into the element "page". The caller looks at ferror(out). */
void pageframe_print(FILE *out, const struct pageframe *f);

#endif
