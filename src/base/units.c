/* units.c - quantities as people write and read them. */
#include "base/units.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/unknown.h"

struct unit {
	const char *name;
	double factor;
};

static const struct unit size_units[] = {
	{ "TiB", 1099511627776.0 },
	{ "GiB", 1073741824.0 },
	{ "MiB", 1048576.0 },
	{ "KiB", 1024.0 },
	{ "B", 1.0 },
	{ NULL, 0 },
};

static const struct unit duration_units[] = {
	{ "ns", 1.0 }, { "us", 1e3 },	{ "ms", 1e6 }, { "s", 1e9 },
	{ "m", 60e9 }, { "h", 3600e9 }, { NULL, 0 },
};

/* Three significant digits: 9.99, 99.9, 999. */
static void print_scaled(char *buf, double v, const char *unit)
{
	int decimals = v < 9.995 ? 2 : v < 99.95 ? 1 : 0;

	snprintf(buf, UNITS_TEXT_BYTES, "%.*f %s", decimals, v, unit);
}

const char *units_bytes(char *buf, uint64_t bytes)
{
	const struct unit *u = size_units;

	if (!is_known(bytes)) {
		snprintf(buf, UNITS_TEXT_BYTES, "unknown");
		return buf;
	}
	while (u[1].name && (double)bytes < u->factor)
		u++;
	if (u->factor == 1.0)
		snprintf(buf, UNITS_TEXT_BYTES, "%llu B", (unsigned long long)bytes);
	else
		print_scaled(buf, (double)bytes / u->factor, u->name);
	return buf;
}

const char *units_duration(char *buf, uint64_t ns)
{
	if (!is_known(ns))
		snprintf(buf, UNITS_TEXT_BYTES, "unknown");
	else if (ns < NS_PER_US)
		snprintf(buf, UNITS_TEXT_BYTES, "%llu ns", (unsigned long long)ns);
	else if (ns < NS_PER_MS)
		print_scaled(buf, (double)ns / 1e3, "us");
	else if (ns < NS_PER_S)
		print_scaled(buf, (double)ns / 1e6, "ms");
	else
		print_scaled(buf, (double)ns / 1e9, "s");
	return buf;
}

const char *units_count(char *buf, uint64_t count)
{
	char digits[24];
	size_t n, out = 0;

	if (!is_known(count)) {
		snprintf(buf, UNITS_TEXT_BYTES, "unknown");
		return buf;
	}
	n = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

const char *units_ordinal(char *buf, uint64_t n)
{
	static const char *const endings[] = { "th", "st", "nd", "rd" };
	bool is_teen = n / 10 % 10 == 1;
	size_t used;

	units_count(buf, n);
	used = strlen(buf);
	if (is_known(n))
		snprintf(buf + used, UNITS_TEXT_BYTES - used, "%s",
			 is_teen || n % 10 > 3 ? endings[0] : endings[n % 10]);
	return buf;
}

const char *units_plural(uint64_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

const char *units_ratio(char *buf, double ratio)
{
	if (isnan(ratio))
		snprintf(buf, UNITS_TEXT_BYTES, "unknown");
	else if (ratio != 0 && fabs(ratio) < 0.0995)
		snprintf(buf, UNITS_TEXT_BYTES, "%#.2g %%", ratio * 100);
	else
		snprintf(buf, UNITS_TEXT_BYTES, "%.1f %%", ratio * 100);
	return buf;
}

/* A number and what stands behind it; -EINVAL when there is no number, or a sign, a blank or
 * an exponent that strtod would take and people do not write. */
static int split_number(double *ret, const char **ret_unit, char *copy, struct text t)
{
	char *end;

	if (t.len == 0 || t.len >= UNITS_TEXT_BYTES)
		return -EINVAL;
	memcpy(copy, t.at, t.len);
	copy[t.len] = '\0';
	if (copy[0] < '0' || copy[0] > '9' || strpbrk(copy, "xXeE"))
		return -EINVAL;
	*ret = strtod(copy, &end);
	*ret_unit = end;
	return 0;
}

static int scale(uint64_t *ret, double number, const struct unit *units, const char *name)
{
	for (const struct unit *u = units; u->name; u++) {
		if (strcmp(u->name, name) != 0)
			continue;
		if (number * u->factor >= 9.2e18)
			return -ERANGE;
		*ret = (uint64_t)(number * u->factor + 0.5);
		return 0;
	}
	return -EINVAL;
}

int units_parse_bytes(uint64_t *ret, struct text t)
{
	char copy[UNITS_TEXT_BYTES];
	const char *unit;
	double number;
	int rc = split_number(&number, &unit, copy, t);

	return rc ? rc : scale(ret, number, size_units, *unit ? unit : "B");
}

int units_parse_duration(uint64_t *ret_ns, struct text t)
{
	char copy[UNITS_TEXT_BYTES];
	const char *unit;
	double number;
	int rc = split_number(&number, &unit, copy, t);

	if (rc == 0 && number == 0 && !*unit)
		unit = "ns";
	return rc ? rc : scale(ret_ns, number, duration_units, unit);
}
