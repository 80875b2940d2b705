/* csv.c - one line per cycle (RFC 4180); the header names the unit of each column; unknown is
 * empty. */
#include <inttypes.h>

#include "base/unknown.h"
#include "renderer_internal.h"

struct csv {
	bool has_header;
	struct window window; /* unless all rows are wanted */
};

static void print_header(struct csv *csv, FILE *out)
{
	if (csv->has_header)
		return;
	csv->has_header = true;
	for (size_t i = 0; i < cycle_column_count; i++)
		fprintf(out, "%s%s", i ? "," : "", cycle_columns[i].name);
	fputs("\r\n", out);
}

static void print_row(FILE *out, const struct model_cycle *c)
{
	for (size_t i = 0; i < cycle_column_count; i++) {
		const struct cycle_column *column = &cycle_columns[i];

		if (i)
			fputc(',', out);
		if (column->is_bool)
			fputs(cycle_bool_at(column, c) ? "true" : "false", out);
		else if (is_known(cycle_number_at(column, c)))
			fprintf(out, "%" PRIu64, cycle_number_at(column, c));
	}
	fputs("\r\n", out);
}

static int csv_cycle(void *state, const struct renderer_options *o, const struct model_cycle *c)
{
	struct csv *csv = state;

	if (o->cycle_limit != RENDERER_CYCLES_ALL) {
		csv->window.limit = o->cycle_limit;
		window_add(&csv->window, c);
		return 0;
	}
	print_header(csv, o->out);
	print_row(o->out, c);
	return 0;
}

static int csv_end(void *state, const struct renderer_options *o, const struct model *m)
{
	struct csv *csv = state;

	(void)m;
	print_header(csv, o->out);
	for (size_t i = 0; i < window_count(&csv->window); i++)
		print_row(o->out, window_row(&csv->window, i));
	return 0;
}

static void csv_done(void *state)
{
	struct csv *csv = state;

	window_done(&csv->window);
}

const struct renderer_format format_csv = {
	.name = "csv",
	.state_bytes = sizeof(struct csv),
	.cycles_default = RENDERER_CYCLES_ALL,
	.cycle = csv_cycle,
	.end = csv_end,
	.done = csv_done,
};
