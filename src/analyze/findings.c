/* findings.c - ask every rule, keep what applies, the gravest first. */
#include "analyze/findings.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/unknown.h"
#include "findings_internal.h"

void finding_evidence(struct model_finding *f, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(f->evidence, sizeof(f->evidence), fmt, args);
	va_end(args);
}

void finding_advice(struct model_finding *f, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(f->advice, sizeof(f->advice), fmt, args);
	va_end(args);
}

double finding_share(uint64_t a, uint64_t b)
{
	return is_known(a) && is_known(b) && b ? (double)a / (double)b : NAN;
}

static void ask(struct model *m, const struct finding_entry *rules, enum model_severity severity)
{
	for (; rules->key; rules++) {
		struct model_finding f = { .key = rules->key, .severity = rules->severity };

		if (rules->severity == severity && m->finding_count < MODEL_FINDINGS_MAX &&
		    rules->applies(m, &f))
			m->findings[m->finding_count++] = f;
	}
}

void findings_make(struct model *m)
{
	static const enum model_severity order[] = { SEVERITY_ERROR, SEVERITY_WARNING,
						     SEVERITY_INFO };

	m->finding_count = 0;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		ask(m, findings_of_data, order[i]);
		ask(m, findings_of_target, order[i]);
		ask(m, findings_of_gc, order[i]);
		ask(m, findings_of_memory, order[i]);
		ask(m, findings_of_returns, order[i]);
	}
}
