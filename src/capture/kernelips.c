/* kernelips.c - name the kernel addresses that stand in the stacks of a recording. */
#include "kernelips_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/own.h"
#include "parse/kallsyms.h"

/* linux/perf_event.h, enum perf_callchain_context: marks are the last 4095 numbers. */
#define CONTEXT_KERNEL ((uint64_t)-128)
#define CONTEXT_MAX    ((uint64_t)-4095)

static size_t slot_of(const struct kernelips *k, uint64_t ip)
{
	size_t i = (size_t)(ip * 0x9e3779b97f4a7c15 >> 32) & (k->capacity - 1);

	while (k->slots[i] && k->slots[i] != ip)
		i = (i + 1) & (k->capacity - 1);
	return i;
}

static void grow(struct kernelips *k)
{
	struct kernelips grown = { .capacity = k->capacity ? k->capacity * 2 : 1024 };

	grown.slots = xcalloc(grown.capacity, sizeof(*grown.slots));
	for (size_t i = 0; i < k->capacity; i++)
		if (k->slots[i])
			grown.slots[slot_of(&grown, k->slots[i])] = k->slots[i];
	free(k->slots);
	k->slots = grown.slots;
	k->capacity = grown.capacity;
}

static void add(struct kernelips *k, uint64_t ip)
{
	size_t i;

	if (ip == 0)
		return;
	if (2 * k->count >= k->capacity)
		grow(k);
	i = slot_of(k, ip);
	if (k->slots[i])
		return;
	if (k->count == KERNELIPS_MAX) {
		k->dropped_count++;
		return;
	}
	k->slots[i] = ip;
	k->count++;
}

void kernelips_add_chain(struct kernelips *k, struct text chain)
{
	struct cursor c = cursor_over(chain.at, chain.len);
	bool in_kernel = false;

	while (cursor_left(&c) >= 8) {
		uint64_t ip = cursor_uint(&c, 8);

		if (ip >= CONTEXT_MAX)
			in_kernel = ip == CONTEXT_KERNEL;
		else if (in_kernel)
			add(k, ip);
	}
}

/* The best symbol so far for the addresses from ip on: the one that begins last before it. */
struct named {
	uint64_t ip, address;
	char *line; /* owned; NULL when there is none */
	struct kallsyms_symbol symbol;
};

static int by_ip(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return (x->ip > y->ip) - (x->ip < y->ip);
}

/* The first that is not below address; count when all are. */
static size_t first_from(const struct named *at, size_t count, uint64_t address)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (at[middle].ip < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A symbol belongs to the first address behind it, until a later symbol takes that. Of several
 * names of one place the first is taken. */
static void offer(struct named *at, size_t count, struct text line)
{
	struct kallsyms_symbol s;
	size_t i;

	if (!kallsyms_parse_line(&s, line) || !kallsyms_is_function(&s) || s.address == 0)
		return;
	i = first_from(at, count, s.address);
	if (i == count || (at[i].line && at[i].address >= s.address))
		return;
	free(at[i].line);
	at[i].line = xstrndup(line.at, line.len);
	at[i].address = s.address;
	kallsyms_parse_line(&at[i].symbol, (struct text){ at[i].line, line.len });
}

static int read_symbols(struct named *at, size_t count, struct err *err)
{
	OWN_FILE FILE *f = fopen("/proc/kallsyms", "re");
	OWN_MEM char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (!f)
		return err_set(err, errno, "cannot open /proc/kallsyms");
	while ((n = getline(&line, &room, f)) > 0)
		offer(at, count, (struct text){ line, (size_t)n - (line[n - 1] == '\n') });
	return 0;
}

/* Addresses without a symbol of their own lie in the function of the one before. */
static size_t tell(const struct named *at, size_t count, kernelips_sink *sink, void *arg)
{
	size_t told = 0;

	for (size_t i = 0; i < count; i++) {
		if (!at[i].line)
			continue;
		sink(arg, &(struct event_kernel_symbol){ at[i].address, at[i].symbol.name,
							 at[i].symbol.module });
		told++;
	}
	return told;
}

int kernelips_name(struct kernelips *k, kernelips_sink *sink, void *arg, struct err *err)
{
	OWN_MEM struct named *at = xcalloc(k->count ? k->count : 1, sizeof(*at));
	size_t count = 0;
	int rc;

	for (size_t i = 0; i < k->capacity; i++)
		if (k->slots[i])
			at[count++].ip = k->slots[i];
	if (count == 0)
		return 0;
	qsort(at, count, sizeof(*at), by_ip);
	rc = read_symbols(at, count, err);
	if (rc == 0 && tell(at, count, sink, arg) == 0) {
		rc = err_say(err, EACCES, "/proc/kallsyms hides the addresses of the kernel");
		err_hint(err, "sudo sysctl kernel.kptr_restrict=1 and run as root, or "
			      "kernel.kptr_restrict=0 kernel.perf_event_paranoid=1");
	}
	for (size_t i = 0; i < count; i++)
		free(at[i].line);
	return rc;
}

void kernelips_done(struct kernelips *k)
{
	free(k->slots);
	*k = (struct kernelips){ 0 };
}
