/* godebug.c - the GODEBUG variable as the runtime reads it. */
#include "goruntime/godebug.h"

/* Take the next field off *rest. False when nothing is left. */
static bool take_field(struct text *ret, struct text *rest)
{
	const char *comma;

	if (rest->len == 0)
		return false;
	comma = memchr(rest->at, ',', rest->len);
	ret->at = rest->at;
	ret->len = comma ? (size_t)(comma - rest->at) : rest->len;
	rest->at += ret->len + (comma ? 1 : 0);
	rest->len -= ret->len + (comma ? 1 : 0);
	return true;
}

/* Split at the first '='. */
static bool split_field(struct text *ret_key, struct text *ret_value, struct text field)
{
	const char *equals = field.len ? memchr(field.at, '=', field.len) : NULL;

	if (!equals)
		return false;
	*ret_key = (struct text){ .at = field.at, .len = (size_t)(equals - field.at) };
	*ret_value = (struct text){ .at = equals + 1, .len = field.len - ret_key->len - 1 };
	return true;
}

/* A decimal number of 32 bits, with '-' or without. */
static bool parse_number(int32_t *ret, struct text t)
{
	bool minus = t.len && t.at[0] == '-';
	int64_t v = 0;

	if (t.len == (minus ? 1 : 0))
		return false;
	for (size_t i = minus ? 1 : 0; i < t.len; i++) {
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
		v = v * 10 + (t.at[i] - '0');
		if (v > (int64_t)INT32_MAX + 1)
			return false;
	}
	if (!minus && v > INT32_MAX)
		return false;
	*ret = (int32_t)(minus ? -v : v);
	return true;
}

bool godebug_find(struct text *ret_value, struct text godebug, const char *key)
{
	struct text field, name, value;
	bool found = false;

	while (take_field(&field, &godebug)) {
		if (split_field(&name, &value, field) && text_is(name, key)) {
			*ret_value = value;
			found = true;
		}
	}
	return found;
}

bool godebug_number(int32_t *ret, struct text godebug, const char *key)
{
	struct text field, name, value;
	bool found = false;

	while (take_field(&field, &godebug)) {
		if (split_field(&name, &value, field) && text_is(name, key) &&
		    parse_number(ret, value))
			found = true;
	}
	return found;
}

void godebug_merge(struct buf *out, struct text user, struct text ours)
{
	buf_add(out, user.at, user.len);
	if (user.len && ours.len)
		buf_add(out, ",", 1);
	buf_add(out, ours.at, ours.len);
}
