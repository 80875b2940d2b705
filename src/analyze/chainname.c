/* chainname.c - name the functions of a mended chain; each chain once. */
#include <string.h>

#include "chainwork_internal.h"
#include "framerole_internal.h"

/* The locations of the chain in hand, leaf first. */
struct naming {
	uint32_t at[CHAIN_MAX];
	size_t count;
	bool is_cut;
};

static void add(struct naming *ret, uint32_t location)
{
	if (ret->count < CHAIN_MAX)
		ret->at[ret->count++] = location;
}

/* "runtime.(*mheap).alloc.func1" is a closure of runtime.(*mheap).alloc. */
static struct text closure_owner(struct text name)
{
	for (size_t i = 1; i + 5 < name.len; i++)
		if (memcmp(name.at + i, ".func", 5) == 0 && name.at[i + 5] >= '0' &&
		    name.at[i + 5] <= '9')
			return (struct text){ name.at, i };
	return (struct text){ 0 };
}

/* Before Go 1.21 systemstack kept no frame, so that its caller is not in the chain. It is mostly
 * called with a closure, whose name tells whose it is (cmd/compile: F.funcN). */
static void add_caller_of_systemstack(struct work *w, struct naming *ret, uint64_t next_ip)
{
	struct locations *l = w->m->locations;
	struct text owner, next;
	uint32_t next_location;

	if (ret->count < 2)
		return;
	owner = closure_owner(locations_function(l, ret->at[ret->count - 2]));
	if (owner.len == 0)
		return;
	next_location = locations_at(l, w->sample->pid, next_ip, true);
	next = locations_function(l, next_location);
	if (next.len == owner.len && memcmp(next.at, owner.at, owner.len) == 0)
		return;
	next = locations_inner_function(l, next_location);
	if (next.len == owner.len && memcmp(next.at, owner.at, owner.len) == 0)
		return;
	add(ret, locations_of_name(l, owner));
}

/* Without a frame of its own asmcgocall hides its caller, which is always the same one. */
static void add_caller_of_asmcgocall(struct work *w, struct naming *ret, size_t next)
{
	const struct location_facts *f = next < w->count ? facts_of(w, w->ips[next], true) : NULL;

	if (!f || !(f->roles & ROLE_CGOCALL))
		add(ret, locations_of_name(w->m->locations, text_of("runtime.cgocall")));
}

static void name_kernel(struct work *w, struct naming *ret)
{
	for (size_t i = 0; i < w->kernel_count; i++)
		add(ret, locations_at_kernel(w->m->locations, w->kernel_ips[i], i > 0));
}

static void name_chain(struct work *w, struct naming *ret)
{
	struct locations *l = w->m->locations;
	uint32_t roles = 0;

	for (size_t i = 0; i < w->count; i++) {
		uint32_t at = locations_at(l, w->sample->pid, w->ips[i], i > 0);

		roles = locations_facts(l, at)->roles;
		add(ret, at);
		/* Below the first function of a goroutine or thread there is nothing of Go's; below
		 * mcall stands the goroutine that it left, which is another one's or gone. */
		if ((roles & ROLE_BOTTOM) && locations_facts(l, at)->is_go)
			break;
		if ((roles & ROLE_SYSTEMSTACK) && i + 1 < w->count)
			add_caller_of_systemstack(w, ret, w->ips[i + 1]);
		if ((roles & ROLE_ASMCGOCALL) && i > 0)
			add_caller_of_asmcgocall(w, ret, i + 1);
	}
	ret->is_cut = w->count > 0 && (w->lost_its_root || !(roles & ROLE_BOTTOM));
}

struct chain_search {
	const struct work *w;
	uint64_t generation;
};

static bool is_chain(const void *arg, uint32_t index)
{
	const struct chain_search *s = arg;
	const struct chainmend *m = s->w->m;
	const struct known *k = &((const struct known *)(const void *)m->known.at)[index];
	const uint64_t *ips;

	if (k->generation != s->generation || k->count != s->w->count ||
	    k->kernel_count != s->w->kernel_count || k->lost_its_root != s->w->lost_its_root)
		return false;
	if (k->count + k->kernel_count == 0)
		return true;
	ips = (const uint64_t *)(const void *)m->ips.at + k->first_ip;
	return memcmp(ips, s->w->kernel_ips, k->kernel_count * sizeof(*ips)) == 0 &&
	       memcmp(ips + k->kernel_count, s->w->ips, k->count * sizeof(*ips)) == 0;
}

