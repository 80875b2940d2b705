/* probe_internal.h - what the probes share: how one says what it found. */
#ifndef PROBE_INTERNAL_H
#define PROBE_INTERNAL_H

#include "capture/probe.h"

/* What was tried and found, with values. */
void probe_found(struct probe *p, enum probe_state state, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The one command that would enable it. */
void probe_enable_with(struct probe *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A number of /proc/sys as text; "unknown" when it cannot be read. */
struct probe_setting {
	char text[16];
};
struct probe_setting probe_read_setting(const char *path);

/* Those of stacks: CPU samples, kernel functions' names, page returns. */
void probe_cpu_samples(struct probe *p);
void probe_kernel_symbols(struct probe *p);
void probe_tracepoints(struct probe *p);

#endif
