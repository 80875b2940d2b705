/* perfrecord.h - decode raw perf_event ring records (linux/perf_event.h, perf_event_open(2)).
 *
 * Every event that gctide opens has PERF_SAMPLE_IDENTIFIER, so the event id is the first field of
 * a sample and, with sample_id_all, the last 8 bytes of any other record. Pure: no I/O. */
#ifndef PARSE_PERFRECORD_H
#define PARSE_PERFRECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum perfrecord_status {
	PERFRECORD_OK,
	PERFRECORD_END, /* no bytes left */
	PERFRECORD_BAD, /* a size or field that cannot be: nothing after it can be trusted */
};

/* How the events with one id were opened. */
struct perfrecord_layout {
	uint64_t id;
	uint64_t sample_type; /* must contain PERF_SAMPLE_IDENTIFIER */
	uint64_t sample_id_all;
	uint64_t regs_user; /* perf_event_attr.sample_regs_user; 0 without registers */
	uint64_t user;	    /* the caller's own tag: which role, which index */
};

/* Sorted by id; borrowed. A record with an id that is not in it decodes with layout NULL and
 * nothing but type, misc and size. */
struct perfrecord_layouts {
	const struct perfrecord_layout *at;
	size_t count;
};

/* Fields that the record or the layout does not have are UNKNOWN_U64 / empty. */
struct perfrecord {
	uint32_t type; /* PERF_RECORD_SAMPLE, ... */
	uint16_t misc, size_bytes;
	const struct perfrecord_layout *layout;
	uint64_t pid, tid, time_ns, cpu;
	uint64_t ip, addr, period;		/* samples */
	struct text callchain;			/* samples: 8 bytes each */
	struct text raw;			/* samples of tracepoints: their fields */
	struct text registers;			/* samples: 8 bytes for each bit of regs_user */
	struct text stack;			/* samples: from the user's stack pointer upwards */
	uint64_t parent_pid, parent_tid;	/* FORK, EXIT: who did it */
	uint64_t lost_count;			/* LOST, LOST_SAMPLES */
	struct text name;			/* COMM: the name; MMAP, MMAP2: the file */
	uint64_t map_start, map_len, map_pgoff; /* MMAP, MMAP2 */
};

/* Take the record at the front of *bytes: fill *ret, and let *bytes begin behind it. *ret and
 * *bytes are untouched unless the result is PERFRECORD_OK. Texts are borrowed from bytes. */
enum perfrecord_status perfrecord_next(struct perfrecord *ret, struct text *bytes,
				       struct perfrecord_layouts layouts);

/* "sample", "mmap2", ...; NULL when this build does not know the type. */
const char *perfrecord_type_name(uint32_t type);

#endif
