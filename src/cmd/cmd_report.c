/* cmd_report.c - gctide report: what a recording says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/buf.h"
#include "base/unknown.h"
#include "cmd/command.h"
#include "render/renderer.h"

struct report_values {
	const char *format, *cycles, *color, *directory;
	uint64_t process_id;
};

static const struct option_spec report_options[] = {
	{ "format", 'f', OPTION_CHOICE, offsetof(struct report_values, format), "FORMAT",
	  "text (default), json or csv", "text json csv" },
	{ "cycles", 'n', OPTION_TEXT, offsetof(struct report_values, cycles), "N|all",
	  "rows to show, the first and the last half (text: 200; else all)", NULL },
	{ "process", 0, OPTION_COUNT, offsetof(struct report_values, process_id), "N",
	  "the cycles of another Go process that printed into the same stderr", NULL },
	{ "symbols", 0, OPTION_FOLDER, offsetof(struct report_values, directory), "DIR",
	  "look for binaries and libraries here first, by path or by name", NULL },
	{ "color", 0, OPTION_CHOICE, offsetof(struct report_values, color), "WHEN",
	  "auto (default), always or never", "auto always never" },
	{ 0 },
};

/* What the reader found at the end of the file. */
static int judge_end(const struct model *m, struct err *err)
{
	int len = (int)m->recording.end_text.len;
	const char *text = (const char *)m->recording.end_text.at;

	switch (m->recording.end) {
	case MODEL_WHOLE:
		return EXIT_DONE;
	case MODEL_TRUNCATED:
		fflush(stdout);
		fprintf(stderr, "gctide: warning: %.*s\n", len, text);
		return EXIT_DONE;
	case MODEL_CORRUPT:
	case MODEL_FAILED:
		err_say(err, EBADMSG, "%.*s", len, text);
		err_hint(
			err,
			"the report covers the part before; copy the recording again from where it "
			"was made");
		return EXIT_FAILED;
	}
	return EXIT_FAILED;
}

static int run(const char *path, const struct report_values *values, struct err *err)
{
	struct renderer_options options = { .out = stdout };
	struct analyze_options analyze = { .process_id = values->process_id,
					   .directory = values->directory };
	struct renderer *renderer = NULL;
	struct model *m = xcalloc(1, sizeof(*m));
	int rc, status = EXIT_FAILED;

	rc = renderer_parse_cycles(&options.cycle_limit, values->cycles, values->format, err);
	if (rc < 0) {
		free(m);
		return EXIT_USAGE;
	}
	options.use_color = renderer_wants_color(values->color, stdout);
	rc = renderer_open(&renderer, values->format, &options, err);
	if (rc == 0) {
		analyze.sink = (struct model_sink){ .cycle = renderer_cycle, .arg = renderer };
		rc = analyze_recording(m, path, &analyze, err);
		if (rc == 0)
			rc = renderer_end(renderer, m, err);
		else if (err->code == 0)
			err_set(err, -rc, "cannot keep the rows of '%s'", path);
		if (rc == 0)
			status = judge_end(m, err);
		model_done(m);
	}
	renderer_close(renderer);
	free(m);
	return status;
}

static int run_report(int argc, char **argv, struct err *err)
{
	struct report_values values = { .format = "text",
					.color = "auto",
					.process_id = UNKNOWN_U64 };
	const char *path = "gctide.rec";
	int operands;

	if (options_parse(report_options, &values, argc, argv, &operands, err) < 0)
		return EXIT_USAGE;
	if (argc - operands > 1) {
		err_say(err, EINVAL, "report: one recording at a time, not also '%s'",
			argv[operands + 1]);
		return EXIT_USAGE;
	}
	if (operands < argc)
		path = argv[operands];
	return run(path, &values, err);
}

const struct command cmd_report = {
	.name = "report",
	.usage = "[options] [FILE]",
	.summary = "summary, cycles and findings of a recording (gctide.rec)",
	.details =
		"A recording that stops early is reported up to there, with a warning. One that is "
		"damaged is\nreported up to the damage, and the status is 1.\n",
	.options = report_options,
	.run = run_report,
};
