/* imagewatch.c - what the files with code are that the target maps. */
#include "imagewatch_internal.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "base/unknown.h"
#include "goruntime/buildid.h"

#define VDSO_BYTES_MAX 65536u

static size_t hash_of(struct text t)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < t.len; i++)
		h = (h ^ (unsigned char)t.at[i]) * 0x100000001b3;
	return (size_t)(h ^ h >> 32);
}

static size_t slot_of(const struct imagewatch *w, struct text path)
{
	size_t i = hash_of(path) & (w->capacity - 1);

	while (w->paths[i] && !text_is(path, w->paths[i]))
		i = (i + 1) & (w->capacity - 1);
	return i;
}

static void grow(struct imagewatch *w)
{
	struct imagewatch grown = { .capacity = w->capacity ? w->capacity * 2 : 64 };

	grown.paths = xcalloc(grown.capacity, sizeof(*grown.paths));
	for (size_t i = 0; i < w->capacity; i++)
		if (w->paths[i])
			grown.paths[slot_of(&grown, text_of(w->paths[i]))] = w->paths[i];
	free(w->paths);
	w->paths = grown.paths;
	w->capacity = grown.capacity;
}

/* True the first time. */
static bool remember(struct imagewatch *w, struct text path)
{
	size_t i;

	if (2 * w->count >= w->capacity)
		grow(w);
	i = slot_of(w, path);
	if (w->paths[i] || w->count == IMAGEWATCH_MAX)
		return false;
	w->paths[i] = xstrndup(path.at, path.len);
	w->count++;
	return true;
}

/* The name is the target's: opening a device can do things, a pipe can make us wait. */
static int open_file(const char *name)
{
	struct stat st;
	int fd;

	if (stat(name, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

static int open_of_process(uint64_t pid, struct text path)
{
	char name[PATH_MAX + 32];
	int fd, prefix;

	prefix = snprintf(name, sizeof(name), "/proc/%llu/root", (unsigned long long)pid);
	if (path.len >= PATH_MAX)
		return -ENAMETOOLONG;
	snprintf(name + prefix, sizeof(name) - (size_t)prefix, "%.*s", (int)path.len, path.at);
	fd = open_file(name);
	return fd == -ENOENT || fd == -EACCES ? open_file(name + prefix) : fd;
}

static void describe_file(struct event_image *image, struct buf *build_id, uint64_t pid)
{
	OWN_FD int fd = open_of_process(pid, image->path);
	struct elfimage elf;
	struct stat st;

	if (fd < 0) {
		image->detail = text_of(strerror(-fd));
		return;
	}
	if (fstat(fd, &st) == 0)
		image->file_bytes = (uint64_t)st.st_size;
	if (elfimage_open(&elf, fd, NULL) < 0) {
		image->detail = text_of("not an ELF file that can be read");
		return;
	}
	buildid_add(build_id, &elf);
	image->build_id = buf_text(build_id);
	elfimage_close(&elf);
}

/* Every process of this machine has the same vDSO, ours included (vdso(7)): a whole ELF file that
 * ends with its section headers. */
static struct text own_vdso(void)
{
	const char *at =
		(const char *)getauxval(AT_SYSINFO_EHDR); /* NOLINT(performance-no-int-to-ptr) */
	Elf64_Ehdr header;
	uint64_t bytes;

	if (!at)
		return (struct text){ 0 };
	memcpy(&header, at, sizeof(header));
	bytes = header.e_shoff + (uint64_t)header.e_shnum * header.e_shentsize;
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_shoff == 0 || bytes > VDSO_BYTES_MAX)
		return (struct text){ 0 };
	return (struct text){ at, (size_t)bytes };
}

void imagewatch_mapped(struct imagewatch *w, uint64_t pid, struct text path, imagewatch_sink *sink,
		       void *arg)
{
	struct event_image image = { .pid = pid, .path = path, .file_bytes = UNKNOWN_U64 };
	bool is_vdso = text_is(path, "[vdso]");
	struct buf build_id = { 0 };

	if ((!is_vdso && !text_starts(path, "/")) || !remember(w, path))
		return;
	if (is_vdso) {
		image.content = own_vdso();
		if (!image.content.len)
			image.detail = text_of("this machine's vDSO is no whole file");
	} else {
		describe_file(&image, &build_id, pid);
	}
	sink(arg, &image);
	buf_done(&build_id);
}

void imagewatch_done(struct imagewatch *w)
{
	for (size_t i = 0; i < w->capacity; i++)
		free(w->paths[i]);
	free(w->paths);
	*w = (struct imagewatch){ 0 };
}
