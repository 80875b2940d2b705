/* image.c - one ELF file and the sources of names in it, each made when it is first asked. */
#include "image_internal.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/unknown.h"
#include "cfi_internal.h"
#include "debugfile_internal.h"
#include "elfsyms_internal.h"
#include "goruntime/elfimage.h"
#include "goruntime/gosymbols.h"
#include "lines_internal.h"

#define LOADS_MAX	   64
#define GNU_ID_BYTES_MAX   64
#define GO_ID_BYTES_MAX	   256
#define GO_NOTE_BUILD_ID   4 /* cmd/internal/buildid: ELF_NOTE_GOBUILDID_TAG */
#define BUILD_ID_CHARS_MAX (3 + GO_ID_BYTES_MAX)

enum source {
	SOURCE_GO = 1,
	SOURCE_LINES = 2,
	SOURCE_SYMBOLS = 4,
	SOURCE_DEBUG_FILE = 8,
};

struct image {
	struct elfimage elf;
	char *copy; /* owned: its bytes, when they came from memory */
	struct elfsegment loads[LOADS_MAX];
	size_t load_count;
	char build_id[BUILD_ID_CHARS_MAX + 1];
	char folder[PATH_MAX]; /* where the file lies; "" when not known */

	unsigned tried; /* enum source: those that were opened, or found missing */
	struct gosymbols *go;
	struct lines *lines;
	struct elfsyms *symbols;
	struct elfimage debug; /* when has_debug */
	bool has_debug;
	struct cfi *cfi;
};

/* True once: when this source has not been tried before. */
static bool first_try(struct image *im, enum source source)
{
	bool first = !(im->tried & source);

	im->tried |= source;
	return first;
}

static void read_build_id(struct image *im)
{
	struct text id;

	if (elfimage_note(&id, &im->elf, "GNU", NT_GNU_BUILD_ID) && id.len > 0 &&
	    id.len <= GNU_ID_BYTES_MAX) {
		for (size_t i = 0; i < id.len; i++)
			snprintf(im->build_id + 2 * i, 3, "%02x", (unsigned char)id.at[i]);
		return;
	}
	if (!elfimage_note(&id, &im->elf, "Go", GO_NOTE_BUILD_ID) || id.len == 0 ||
	    id.len > GO_ID_BYTES_MAX)
		return;
	for (size_t i = 0; i < id.len; i++) {
		if (id.at[i] < ' ' || id.at[i] > '~')
			return;
	}
	snprintf(im->build_id, sizeof(im->build_id), "go:%.*s", (int)id.len, id.at);
}

static void read_loads(struct image *im)
{
	struct elfsegment seg;

	for (size_t i = 0; im->load_count < LOADS_MAX && elfimage_segment(&seg, &im->elf, i); i++) {
		uint64_t left;

		if (seg.type != PT_LOAD || seg.file_off >= im->elf.file.len)
			continue;
		left = im->elf.file.len - seg.file_off;
		seg.file_bytes = seg.file_bytes < left ? seg.file_bytes : left;
		if (seg.file_bytes <= UINT64_MAX - seg.vaddr)
			im->loads[im->load_count++] = seg;
	}
}

/* The folder of the file behind fd, as far as /proc tells it. */
static void read_folder(struct image *im, int fd)
{
	char link[64];
	char *slash;
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, im->folder, sizeof(im->folder) - 1);
	im->folder[len > 0 ? len : 0] = '\0';
	slash = strrchr(im->folder, '/');
	if (im->folder[0] != '/' || !slash)
		im->folder[0] = '\0';
	else
		*slash = '\0';
}

/* Take over elf, in im already. */
static int finish_open(struct image **ret, struct image *im, struct err *err)
{
	unsigned machine = im->elf.machine;

	if (im->elf.pointer_bytes != 8 || (machine != EM_X86_64 && machine != EM_AARCH64)) {
		image_close(im);
		return err_say(err, ENOEXEC, "an ELF file of a machine that is not known");
	}
	read_loads(im);
	read_build_id(im);
	*ret = im;
	return 0;
}

int image_open(struct image **ret, int fd, struct err *err)
{
	struct image *im = xcalloc(1, sizeof(*im));
	int rc = elfimage_open(&im->elf, fd, err);

	if (rc < 0) {
		free(im);
		return rc == -ENOEXEC ? err_say(err, ENOEXEC, "not an ELF file that can be read")
				      : rc;
	}
	read_folder(im, fd);
	return finish_open(ret, im, err);
}

int image_open_bytes(struct image **ret, struct text bytes, struct err *err)
{
	struct image *im;

	if (bytes.len == 0)
		return err_say(err, ENOEXEC, "not an ELF file that can be read");
	im = xcalloc(1, sizeof(*im));
	im->copy = xcalloc(1, bytes.len);
	memcpy(im->copy, bytes.at, bytes.len);
	if (elfimage_open_bytes(&im->elf, (struct text){ im->copy, bytes.len }) < 0) {
		free(im->copy);
		free(im);
		return err_say(err, ENOEXEC, "not an ELF file that can be read");
	}
	return finish_open(ret, im, err);
}

