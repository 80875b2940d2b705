/* fuzz_timeline.c - events of any figures, in any order, to all three formats. Properties: every
 * row of the table has its columns; trace and page hold JSON that a reader takes, and no markup of
 * an argument's gets into the page. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "render/timeline.h"

#define COLUMN_COUNT 12

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void feed_cycle(struct timeline *t, struct cursor *c)
{
	struct model_cycle row;
	uint8_t *at = (uint8_t *)&row;

	memset(&row, 0, sizeof(row));
	for (size_t i = 0; i + 8 <= sizeof(row); i += 8) {
		uint64_t v = cursor_uint(c, 8);

		memcpy(at + i, &v, 8);
	}
	/* Any bit pattern is no bool. */
	row.forced = row.leak_check = row.fault_is_estimate = row.has_no_goal = false;
	row.stopped_throughout = row.number & 1;
	check(timeline_cycle(t, &row) == 0);
}

static void feed_one(struct timeline *t, struct cursor *c)
{
	const struct watch *w = timeline_watch(t);
	uint64_t kind = cursor_uint(c, 1), a = cursor_uint(c, 8), b = cursor_uint(c, 8);
	struct watch_fault f = { a, b, cursor_uint(c, 8), cursor_uint(c, 4) };

	switch (kind % 7) {
	case 0:
		w->rss(w->arg, a, b);
		break;
	case 1:
		w->smaps(w->arg, &(struct watch_smaps){ a, b, f.address, f.weight });
		break;
	case 2:
		if (w->broken)
			w->broken(w->arg, a, cursor_bytes(c, b % 64));
		break;
	case 3:
		w->fault(w->arg, &f);
		break;
	case 4:
		w->returned(w->arg,
			    &(struct watch_return){ a, b, 1, f.address, f.weight, cursor_uint(c, 8),
						    (enum profile_cause)(b % CAUSE_COUNT),
						    (enum model_advice)(a % ADVICE_COUNT) });
		break;
	case 5:
		w->refaulted(w->arg,
			     &(struct watch_refault){ f, cursor_uint(c, 8),
						      (enum profile_cause)(b % CAUSE_COUNT),
						      (enum model_advice)(a % ADVICE_COUNT) });
		break;
	default:
		feed_cycle(t, c);
		break;
	}
}

/* What a format makes of it; NULL when it refused. The caller frees. */
static char *rendered(const char *format, const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);
	struct timeline_options o = { .from_ns = cursor_uint(&c, 8), .to_ns = cursor_uint(&c, 8) };
	struct model *m = calloc(1, sizeof(*m));
	struct err err = { 0 };
	struct timeline *t;
	char *text = NULL;
	size_t len = 0;
	int rc;

	check(m != NULL);
	model_init(m);
	m->time.wall_ns = cursor_uint(&c, 8);
	model_set(&m->target.argv, cursor_bytes(&c, cursor_uint(&c, 1) % 32));
	o.out = open_memstream(&text, &len);
	check(o.out != NULL);
	t = timeline_open(format, &o);
	if (timeline_watch(t)->begin)
		timeline_watch(t)->begin(timeline_watch(t)->arg, m);
	while (cursor_left(&c) > 0 && !c.bad)
		feed_one(t, &c);
	rc = timeline_end(t, m, &err);
	check(rc == 0 || err.what[0]);
	timeline_close(t);
	fclose(o.out);
	model_done(m);
	free(m);
	if (rc == 0)
		return text;
	free(text);
	return NULL;
}

static void check_json(const char *from, size_t len)
{
	json_error_t e;
	json_t *j = json_loadb(from, len, JSON_ALLOW_NUL, &e);

	if (!j)
		fprintf(stderr, "%s: %.*s\n", e.text, 200,
			from + (e.position > 100 ? e.position - 100 : 0));

	check(j != NULL);
	json_decref(j);
}

static void check_table(const char *text)
{
	size_t commas = 0;

	for (; *text; text++) {
		commas += *text == ',';
		if (*text != '\n')
			continue;
		check(commas == COLUMN_COUNT - 1);
		commas = 0;
	}
	check(commas == 0);
}

static void check_page(const char *text)
{
	const char *from = strstr(text, "id=\"data\">"), *to;

	check(from != NULL);
	from += 10;
	to = strchr(from, '<');
	check(to && strncmp(to, "</script>", 9) == 0);
	check_json(from, (size_t)(to - from));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *table = rendered("csv", data, size), *trace = rendered("json", data, size),
	     *page = rendered("html", data, size);

	check(table && trace);
	check_table(table);
	check_json(trace, strlen(trace));
	if (page)
		check_page(page);
	free(table);
	free(trace);
	free(page);
	return 0;
}
