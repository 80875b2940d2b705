/* json.c - schema gctide.report/1.
 *
 * Rows come first, as they stream; the sections that need the whole recording stand behind them.
 * Unknown is null. The document is whole whatever the state of the recording. */
#include <inttypes.h>

#include "base/unknown.h"
#include "renderer_internal.h"

struct json {
	bool has_begun;
	uint64_t printed_count;
	struct window window; /* unless all rows are wanted */
};

static void print_begin(struct json *json, FILE *out)
{
	if (!json->has_begun)
		fputs("{\"schema\": \"gctide.report/1\",\n \"cycles\": [", out);
	json->has_begun = true;
}

static void print_row(struct json *json, FILE *out, const struct model_cycle *c)
{
	fputs(json->printed_count++ ? ",\n  {" : "\n  {", out);
	for (size_t i = 0; i < cycle_column_count; i++) {
		const struct cycle_column *column = &cycle_columns[i];

		fprintf(out, "%s\"%s\": ", i ? ", " : "", column->name);
		if (column->is_bool)
			fputs(cycle_bool_at(column, c) ? "true" : "false", out);
		else if (is_known(cycle_number_at(column, c)))
			fprintf(out, "%" PRIu64, cycle_number_at(column, c));
		else
			fputs("null", out);
	}
	fputc('}', out);
}

static int json_cycle(void *state, const struct renderer_options *o, const struct model_cycle *c)
{
	struct json *json = state;

	if (o->cycle_limit != RENDERER_CYCLES_ALL) {
		json->window.limit = o->cycle_limit;
		window_add(&json->window, c);
		return 0;
	}
	print_begin(json, o->out);
	print_row(json, o->out, c);
	return 0;
}

static int json_end(void *state, const struct renderer_options *o, const struct model *m)
{
	struct json *json = state;

	print_begin(json, o->out);
	for (size_t i = 0; i < window_count(&json->window); i++)
		print_row(json, o->out, window_row(&json->window, i));
	fputs("\n ]", o->out);
	fprintf(o->out, ",\n \"cycles_left_out_count\": %" PRIu64,
		window_left_out_count(&json->window));
	json_print_sections(o->out, m);
	fputs("}\n", o->out);
	return 0;
}

static void json_done(void *state)
{
	struct json *json = state;

	window_done(&json->window);
}

const struct renderer_format format_json = {
	.name = "json",
	.state_bytes = sizeof(struct json),
	.cycles_default = RENDERER_CYCLES_ALL,
	.cycle = json_cycle,
	.end = json_end,
	.done = json_done,
};
