/* command.h - what `gctide` knows about each of its subcommands. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <stddef.h>

#include "base/err.h"
#include "cmd/options.h"

/* Exit statuses of every command; `record` passes on its target's own instead. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CANNOT_OBSERVE = 3,
	EXIT_INCOMPLETE = 4,
	/* record: */
	EXIT_OWN_FAILURE = 125,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

struct command {
	const char *name;		   /* "record" */
	const char *usage;		   /* "[-o FILE] [options] [--] CMD [ARG...]" */
	const char *summary;		   /* one line for `gctide help` */
	const char *details;		   /* printed below the options; may be NULL */
	const struct option_spec *options; /* ends with a NULL name; may be NULL */
	/* argv[0] is the command's name. Returns the exit status; fills *err when it failed and
	 * main shall print why (main prints err->what and the hint when err->code is not 0). */
	int (*run)(int argc, char **argv, struct err *err);
};

extern const struct command cmd_record, cmd_report, cmd_parse, cmd_fold, cmd_pprof, cmd_flame,
	cmd_timeline, cmd_compare, cmd_bench, cmd_check, cmd_events, cmd_dump, cmd_doctor;

#endif
