/* space.c - which file lies where in the processes of a recording. */
#include "symbols/space.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/unknown.h"
#include "symbols/image.h"
#include "symbols/imageset.h"

/* A made-up recording could map for ever: what comes after is not known. */
#define MAPPINGS_MAX  65536u
#define PROCESSES_MAX 65536u

struct mapping {
	struct space_range range;
	char *path; /* owned */
};

/* A part of a mapping that still shows. */
struct part {
	uint64_t start, end;
	uint32_t mapping;
};

struct process {
	uint64_t pid, generation;
	struct part *parts; /* by start, none overlap; owned */
	size_t count, capacity;
};

struct space {
	struct imageset *images;
	struct mapping *mappings; /* owned */
	size_t mapping_count, mapping_capacity;
	struct process *processes; /* owned */
	size_t process_count, process_capacity;
	uint64_t generation; /* the newest */
};

struct space *space_new(struct imageset *images)
{
	struct space *s = xcalloc(1, sizeof(*s));

	s->images = images;
	return s;
}

void space_free(struct space *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->mapping_count; i++)
		free(s->mappings[i].path);
	for (size_t i = 0; i < s->process_count; i++)
		free(s->processes[i].parts);
	free(s->mappings);
	free(s->processes);
	free(s);
}

/* Room for one more of count elements of size bytes each. */
static void *grown(void *at, size_t count, size_t *capacity, size_t size)
{
	void *more;

	if (count < *capacity)
		return at;
	*capacity = *capacity ? *capacity * 2 : 16;
	more = xcalloc(*capacity, size);
	if (count)
		memcpy(more, at, count * size);
	free(at);
	return more;
}

static struct process *find(const struct space *s, uint64_t pid)
{
	for (size_t i = 0; i < s->process_count; i++)
		if (s->processes[i].pid == pid)
			return &s->processes[i];
	return NULL;
}

static struct process *get(struct space *s, uint64_t pid)
{
	struct process *p = find(s, pid);

	if (p || s->process_count == PROCESSES_MAX)
		return p;
	s->processes =
		grown(s->processes, s->process_count, &s->process_capacity, sizeof(*s->processes));
	p = &s->processes[s->process_count++];
	*p = (struct process){ .pid = pid };
	return p;
}

static void insert(struct process *p, struct part part)
{
	size_t i = p->count;

	p->parts = grown(p->parts, p->count, &p->capacity, sizeof(*p->parts));
	for (; i > 0 && p->parts[i - 1].start > part.start; i--)
		p->parts[i] = p->parts[i - 1];
	p->parts[i] = part;
	p->count++;
}

/* Take [start, end) out of what shows. */
static void cover(struct process *p, uint64_t start, uint64_t end)
{
	struct part rest = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		struct part part = p->parts[i];

		if (part.start < end && part.end > end)
			rest = (struct part){ end, part.end, part.mapping };
		if (part.start < end && part.end > start)
			part.end = part.start < start ? start : part.start;
		if (part.end > part.start)
			p->parts[kept++] = part;
	}
	p->count = kept;
	if (rest.end)
		insert(p, rest);
}

void space_map(struct space *s, uint64_t pid, struct space_range range, struct text path)
{
	struct process *p;

	if (range.len == 0 || range.start > UINT64_MAX - range.len ||
	    s->mapping_count == MAPPINGS_MAX)
		return;
	p = get(s, pid);
	if (!p)
		return;
	s->mappings =
		grown(s->mappings, s->mapping_count, &s->mapping_capacity, sizeof(*s->mappings));
	s->mappings[s->mapping_count] =
		(struct mapping){ .range = range, .path = xstrndup(path.at, path.len) };
	cover(p, range.start, range.start + range.len);
	insert(p,
	       (struct part){ range.start, range.start + range.len, (uint32_t)s->mapping_count++ });
	p->generation = ++s->generation;
}

void space_exec(struct space *s, uint64_t pid)
{
	struct process *p = get(s, pid);

	if (!p)
		return;
	p->count = 0;
	p->generation = ++s->generation;
}

void space_fork(struct space *s, uint64_t pid, uint64_t parent_pid)
{
	struct process *child = pid == parent_pid ? NULL : get(s, pid);
	const struct process *parent = find(s, parent_pid);

	if (!child)
		return;
	child->count = 0;
	child->generation = ++s->generation;
	for (size_t i = 0; parent && i < parent->count; i++)
		insert(child, parent->parts[i]);
}

uint64_t space_generation(const struct space *s, uint64_t pid)
{
	const struct process *p = find(s, pid);

	return p ? p->generation : 0;
}

static const struct part *part_at(const struct process *p, uint64_t ip)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->parts[middle].end <= ip)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->count && p->parts[low].start <= ip ? &p->parts[low] : NULL;
}

/* The vDSO has no offsets in a file: its image begins where its mapping does. */
static uint64_t vaddr_of(const struct image *im, const struct mapping *m, uint64_t ip)
{
	uint64_t vaddr, into = ip - m->range.start;

	if (m->path[0] == '[')
		return into;
	return image_vaddr_of(im, m->range.file_off + into, &vaddr) ? vaddr : UNKNOWN_U64;
}

bool space_find(const struct space *s, uint64_t pid, uint64_t ip, struct space_place *ret)
{
	const struct process *p = find(s, pid);
	const struct part *part = p ? part_at(p, ip) : NULL;
	const struct mapping *m;

	if (!part)
		return false;
	m = &s->mappings[part->mapping];
	*ret = (struct space_place){ .mapping = part->mapping, .vaddr = UNKNOWN_U64 };
	ret->image = imageset_open(s->images, text_of(m->path));
	if (ret->image)
		ret->vaddr = vaddr_of(ret->image, m, ip);
	if (!is_known(ret->vaddr))
		ret->image = NULL;
	return true;
}

size_t space_mapping_count(const struct space *s)
{
	return s->mapping_count;
}

struct space_mapping space_mapping_at(const struct space *s, size_t number)
{
	const struct mapping *m = &s->mappings[number];

	return (struct space_mapping){ m->range, text_of(m->path) };
}
