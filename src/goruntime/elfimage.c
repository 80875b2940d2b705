/* elfimage.c - bounded slices of an ELF file. libelf reads the headers; the bytes are sliced here.
 */
#include "goruntime/elfimage.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>

#include "base/cursor.h"

#define RELA64_BYTES 24 /* Elf64_Rela: r_offset, r_info, r_addend */

/* Linux loads no program with more than 64 KiB of program headers (fs/binfmt_elf.c,
 * load_elf_phdrs). */
#define SEGMENTS_MAX (65536 / 56)

/* Overlapping sections of a made-up file could be searched for ever: bytes that are searched at
 * most, and altogether no more than the file has. */
#define RELOCS_SEARCHED (256U << 20) /* altogether */
#define NOTES_SEARCHED	(64U << 10)  /* of each section or segment */

static struct text slice(struct text file, uint64_t off, uint64_t len)
{
	if (off > file.len || len > file.len - off)
		return (struct text){ 0 };
	return (struct text){ .at = file.at + off, .len = (size_t)len };
}

/* Own elf, which may be NULL. */
static int take_elf(struct elfimage *ret, Elf *elf)
{
	struct elfimage im = { .elf = elf };
	GElf_Ehdr header;
	size_t len = 0;

	if (!elf)
		return -ENOEXEC;
	im.file.at = elf_rawfile(im.elf, &len);
	im.file.len = len;
	if (elf_kind(im.elf) != ELF_K_ELF || !im.file.at || !gelf_getehdr(im.elf, &header) ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    elf_getphdrnum(im.elf, &im.segment_count) < 0) {
		elfimage_close(&im);
		return -ENOEXEC;
	}
	if (im.segment_count > SEGMENTS_MAX)
		im.segment_count = SEGMENTS_MAX;
	im.pointer_bytes = header.e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	im.machine = header.e_machine;
	*ret = im;
	return 0;
}

int elfimage_open(struct elfimage *ret, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "cannot look at the executable");
	if (!S_ISREG(st.st_mode) || elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	return take_elf(ret, elf_begin(fd, ELF_C_READ_MMAP, NULL));
}

int elfimage_open_bytes(struct elfimage *ret, struct text bytes)
{
	if (bytes.len == 0 || elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	/* libelf writes nothing into the bytes of a file that it was not told to change */
	return take_elf(ret, elf_memory((char *)bytes.at, bytes.len));
}

void elfimage_close(struct elfimage *im)
{
	elf_end(im->elf);
	*im = (struct elfimage){ 0 };
}

static bool segment_at(GElf_Phdr *ret, const struct elfimage *im, size_t i)
{
	return i < im->segment_count && i <= INT32_MAX && gelf_getphdr(im->elf, (int)i, ret);
}

bool elfimage_segment(struct elfsegment *ret, const struct elfimage *im, size_t index)
{
	GElf_Phdr ph;

	if (!segment_at(&ph, im, index))
		return false;
	*ret = (struct elfsegment){ .type = ph.p_type,
				    .flags = ph.p_flags,
				    .vaddr = ph.p_vaddr,
				    .file_off = ph.p_offset,
				    .file_bytes = ph.p_filesz };
	return true;
}

bool elfimage_section(struct elfsection *ret, const struct elfimage *im, const char *name)
{
	size_t names;

	if (elf_getshdrstrndx(im->elf, &names) < 0)
		return false;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(im->elf, scn));) {
		GElf_Shdr sh;
		const char *found;
		struct text bytes;

		if (!gelf_getshdr(scn, &sh))
			continue;
		found = elf_strptr(im->elf, names, sh.sh_name);
		if (!found || strcmp(found, name) != 0)
			continue;
		if (sh.sh_type == SHT_NOBITS || (sh.sh_flags & SHF_COMPRESSED))
			return false;
		bytes = slice(im->file, sh.sh_offset, sh.sh_size);
		if (bytes.len != sh.sh_size)
			return false;
		*ret = (struct elfsection){ .vaddr = sh.sh_addr, .bytes = bytes };
		return true;
	}
	return false;
}

