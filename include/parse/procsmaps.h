/* procsmaps.h - sum /proc/PID/smaps by group of mappings, while it is being read.
 *
 * The text comes in pieces of any size, so that the reader's buffer bounds how long one read(2)
 * holds the target's mmap lock, and memory stays constant however many mappings there are. Format:
 * proc(5); fs/proc/task_mmu.c, show_smap(). Pure: no I/O, no allocation. */
#ifndef PARSE_PROCSMAPS_H
#define PARSE_PROCSMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parse/procmaps.h"

/* Longer lines are cut here: only a path can be that long, and its front says enough. */
#define SMAPS_LINE_BYTES 512

enum smaps_group { SMAPS_HEAP, SMAPS_REST, SMAPS_GROUP_COUNT };

/* Sums over the mappings of a group. Unknown when the group has mappings and this kernel does not
 * print the field (LazyFree: 4.12), or when a sum does not fit. */
struct smaps_sums {
	uint64_t mapping_count;
	uint64_t size_bytes, rss_bytes, anonymous_bytes, lazyfree_bytes, anonhuge_bytes, swap_bytes;
	uint64_t file_rss_bytes; /* Rss of the mappings with a file behind them */
};

struct smaps_totals {
	struct smaps_sums group[SMAPS_GROUP_COUNT];
	uint64_t bad_line_count; /* lines that are not smaps text; a sum is then too low */
};

/* Which group a mapping belongs to; m is valid during the call. */
typedef enum smaps_group smaps_classifier(const struct proc_mapping *m, void *arg);

/* The fields belong to procsmaps.c. */
struct smaps_stream {
	smaps_classifier *classify;
	void *classify_arg;
	struct smaps_totals totals;
	char line[SMAPS_LINE_BYTES];
	size_t line_len;
	bool in_mapping;		  /* a head line was seen: fields have an owner */
	bool has_file;			  /* the mapping has a file behind it */
	enum smaps_group group;		  /* of the mapping that the fields belong to */
	unsigned seen[SMAPS_GROUP_COUNT]; /* bit per field that appeared in the group */
};

void smaps_init(struct smaps_stream *s, smaps_classifier *classify, void *classify_arg);

/* The next piece of the file. */
void smaps_feed(struct smaps_stream *s, struct text piece);

/* The file has ended: a last line without newline counts as a bad one. */
void smaps_finish(struct smaps_stream *s, struct smaps_totals *ret);

#endif
