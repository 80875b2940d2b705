/* profiles.h - from the samples of a recording to finished profiles.
 *
 * A recording is walked twice: first everything but perf data (profiles_declare: images, kernel
 * functions, how events were opened), then all of it (profiles_add). profiles_read does both. */
#ifndef ANALYZE_PROFILES_H
#define ANALYZE_PROFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/profile.h"
#include "base/err.h"
#include "recording/event.h"

struct profiles;

/* One profile that is wanted. */
struct profile_request {
	uint64_t role;		/* enum perf_role: CPU, FAULT_STACK, RETURN, EVENT */
	const char *event;	/* EVENT: its name as `record -e` got it; else NULL */
	bool refaults;		/* FAULT_STACK: only first faults on pages given back before */
	bool by_thread;		/* rows of their own for each thread */
	enum profile_unit unit; /* of the rows' value: nanoseconds only for CPU, bytes only for
				   faults and returns */
};

struct profiles_options {
	const struct profile_request *requests; /* copied */
	size_t request_count;
	const char *directory; /* where images are looked for first; NULL; borrowed */
};

struct profiles *profiles_new(const struct profiles_options *options);
void profiles_free(struct profiles *p); /* NULL is fine */

void profiles_declare(struct profiles *p, const struct event *ev);
void profiles_add(struct profiles *p, const struct event *ev);
void profiles_finish(struct profiles *p);

/* The i-th request's profile; lives as long as p. Valid after profiles_finish. */
const struct profile *profiles_at(const struct profiles *p, size_t i);

/* Are stacks of anything recorded? Known after the walk without perf data. */
bool profiles_has_stacks(const struct profiles *p);

/* Are there stacks of the request's event in the recording? (None of them need have happened.) */
bool profiles_was_recorded(const struct profiles *p, size_t i);

/* What the recorder said of it: "on", "off" with *ret_why, "" when it said nothing. */
struct text profiles_source_state(const struct profiles *p, size_t i, struct text *ret_why);

/* Names of the events with stacks in the recording, for messages: "cpu, faults, returns". */
void profiles_list_events(const struct profiles *p, struct buf *out);

/* What is missing beside the figures, lines each ended by a newline: images that could not be had,
 * records that made no sense. */
void profiles_complain(const struct profiles *p, struct buf *out);

/* How the recording ended: see profiles_read. */
enum profiles_end { PROFILES_WHOLE, PROFILES_TRUNCATED, PROFILES_DAMAGED };

/* Walk the recording at path and finish. *ret_end and, unless whole, *err say how it ended: what
 * stood before the end is in the profiles. 0, or a negative errno when it cannot be opened or is no
 * recording, *err filled. */
int profiles_read(struct profiles *p, const char *path, enum profiles_end *ret_end,
		  struct err *err);

#endif
