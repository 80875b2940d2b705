/* folded.c - folded stacks. */
#include "render/folded.h"

#include <stdlib.h>

#include "outstream_internal.h"
#include "stackrows_internal.h"

/* The line in the making, a ';' behind each frame. Neighbours share their beginning, which is kept.
 */
struct line {
	struct buf text;
	size_t *ends; /* of each frame in text; room for the deepest row */
};

static void set_line(struct line *line, const struct stackrows *t, const struct stack_row *row,
		     uint32_t common)
{
	line->text.len = common ? line->ends[common - 1] : 0;
	for (uint32_t i = common; i < row->count; i++) {
		struct text name = t->names[t->keys[row->first + i]];

		memcpy(buf_room(&line->text, name.len + 1), name.at, name.len + 1); /* and ';' */
		line->text.len += name.len + 1;
		line->ends[i] = line->text.len;
	}
}

static void add_count(struct buf *out, uint64_t v)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = '\n';
	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	digits[--at] = ' ';
	buf_add(out, digits + at, sizeof(digits) - at);
}

/* Rows lie in the order of the profile, and are read in that of their text: without this, half of
 * the time goes into waiting for them. */
static void fetch_ahead(const struct stackrows *t, size_t i)
{
	const struct stack_row *row = &t->rows[i + 8 < t->row_count ? i + 8 : i];

	for (uint32_t k = 0; k < row->count; k += 64 / sizeof(*t->keys))
		__builtin_prefetch(&t->keys[row->first + k]);
}

static uint32_t deepest(const struct stackrows *t)
{
	uint32_t most = 0;

	for (size_t i = 0; i < t->row_count; i++)
		if (t->rows[i].count > most)
			most = t->rows[i].count;
	return most;
}

int folded_render(const struct profile *p, const struct folded_options *o, FILE *to)
{
	struct stackrows_options options = { .weight = o->weight,
					     .split = o->split,
					     .is_folded = true };
	struct outstream out = { .to = to };
	struct line line = { 0 };
	struct stackrows t;
	uint32_t common = 0;

	stackrows_init(&t, p, &options);
	line.ends = xcalloc(deepest(&t), sizeof(*line.ends));
	for (size_t i = 0; i < t.row_count && out.rc == 0; i++) {
		const struct stack_row *row = &t.rows[i], *next = row + 1;
		uint64_t weight = row->weight;

		fetch_ahead(&t, i);
		set_line(&line, &t, row, common);
		common = 0;
		while (i + 1 < t.row_count) {
			common = stackrows_common(&t, row, next);
			if (common < row->count || common < next->count)
				break;
			weight = weight_add(weight, next++->weight);
			i++;
		}
		buf_add(&out.pending, line.text.at, line.text.len - 1);
		add_count(&out.pending, weight);
		outstream_push(&out);
	}
	free(line.ends);
	buf_done(&line.text);
	stackrows_done(&t);
	return outstream_end(&out);
}
