/* gosetting.c - values of GOGC, GOMEMLIMIT and madvdontneed as the runtime reads them. */
#include "goruntime/gosetting.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#define DIGITS_MOST 19u /* of INT64_MAX */

/* Decimal digits, as few as one, up to most. */
static bool is_number(uint64_t *ret, struct text t, uint64_t most)
{
	uint64_t n = 0;

	if (t.len == 0 || t.len > DIGITS_MOST)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
		n = 10 * n + (uint64_t)(t.at[i] - '0');
	}
	*ret = n;
	return n <= most;
}

static bool is_signed_number(struct text t)
{
	bool minus = t.len && t.at[0] == '-';
	uint64_t n;

	if (minus)
		t = (struct text){ t.at + 1, t.len - 1 };
	return is_number(&n, t, (uint64_t)INT32_MAX + minus);
}

/* Digits, or digits and B, KiB, MiB, GiB or TiB. */
static bool is_byte_count(struct text t)
{
	static const char units[] = "KMGT";
	uint64_t unit = 1, n;

	if (t.len && t.at[t.len - 1] == 'B') {
		t.len--;
		if (t.len >= 2 && t.at[t.len - 1] == 'i') {
			const char *power = memchr(units, t.at[t.len - 2], sizeof(units) - 1);

			if (!power)
				return false;
			unit <<= 10 * (power - units + 1);
			t.len -= 2;
		}
	}
	return is_number(&n, t, INT64_MAX) && n <= (uint64_t)INT64_MAX / unit;
}

int gosetting_check(struct text name, struct text value, struct err *err)
{
	if (value.len == 0)
		return 0;
	if (text_is(name, "GOGC") && !text_is(value, "off") && !is_signed_number(value))
		return err_say(
			err, EINVAL,
			"GOGC is a percentage such as 100, or off; Go would take '%.*s' for 100",
			(int)value.len, value.at);
	if (text_is(name, "GOMEMLIMIT") && !text_is(value, "off") && !is_byte_count(value))
		return err_say(err, EINVAL,
			       "GOMEMLIMIT is a size in B, KiB, MiB, GiB or TiB such as 256MiB, or "
			       "off; Go would end at "
			       "once under '%.*s'",
			       (int)value.len, value.at);
	if (text_is(name, "madvdontneed") && !is_signed_number(value))
		return err_say(err, EINVAL, "madvdontneed is 0 or 1; Go would ignore '%.*s'",
			       (int)value.len, value.at);
	return 0;
}
