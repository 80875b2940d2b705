/* findings_internal.h - one rule per finding. */
#ifndef ANALYZE_FINDINGS_INTERNAL_H
#define ANALYZE_FINDINGS_INTERNAL_H

#include <stddef.h>

#include "analyze/model.h"

/* Write evidence and advice and return true when the rule applies. */
typedef bool finding_rule(const struct model *m, struct model_finding *f);

struct finding_entry {
	const char *key;
	enum model_severity severity;
	finding_rule *applies;
};

extern const struct finding_entry findings_of_data[], findings_of_target[], findings_of_gc[],
	findings_of_memory[], findings_of_returns[];

void finding_evidence(struct model_finding *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void finding_advice(struct model_finding *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* a / b; NaN when either is unknown or b is 0. */
double finding_share(uint64_t a, uint64_t b);

#endif
