/* image_build.h - ELF files for tests: C sources through the compiler, programs asked for the
 * truth.
 */
#ifndef TESTS_IMAGE_BUILD_H
#define TESTS_IMAGE_BUILD_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "symbols/image.h"

/* A folder of its own for each test program, "" when there is no compiler; removed by
 * image_build_end. */
static inline const char *image_build_begin(char *dir, size_t cap)
{
	const char *tmp = getenv("TMPDIR");

	dir[0] = '\0';
	if (system("cc --version >/dev/null 2>&1") != 0)
		return dir;
	snprintf(dir, cap, "%s/gctide-test-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		dir[0] = '\0';
	return dir;
}

static inline void image_build_end(const char *dir)
{
	char command[512];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (dir[0] && system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", dir);
}

/* Run a command in dir; its status. */
static inline int __attribute__((format(printf, 2, 3)))
run_in(const char *dir, const char *fmt, ...)
{
	char command[4096];
	int used = snprintf(command, sizeof(command), "cd '%s' && ", dir);
	va_list args;

	va_start(args, fmt);
	vsnprintf(command + used, sizeof(command) - (size_t)used, fmt, args);
	va_end(args);
	return system(command);
}

static inline void write_file(const char *dir, const char *name, const char *content)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	{
		OWN_FILE FILE *f = fopen(path, "we");

		if (!f || fputs(content, f) < 0)
			abort();
	}
}

/* NULL when it cannot be opened. */
static inline struct image *open_image(const char *dir, const char *name)
{
	char path[512];
	struct image *im = NULL;
	struct err err = { 0 };

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	{
		OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || image_open(&im, fd, &err) < 0)
			fprintf(stderr, "%s: %s\n", path, err.what);
	}
	return im;
}

/* The address of a symbol by nm; 0 when it is not there. */
static inline uint64_t address_of(const char *dir, const char *file, const char *symbol)
{
	char command[1024], line[512], name[256];
	uint64_t found = 0;
	FILE *p;

	snprintf(command, sizeof(command), "nm '%s/%s'", dir, file);
	p = popen(command, "re");
	while (p && fgets(line, sizeof(line), p)) {
		unsigned long long at;

		if (sscanf(line, "%llx %*c %255s", &at, name) == 2 && strcmp(name, symbol) == 0)
			found = at;
	}
	if (p)
		pclose(p);
	return found;
}

#endif
