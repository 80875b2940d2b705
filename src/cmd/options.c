/* options.c - one table-driven parser for the options of every command. */
#include "cmd/options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

/* One word that begins with a dash. *i stands on it, and moves on when its argument is the next
 * word. */
static int parse_word(const struct option_spec *specs, void *values, int argc, char **argv, int *i,
		      struct err *err)
{
	const char *word = argv[*i], *arg = NULL;
	const struct option_spec *s;
	bool is_long = word[1] == '-';

	if (is_long) {
		size_t len = strcspn(word + 2, "=");
		s = find_name(specs, word + 2, len);
		if (word[2 + len] == '=')
			arg = word + 2 + len + 1;
	} else {
		s = find_letter(specs, word[1]);
		if (word[2])
			arg = word + 2;
	}
	if (!s)
		return err_say(err, EINVAL, "%s: there is no option '%s'", argv[0], word);
	if (s->type == OPTION_FLAG && arg)
		return err_say(err, EINVAL, "%s: --%s takes no argument", argv[0], s->name);
	if (s->type != OPTION_FLAG && !arg) {
		if (*i + 1 >= argc)
			return err_say(err, EINVAL, "%s: --%s wants an argument: %s", argv[0],
				       s->name, s->arg);
		arg = argv[++*i];
	}
	return store(s, values, arg, argv[0], err);
}

int options_parse(const struct option_spec *specs, void *values, int argc, char **argv,
		  int *ret_operands, struct err *err)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		int rc;

		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		rc = parse_word(specs, values, argc, argv, &i, err);
		if (rc < 0)
			return rc;
	}
	*ret_operands = i;
	return 0;
}
