/* debugfile.c - look in the two places. */
#include "debugfile_internal.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <zlib.h>

#include "base/cursor.h"
#include "base/own.h"

#define BUILD_ID_BYTES_MAX 64

/* A regular file only: opening anything else could wait. */
static bool open_elf(struct elfimage *ret, const char *path)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd >= 0 && elfimage_open(ret, fd, NULL) == 0;
}

static bool by_build_id(struct elfimage *ret, const struct elfimage *im, const char *root)
{
	char path[PATH_MAX], hex[2 * BUILD_ID_BYTES_MAX + 1];
	struct text id, found;
	int len;

	if (!elfimage_note(&id, im, "GNU", NT_GNU_BUILD_ID) || id.len < 2 ||
	    id.len > BUILD_ID_BYTES_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)id.at[i]);
	len = snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s.debug", root, hex, hex + 2);
	if (len < 0 || (size_t)len >= sizeof(path) || !open_elf(ret, path))
		return false;
	if (elfimage_note(&found, ret, "GNU", NT_GNU_BUILD_ID) && found.len == id.len &&
	    memcmp(found.at, id.at, id.len) == 0)
		return true;
	elfimage_close(ret);
	return false;
}

/* .gnu_debuglink: a name, NUL, padding to 4 bytes, the CRC-32 of the file (that of zlib). */
static bool read_link(const struct elfimage *im, struct text *ret_name, uint32_t *ret_crc)
{
	struct elfsection s;
	struct cursor c;

	if (!elfimage_section(&s, im, ".gnu_debuglink"))
		return false;
	ret_name->at = s.bytes.at;
	ret_name->len = strnlen(s.bytes.at, s.bytes.len);
	c = cursor_over(s.bytes.at, s.bytes.len);
	cursor_bytes(&c, (ret_name->len / 4 + 1) * 4);
	*ret_crc = (uint32_t)cursor_uint(&c, 4);
	return !c.bad && ret_name->len > 0 && ret_name->len <= NAME_MAX &&
	       !memchr(ret_name->at, '/', ret_name->len) && ret_name->at[0] != '.';
}

static bool by_link(struct elfimage *ret, const struct elfimage *im, const char *root,
		    const char *folder)
{
	char path[PATH_MAX];
	struct text name;
	uint32_t crc;
	int len;

	if (!folder[0] || !read_link(im, &name, &crc))
		return false;
	len = snprintf(path, sizeof(path), "%s%s/%.*s", root, folder, (int)name.len, name.at);
	if (len < 0 || (size_t)len >= sizeof(path) || !open_elf(ret, path))
		return false;
	if (crc32_z(0, (const void *)ret->file.at, ret->file.len) == crc)
		return true;
	elfimage_close(ret);
	return false;
}

bool debugfile_open(struct elfimage *ret, const struct elfimage *im, const char *root,
		    const char *folder)
{
	struct elfimage found;

	if (!by_build_id(&found, im, root) && !by_link(&found, im, root, folder))
		return false;
	*ret = found;
	return true;
}
