/* gosymbols_dump.c - what gosymbols knows of a Go program, for comparison with what others know.
 *
 * usage: gosymbols_dump FILE		every function: "ENTRY END NAME", separated
 *					by tabs
 *	  gosymbols_dump FILE ranges	every stretch of code with the same frames, separated by
 *					tabs: "PC NAME FILE:LINE NAME FILE:LINE ...", innermost
 *					first; "?" for what is not known
 *	  gosymbols_dump FILE depths	every stretch of code with the same stack depth:
 *					"PC BYTES"
 *	  gosymbols_dump FILE time	how long it takes to open, and to look up */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/unknown.h"
#include "goruntime/gosymbols.h"

static void print_number(uint64_t v)
{
	if (is_known(v))
		printf("%" PRIu64, v);
	else
		putchar('?');
}

static void print_frames(uint64_t pc, const struct code_frame *f, size_t n)
{
	printf("%" PRIx64, pc);
	for (size_t i = 0; i < n; i++) {
		printf("\t%.*s\t%.*s:", (int)f[i].function.len, f[i].function.at,
		       (int)f[i].file.len, f[i].file.at);
		print_number(f[i].line);
	}
	putchar('\n');
}

static bool same(const struct code_frame *a, size_t an, const struct code_frame *b, size_t bn)
{
	if (an != bn)
		return false;
	for (size_t i = 0; i < an; i++)
		if (a[i].function.at != b[i].function.at || a[i].file.at != b[i].file.at ||
		    a[i].line != b[i].line)
			return false;
	return true;
}

static void print_ranges(const struct gosymbols *g)
{
	struct code_frame now[CODE_FRAMES_MAX], last[CODE_FRAMES_MAX];

	for (size_t i = 0; i < gosymbols_count(g); i++) {
		uint64_t end = gosymbols_entry(g, i + 1);
		size_t last_n = 0;

		for (uint64_t pc = gosymbols_entry(g, i); pc < end; pc++) {
			size_t n = gosymbols_frames(g, pc, now, CODE_FRAMES_MAX);

			if (!same(now, n, last, last_n))
				print_frames(pc, now, n);
			memcpy(last, now, n * sizeof(now[0]));
			last_n = n;
		}
	}
}

static void print_depths(const struct gosymbols *g)
{
	for (size_t i = 0; i < gosymbols_count(g); i++) {
		uint64_t pc = gosymbols_entry(g, i), end = gosymbols_entry(g, i + 1);

		for (uint64_t last = 0, first = pc; pc < end; pc++) {
			uint64_t depth = gosymbols_sp_delta(g, pc);

			if (pc != first && depth == last)
				continue;
			printf("%" PRIx64 "\t", pc);
			print_number(depth);
			putchar('\n');
			last = depth;
		}
	}
}

static void print_functions(const struct gosymbols *g)
{
	struct code_frame f[CODE_FRAMES_MAX];

	for (size_t i = 0; i < gosymbols_count(g); i++) {
		uint64_t entry, end, pc = gosymbols_entry(g, i);
		size_t n = gosymbols_frames(g, pc, f, CODE_FRAMES_MAX);

		if (n && gosymbols_extent(g, pc, &entry, &end))
			printf("%" PRIx64 "\t%" PRIx64 "\t%.*s\n", entry, end,
			       (int)f[n - 1].function.len, f[n - 1].function.at);
	}
}

static void print_times(const struct gosymbols *g, uint64_t open_ns)
{
	struct code_frame f[CODE_FRAMES_MAX];
	uint64_t frame_count = 0, start_ns = clock_monotonic_ns();

	for (size_t i = 0; i < gosymbols_count(g); i++)
		frame_count += gosymbols_frames(g, gosymbols_entry(g, i), f, CODE_FRAMES_MAX);
	printf("open_ns %" PRIu64 "\nlookup_ns %" PRIu64 "\nlookups %zu\nframes %" PRIu64 "\n",
	       open_ns, clock_monotonic_ns() - start_ns, gosymbols_count(g), frame_count);
}

int main(int argc, char **argv)
{
	OWN_FD int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	const char *what = argc > 2 ? argv[2] : "";
	uint64_t start_ns = clock_monotonic_ns();
	struct gosymbols *g = NULL;
	struct elfimage image;
	struct err err = { 0 };

	if (fd < 0 || elfimage_open(&image, fd, &err) < 0) {
		fprintf(stderr, "cannot open the file: %s\n", err.what);
		return 2;
	}
	if (gosymbols_open(&g, &image, &err) < 0) {
		fprintf(stderr, "no Go symbols: %s\n", err.what);
		elfimage_close(&image);
		return 1;
	}
	if (strcmp(what, "ranges") == 0)
		print_ranges(g);
	else if (strcmp(what, "depths") == 0)
		print_depths(g);
	else if (strcmp(what, "time") == 0)
		print_times(g, clock_monotonic_ns() - start_ns);
	else
		print_functions(g);
	gosymbols_close(g);
	elfimage_close(&image);
	return 0;
}
