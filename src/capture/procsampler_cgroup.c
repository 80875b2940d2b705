/* procsampler_cgroup.c - the memory figures of the target's cgroup, version 1 or 2. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/unknown.h"
#include "parse/cgroup.h"
#include "procfile_internal.h"
#include "procsampler_internal.h"

#define FILE_BYTES 8192

/* The directory of the group below one mount; false when the mount does not show the group. */
static bool take_mount(struct sampler_cgroup *c, struct text path, const struct cgroup_mount *mount)
{
	char root[PATH_MAX], point[PATH_MAX];
	struct text below;
	size_t root_len = mountinfo_unescape(root, sizeof(root), mount->root);
	size_t len = mountinfo_unescape(point, sizeof(point), mount->mount_point);

	if (root_len == 0 || len == 0 ||
	    !cgroup_path_below(&below, path, (struct text){ .at = root, .len = root_len }) ||
	    len + below.len >= sizeof(c->dir))
		return false;
	memcpy(c->dir, point, len);
	memcpy(c->dir + len, below.at, below.len);
	c->dir[len + below.len] = '\0';
	c->mount_len = len;
	return true;
}

static bool find_dir(struct sampler_cgroup *c, const struct cgroup_membership *m)
{
	OWN_FILE FILE *f = fopen("/proc/self/mountinfo", "re");
	OWN_MEM char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	while (f && (len = getline(&line, &cap, f)) > 0) {
		struct cgroup_mount mount;
		struct text t = { .at = line, .len = (size_t)len };

		if (line[len - 1] == '\n')
			t.len--;
		if (cgroup_parse_mount(&mount, t, m->version) && take_mount(c, m->path, &mount))
			return true;
	}
	return false;
}

/* Find the group again when the target is in another one than before. */
static void follow_membership(struct procsampler *s, struct text file)
{
	struct sampler_cgroup *c = &s->cgroup;
	struct cgroup_membership m;

	if (c->membership_len == file.len && memcmp(c->membership, file.at, file.len) == 0)
		return;
	memcpy(c->membership, file.at, file.len);
	c->membership_len = file.len;
	c->version = 0;
	if (!cgroup_parse_membership(&m, file))
		sampler_tell_source(s, SAMPLER_CGROUP, "off", "the target is in no memory cgroup");
	else if (!find_dir(c, &m))
		sampler_tell_source(s, SAMPLER_CGROUP, "off",
				    "the target's memory cgroup is not mounted here");
	else
		c->version = m.version;
}

static uint64_t amount(int dir_fd, const char *name)
{
	struct text file;
	char buf[64];

	return procfile_read_at(&file, dir_fd, name, buf, sizeof(buf)) == 0
		       ? cgroup_parse_amount(file)
		       : UNKNOWN_U64;
}

static uint64_t lower(uint64_t a, uint64_t b)
{
	return b < a ? b : a; /* unknown, no limit, is the largest number */
}

/* Limits of the groups above bind this one as well: take the lowest, as far up as we can see. */
static void lower_by_ancestors(struct event_cgroup *e, const struct sampler_cgroup *c)
{
	char dir[PATH_MAX];
	char *slash;

	memcpy(dir, c->dir, sizeof(dir));
	while (strlen(dir) > c->mount_len && (slash = strrchr(dir, '/')) && slash > dir) {
		OWN_FD int fd = -1;

		*slash = '\0';
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		e->limit_bytes = lower(e->limit_bytes, amount(fd, "memory.max"));
		e->high_bytes = lower(e->high_bytes, amount(fd, "memory.high"));
	}
}

static void read_v2(struct event_cgroup *e, const struct sampler_cgroup *c, int dir_fd)
{
	char buf[FILE_BYTES];
	struct text file = { 0 };

	e->current_bytes = amount(dir_fd, "memory.current");
	e->limit_bytes = amount(dir_fd, "memory.max");
	e->high_bytes = amount(dir_fd, "memory.high");
	e->peak_bytes = amount(dir_fd, "memory.peak");
	e->swap_bytes = amount(dir_fd, "memory.swap.current");
	lower_by_ancestors(e, c);
	procfile_read_at(&file, dir_fd, "memory.stat", buf, sizeof(buf));
	e->anon_bytes = cgroup_find_count(file, "anon");
	e->file_bytes = cgroup_find_count(file, "file");
	file.len = 0;
	procfile_read_at(&file, dir_fd, "memory.events", buf, sizeof(buf));
	e->limit_hit_count = cgroup_find_count(file, "max");
	e->oom_kill_count = cgroup_find_count(file, "oom_kill");
}

/* "total_" counts the groups below as well, as usage_in_bytes does. */
static void read_v1(struct event_cgroup *e, int dir_fd)
{
	char buf[FILE_BYTES], limit[24];
	struct text file = { 0 };
	uint64_t ancestors;

	e->current_bytes = amount(dir_fd, "memory.usage_in_bytes");
	e->limit_bytes = amount(dir_fd, "memory.limit_in_bytes");
	e->peak_bytes = amount(dir_fd, "memory.max_usage_in_bytes");
	e->limit_hit_count = amount(dir_fd, "memory.failcnt");
	procfile_read_at(&file, dir_fd, "memory.stat", buf, sizeof(buf));
	e->anon_bytes = cgroup_find_count(file, "total_rss");
	e->file_bytes = cgroup_find_count(file, "total_cache");
	e->swap_bytes = cgroup_find_count(file, "total_swap");
	ancestors = cgroup_find_count(file, "hierarchical_memory_limit");
	snprintf(limit, sizeof(limit), "%llu", (unsigned long long)ancestors);
	e->limit_bytes = lower(e->limit_bytes, cgroup_parse_amount(text_of(limit)));
	file.len = 0;
	procfile_read_at(&file, dir_fd, "memory.oom_control", buf, sizeof(buf));
	e->oom_kill_count = cgroup_find_count(file, "oom_kill");
}

void sampler_cgroup(struct procsampler *s)
{
	struct event ev = { .kind = EVENT_CGROUP, .time_ns = clock_monotonic_ns() };
	struct event_cgroup *e = &ev.u.cgroup;
	char buf[sizeof(s->cgroup.membership)], detail[64];
	struct text file;
	int rc = procfile_read_at(&file, s->proc_fd, "cgroup", buf, sizeof(buf));
	OWN_FD int dir_fd = -1;

	if (rc < 0) {
		sampler_read_failed(s, rc);
		return;
	}
	follow_membership(s, file);
	if (s->cgroup.version == 0)
		return;
	dir_fd = open(s->cgroup.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	e->version = s->cgroup.version;
	e->high_bytes = UNKNOWN_U64;
	if (e->version == 2)
		read_v2(e, &s->cgroup, dir_fd);
	else
		read_v1(e, dir_fd);
	if (!is_known(e->current_bytes)) {
		sampler_tell_source(s, SAMPLER_CGROUP, "off",
				    "the target's cgroup has no memory figures (the root group of "
				    "version 2 has none), or they cannot be read");
		return;
	}
	snprintf(detail, sizeof(detail), "version %u", s->cgroup.version);
	sampler_tell_source(s, SAMPLER_CGROUP, "on", detail);
	sampler_emit(s, &ev);
}
