/* space.h - which file lies where in the processes of a recording. Changes are told in the order of
 * their times; a question is answered as things stand. */
#ifndef SYMBOLS_SPACE_H
#define SYMBOLS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct image;
struct imageset;
struct space;

#define SPACE_NONE UINT32_MAX

struct space *space_new(struct imageset *images); /* borrowed */
void space_free(struct space *s);		  /* NULL is fine */

/* The process mapped code: [start, start + len) shows the file at path from file_off on. What was
 * there before is gone. */
struct space_range {
	uint64_t start, len, file_off;
};
void space_map(struct space *s, uint64_t pid, struct space_range range, struct text path);

/* It executes another program: nothing of the old one is left. */
void space_exec(struct space *s, uint64_t pid);

/* A new process begins with what its parent has. (A new thread is no new process.) */
void space_fork(struct space *s, uint64_t pid, uint64_t parent_pid);

/* A number that is another one after each change, and of each process: for those who remember
 * answers. */
uint64_t space_generation(const struct space *s, uint64_t pid);

struct space_place {
	uint32_t mapping;    /* number of the mapping, from 0 */
	struct image *image; /* NULL when the file cannot be had */
	uint64_t vaddr;	     /* in the image; UNKNOWN_U64 without it */
};

/* What lies at ip; false when nothing was mapped there. */
bool space_find(const struct space *s, uint64_t pid, uint64_t ip, struct space_place *ret);

/* Every mapping ever told, by its number. path lives as long as s. */
struct space_mapping {
	struct space_range range;
	struct text path;
};
size_t space_mapping_count(const struct space *s);
struct space_mapping space_mapping_at(const struct space *s, size_t number);

#endif
