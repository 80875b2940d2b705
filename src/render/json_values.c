/* json_values.c - single values of the JSON documents. */
#include "json_values_internal.h"

#include <math.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/unknown.h"
#include "render/terminal.h"

json_t *json_of_number(uint64_t v)
{
	return v > INT64_MAX ? json_null() : json_integer((json_int_t)v);
}

json_t *json_of_real(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

json_t *json_of_seconds(uint64_t ns)
{
	return is_known(ns) ? json_real((double)ns / (double)NS_PER_S) : json_null();
}

json_t *json_of_string(struct text t)
{
	struct buf valid = { 0 };
	json_t *j;

	utf8_repair(&valid, t);
	j = json_stringn(valid.len ? (const char *)valid.at : "", valid.len);
	buf_done(&valid);
	return j;
}
