/* pageframe.c - what stands around the data of a page; no markup can come out of them. */
#include "pageframe_internal.h"

/* Inside an element of HTML: no markup can begin, as '<' stands only in strings of JSON. */
static int write_escaped(const char *bytes, size_t len, void *arg)
{
	FILE *out = arg;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '<')
			fputs("\\u003c", out);
		else
			fputc(bytes[i], out);
	}
	return ferror(out) ? -1 : 0;
}

static void print_head(FILE *out, const struct pageframe *f)
{
	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
		"<title>%s</title>\n<style>\n",
		f->title);
	for (size_t i = 0; i < PAGEFRAME_PARTS_MAX && f->styles[i]; i++)
		fputs(f->styles[i], out);
	fprintf(out,
		"</style>\n</head>\n<body>\n<noscript>%s</noscript>\n"
		"<div id=\"page\"></div>\n<script type=\"application/json\" id=\"data\">",
		f->without_script);
}

void pageframe_print(FILE *out, const struct pageframe *f)
{
	print_head(out, f);
	json_dump_callback(f->data, write_escaped, out,
			   JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
	fputs("</script>\n", out);
	for (size_t i = 0; i < PAGEFRAME_PARTS_MAX && f->scripts[i]; i++) {
		fputs("<script>\n", out);
		fputs(f->scripts[i], out);
		fputs("</script>\n", out);
	}
	fputs("</body>\n</html>\n", out);
}
