/* gate.h - what a gate found, for people, programs, and services that run builds. */
#ifndef RENDER_GATE_H
#define RENDER_GATE_H

#include <stdio.h>

#include "experiment/gate.h"

struct gate_result {
	const char *recording; /* its path */
	const struct gate_check *checks;
	size_t count;
	const double *values; /* METRICS_COUNT */
};

/* format: "text", "json" (gctide.check/1), "junit" (XML), "github" (workflow commands). The caller
 * looks at ferror(out). */
void gate_print(FILE *out, const char *format, const struct gate_result *r);

#endif
