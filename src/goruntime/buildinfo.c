/* buildinfo.c - the Go linker's blob: version and module text. */
#include "goruntime/buildinfo.h"

#include "base/cursor.h"

#define ALIGN_BYTES	  16
#define HEADER_BYTES	  32
#define MAGIC		  "\xff Go buildinf:"
#define MAGIC_BYTES	  14
#define FLAG_BIG_ENDIAN	  1
#define FLAG_INLINE	  2
#define SENTINEL_BYTES	  16 /* before and after the module text (cmd/go modload.ModInfoData) */
#define VERSION_MAX_BYTES 256

/* Where the blob begins, or bytes.len. */
static size_t find_magic(struct text bytes, uint64_t vaddr)
{
	size_t at = (size_t)(-vaddr & (ALIGN_BYTES - 1));

	for (; at <= bytes.len && bytes.len - at >= HEADER_BYTES; at += ALIGN_BYTES) {
		if (memcmp(bytes.at + at, MAGIC, MAGIC_BYTES) == 0)
			return at;
	}
	return bytes.len;
}

/* encoding/binary.Uvarint */
static uint64_t take_uvarint(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint64_t b = cursor_uint(c, 1);

		v |= (b & 0x7f) << shift;
		if (b < 0x80)
			return v;
	}
	c->bad = true;
	return 0;
}

static struct text take_string(struct cursor *c)
{
	uint64_t len = take_uvarint(c);

	return cursor_bytes(c, len > SIZE_MAX ? SIZE_MAX : (size_t)len);
}

/* A Go string {pointer, length} at vaddr. */
static struct text string_at(const struct buildinfo_memory *m, uint64_t vaddr, size_t width_bytes)
{
	uint64_t data = m->pointer_at(m->arg, vaddr, width_bytes);
	struct text len_bytes = m->bytes_at(m->arg, vaddr + width_bytes, width_bytes);
	struct cursor c = cursor_over(len_bytes.at, len_bytes.len);
	uint64_t len = cursor_uint(&c, width_bytes);

	if (data == 0 || c.bad)
		return (struct text){ 0 };
	return m->bytes_at(m->arg, data, len);
}

static enum buildinfo_status decode_pointers(struct buildinfo *b, uint64_t blob, size_t width_bytes,
					     const struct buildinfo_memory *m)
{
	uint64_t version, modinfo;

	if (!m || (width_bytes != 4 && width_bytes != 8))
		return BUILDINFO_BROKEN;
	version = m->pointer_at(m->arg, blob + 16, width_bytes);
	modinfo = m->pointer_at(m->arg, blob + 16 + width_bytes, width_bytes);
	if (version)
		b->version = string_at(m, version, width_bytes);
	if (modinfo)
		b->modinfo = string_at(m, modinfo, width_bytes);
	return b->version.len ? BUILDINFO_OK : BUILDINFO_UNLINKED;
}

static enum buildinfo_status decode_inline(struct buildinfo *b, struct text blob)
{
	struct cursor c = cursor_over(blob.at + HEADER_BYTES, blob.len - HEADER_BYTES);

	b->version = take_string(&c);
	b->modinfo = take_string(&c);
	return c.bad || b->version.len == 0 ? BUILDINFO_BROKEN : BUILDINFO_OK;
}

/* The module text lies between two 16-byte marks and ends in a newline (debug/buildinfo). */
static struct text strip_sentinels(struct text modinfo)
{
	if (modinfo.len < 2 * SENTINEL_BYTES + 1 ||
	    modinfo.at[modinfo.len - SENTINEL_BYTES - 1] != '\n')
		return (struct text){ 0 };
	return (struct text){ .at = modinfo.at + SENTINEL_BYTES,
			      .len = modinfo.len - (size_t)2 * SENTINEL_BYTES };
}

/* A version is one line of printable text: anything else is not a version, whatever the flags said.
 */
static bool is_version(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (t.at[i] < ' ' || t.at[i] > '~')
			return false;
	}
	return t.len > 0 && t.len <= VERSION_MAX_BYTES;
}

enum buildinfo_status buildinfo_decode(struct buildinfo *ret, struct text bytes, uint64_t vaddr,
				       const struct buildinfo_memory *memory)
{
	size_t at = find_magic(bytes, vaddr);
	struct buildinfo b = { 0 };
	enum buildinfo_status status;
	struct text blob;
	unsigned flags;

	if (at == bytes.len)
		return BUILDINFO_NONE;
	blob = (struct text){ .at = bytes.at + at, .len = bytes.len - at };
	flags = (unsigned char)blob.at[15];
	if (flags & FLAG_INLINE)
		status = decode_inline(&b, blob);
	else if (flags & FLAG_BIG_ENDIAN)
		status = BUILDINFO_BROKEN; /* no big-endian machine is supported */
	else
		status = decode_pointers(&b, vaddr + at, (unsigned char)blob.at[14], memory);
	if (status != BUILDINFO_OK)
		return status;
	if (!is_version(b.version))
		return BUILDINFO_BROKEN;
	b.modinfo = strip_sentinels(b.modinfo);
	*ret = b;
	return BUILDINFO_OK;
}

/* Take the next line off *rest. */
static bool take_line(struct text *ret, struct text *rest)
{
	const char *newline;

	if (rest->len == 0)
		return false;
	newline = memchr(rest->at, '\n', rest->len);
	ret->at = rest->at;
	ret->len = newline ? (size_t)(newline - rest->at) : rest->len;
	rest->at += ret->len + (newline ? 1 : 0);
	rest->len -= ret->len + (newline ? 1 : 0);
	return true;
}

/* What stands behind "FRONT KEY SEPARATOR" in the first line that begins so. */
static bool find_behind(struct text *ret, struct text modinfo, const char *front, const char *key,
			char separator)
{
	size_t front_len = strlen(front), len = front_len + strlen(key);
	struct text line;

	while (take_line(&line, &modinfo)) {
		if (line.len <= len || line.at[len] != separator || !text_starts(line, front) ||
		    memcmp(line.at + front_len, key, len - front_len) != 0)
			continue;
		*ret = (struct text){ .at = line.at + len + 1, .len = line.len - len - 1 };
		return true;
	}
	return false;
}

bool buildinfo_setting(struct text *ret, struct text modinfo, const char *key)
{
	return find_behind(ret, modinfo, "build\t", key, '=');
}

bool buildinfo_line(struct text *ret, struct text modinfo, const char *key)
{
	return find_behind(ret, modinfo, "", key, '\t');
}
