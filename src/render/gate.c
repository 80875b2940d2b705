/* gate.c - one line, object, test case or annotation for each limit. */
#include "render/gate.h"

#include <jansson.h>
#include <string.h>

#include "json_values_internal.h"
#include "line_internal.h"

static size_t count_of(const struct gate_result *r, enum gate_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += r->checks[i].state == state;
	return n;
}

static void print_text(FILE *out, const struct gate_result *r)
{
	enum gate_state verdict = gate_verdict(r->checks, r->count);

	for (size_t i = 0; i < r->count; i++) {
		const struct gate_check *c = &r->checks[i];
		struct buf line = { 0 };

		buf_addf(&line, "%s: ", c->name);
		line_add_foreign(&line, text_of(c->text), sizeof(c->text));
		line_print(out, gate_state_name(c->state), &line);
		buf_done(&line);
	}
	fprintf(out, "\ngate: %s (%zu passed, %zu failed, %zu incomplete)\n",
		gate_state_name(verdict), count_of(r, GATE_PASSED), count_of(r, GATE_FAILED),
		count_of(r, GATE_INCOMPLETE));
}

static json_t *check_json(const struct gate_check *c)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", json_string(c->name));
	json_object_set_new(j, "state", json_string(gate_state_name(c->state)));
	json_object_set_new(j, "unit",
			    json_sprintf("%s%s", metric_unit_name(c->unit),
					 c->per_minute ? "_per_minute" : ""));
	json_object_set_new(j, "value", json_of_real(c->value));
	json_object_set_new(j, "limit", json_of_real(c->limit));
	json_object_set_new(j, "text", json_of_string(text_of(c->text)));
	return j;
}

static void print_json(FILE *out, const struct gate_result *r)
{
	json_t *j = json_object(), *checks = json_array(), *values = json_object();

	for (size_t i = 0; i < r->count; i++)
		json_array_append_new(checks, check_json(&r->checks[i]));
	for (size_t i = 0; i < METRICS_COUNT; i++)
		json_object_set_new(values, metrics[i].key, json_of_real(r->values[i]));
	json_object_set_new(j, "schema", json_string("gctide.check/1"));
	json_object_set_new(j, "recording", json_of_string(text_of(r->recording)));
	json_object_set_new(j, "verdict",
			    json_string(gate_state_name(gate_verdict(r->checks, r->count))));
	json_object_set_new(j, "checks", checks);
	json_object_set_new(j, "metrics", values);
	json_dumpf(j, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
	fputc('\n', out);
	json_decref(j);
}

/* Markup, quotes, and what XML 1.0 has no place for. */
static void print_xml(FILE *out, const char *text)
{
	for (const char *c = text; *c; c++)
		switch (*c) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e ? '?' : *c, out);
		}
}

static void print_case(FILE *out, const struct gate_check *c)
{
	static const char *const elements[] = {
		[GATE_FAILED] = "failure", [GATE_INCOMPLETE] = "error"
	};

	fputs("  <testcase classname=\"gctide.check\" name=\"", out);
	print_xml(out, c->name);
	if (c->state == GATE_PASSED) {
		fputs("\"><system-out>", out);
		print_xml(out, c->text);
		fputs("</system-out></testcase>\n", out);
		return;
	}
	fprintf(out, "\"><%s message=\"", elements[c->state]);
	print_xml(out, c->text);
	fputs("\"/></testcase>\n", out);
}

static void print_junit(FILE *out, const struct gate_result *r)
{
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites>\n <testsuite name=\"gctide check\" tests=\"%zu\" failures=\"%zu\" "
		"errors=\"%zu\">\n",
		r->count, count_of(r, GATE_FAILED), count_of(r, GATE_INCOMPLETE));
	for (size_t i = 0; i < r->count; i++)
		print_case(out, &r->checks[i]);
	fputs(" </testsuite>\n</testsuites>\n", out);
}

/* Workflow commands: what would end one, or a line, is escaped (github.com/actions/toolkit,
 * core/src/command.ts). */
static void print_escaped(FILE *out, const char *text, const char *more)
{
	for (const char *c = text; *c; c++)
		if (strchr("%\r\n", *c) || strchr(more, *c))
			fprintf(out, "%%%02X", (unsigned)(unsigned char)*c);
		else
			fputc(*c, out);
}

static void print_github(FILE *out, const struct gate_result *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct gate_check *c = &r->checks[i];

		fprintf(out, "::%s title=", c->state == GATE_PASSED ? "notice" : "error");
		fputs("gctide ", out);
		print_escaped(out, gate_state_name(c->state), ":,");
		fputc(' ', out);
		print_escaped(out, c->name, ":,");
		fputs("::", out);
		print_escaped(out, c->text, "");
		fputc('\n', out);
	}
}

void gate_print(FILE *out, const char *format, const struct gate_result *r)
{
	if (strcmp(format, "json") == 0)
		print_json(out, r);
	else if (strcmp(format, "junit") == 0)
		print_junit(out, r);
	else if (strcmp(format, "github") == 0)
		print_github(out, r);
	else
		print_text(out, r);
}
