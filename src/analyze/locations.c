/* locations.c - the code addresses of stacks, each named once. */
#include "locations_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codeframe.h"
#include "base/unknown.h"
#include "framerole_internal.h"
#include "symbols/image.h"

/* A place: in an image, in the kernel, by name only, or in a mapping that has no image. */
struct place {
	const void *where; /* the image; a tag of ours */
	uint64_t at;	   /* vaddr, address, function */
	uint64_t mapping;  /* without an image; else 0 */
};

/* What is remembered of a process's address, as long as nothing changes there. */
struct ip_key {
	uint64_t generation, ip;
	bool is_return;
	uint32_t location;
};

static const char in_kernel[] = "[kernel]", by_name_only[] = "by name", nowhere[] = "[unknown]";

#define FUNCTION(l, i) (((const struct profile_function *)(const void *)(l)->functions.at)[i])
#define COUNT(b, type) ((b)->len / sizeof(type))

void locations_init(struct locations *l, const char *directory)
{
	*l = (struct locations){ .images = imageset_new(directory) };
	l->space = space_new(l->images);
}

void locations_done(struct locations *l)
{
	char **names = (char **)(void *)l->names.at;

	for (size_t i = 0; i < COUNT(&l->names, char *); i++)
		free(names[i]);
	space_free(l->space);
	imageset_free(l->images);
	buf_done(&l->names);
	buf_done(&l->functions);
	buf_done(&l->lines);
	buf_done(&l->locations);
	buf_done(&l->facts);
	buf_done(&l->kernel);
	buf_done(&l->places);
	buf_done(&l->ips);
	indexmap_done(&l->by_function);
	indexmap_done(&l->by_place);
	indexmap_done(&l->by_ip);
}

struct function_search {
	const struct locations *l;
	const struct profile_function *wanted;
};

