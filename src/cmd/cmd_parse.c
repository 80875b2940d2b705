/* cmd_parse.c - gctide parse: the same report from a GODEBUG log, without any privilege. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "analyze/analyze.h"
#include "base/buf.h"
#include "base/own.h"
#include "base/unknown.h"
#include "cmd/command.h"
#include "render/renderer.h"

#define CHUNK_BYTES (256u << 10)

struct parse_values {
	const char *format, *cycles, *color;
	uint64_t process_id;
};

static const struct option_spec parse_options[] = {
	{ "format", 'f', OPTION_CHOICE, offsetof(struct parse_values, format), "FORMAT",
	  "text (default), json or csv", "text json csv" },
	{ "cycles", 'n', OPTION_TEXT, offsetof(struct parse_values, cycles), "N|all",
	  "rows to show, the first and the last half (text: 200; else all)", NULL },
	{ "process", 0, OPTION_COUNT, offsetof(struct parse_values, process_id), "N",
	  "of several Go processes in the log, show this one (default 0, the first)", NULL },
	{ "color", 0, OPTION_CHOICE, offsetof(struct parse_values, color), "WHEN",
	  "auto (default), always or never", "auto always never" },
	{ 0 },
};

/* Feed everything that fd has. 0, or a negative errno with *err filled. */
static int feed(struct analyze_log *log, int fd, const char *name, struct err *err)
{
	OWN_MEM char *chunk = xcalloc(1, CHUNK_BYTES);

	for (;;) {
		ssize_t n = read(fd, chunk, CHUNK_BYTES);
		int rc;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, errno, "cannot read '%s'", name);
		if (n == 0)
			return 0;
		rc = analyze_log_feed(log, chunk, (size_t)n);
		if (rc)
			return err_set(err, -rc, "cannot keep the rows of '%s'", name);
	}
}

static int report(int fd, const char *name, struct analyze_log *log, struct renderer *renderer,
		  struct err *err)
{
	struct model *m = xcalloc(1, sizeof(*m));
	int rc = feed(log, fd, name, err);

	if (rc == 0) {
		rc = analyze_log_finish(log, m, name, err);
		if (rc && err->code == 0)
			err_set(err, -rc, "cannot keep the rows of '%s'", name);
		if (rc == 0)
			rc = renderer_end(renderer, m, err);
		model_done(m);
	}
	free(m);
	return rc ? EXIT_FAILED : EXIT_DONE;
}

static int run(int fd, const char *name, const struct parse_values *values, struct err *err)
{
	struct renderer_options options = { .out = stdout };
	struct analyze_options analyze = { .process_id = values->process_id };
	struct renderer *renderer = NULL;
	struct analyze_log *log;
	int status;

	if (renderer_parse_cycles(&options.cycle_limit, values->cycles, values->format, err) < 0)
		return EXIT_USAGE;
	options.use_color = renderer_wants_color(values->color, stdout);
	if (renderer_open(&renderer, values->format, &options, err) < 0)
		return EXIT_USAGE;
	analyze.sink = (struct model_sink){ .cycle = renderer_cycle, .arg = renderer };
	log = analyze_log_new(&analyze);
	status = report(fd, name, log, renderer, err);
	analyze_log_free(log);
	renderer_close(renderer);
	return status;
}

static int run_parse(int argc, char **argv, struct err *err)
{
	struct parse_values values = { .format = "text",
				       .color = "auto",
				       .process_id = UNKNOWN_U64 };
	const char *path = "-";
	OWN_FD int fd = -1;
	int operands;

	if (options_parse(parse_options, &values, argc, argv, &operands, err) < 0)
		return EXIT_USAGE;
	if (argc - operands > 1) {
		err_say(err, EINVAL, "parse: one log at a time, not also '%s'", argv[operands + 1]);
		return EXIT_USAGE;
	}
	if (operands < argc)
		path = argv[operands];
	if (strcmp(path, "-") == 0)
		return run(STDIN_FILENO, "standard input", &values, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		err_set(err, errno, "cannot open '%s'", path);
		return EXIT_FAILED;
	}
	return run(fd, path, &values, err);
}

const struct command cmd_parse = {
	.name = "parse",
	.usage = "[options] [FILE|-]",
	.summary = "the same report from a GODEBUG=gctrace=1 log or from stdin",
	.details = "Reads the trace lines of Go 1.5 to 1.27 among anything else:\n"
		   "  GODEBUG=gctrace=1 ./server 2>&1 | gctide parse\n",
	.options = parse_options,
	.run = run_parse,
};
