/* options.h - one table-driven parser for the options of every command. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <errno.h>
#include <stddef.h>

#include "base/err.h"

enum option_type {
	OPTION_FLAG,	 /* bool, set to true */
	OPTION_TEXT,	 /* const char *, borrowed from argv */
	OPTION_FOLDER,	 /* const char *, borrowed from argv: a directory that is there */
	OPTION_COUNT,	 /* uint64_t, a plain decimal number */
	OPTION_SIZE,	 /* uint64_t bytes: 64MiB */
	OPTION_DURATION, /* uint64_t ns: 10ms */
	OPTION_CHOICE,	 /* const char *, one of the words in `choices` */
};

struct option_spec {
	const char *name; /* "max-stall", without the dashes */
	char letter;	  /* 'o', or 0 */
	enum option_type type;
	size_t offset;	 /* in the command's struct of values, which holds the defaults */
	const char *arg; /* "FILE"; NULL for a flag */
	const char *help;
	const char *choices; /* OPTION_CHOICE: "text json csv" */
};

/* The code, negated, when --help or -h is among the options: print the help, it is no failure. */
#define OPTIONS_HELP ECANCELED

/* Parse argv[1..] into *values: --name ARG, --name=ARG, -n ARG, -nARG, and letters joined, -qo ARG.
 * Options end at "--" or at the first word that is no option; "-" alone is an operand.
 * *ret_operands is the index of the first operand. 0, -OPTIONS_HELP, or -EINVAL, with *err filled
 * ("record: --max-stall wants a duration such as 10ms, not 'x'"). */
int options_parse(const struct option_spec *specs, void *values, int argc, char **argv,
		  int *ret_operands, struct err *err);

/* "5%", "0.05": a share above 0 and at most 10. 0 or -EINVAL, *err filled; option is its name. */
int options_parse_share(double *ret, const char *word, const char *option, struct err *err);

#endif
