/* cgroup.h - decode what /proc and the cgroup file systems say about a process's memory group.
 *
 * Formats: cgroups(7), proc(5) (mountinfo), Documentation/admin-guide/cgroup-v2.rst and
 * cgroup-v1/memory.rst. Pure: no I/O, no allocation. */
#ifndef PARSE_CGROUP_H
#define PARSE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct cgroup_membership {
	unsigned version; /* 1 or 2: which hierarchy has the memory controller */
	struct text path; /* in that hierarchy, "/user.slice/x"; borrowed */
};

/* The memory group in /proc/PID/cgroup: the v1 line with controller "memory" ("4:memory:/x"), else
 * the v2 line ("0::/x"). False when there is none, *ret untouched. */
bool cgroup_parse_membership(struct cgroup_membership *ret, struct text file);

/* One mount of a cgroup hierarchy; both texts are escaped as mountinfo has them, borrowed. */
struct cgroup_mount {
	struct text root; /* the group that is mounted: "/" unless a container's view */
	struct text mount_point;
};

/* True when a line of /proc/PID/mountinfo mounts the hierarchy with the memory controller (version
 * 1) or the unified one (version 2). */
bool cgroup_parse_mount(struct cgroup_mount *ret, struct text line, unsigned version);

/* Undo mountinfo's \040-like escapes. Returns the length written without NUL, or 0 when it does not
 * fit into cap or t is empty; out ends in NUL when cap is not 0. */
size_t mountinfo_unescape(char *out, size_t cap, struct text t);

/* Where a group stands below a mount: path without the mount's root. False when path does not lie
 * in root, or when it leaves our cgroup namespace ("/../x"). Both texts unescaped. */
bool cgroup_path_below(struct text *ret, struct text path, struct text root);

/* A file that holds one amount: "1234\n" or "max\n". Unknown for "max", for v1's largest number,
 * which means no limit (PAGE_COUNTER_MAX, include/linux/page_counter.h), and for anything
 * malformed. */
uint64_t cgroup_parse_amount(struct text file);

/* The value of "KEY 123\n" in memory.stat, memory.events, memory.oom_control. Unknown when there is
 * no such line or no number. */
uint64_t cgroup_find_count(struct text file, const char *key);

#endif
