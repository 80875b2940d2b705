/* environment.c - the environment that the target gets. */
#include "target/environment.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "goruntime/godebug.h"

static const char *find(char *const *vector, const char *name)
{
	size_t len = strlen(name);

	for (; *vector; vector++)
		if (strncmp(*vector, name, len) == 0 && (*vector)[len] == '=')
			return *vector + len + 1;
	return "";
}

const char *environment_get(const struct environment *e, const char *name)
{
	return find(e->vector, name);
}

/* Note where our setting replaces another value of the user's own. */
static void note_override(struct buf *out, struct text user, const char *key, const char *ours)
{
	struct text value;

	if (!godebug_find(&value, user, key) || text_is(value, ours))
		return;
	buf_addf(out, "%s%s=%.*s by %s=%s", out->len ? ", " : "", key, (int)value.len, value.at,
		 key, ours);
}

static bool asks_for(struct text user, const char *key)
{
	int32_t v;

	return godebug_number(&v, user, key) && v > 0;
}

static void merge_godebug(struct environment *e, const struct environment_config *config)
{
	struct text user = text_of(e->user_godebug);
	struct buf ours = { 0 }, merged = { 0 };

	buf_addf(&ours, config->scavtrace ? "gctrace=1,scavtrace=1" : "gctrace=1");
	note_override(&e->overridden, user, "gctrace", "1");
	if (config->scavtrace)
		note_override(&e->overridden, user, "scavtrace", "1");
	if (config->madvdontneed) {
		buf_addf(&ours, ",madvdontneed=%s", config->madvdontneed);
		note_override(&e->overridden, user, "madvdontneed", config->madvdontneed);
	}
	e->user_gctrace = asks_for(user, "gctrace");
	e->user_scavtrace = asks_for(user, "scavtrace");
	godebug_merge(&merged, user, buf_text(&ours));
	e->godebug = xstrndup((const char *)merged.at, merged.len);
	buf_done(&ours);
	buf_done(&merged);
}

void environment_build(struct environment *ret, char *const *base,
		       const struct environment_config *config)
{
	const char *godebug = find(base, "GODEBUG");
	struct environment e = { .user_godebug = xstrndup(godebug, strlen(godebug)) };
	struct buf entry = { 0 };
	size_t count = 0, out = 0;

	merge_godebug(&e, config);
	while (base[count])
		count++;
	e.vector = xcalloc(count + 2, sizeof(*e.vector));
	for (size_t i = 0; i < count; i++)
		if (strncmp(base[i], "GODEBUG=", 8) != 0)
			e.vector[out++] = xstrndup(base[i], strlen(base[i]));
	buf_addf(&entry, "GODEBUG=%s", e.godebug);
	e.vector[out] = xstrndup((const char *)entry.at, entry.len);
	buf_done(&entry);
	*ret = e;
}

void environment_done(struct environment *e)
{
	for (char **at = e->vector; at && *at; at++)
		free(*at);
	free(e->vector);
	free(e->user_godebug);
	free(e->godebug);
	buf_done(&e->overridden);
	*e = (struct environment){ 0 };
}
