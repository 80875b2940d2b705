/* variant.c - commands and settings, from the command line to what execve takes. */
#include "experiment/variant.h"

#include <ctype.h>
#include <errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wordexp.h>

#include "goruntime/gosetting.h"

static size_t count_of(char *const *vector)
{
	size_t n = 0;

	while (vector[n])
		n++;
	return n;
}

static char **copy_of(char *const *vector)
{
	size_t n = count_of(vector);
	char **copy = xcalloc(n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = xstrndup(vector[i], strlen(vector[i]));
	return copy;
}

static void free_vector(char **vector)
{
	for (size_t i = 0; vector && vector[i]; i++)
		free(vector[i]);
	free(vector);
}

void variant_init(struct variant *ret, char *const *argv, char *const *environment)
{
	*ret = (struct variant){ .argv = copy_of(argv), .environment = copy_of(environment) };
}

/* "NAME=": where it stands, or behind the last one. */
static size_t place_of(char *const *environment, struct text name)
{
	size_t i = 0;

	while (environment[i] &&
	       (strncmp(environment[i], name.at, name.len) != 0 || environment[i][name.len] != '='))
		i++;
	return i;
}

/* The new entry is taken over. */
static void put(struct variant *v, struct text name, char *entry)
{
	size_t i = place_of(v->environment, name), n = count_of(v->environment);
	char **grown;

	if (v->environment[i]) {
		free(v->environment[i]);
		v->environment[i] = entry;
		return;
	}
	grown = xcalloc(n + 2, sizeof(*grown));
	memcpy(grown, v->environment, n * sizeof(*grown));
	grown[n] = entry;
	free(v->environment);
	v->environment = grown;
}

static bool is_variable(struct text key)
{
	for (size_t i = 0; i < key.len; i++)
		if (islower((unsigned char)key.at[i]))
			return false;
	return true;
}

void variant_set(struct variant *v, struct text key, struct text value)
{
	static const char godebug[] = "GODEBUG";
	struct buf entry = { 0 };

	if (is_variable(key)) {
		buf_addf(&entry, "%.*s=%.*s", (int)key.len, key.at, (int)value.len, value.at);
	} else {
		const char *old = v->environment[place_of(v->environment, text_of(godebug))];

		buf_addf(&entry, "%s%s%.*s=%.*s",
			 old ? old : "GODEBUG=", old && old[sizeof(godebug)] ? "," : "",
			 (int)key.len, key.at, (int)value.len, value.at);
		key = text_of(godebug);
	}
	put(v, key, xstrndup(buf_cstr(&entry), entry.len));
	buf_done(&entry);
}

static int refuse(const char *setting, struct err *err)
{
	return err_say(err, EINVAL,
		       "--vary wants KEY=A,B such as madvdontneed=0,1 or GOGC=50,100, not '%s'",
		       setting);
}

int variants_vary(struct variant *ret, size_t most, const char *setting, char *const *argv,
		  char *const *environment, struct err *err)
{
	const char *is = strchr(setting, '='), *from = is ? is + 1 : NULL;
	struct text key = { setting, is ? (size_t)(is - setting) : 0 };
	size_t n = 0;
	int rc = 0;

	if (key.len == 0)
		return refuse(setting, err);
	while (from && n < most && rc == 0) {
		const char *comma = strchr(from, ',');
		struct text value = { from, comma ? (size_t)(comma - from) : strlen(from) };

		variant_init(&ret[n], argv, environment);
		variant_set(&ret[n], key, value);
		buf_addf(&ret[n].label, "%.*s=%.*s", (int)key.len, key.at, (int)value.len,
			 value.at);
		rc = gosetting_check(key, value, err);
		n++;
		from = comma ? comma + 1 : NULL;
	}
	if (rc == 0 && n >= 2 && !from)
		return (int)n;
	while (n)
		variant_done(&ret[--n]);
	return rc < 0 ? rc : refuse(setting, err);
}

static bool is_setting(const char *word)
{
	const char *is = strchr(word, '=');

	if (!is || is == word || isdigit((unsigned char)*word))
		return false;
	for (const char *c = word; c < is; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			return false;
	return true;
}

int variant_parse(struct variant *ret, const char *line, char *const *environment, struct err *err)
{
	wordexp_t words = { 0 };
	size_t i = 0;

	if (wordexp(line, &words, WRDE_NOCMD) != 0)
		return err_say(err, EINVAL, "cannot cut '%s' into words as a shell does", line);
	while (i < words.we_wordc && is_setting(words.we_wordv[i]))
		i++;
	if (i == words.we_wordc) {
		wordfree(&words);
		return err_say(err, EINVAL, "'%s' has no command", line);
	}
	variant_init(ret, words.we_wordv + i, environment);
	for (size_t j = 0; j < i; j++) {
		const char *word = words.we_wordv[j];

		put(ret, (struct text){ word, strcspn(word, "=") }, xstrndup(word, strlen(word)));
	}
	buf_addf(&ret->label, "%s", line);
	wordfree(&words);
	return 0;
}

void variant_done(struct variant *v)
{
	buf_done(&v->label);
	free_vector(v->argv);
	free_vector(v->environment);
	*v = (struct variant){ 0 };
}

void schedule_round(size_t *order, size_t count, uint64_t seed, uint64_t round)
{
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);

	gsl_rng_set(random, (unsigned long)(seed * 1000003 + round + 1));
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	gsl_ran_shuffle(random, order, count, sizeof(*order));
	gsl_rng_free(random);
}
