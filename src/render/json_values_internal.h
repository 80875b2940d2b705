/* json_values_internal.h - single values of the JSON documents. */
#ifndef RENDER_JSON_VALUES_INTERNAL_H
#define RENDER_JSON_VALUES_INTERNAL_H

#include <jansson.h>
#include <stdint.h>

#include "base/text.h"

/* Unknown, or more than readers of JSON can hold (2^63 and more), is null. */
json_t *json_of_number(uint64_t v);

/* Not a number is null. */
json_t *json_of_real(double v);

/* Seconds, of ns. */
json_t *json_of_seconds(uint64_t ns);

/* Bytes that are not UTF-8 are replaced. */
json_t *json_of_string(struct text t);

struct model;

/* json_stacks.c: the section "stacks". */
json_t *json_of_stacks(const struct model *m);

#endif
