/* timesort.c - merge runs in pairs, until there is one. */
#include "timesort_internal.h"

#include <stdint.h>
#include <string.h>

/* What is sorted has other types for others. */
typedef uint64_t __attribute__((may_alias)) word;

/* Where the run in order that begins at `from` ends; in numbers of 8 bytes, as all places here. */
static size_t run_end(const word *at, size_t from, size_t count, size_t words)
{
	size_t end = from + words;

	while (end < count && at[end - words] <= at[end])
		end += words;
	return end;
}

/* Two neighbouring runs, into one. */
static void merge(word *out, const word *a, const word *a_end, const word *b_end, size_t words)
{
	const word *b = a_end;

	while (a < a_end && b < b_end) {
		const word **from = *b < *a ? &b : &a;

		for (size_t i = 0; i < words; i++)
			*out++ = *(*from)++;
	}
	memcpy(out, a, (size_t)((const char *)a_end - (const char *)a));
	out += a_end - a;
	memcpy(out, b, (size_t)((const char *)b_end - (const char *)b));
}

/* All runs of `from`, in pairs, into `to`. How many runs there were. */
static size_t merge_pairs(word *to, const word *from, size_t count, size_t words)
{
	size_t runs = 0;

	for (size_t at = 0; at < count;) {
		size_t middle = run_end(from, at, count, words);
		size_t end = middle < count ? run_end(from, middle, count, words) : middle;

		merge(to + at, from + at, from + middle, from + end, words);
		runs += end > middle ? 2 : 1;
		at = end;
	}
	return runs;
}

void timesort(struct buf *items, struct buf *spare, size_t item_words)
{
	size_t count = items->len / 8;
	struct buf swap;

	if (count == 0 || run_end((const void *)items->at, 0, count, item_words) == count)
		return;
	do {
		buf_clear(spare);
		buf_room(spare, items->len);
		spare->len = items->len;
		swap = *items;
		*items = *spare;
		*spare = swap;
	} while (merge_pairs((void *)items->at, (const void *)spare->at, count, item_words) > 2);
}