static bool same_text(struct text a, struct text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static bool is_function(const void *arg, uint32_t index)
{
	const struct function_search *s = arg;
	const struct profile_function *f = &FUNCTION(s->l, index);

	return same_text(f->name, s->wanted->name) && same_text(f->file, s->wanted->file) &&
	       f->start_line == s->wanted->start_line;
}

/* Texts must live as long as l. */
static uint32_t intern_function(struct locations *l, const struct profile_function *f)
{
	struct function_search s = { l, f };
	uint64_t hash = indexmap_hash(f->name.at, f->name.len,
				      indexmap_hash(f->file.at, f->file.len, f->start_line));
	uint32_t index = indexmap_find(&l->by_function, hash, is_function, &s);

	if (index != INDEXMAP_NONE)
		return index;
	index = (uint32_t)COUNT(&l->functions, struct profile_function);
	buf_add(&l->functions, f, sizeof(*f));
	indexmap_add(&l->by_function, hash, index);
	return index;
}

struct text locations_keep(struct locations *l, struct text t)
{
	char *copy = xstrndup(t.at, t.len);

	buf_add(&l->names, &copy, sizeof(copy));
	return (struct text){ copy, t.len };
}

static uint32_t own_function(struct locations *l, struct text name)
{
	struct profile_function f = { .name = name, .start_line = UNKNOWN_U64 };
	struct function_search s = { l, &f };
	uint64_t hash = indexmap_hash(name.at, name.len, indexmap_hash("", 0, f.start_line));
	uint32_t index = indexmap_find(&l->by_function, hash, is_function, &s);

	if (index != INDEXMAP_NONE)
		return index;
	f.name = locations_keep(l, name);
	return intern_function(l, &f);
}

struct place_search {
	const struct locations *l;
	struct place wanted;
};

static bool is_place(const void *arg, uint32_t index)
{
	const struct place_search *s = arg;
	const struct place *p = &((const struct place *)(const void *)s->l->places.at)[index];

	return p->where == s->wanted.where && p->at == s->wanted.at &&
	       p->mapping == s->wanted.mapping;
}

static uint64_t place_hash(const struct place *p)
{
	return indexmap_mix(p->at + indexmap_mix((uint64_t)(uintptr_t)p->where + p->mapping));
}

static uint32_t find_place(const struct locations *l, const struct place *p)
{
	struct place_search s = { l, *p };

	return indexmap_find(&l->by_place, place_hash(p), is_place, &s);
}

/* The lines of the new location are those from first_line on. */
static uint32_t add_place(struct locations *l, const struct place *place,
			  const struct profile_location *location,
			  const struct location_facts *facts)
{
	uint32_t index = (uint32_t)COUNT(&l->locations, struct profile_location);

	buf_add(&l->places, place, sizeof(*place));
	buf_add(&l->locations, location, sizeof(*location));
	buf_add(&l->facts, facts, sizeof(*facts));
	indexmap_add(&l->by_place, place_hash(place), index);
	return index;
}

static void add_line(struct locations *l, uint32_t function, uint64_t line)
{
	struct profile_line one = { function, line };

	buf_add(&l->lines, &one, sizeof(one));
}

static uint32_t next_line(const struct locations *l)
{
	return (uint32_t)COUNT(&l->lines, struct profile_line);
}

void locations_add_kernel_symbol(struct locations *l, uint64_t address, struct text name)
{
	struct kernel_symbol s = { address, own_function(l, name) };

	buf_add(&l->kernel, &s, sizeof(s));
	l->kernel_is_sorted = false;
}

static int by_address(const void *a, const void *b)
{
	const struct kernel_symbol *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

static uint32_t kernel_function(struct locations *l, uint64_t address)
{
	struct kernel_symbol *at = (struct kernel_symbol *)(void *)l->kernel.at;
	size_t low = 0, high = COUNT(&l->kernel, struct kernel_symbol);

	if (!l->kernel_is_sorted && high)
		qsort(at, high, sizeof(*at), by_address);
	l->kernel_is_sorted = true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (at[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? at[low - 1].function : own_function(l, text_of(in_kernel));
}

uint32_t locations_at_kernel(struct locations *l, uint64_t ip, bool is_return)
{
	uint64_t address = ip - is_return;
	struct place place = { in_kernel, address, 0 };
	uint32_t found = find_place(l, &place), function;
	struct profile_location location = { .ip = address,
					     .mapping = PROFILE_NONE,
					     .line_count = 1 };
	struct location_facts facts = { .sp_delta = UNKNOWN_U64,
					.vaddr = UNKNOWN_U64,
					.is_kernel = true };

	if (found != INDEXMAP_NONE)
		return found;
	function = kernel_function(l, address);
	location.first_line = next_line(l);
	add_line(l, function, UNKNOWN_U64);
	facts.roles = framerole_of_kernel(FUNCTION(l, function).name);
	facts.is_named = !text_is(FUNCTION(l, function).name, in_kernel);
	return add_place(l, &place, &location, &facts);
}

uint32_t locations_of_name(struct locations *l, struct text function)
{
	uint32_t index = own_function(l, function), found;
	struct place place = { by_name_only, index, 0 };
	struct profile_location location = { .mapping = PROFILE_NONE, .line_count = 1 };
	struct location_facts facts = { .sp_delta = UNKNOWN_U64,
					.vaddr = UNKNOWN_U64,
					.is_named = true };

	found = find_place(l, &place);
	if (found != INDEXMAP_NONE)
		return found;
	location.first_line = next_line(l);
	add_line(l, index, UNKNOWN_U64);
	facts.roles = framerole_of_user(function);
	return add_place(l, &place, &location, &facts);
}

/* "[libc.so.6]": the code is of that file, and that is all. */
static uint32_t function_of_file(struct locations *l, struct text path)
{
	char name[160];
	const char *slash = path.len ? memrchr(path.at, '/', path.len) : NULL;
	const char *base = slash ? slash + 1 : path.at;

	if (!slash)
		return own_function(l, text_of(nowhere));
	snprintf(name, sizeof(name), "[%.*s]", (int)(path.len - (size_t)(base - path.at)), base);
	return own_function(l, text_of(name));
}

static uint32_t name_frames(struct locations *l, const struct code_frame *frames, size_t count,
			    struct location_facts *facts)
{
	for (size_t i = 0; i < count; i++) {
		struct profile_function f = { frames[i].function, frames[i].file,
					      frames[i].start_line };

		facts->roles |= framerole_of_user(f.name);
		add_line(l, intern_function(l, &f), frames[i].line);
	}
	facts->is_named = true;
	return (uint32_t)count;
}

static uint32_t name_place(struct locations *l, const struct space_place *in, uint64_t ip)
{
	struct place place = { in->image, in->vaddr, 0 };
	struct profile_location location = { .ip = ip, .mapping = in->mapping };
	struct location_facts facts = { .image = in->image, .vaddr = place.at };
	struct code_frame frames[CODE_FRAMES_MAX];
	uint32_t found = find_place(l, &place);
	size_t count;

	if (found != INDEXMAP_NONE)
		return found;
	count = image_frames(in->image, place.at, frames, CODE_FRAMES_MAX);
	facts.is_go = image_is_go(in->image, place.at);
	facts.sp_delta = facts.is_go ? image_sp_delta(in->image, place.at) : UNKNOWN_U64;
	location.first_line = next_line(l);
	while (count > 0 && frames[count - 1].function.len == 0)
		count--;
	location.line_count = name_frames(l, frames, count, &facts);
	facts.is_named = count > 0;
	facts.moves_stacks = count > 0 && framerole_moves_stacks(frames[count - 1].function);
	if (count == 0) {
		add_line(l, function_of_file(l, space_mapping_at(l->space, in->mapping).path),
			 UNKNOWN_U64);
		location.line_count = 1;
	}
	return add_place(l, &place, &location, &facts);
}

/* Without an image the place is one of the process's own. */
static uint32_t name_unknown(struct locations *l, uint32_t mapping, uint64_t ip)
{
	struct place place = { nowhere, ip, mapping };
	struct profile_location location = { .ip = ip, .mapping = mapping, .line_count = 1 };
	struct location_facts facts = { .sp_delta = UNKNOWN_U64, .vaddr = UNKNOWN_U64 };
	uint32_t found = find_place(l, &place);

	if (found != INDEXMAP_NONE)
		return found;
	location.first_line = next_line(l);
	add_line(l,
		 mapping == PROFILE_NONE
			 ? own_function(l, text_of(nowhere))
			 : function_of_file(l, space_mapping_at(l->space, mapping).path),
		 UNKNOWN_U64);
	return add_place(l, &place, &location, &facts);
}

struct ip_search {
	const struct locations *l;
	struct ip_key wanted;
};

static bool is_ip(const void *arg, uint32_t index)
{
	const struct ip_search *s = arg;
	const struct ip_key *k = &((const struct ip_key *)(const void *)s->l->ips.at)[index];

	return k->ip == s->wanted.ip && k->generation == s->wanted.generation &&
	       k->is_return == s->wanted.is_return;
}

uint32_t locations_at(struct locations *l, uint64_t pid, uint64_t ip, bool is_return)
{
	struct ip_search s = { l, { space_generation(l->space, pid), ip, is_return, 0 } };
	uint64_t hash = indexmap_mix(ip * 2 + is_return + (s.wanted.generation << 48));
	uint32_t found = indexmap_find(&l->by_ip, hash, is_ip, &s);
	struct space_place place;

	if (found != INDEXMAP_NONE)
		return ((const struct ip_key *)(const void *)l->ips.at)[found].location;
	ip -= is_return;
	if (!space_find(l->space, pid, ip, &place))
		s.wanted.location = name_unknown(l, PROFILE_NONE, ip);
	else if (!place.image)
		s.wanted.location = name_unknown(l, place.mapping, ip);
	else
		s.wanted.location = name_place(l, &place, ip);
	indexmap_add(&l->by_ip, hash, (uint32_t)COUNT(&l->ips, struct ip_key));
	buf_add(&l->ips, &s.wanted, sizeof(s.wanted));
	return s.wanted.location;
}

const struct location_facts *locations_facts(const struct locations *l, uint32_t location)
{
	return &((const struct location_facts *)(const void *)l->facts.at)[location];
}

static struct text line_function(const struct locations *l, uint32_t line)
{
	return FUNCTION(l, ((const struct profile_line *)(const void *)l->lines.at)[line].function)
		.name;
}

struct text locations_function(const struct locations *l, uint32_t location)
{
	const struct profile_location *at =
		&((const struct profile_location *)(const void *)l->locations.at)[location];

	return line_function(l, at->first_line + at->line_count - 1);
}

struct text locations_inner_function(const struct locations *l, uint32_t location)
{
	const struct profile_location *at =
		&((const struct profile_location *)(const void *)l->locations.at)[location];

	return line_function(l, at->first_line);
}
