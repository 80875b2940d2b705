/* options.c - one table-driven parser for the options of every command. */
#include "cmd/options.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/units.h"

static const struct option_spec *find_name(const struct option_spec *specs, const char *name,
					   size_t len)
{
	for (const struct option_spec *s = specs; s && s->name; s++)
		if (strlen(s->name) == len && memcmp(s->name, name, len) == 0)
			return s;
	return NULL;
}

static const struct option_spec *find_letter(const struct option_spec *specs, char letter)
{
	for (const struct option_spec *s = specs; s && s->name; s++)
		if (s->letter && s->letter == letter)
			return s;
	return NULL;
}

static int parse_count(uint64_t *ret, const char *text)
{
	char *end;
	unsigned long long v;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (*end || errno)
		return -EINVAL;
	*ret = v;
	return 0;
}

static bool is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = choices; *at;) {
		size_t n = strcspn(at, " ");
		if (n == len && memcmp(at, word, n) == 0)
			return true;
		at += n + (at[n] == ' ');
	}
	return false;
}

static int check_folder(const struct option_spec *s, const char *path, const char *command,
			struct err *err)
{
	struct stat st;
	int why = stat(path, &st) < 0 ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;

	if (!why)
		return 0;
	return err_say(err, EINVAL, "%s: --%s wants a directory, not '%s': %s", command, s->name,
		       path, strerror(why));
}

static int store(const struct option_spec *s, void *values, const char *arg, const char *command,
		 struct err *err)
{
	void *at = (char *)values + s->offset;

	switch (s->type) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)at = arg;
		return 0;
	case OPTION_FOLDER:
		*(const char **)at = arg;
		return check_folder(s, arg, command, err);
	case OPTION_COUNT:
		if (parse_count(at, arg) == 0)
			return 0;
		return err_say(err, EINVAL, "%s: --%s wants a number, not '%s'", command, s->name,
			       arg);
	case OPTION_SIZE:
		if (units_parse_bytes(at, text_of(arg)) == 0)
			return 0;
		return err_say(err, EINVAL, "%s: --%s wants a size such as 64MiB, not '%s'",
			       command, s->name, arg);
	case OPTION_DURATION:
		if (units_parse_duration(at, text_of(arg)) == 0)
			return 0;
		return err_say(err, EINVAL, "%s: --%s wants a duration such as 10ms, not '%s'",
			       command, s->name, arg);
	case OPTION_CHOICE:
		if (is_choice(s->choices, arg)) {
			*(const char **)at = arg;
			return 0;
		}
		return err_say(err, EINVAL, "%s: --%s is one of: %s; not '%s'", command, s->name,
			       s->choices, arg);
	}
	return -EINVAL;
}

/* Words of the command line, and where parsing stands. */
struct words {
	int argc, at;
	char **argv;
};

/* What stands behind an option that wants an argument: the rest of its word, or the next word.
 * NULL, *err filled, when there is none. */
static const char *take_argument(const struct option_spec *s, const char *rest, struct words *w,
				 struct err *err)
{
	if (rest)
		return rest;
	if (w->at + 1 < w->argc)
		return w->argv[++w->at];
	err_say(err, EINVAL, "%s: --%s wants an argument: %s", w->argv[0], s->name, s->arg);
	return NULL;
}

static int store_argument(const struct option_spec *s, void *values, const char *rest,
			  struct words *w, struct err *err)
{
	const char *arg = take_argument(s, rest, w, err);

	return arg ? store(s, values, arg, w->argv[0], err) : -EINVAL;
}

static int ask_for_help(const struct words *w, struct err *err)
{
	return err_say(err, OPTIONS_HELP, "%s: help was asked for", w->argv[0]);
}

/* "--name" or "--name=argument". */
static int parse_long(const struct option_spec *specs, void *values, struct words *w,
		      struct err *err)
{
	const char *word = w->argv[w->at];
	size_t len = strcspn(word + 2, "=");
	const struct option_spec *s = find_name(specs, word + 2, len);
	const char *rest = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;

	if (strcmp(word, "--help") == 0)
		return ask_for_help(w, err);
	if (!s)
		return err_say(err, EINVAL, "%s: there is no option '%s'", w->argv[0], word);
	if (s->type != OPTION_FLAG)
		return store_argument(s, values, rest, w, err);
	if (rest)
		return err_say(err, EINVAL, "%s: --%s takes no argument", w->argv[0], s->name);
	return store(s, values, "", w->argv[0], err);
}

/* One or more letters behind a dash (getopt(3)): the first that wants an argument takes the rest of
 * the word. */
static int parse_letters(const struct option_spec *specs, void *values, struct words *w,
			 struct err *err)
{
	const char *word = w->argv[w->at];
	bool is_one = !word[2];

	for (const char *at = word + 1; *at; at++) {
		const struct option_spec *s = find_letter(specs, *at);

		if (*at == 'h')
			return ask_for_help(w, err);
		if (!s)
			return err_say(err, EINVAL, "%s: there is no option '-%c'%s%s%s",
				       w->argv[0], *at, is_one ? "" : " (in '", is_one ? "" : word,
				       is_one ? "" : "')");
		if (s->type != OPTION_FLAG)
			return store_argument(s, values, at[1] ? at + 1 : NULL, w, err);
		store(s, values, "", w->argv[0], err);
	}
	return 0;
}

int options_parse(const struct option_spec *specs, void *values, int argc, char **argv,
		  int *ret_operands, struct err *err)
{
	struct words w = { .argc = argc, .at = 1, .argv = argv };

	for (; w.at < argc && argv[w.at][0] == '-' && argv[w.at][1]; w.at++) {
		int rc;

		if (strcmp(argv[w.at], "--") == 0) {
			w.at++;
			break;
		}
		rc = argv[w.at][1] == '-' ? parse_long(specs, values, &w, err)
					  : parse_letters(specs, values, &w, err);
		if (rc < 0)
			return rc;
	}
	*ret_operands = w.at;
	return 0;
}

int options_parse_share(double *ret, const char *word, const char *option, struct err *err)
{
	char *end;
	double v = strtod(word, &end);

	if (*end == '%' && end[1] == '\0')
		v /= 100;
	else if (*end != '\0')
		v = NAN;
	if (end == word || !(v > 0) || v > 10)
		return err_say(err, EINVAL, "%s wants a share such as 5%% or 0.05, not '%s'",
			       option, word);
	*ret = v;
	return 0;
}
