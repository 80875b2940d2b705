/* cpulist.c - the CPUs that are online. */
#include "capture/cpulist.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/own.h"

#define ONLINE "/sys/devices/system/cpu/online"

static bool take_number(struct text *t, int *ret)
{
	int v = 0;
	size_t n = 0;

	while (n < t->len && n < 5 && t->at[n] >= '0' && t->at[n] <= '9')
		v = v * 10 + (t->at[n++] - '0');
	if (n == 0 || v >= CPULIST_MAX)
		return false;
	t->at += n;
	t->len -= n;
	*ret = v;
	return true;
}

static bool take_char(struct text *t, char c)
{
	if (t->len == 0 || t->at[0] != c)
		return false;
	t->at++;
	t->len--;
	return true;
}

int cpulist_parse(struct cpulist *ret, struct text list)
{
	int *cpus = xcalloc(CPULIST_MAX, sizeof(*cpus)), next = 0;
	size_t count = 0;

	do {
		int first, last;

		if (!take_number(&list, &first))
			goto bad;
		last = first;
		if (take_char(&list, '-') && !take_number(&list, &last))
			goto bad;
		if (first < next || last < first)
			goto bad;
		for (int cpu = first; cpu <= last; cpu++)
			cpus[count++] = cpu;
		next = last + 1;
	} while (take_char(&list, ','));
	take_char(&list, '\n');
	if (list.len)
		goto bad;
	*ret = (struct cpulist){ .at = cpus, .count = count };
	return 0;
bad:
	free(cpus);
	return -EINVAL;
}

int cpulist_online(struct cpulist *ret, struct err *err)
{
	OWN_FILE FILE *f = fopen(ONLINE, "re");
	char line[4096];

	if (f && fgets(line, sizeof(line), f) && cpulist_parse(ret, text_of(line)) == 0)
		return 0;
	return err_say(err, EIO, "cannot read the list of CPUs from " ONLINE);
}

void cpulist_done(struct cpulist *c)
{
	free(c->at);
	*c = (struct cpulist){ 0 };
}
