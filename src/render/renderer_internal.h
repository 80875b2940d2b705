/* renderer_internal.h - what a format has to offer, and what formats share. */
#ifndef RENDER_RENDERER_INTERNAL_H
#define RENDER_RENDERER_INTERNAL_H

#include "render/renderer.h"

/* One output format. state is what it keeps, allocated with state_bytes and zeroed. */
struct renderer_format {
	const char *name;
	size_t state_bytes;
	uint64_t cycles_default;
	/* A row to be printed now; NULL: rows are printed only by end. */
	int (*cycle)(void *state, const struct renderer_options *o, const struct model_cycle *c);
	int (*end)(void *state, const struct renderer_options *o, const struct model *m);
	void (*done)(void *state); /* may be NULL */
};

extern const struct renderer_format format_text, format_json, format_csv;

/* The first and the last rows of many. Starts zeroed. */
struct window {
	uint64_t limit;
	uint64_t seen_count;
	struct model_cycle *rows; /* the first half, then a ring of the last; owned */
	size_t capacity;
	size_t tail_next; /* where in the ring the next row goes */
};

void window_add(struct window *w, const struct model_cycle *c);
size_t window_count(const struct window *w);
uint64_t window_left_out_count(const struct window *w);

/* The i-th row kept, i < window_count; the rows left out lie before window_gap. */
const struct model_cycle *window_row(const struct window *w, size_t i);
size_t window_gap(const struct window *w);
void window_done(struct window *w);

/* A column of the machine formats; names are those of schema gctide.report/1. */
struct cycle_column {
	const char *name;
	size_t offset; /* in struct model_cycle */
	bool is_bool;
};

extern const struct cycle_column cycle_columns[];
extern const size_t cycle_column_count;

/* The value of a number column; UNKNOWN_U64 also when it is too large for JSON readers (2^63 and
 * more). */
uint64_t cycle_number_at(const struct cycle_column *column, const struct model_cycle *c);
bool cycle_bool_at(const struct cycle_column *column, const struct model_cycle *c);

/* Everything of the JSON document behind the rows: ",\n "name": {...}" for each section. */
void json_print_sections(FILE *out, const struct model *m);

/* The parts of the text report. */
void text_print_summary(FILE *out, const struct model *m);
void text_print_histogram(FILE *out, const struct model_pause *p);
void text_print_bars(FILE *out, const struct model_pause *p); /* without a heading */
void text_print_findings(FILE *out, const struct model *m, bool use_color);
void text_print_stacks(FILE *out, const struct model *m);
void text_print_uses(FILE *out, const struct model *m);
void text_print_returns(FILE *out, const struct model *m);
void text_print_lost(FILE *out, const char *label, const struct model *m);
void text_print_cycle_header(FILE *out);
void text_print_cycle(FILE *out, const struct model_cycle *c);

#endif