/* .zdebug_*: "ZLIB" and the size as a big-endian number of 8 bytes (Go's debug/elf/file.go). */
static uint64_t zdebug_bytes(struct text bytes)
{
	uint64_t v = 0;

	if (bytes.len < 12 || memcmp(bytes.at, "ZLIB", 4) != 0)
		return 0;
	for (size_t i = 4; i < 12; i++)
		v = v << 8 | (unsigned char)bytes.at[i];
	return v;
}

uint64_t elfimage_unpacked_bytes(const struct elfimage *im)
{
	uint64_t sum = 0;
	size_t names;

	if (elf_getshdrstrndx(im->elf, &names) < 0)
		return 0;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(im->elf, scn));) {
		GElf_Shdr sh;
		GElf_Chdr chdr;
		const char *name;
		uint64_t one = 0;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(im->elf, names, sh.sh_name);
		if (sh.sh_flags & SHF_COMPRESSED)
			one = gelf_getchdr(scn, &chdr) ? chdr.ch_size : 0;
		else if (name && strncmp(name, ".zdebug", 7) == 0)
			one = zdebug_bytes(slice(im->file, sh.sh_offset, sh.sh_size));
		if (one > UINT64_MAX - sum)
			return UINT64_MAX;
		sum += one;
	}
	return sum;
}

struct text elfimage_section_data(const struct elfimage *im, const char *name)
{
	size_t names;

	if (elf_getshdrstrndx(im->elf, &names) < 0)
		return (struct text){ 0 };
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(im->elf, scn));) {
		GElf_Shdr sh;
		const char *found;
		Elf_Data *data;

		if (!gelf_getshdr(scn, &sh))
			continue;
		found = elf_strptr(im->elf, names, sh.sh_name);
		if (!found || strcmp(found, name) != 0)
			continue;
		data = elf_getdata(scn, NULL);
		if (!data || !data->d_buf)
			break;
		return (struct text){ .at = data->d_buf, .len = data->d_size };
	}
	return (struct text){ 0 };
}

bool elfimage_data_segment(struct elfsection *ret, const struct elfimage *im, size_t index,
			   size_t cap)
{
	GElf_Phdr ph;

	for (size_t i = 0; segment_at(&ph, im, i); i++) {
		uint64_t len = ph.p_filesz < cap ? ph.p_filesz : cap;

		if (ph.p_type != PT_LOAD || !(ph.p_flags & PF_W) || index-- > 0)
			continue;
		*ret = (struct elfsection){ .vaddr = ph.p_vaddr,
					    .bytes = slice(im->file, ph.p_offset, len) };
		return true;
	}
	return false;
}

struct text elfimage_bytes_at(const struct elfimage *im, uint64_t vaddr, uint64_t len)
{
	GElf_Phdr ph;

	for (size_t i = 0; segment_at(&ph, im, i); i++) {
		uint64_t into = vaddr - ph.p_vaddr;

		if (ph.p_type != PT_LOAD || vaddr < ph.p_vaddr || into > ph.p_filesz ||
		    len > ph.p_filesz - into || into > UINT64_MAX - ph.p_offset)
			continue;
		return slice(im->file, ph.p_offset + into, len);
	}
	return (struct text){ 0 };
}

static uint64_t number_of(struct text t)
{
	struct cursor c = cursor_over(t.at, t.len);

	return t.len >= 1 && t.len <= 8 ? cursor_uint(&c, t.len) : 0;
}

static bool each_in(struct text table, uint64_t relative_type, elfimage_relocate *relocate,
		    void *arg)
{
	struct cursor c = cursor_over(table.at, table.len);

	while (cursor_left(&c) >= RELA64_BYTES) {
		uint64_t offset = cursor_uint(&c, 8);
		uint64_t info = cursor_uint(&c, 8);
		uint64_t addend = cursor_uint(&c, 8);

		if (ELF64_R_TYPE(info) == relative_type && !relocate(arg, offset, addend))
			return false;
	}
	return true;
}

void elfimage_each_relative(const struct elfimage *im, elfimage_relocate *relocate, void *arg)
{
	GElf_Ehdr header;
	uint64_t type = 0, left = im->file.len < RELOCS_SEARCHED ? im->file.len : RELOCS_SEARCHED;

	if (!gelf_getehdr(im->elf, &header) || im->pointer_bytes != 8)
		return;
	if (header.e_machine == EM_X86_64)
		type = R_X86_64_RELATIVE;
	else if (header.e_machine == EM_AARCH64)
		type = R_AARCH64_RELATIVE;
	else
		return;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(im->elf, scn));) {
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_RELA ||
		    !(sh.sh_flags & SHF_ALLOC) || sh.sh_size > left)
			continue;
		left -= sh.sh_size;
		if (!each_in(slice(im->file, sh.sh_offset, sh.sh_size), type, relocate, arg))
			return;
	}
}

