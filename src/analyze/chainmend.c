/* chainmend.c - from the kernel's call chain to the functions that stood on the stack. */
#include "chainmend_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/indexmap.h"
#include "base/unknown.h"
#include "framerole_internal.h"
#include "symbols/image.h"
#include "symbols/unwind.h"

/* linux/perf_event.h, enum perf_callchain_context. */
#define CONTEXT_MAX    ((uint64_t)-4095)
#define CONTEXT_KERNEL ((uint64_t)-128)
#define CONTEXT_USER   ((uint64_t)-512)

#define GO_STACK_BYTES \
	1024 /* frames of functions that are caught without a frame pointer are small */

#define WALK_MAX 64 /* frames that are looked for in the piece of the stack */

/* asm/perf_regs.h of the machine that was recorded. */
struct machine {
	const char *name;
	unsigned fp, sp;
};

static const struct machine machines[] = {
	{ "x86_64", 6, 7 },
	{ "aarch64", 29, 31 },
};

struct work;

/* Different chains may come to the same locations. */
struct named_stack {
	size_t first, count; /* in named */
};

struct chainmend {
	struct locations *locations;
	const struct machine *machine; /* NULL: one whose registers we do not know */
	struct unwinder *unwinder;     /* NULL: none for this machine */
	struct buf known;	       /* struct known */
	struct buf ips;		       /* uint64_t */
	struct buf named;	       /* uint32_t: locations */
	struct buf stacks;	       /* struct named_stack */
	struct indexmap by_chain, by_stack;
	struct work *work; /* large, so that it is not made anew for each sample; owned */
};

/* One sample on its way. */
struct work {
	struct chainmend *m;
	const struct chain_sample *sample;
	struct unwind_sample registers; /* mask 0: none */
	size_t count, kernel_count;
	bool lost_its_root;
	uint64_t ips[CHAIN_MAX]; /* the user part, as the kernel gave it; then mended */
	uint64_t kernel_ips[CHAIN_MAX];
};

/* A mended chain that was named before. */
struct known {
	uint64_t generation;
	size_t first_ip, kernel_count, count; /* in ips: kernel's, then user's */
	uint32_t stack;			      /* in stacks */
	bool is_cut, lost_its_root;
};

struct chainmend *chainmend_new(struct locations *locations, struct text machine)
{
	struct chainmend *m = xcalloc(1, sizeof(*m));

	m->locations = locations;
	m->work = xcalloc(1, sizeof(*m->work));
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (text_is(machine, machines[i].name))
			m->machine = &machines[i];
	if (m->machine)
		m->unwinder = unwinder_new(m->machine->name);
	return m;
}

void chainmend_free(struct chainmend *m)
{
	if (!m)
		return;
	unwinder_free(m->unwinder);
	buf_done(&m->known);
	buf_done(&m->ips);
	buf_done(&m->named);
	buf_done(&m->stacks);
	indexmap_done(&m->by_chain);
	indexmap_done(&m->by_stack);
	free(m->work);
	free(m);
}

static const struct location_facts *facts_of(const struct work *w, uint64_t ip, bool is_return)
{
	struct locations *l = w->m->locations;

	return locations_facts(l, locations_at(l, w->sample->pid, ip, is_return));
}

static bool is_go(const struct work *w, uint64_t ip, bool is_return)
{
	return facts_of(w, ip, is_return)->is_go;
}

static void take_registers(struct work *w)
{
	const struct chain_sample *s = w->sample;
	struct cursor c = cursor_over(s->registers.at, s->registers.len);

	if (!w->m->machine || s->registers.len == 0 || s->stack.len == 0)
		return;
	for (unsigned i = 0; i < UNWIND_REGISTERS_MAX; i++)
		if (s->register_mask >> i & 1)
			w->registers.registers[i] = cursor_uint(&c, 8);
	w->registers.mask = c.bad ? 0 : s->register_mask;
	w->registers.stack = s->stack;
	if (!(w->registers.mask >> w->m->machine->sp & 1) ||
	    !(w->registers.mask >> w->m->machine->fp & 1))
		w->registers.mask = 0;
}

static void take_chain(struct work *w)
{
	struct cursor c = cursor_over(w->sample->callchain.at, w->sample->callchain.len);
	bool in_kernel = false, in_user = false;

	while (cursor_left(&c) >= 8) {
		uint64_t ip = cursor_uint(&c, 8);

		if (ip >= CONTEXT_MAX) {
			in_kernel = ip == CONTEXT_KERNEL;
			in_user = ip == CONTEXT_USER;
		} else if (in_kernel && w->kernel_count < CHAIN_MAX) {
			w->kernel_ips[w->kernel_count++] = ip;
		} else if (in_user && w->count < CHAIN_MAX) {
			w->ips[w->count++] = ip;
		}
	}
}

/* The 8 bytes at address, when the piece of the stack has them. */
static bool load(const struct work *w, uint64_t address, uint64_t *ret)
{
	uint64_t into = address - w->registers.registers[w->m->machine->sp];
	struct cursor c;

	if (into > w->registers.stack.len || w->registers.stack.len - into < 8)
		return false;
	c = cursor_over(w->registers.stack.at + into, 8);
	*ret = cursor_uint(&c, 8);
	return true;
}

/* One step outwards by the depth of Go's stack frames: the return address of the function at ip,
 * and the stack pointer behind it. */
