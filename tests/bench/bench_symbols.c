/* bench_symbols.c - how fast a binary's symbols are there, and how fast addresses are named.
 * usage: bench_symbols BINARY
 * Prints "first_ns N", the least of some tries to open the file and name one function; and
 * "lookups_per_second N", frames named per second of places that were named before. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/locations_internal.h"
#include "base/clock.h"
#include "base/own.h"
#include "base/unknown.h"
#include "goruntime/gosymbols.h"
#include "symbols/image.h"

#define TRIES	 9
#define PLACES	 20000u
#define ROUNDS	 200u
#define BASE_PID 1

/* Up to PLACES entries of functions, spread over the whole program. */
static size_t pick_places(const char *path, uint64_t *places)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct elfimage elf;
	struct gosymbols *g = NULL;
	size_t count = 0, all;

	if (fd < 0 || elfimage_open(&elf, fd, NULL) < 0)
		return 0;
	if (gosymbols_open(&g, &elf, NULL) == 0) {
		all = gosymbols_count(g);
		for (; count < PLACES && count < all; count++)
			places[count] =
				gosymbols_entry(g, count * (all > PLACES ? all / PLACES : 1)) + 1;
	}
	gosymbols_close(g);
	elfimage_close(&elf);
	return count;
}

static uint64_t first_ns(const char *path, uint64_t place)
{
	struct code_frame frames[CODE_FRAMES_MAX];
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
		uint64_t start = clock_monotonic_ns(), took;
		struct image *im = NULL;

		if (fd < 0 || image_open(&im, fd, NULL) < 0 ||
		    image_frames(im, place, frames, CODE_FRAMES_MAX) == 0) {
			image_close(im);
			return UNKNOWN_U64;
		}
		took = clock_monotonic_ns() - start;
		least = took < least ? took : least;
		image_close(im);
	}
	return least;
}

/* Addresses in the process are those of the file here: it is mapped where it is linked to be. */
static double lookups_per_second(const char *path, const uint64_t *places, size_t count)
{
	struct locations l;
	uint64_t frames = 0, start;

	locations_init(&l, NULL);
	space_map(l.space, BASE_PID, (struct space_range){ 0x400000, 1u << 30, 0 }, text_of(path));
	for (size_t i = 0; i < count; i++)
		locations_at(&l, BASE_PID, places[i], false);
	start = clock_monotonic_ns();
	for (unsigned r = 0; r < ROUNDS; r++)
		for (size_t i = 0; i < count; i++) {
			uint32_t at = locations_at(&l, BASE_PID, places[i * 7919 % count], false);
			const struct profile_location *where = &(
				(const struct profile_location *)(const void *)l.locations.at)[at];

			frames += where->line_count;
		}
	start = clock_monotonic_ns() - start;
	locations_done(&l);
	return (double)frames * 1e9 / (double)start;
}

int main(int argc, char **argv)
{
	uint64_t *places = xcalloc(PLACES, sizeof(*places));
	size_t count = argc > 1 ? pick_places(argv[1], places) : 0;
	uint64_t first = count ? first_ns(argv[1], places[count / 2]) : UNKNOWN_U64;

	if (!is_known(first)) {
		fprintf(stderr, "usage: bench_symbols BINARY (a Go program)\n");
		return 2;
	}
	printf("first_ns %" PRIu64 "\nlookups_per_second %.0f\n", first,
	       lookups_per_second(argv[1], places, count));
	free(places);
	return 0;
}
