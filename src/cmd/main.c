/* main.c - the command table, help, and how a failure reaches the user. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/version.h"

static const struct command *const commands[] = {
	&cmd_record,  &cmd_report, &cmd_parse, &cmd_fold,   &cmd_pprof, &cmd_flame,  &cmd_timeline,
	&cmd_compare, &cmd_bench,  &cmd_check, &cmd_events, &cmd_dump,	&cmd_doctor,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_overview(FILE *to)
{
	fprintf(to,
		"gctide %s: what a Go program's garbage collector does to its memory, seen from "
		"outside\n\n"
		"usage: gctide COMMAND [options]\n\n",
		GCTIDE_VERSION);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(to, "  %-10s %s\n  %-10s %s\n", "help", "this page, or the page of one command",
		"version", "the version of this build");
	fputs("\nexample:\n"
	      "  gctide record -o run.rec -- ./server -addr :8080\n"
	      "  gctide report run.rec\n\n"
	      "gctide COMMAND --help lists the options of a command; the manual is gctide(1).\n",
	      to);
}

static void print_command(const struct command *c, FILE *to)
{
	fprintf(to, "gctide %s: %s\n\nusage: gctide %s %s\n", c->name, c->summary, c->name,
		c->usage);
	if (c->options)
		fputs("\noptions:\n", to);
	for (const struct option_spec *s = c->options; s && s->name; s++) {
		char left[64];
		int n = s->letter ? snprintf(left, sizeof(left), "-%c, ", s->letter)
				  : snprintf(left, sizeof(left), "    ");
		snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s", s->name, s->arg ? " " : "",
			 s->arg ? s->arg : "");
		fprintf(to, "  %-28s %s\n", left, s->help);
	}
	if (c->details)
		fprintf(to, "\n%s", c->details);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void print_failure(const char *command, const struct err *err)
{
	fprintf(stderr, "gctide: %s\n", err->what);
	if (err->hint[0])
		fprintf(stderr, "gctide: hint: %s\n", err->hint);
	else if (err->code == EINVAL && command)
		fprintf(stderr, "gctide: hint: gctide %s --help\n", command);
}

/* A result that did not reach stdout (full disk, closed pipe) is a failure. */
static int flush_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (status == EXIT_DONE && errno != EPIPE) /* else there is a message already */
		fprintf(stderr, "gctide: cannot write to standard output: %s\n", strerror(errno));
	return status ? status : EXIT_FAILED;
}

static int run_help(int argc, char **argv)
{
	const struct command *c = argc > 2 ? find_command(argv[2]) : NULL;

	if (argc > 2 && !c) {
		fprintf(stderr, "gctide: there is no command '%s'; see: gctide help\n", argv[2]);
		return EXIT_USAGE;
	}
	if (c)
		print_command(c, stdout);
	else
		print_overview(stdout);
	return flush_stdout(EXIT_DONE);
}

static int run_command(const struct command *c, int argc, char **argv)
{
	struct err err = { 0 };
	int status;

	status = c->run(argc, argv, &err);
	if (err.code == OPTIONS_HELP) {
		print_command(c, stdout);
		return flush_stdout(EXIT_DONE);
	}
	status = flush_stdout(status);
	if (err.code)
		print_failure(c->name, &err);
	return status;
}

int main(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		print_overview(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return run_help(argc, argv);
	if (strcmp(argv[1], "version") == 0 || strcmp(argv[1], "--version") == 0) {
		printf("gctide %s\n", GCTIDE_VERSION);
		return flush_stdout(EXIT_DONE);
	}
	c = find_command(argv[1]);
	if (!c) {
		fprintf(stderr, "gctide: there is no command '%s'; see: gctide help\n", argv[1]);
		return EXIT_USAGE;
	}
	return run_command(c, argc - 1, argv + 1);
}