static bool step_go(const struct work *w, uint64_t ip, bool is_return, uint64_t *sp, uint64_t *ra)
{
	const struct location_facts *f = facts_of(w, ip, is_return);

	if (!f->is_go || f->moves_stacks || !is_known(f->sp_delta) ||
	    !load(w, *sp + f->sp_delta, ra) || !is_go(w, *ra, true))
		return false;
	*sp += f->sp_delta + 8;
	return true;
}

/* ips becomes head, then what stands in ips from tail on. */
static void splice(struct work *w, const uint64_t *head, size_t head_count, size_t tail)
{
	uint64_t old[CHAIN_MAX];
	size_t n = 0;

	memcpy(old, w->ips, w->count * sizeof(old[0]));
	for (size_t i = 0; i < head_count && n < CHAIN_MAX; i++)
		w->ips[n++] = head[i];
	for (size_t i = tail; i < w->count && n < CHAIN_MAX; i++)
		w->ips[n++] = old[i];
	w->count = n;
}

/* Where ip stands among the callers, or w->count. */
static size_t find_caller(const struct work *w, uint64_t ip)
{
	size_t i = 1;

	while (i < w->count && w->ips[i] != ip)
		i++;
	return i;
}

/* A function at its entry, or without a frame at all, has its caller's frame pointer: the kernel
 * then passes over the caller. Return addresses on the stack are followed until they meet the
 * chain. */
static void mend_go_leaf(struct work *w)
{
	uint64_t walk[WALK_MAX], sp = w->registers.registers[w->m->machine->sp];
	size_t n = 1;

	walk[0] = w->ips[0];
	while (n < WALK_MAX && step_go(w, walk[n - 1], n > 1, &sp, &walk[n])) {
		size_t at = find_caller(w, walk[n++]);

		if (at < w->count) {
			if (n > 2 || at > 1) /* else nothing is missing */
				splice(w, walk, n, at + 1);
			return;
		}
	}
	if (n == 1)
		return;
	/* They do not meet. When the walk found only the next caller, because the piece of the
	 * stack ends there, the chain goes on behind it; else the frame pointer is not one (some
	 * assembly uses its register for other things). */
	if (n == 2 && w->count > 1 && is_go(w, w->ips[1], true))
		splice(w, walk, 2, 1);
	else
		splice(w, walk, n, w->count);
}

static struct image *image_at(void *arg, uint64_t ip, uint64_t *ret_bias)
{
	const struct work *w = arg;
	struct space_place place;

	if (!space_find(w->m->locations->space, w->sample->pid, ip, &place) || !place.image)
		return NULL;
	*ret_bias = ip - place.vaddr;
	return place.image;
}

static bool is_not_go(void *arg, uint64_t ip)
{
	return !is_go(arg, ip, true);
}

/* What of the kernel's chain goes on behind the C frames of steps, the last of which may be Go's:
 * the index of its first address, or w->count. */
static size_t find_tail(const struct work *w, const struct unwind_step *steps, size_t n)
{
	const struct unwind_step *last = &steps[n - 1];

	if (last->frame_pointer == w->registers.registers[w->m->machine->fp])
		return 1; /* C left it alone: the kernel began where Go's frames do */
	for (size_t k = n - 1; k > 0; k--) {
		size_t at = find_caller(w, steps[k].ip);

		for (; at < w->count; at++)
			if (w->ips[at] != last->ip && is_go(w, w->ips[at], true))
				return at;
	}
	return w->count;
}

/* C code: by its unwind tables up to the first Go function. */
static void mend_c_leaf(struct work *w)
{
	struct unwind_space space = { image_at, is_not_go, w };
	struct unwind_step steps[WALK_MAX];
	uint64_t head[WALK_MAX];
	size_t n = w->m->unwinder
			   ? unwind_frames(w->m->unwinder, &space, &w->registers, steps, WALK_MAX)
			   : 0;

	if (n < 2 || steps[0].ip != w->ips[0])
		return;
	for (size_t i = 0; i < n; i++)
		head[i] = steps[i].ip;
	if (is_go(w, head[n - 1], true)) {
		size_t tail = find_tail(w, steps, n);

		w->lost_its_root = tail == w->count;
		splice(w, head, n, tail);
	} else if (find_caller(w, head[n - 1]) == w->count) {
		/* A thread of C's own, or the end of the piece of the stack. */
		splice(w, head, n, w->count);
	} else {
		splice(w, head, n, find_caller(w, head[n - 1]) + 1);
	}
}

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
static void recall(struct work *w, struct chain *ret)
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
	ret->is_cut = k->is_cut;
}

void chainmend_run(struct chainmend *m, const struct chain_sample *sample, struct chain *ret)
{
	struct work *w = m->work;

	w->m = m;
	w->sample = sample;
	w->count = w->kernel_count = 0;
	w->registers.mask = 0;
	w->lost_its_root = false;
	take_chain(w);
	take_registers(w);
	if (w->count && w->registers.mask) {
		if (is_go(w, w->ips[0], false))
			mend_go_leaf(w);
		else
			mend_c_leaf(w);
	}
	recall(w, ret);
}

void chainmend_trim(struct chainmend *m, uint64_t pid, struct text callchain, struct text *stack)
{
	struct cursor c = cursor_over(callchain.at, callchain.len);
	bool in_user = false;

	while (stack->len > GO_STACK_BYTES && cursor_left(&c) >= 8) {
		uint64_t ip = cursor_uint(&c, 8);
		uint32_t at;

		if (ip >= CONTEXT_MAX) {
			in_user = ip == CONTEXT_USER;
		} else if (in_user) {
			at = locations_at(m->locations, pid, ip, false);
			if (locations_facts(m->locations, at)->is_go)
				stack->len = GO_STACK_BYTES;
			return;
		}
	}
}