struct word {
	uint64_t vaddr, value;
};

static bool note_word(void *arg, uint64_t vaddr, uint64_t value)
{
	struct word *w = arg;

	if (vaddr != w->vaddr || value == 0)
		return true;
	w->value = value;
	return false;
}

static uint64_t relocated_at(const struct elfimage *im, uint64_t vaddr)
{
	struct word w = { vaddr, 0 };

	elfimage_each_relative(im, note_word, &w);
	return w.value;
}

uint64_t elfimage_pointer_at(const struct elfimage *im, uint64_t vaddr, size_t width_bytes)
{
	uint64_t v = number_of(elfimage_bytes_at(im, vaddr, width_bytes));

	return v || width_bytes != 8 ? v : relocated_at(im, vaddr);
}

static bool symbol_in(uint64_t *ret_vaddr, const struct elfimage *im, Elf_Scn *scn,
		      const char *name)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Shdr sh;
	GElf_Sym sym;

	if (!data || !gelf_getshdr(scn, &sh))
		return false;
	for (int i = 0; gelf_getsym(data, i, &sym); i++) {
		const char *found = elf_strptr(im->elf, sh.sh_link, sym.st_name);

		if (found && strcmp(found, name) == 0) {
			*ret_vaddr = sym.st_value;
			return true;
		}
	}
	return false;
}

bool elfimage_symbol(uint64_t *ret_vaddr, const struct elfimage *im, const char *name)
{
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(im->elf, scn));) {
		GElf_Shdr sh;

		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_SYMTAB &&
		    symbol_in(ret_vaddr, im, scn, name))
			return true;
	}
	return false;
}

static void take_padding(struct cursor *c, uint64_t len)
{
	uint64_t pad = -len & 3;

	cursor_bytes(c, cursor_left(c) < pad ? cursor_left(c) : (size_t)pad);
}

/* Notes: name size, content size, type, name and content each padded to 4 bytes (elf(5)). */
static bool note_in(struct text *ret, struct text bytes, const char *owner, uint32_t type)
{
	struct cursor c = cursor_over(bytes.at, bytes.len);

	while (cursor_left(&c) > 0) {
		uint64_t name_len = cursor_uint(&c, 4);
		uint64_t content_len = cursor_uint(&c, 4);
		uint64_t note_type = cursor_uint(&c, 4);
		struct text name = cursor_bytes(&c, (size_t)name_len), content;

		take_padding(&c, name_len);
		content = cursor_bytes(&c, (size_t)content_len);
		take_padding(&c, content_len);
		if (c.bad)
			return false;
		while (name.len && name.at[name.len - 1] == '\0')
			name.len--;
		if (note_type == type && text_is(name, owner)) {
			*ret = content;
			return true;
		}
	}
	return false;
}

/* The bytes of one section or segment of notes that are searched. */
static struct text searched(uint64_t *left, struct text bytes)
{
	if (bytes.len > NOTES_SEARCHED)
		bytes.len = NOTES_SEARCHED;
	if (bytes.len > *left)
		bytes.len = (size_t)*left;
	*left -= bytes.len;
	return bytes;
}

bool elfimage_note(struct text *ret, const struct elfimage *im, const char *owner, uint32_t type)
{
	uint64_t left = im->file.len;
	GElf_Phdr ph;

	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(im->elf, scn));) {
		GElf_Shdr sh;

		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_NOTE &&
		    note_in(ret, searched(&left, slice(im->file, sh.sh_offset, sh.sh_size)), owner,
			    type))
			return true;
	}
	for (size_t i = 0; segment_at(&ph, im, i); i++) {
		if (ph.p_type == PT_NOTE &&
		    note_in(ret, searched(&left, slice(im->file, ph.p_offset, ph.p_filesz)), owner,
			    type))
			return true;
	}
	return false;
}
