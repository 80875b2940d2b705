/* text_findings.c - the findings, in the words of a person. */
#include "analyze/model.h"
#include "line_internal.h"
#include "renderer_internal.h"

static const char *color_of(enum model_severity severity)
{
	static const char *const colors[] = { "\x1b[36m", "\x1b[33m", "\x1b[31;1m" };

	return colors[severity];
}

void text_print_findings(FILE *out, const struct model *m, bool use_color)
{
	struct buf line = { 0 };

	fputs(m->finding_count ? "\nfindings\n" : "\nfindings: none\n", out);
	for (size_t i = 0; i < m->finding_count; i++) {
		const struct model_finding *f = &m->findings[i];

		fprintf(out, "  %s%-*s%s", use_color ? color_of(f->severity) : "",
			(int)LABEL_COLUMNS - 2, model_severity_name(f->severity),
			use_color ? "\x1b[0m" : "");
		buf_addf(&line, "%s: ", f->key);
		line_add_foreign(&line, text_of(f->evidence), sizeof(f->evidence) * 4);
		line_print_words(out, buf_text(&line));
		buf_clear(&line);
		buf_addf(&line, "try: ");
		line_add_foreign(&line, text_of(f->advice), sizeof(f->advice) * 4);
		line_print(out, "", &line);
	}
	buf_done(&line);
}