void image_close(struct image *im)
{
	if (!im)
		return;
	cfi_free(im->cfi);
	gosymbols_close(im->go);
	lines_free(im->lines);
	elfsyms_free(im->symbols);
	if (im->has_debug)
		elfimage_close(&im->debug);
	elfimage_close(&im->elf);
	free(im->copy);
	free(im);
}

struct text image_build_id(const struct image *im)
{
	return text_of(im->build_id);
}

bool image_vaddr_of(const struct image *im, uint64_t file_off, uint64_t *ret_vaddr)
{
	const struct elfsegment *found = NULL;

	/* segments may share a page of the file; the code is what is asked for */
	for (size_t i = 0; i < im->load_count; i++) {
		const struct elfsegment *seg = &im->loads[i];

		if (file_off >= seg->file_off && file_off - seg->file_off < seg->file_bytes &&
		    (!found || ((seg->flags & PF_X) && !(found->flags & PF_X))))
			found = seg;
	}
	if (found)
		*ret_vaddr = found->vaddr + (file_off - found->file_off);
	return found;
}

/* The bytes of a segment with none of these flags. */
static struct text bytes_at(const struct image *im, uint64_t vaddr, uint64_t len, unsigned without)
{
	for (size_t i = 0; i < im->load_count; i++) {
		const struct elfsegment *seg = &im->loads[i];
		uint64_t into = vaddr - seg->vaddr;

		if (vaddr >= seg->vaddr && into < seg->file_bytes &&
		    len <= seg->file_bytes - into && !(seg->flags & without))
			return (struct text){ im->elf.file.at + seg->file_off + into, (size_t)len };
	}
	return (struct text){ 0 };
}

struct text image_bytes_at(const struct image *im, uint64_t vaddr, uint64_t len)
{
	return bytes_at(im, vaddr, len, 0);
}

struct text image_constant_at(const struct image *im, uint64_t vaddr, uint64_t len)
{
	return bytes_at(im, vaddr, len, PF_W);
}

bool image_section(const struct image *im, const char *name, uint64_t *ret_vaddr,
		   struct text *ret_bytes)
{
	struct elfsection s;

	if (!elfimage_section(&s, &im->elf, name))
		return false;
	*ret_vaddr = s.vaddr;
	*ret_bytes = s.bytes;
	return true;
}

unsigned image_machine(const struct image *im)
{
	return im->elf.machine;
}

struct cfi *image_cfi(struct image *im)
{
	if (!im->cfi)
		im->cfi = cfi_new(&im->elf);
	return im->cfi;
}

static const struct gosymbols *go_of(struct image *im)
{
	if (first_try(im, SOURCE_GO) && gosymbols_open(&im->go, &im->elf, NULL) < 0)
		im->go = NULL;
	return im->go;
}

/* Its separate debug file; NULL when it has none. */
static const struct elfimage *debug_of(struct image *im)
{
	if (first_try(im, SOURCE_DEBUG_FILE))
		im->has_debug = debugfile_open(&im->debug, &im->elf, DEBUGFILE_ROOT, im->folder);
	return im->has_debug ? &im->debug : NULL;
}

static bool has_section(const struct elfimage *im, const char *name)
{
	struct elfsection s;

	return elfimage_section(&s, im, name);
}

static struct lines *lines_of(struct image *im)
{
	if (!first_try(im, SOURCE_LINES))
		return im->lines;
	im->lines = lines_new(&im->elf);
	if (!im->lines && debug_of(im))
		im->lines = lines_new(&im->debug);
	return im->lines;
}

static const struct elfsyms *symbols_of(struct image *im)
{
	if (first_try(im, SOURCE_SYMBOLS))
		im->symbols = elfsyms_new(&im->elf,
					  has_section(&im->elf, ".symtab") ? NULL : debug_of(im));
	return im->symbols;
}

bool image_is_go(struct image *im, uint64_t vaddr)
{
	return is_known(image_go_entry(im, vaddr));
}

uint64_t image_go_entry(struct image *im, uint64_t vaddr)
{
	const struct gosymbols *go = go_of(im);
	uint64_t entry, end;

	return go && gosymbols_extent(go, vaddr, &entry, &end) ? entry : UNKNOWN_U64;
}

uint64_t image_sp_delta(struct image *im, uint64_t vaddr)
{
	const struct gosymbols *go = go_of(im);

	return go ? gosymbols_sp_delta(go, vaddr) : UNKNOWN_U64;
}

size_t image_frames(struct image *im, uint64_t vaddr, struct code_frame *out, size_t max)
{
	const struct gosymbols *go = go_of(im);
	size_t n = go ? gosymbols_frames(go, vaddr, out, max) : 0;
	struct lines *lines;

	if (n > 0 || max == 0 || image_is_go(im, vaddr))
		return n;
	lines = lines_of(im);
	n = lines ? lines_frames(lines, vaddr, out, max) : 0;
	if (n > 0 && out[n - 1].function.len > 0)
		return n;
	if (n == 0)
		out[0] = (struct code_frame){ .line = UNKNOWN_U64, .start_line = UNKNOWN_U64 };
	/* assembly has lines and no functions in its DWARF; most libraries have no DWARF */
	out[n > 0 ? n - 1 : 0].function = elfsyms_name(symbols_of(im), vaddr);
	return n > 0 || out[0].function.len > 0 ? (n > 0 ? n : 1) : 0;
}
