/* renderer.c - the table of formats, and what callers see of them. */
#include "render/renderer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "renderer_internal.h"

struct renderer {
	const struct renderer_format *format;
	struct renderer_options options;
	void *state; /* owned */
};

static const struct renderer_format *find_format(const char *name)
{
	static const struct renderer_format *const formats[] = { &format_text, &format_json,
								 &format_csv };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

int renderer_open(struct renderer **ret, const char *format, const struct renderer_options *options,
		  struct err *err)
{
	const struct renderer_format *f = find_format(format);
	struct renderer *r;

	if (!f)
		return err_say(err, EINVAL, "there is no format '%s': text, json or csv", format);
	r = xcalloc(1, sizeof(*r));
	r->format = f;
	r->options = *options;
	r->state = xcalloc(1, f->state_bytes);
	*ret = r;
	return 0;
}

int renderer_cycle(void *renderer, const struct model_cycle *c)
{
	struct renderer *r = renderer;

	return r->format->cycle(r->state, &r->options, c);
}

int renderer_end(struct renderer *r, const struct model *m, struct err *err)
{
	int rc = r->format->end(r->state, &r->options, m);

	return rc ? err_set(err, -rc, "cannot print the report") : 0;
}

void renderer_close(struct renderer *r)
{
	if (!r)
		return;
	if (r->format->done)
		r->format->done(r->state);
	free(r->state);
	free(r);
}

int renderer_parse_cycles(uint64_t *ret, const char *word, const char *format, struct err *err)
{
	const struct renderer_format *f = find_format(format);
	unsigned long long n;
	char *end;

	if (!word) {
		*ret = f ? f->cycles_default : RENDERER_CYCLES_ALL;
		return 0;
	}
	if (strcmp(word, "all") == 0) {
		*ret = RENDERER_CYCLES_ALL;
		return 0;
	}
	errno = 0;
	n = strtoull(word, &end, 10);
	if (word[0] < '0' || word[0] > '9' || *end || errno || n > RENDERER_CYCLES_MAX)
		return err_say(err, EINVAL, "--cycles wants a number up to %u, or all; not '%s'",
			       RENDERER_CYCLES_MAX, word);
	*ret = n;
	return 0;
}

bool renderer_wants_color(const char *choice, FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (strcmp(choice, "auto") != 0)
		return strcmp(choice, "always") == 0;
	return !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0) &&
	       isatty(fileno(out));
}
