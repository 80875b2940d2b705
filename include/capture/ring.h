/* ring.h - the ring buffer that a perf event shares with the kernel (perf_event_open(2),
 * linux/perf_event.h). */
#ifndef CAPTURE_RING_H
#define CAPTURE_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct ring {
	void *page;	   /* the control page, then the data; NULL when closed */
	size_t data_bytes; /* a power of two, >= the page size */
	uint8_t *scratch;  /* owned; joins what wraps */
};

/* Map data_bytes of ring for the event. 0 or a negative errno (-EPERM: more than
 * perf_event_mlock_kb allows). */
int ring_open(struct ring *ret, int event_fd, size_t data_bytes);

/* Take everything that the kernel has published. records: whole perf records, borrowed during the
 * call only. A sink that fails leaves them in the ring. Returns the sink's result, 0 when there was
 * nothing, or -EBADMSG when the kernel's head is behind our tail. */
typedef int ring_sink(void *arg, struct text records);
int ring_drain(struct ring *r, ring_sink *sink, void *arg);

void ring_close(struct ring *r);

#endif
