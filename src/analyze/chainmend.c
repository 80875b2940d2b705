/* chainmend.c - from the kernel's call chain to the functions that stood on the stack. */
#include "chainmend_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/unknown.h"
#include "chainwork_internal.h"
#include "symbols/image.h"

/* linux/perf_event.h, enum perf_callchain_context. */
#define CONTEXT_MAX    ((uint64_t)-4095)
#define CONTEXT_KERNEL ((uint64_t)-128)
#define CONTEXT_USER   ((uint64_t)-512)

#define WALK_MAX 64 /* frames that are looked for in the piece of the stack */

static const struct machine machines[] = {
	{ "x86_64", 6, 7 },
	{ "aarch64", 29, 31 },
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
	chainname_done(m);
	free(m->work);
	free(m);
}

void chainmend_finish(struct chainmend *m)
{
	chainname_forget(m);
}

const uint32_t *chainmend_locations(const struct chainmend *m, size_t *ret_count)
{
	*ret_count = m->named.len / sizeof(uint32_t);
	return (const void *)m->named.at;
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
	for (uint64_t left = s->register_mask; left; left &= left - 1)
		w->registers.registers[__builtin_ctzll(left)] = cursor_uint(&c, 8);
	w->registers.mask = c.bad ? 0 : s->register_mask;
	w->registers.stack = s->stack;
	if (!(w->registers.mask >> w->m->machine->sp & 1))
		w->registers.mask = 0;
	/* A number that is no address: nothing is found there. */
	if (!(w->registers.mask >> w->m->machine->fp & 1))
		w->registers.registers[w->m->machine->fp] = 0;
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
	/* A copy: naming the next place may move them all. */
	const struct location_facts f = *facts_of(w, ip, is_return);

	if (!f.is_go || f.moves_stacks || !is_known(f.sp_delta) || !load(w, *sp + f.sp_delta, ra) ||
	    !is_go(w, *ra, true))
		return false;
	*sp += f.sp_delta + 8;
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
	chainname_recall(w, ret);
}