struct stack_search {
	const struct chainmend *m;
	const struct naming *wanted;
};

static const struct named_stack *stack_at(const struct chainmend *m, uint32_t index)
{
	return &((const struct named_stack *)(const void *)m->stacks.at)[index];
}

/* NULL for an empty stack. */
static const uint32_t *named_from(const struct chainmend *m, const struct named_stack *stack)
{
	return stack->count ? (const uint32_t *)(const void *)m->named.at + stack->first : NULL;
}

static bool is_stack(const void *arg, uint32_t index)
{
	const struct stack_search *s = arg;
	const struct named_stack *stack = stack_at(s->m, index);

	return stack->count == s->wanted->count &&
	       (stack->count == 0 || memcmp(named_from(s->m, stack), s->wanted->at,
					    stack->count * sizeof(uint32_t)) == 0);
}

static uint32_t keep_stack(struct chainmend *m, const struct naming *n)
{
	struct stack_search s = { m, n };
	uint64_t hash = indexmap_hash(n->at, n->count * sizeof(n->at[0]), 0);
	uint32_t index = indexmap_find(&m->by_stack, hash, is_stack, &s);
	struct named_stack stack = { m->named.len / sizeof(uint32_t), n->count };

	if (index != INDEXMAP_NONE)
		return index;
	index = (uint32_t)(m->stacks.len / sizeof(stack));
	buf_add(&m->named, n->at, n->count * sizeof(n->at[0]));
	buf_add(&m->stacks, &stack, sizeof(stack));
	indexmap_add(&m->by_stack, hash, index);
	return index;
}

static uint32_t name_anew(struct work *w, const struct chain_search *s, uint64_t hash)
{
	struct chainmend *m = w->m;
	struct naming n = { .count = 0 };
	struct known k = { .generation = s->generation,
			   .first_ip = m->ips.len / sizeof(uint64_t),
			   .kernel_count = w->kernel_count,
			   .count = w->count,
			   .lost_its_root = w->lost_its_root };
	uint32_t index = (uint32_t)(m->known.len / sizeof(k));

	buf_add(&m->ips, w->kernel_ips, w->kernel_count * sizeof(w->kernel_ips[0]));
	buf_add(&m->ips, w->ips, w->count * sizeof(w->ips[0]));
	name_kernel(w, &n);
	name_chain(w, &n);
	k.stack = keep_stack(m, &n);
	k.is_cut = n.is_cut;
	buf_add(&m->known, &k, sizeof(k));
	indexmap_add(&m->by_chain, hash, index);
	return index;
}

/* Most samples stand in a chain that was there before. */
void chainname_recall(struct work *w, struct chain *ret)
{
	struct chainmend *m = w->m;
	struct chain_search s = { w, space_generation(m->locations->space, w->sample->pid) };
	uint64_t hash = indexmap_hash(w->ips, w->count * sizeof(w->ips[0]),
				      indexmap_hash(w->kernel_ips,
						    w->kernel_count * sizeof(w->kernel_ips[0]),
						    s.generation));
	uint32_t index = indexmap_find(&m->by_chain, hash, is_chain, &s);
	const struct known *k;

	if (index == INDEXMAP_NONE)
		index = name_anew(w, &s, hash);
	k = &((const struct known *)(const void *)m->known.at)[index];
	ret->id = k->stack;
	ret->locations = named_from(m, stack_at(m, k->stack));
	ret->count = stack_at(m, k->stack)->count;
	ret->first = (uint32_t)stack_at(m, k->stack)->first;
	ret->is_cut = k->is_cut;
}

void chainname_forget(struct chainmend *m)
{
	buf_done(&m->known);
	buf_done(&m->ips);
	buf_done(&m->stacks);
	indexmap_done(&m->by_chain);
	indexmap_done(&m->by_stack);
}

void chainname_done(struct chainmend *m)
{
	chainname_forget(m);
	buf_done(&m->named);
}
