/* plt.c - a stub is read as the code it is: it jumps through a slot, and the relocation of that
 * slot has the name. So no order of stubs and relocations is assumed.
 *
 * x86-64 psABI 1.0, section 5.2: "jmp *slot(%rip)" is ff 25 disp32, behind endbr64 or bnd (f2) in
 * .plt.sec. arm64: "adrp x16, page; ldr x17, [x16, offset]" (AAELF64, appendix on PLTs). */
#include "plt_internal.h"

#include <elf.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"

#define STUBS_MAX      65536 /* of each section */
#define RELOC_BYTES    24    /* Elf64_Rela */
#define SYM_BYTES      24    /* Elf64_Sym */
#define NAME_BYTES_MAX 4096

struct reloc {
	uint64_t slot;
	uint64_t symbol;
};

static int compare_relocs(const void *a, const void *b)
{
	const struct reloc *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return (x->symbol > y->symbol) - (x->symbol < y->symbol);
}

static bool is_slot_type(unsigned machine, uint64_t type)
{
	if (machine == EM_X86_64)
		return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
	return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT;
}

static void read_relocs(struct buf *relocs, const struct elfimage *im, const char *section)
{
	struct elfsection s;
	struct cursor c;

	if (!elfimage_section(&s, im, section))
		return;
	c = cursor_over(s.bytes.at, s.bytes.len);
	while (cursor_left(&c) >= RELOC_BYTES) {
		struct reloc r = { .slot = cursor_uint(&c, 8) };
		uint64_t info = cursor_uint(&c, 8);

		cursor_uint(&c, 8);
		r.symbol = ELF64_R_SYM(info);
		if (r.symbol != 0 && is_slot_type(im->machine, ELF64_R_TYPE(info)))
			buf_add(relocs, &r, sizeof(r));
	}
}

static const struct reloc *find_reloc(const struct buf *relocs, uint64_t slot)
{
	const struct reloc *at = (const void *)relocs->at;
	size_t low = 0, high = relocs->len / sizeof(*at);

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (at[mid].slot < slot)
			low = mid + 1;
		else
			high = mid;
	}
	return low < relocs->len / sizeof(*at) && at[low].slot == slot ? at + low : NULL;
}

static bool slot_of_x86_64(uint64_t *ret, uint64_t vaddr, struct text code)
{
	for (size_t i = 0; i + 6 <= code.len && i <= 8; i++) {
		struct cursor c = cursor_over(code.at + i, code.len - i);

		if (cursor_uint(&c, 2) != 0x25ff)
			continue;
		*ret = vaddr + i + 6 + (uint64_t)(int64_t)(int32_t)cursor_uint(&c, 4);
		return true;
	}
	return false;
}

static bool slot_of_aarch64(uint64_t *ret, uint64_t vaddr, struct text code)
{
	struct cursor c = cursor_over(code.at, code.len);
	uint32_t adrp = (uint32_t)cursor_uint(&c, 4), ldr;
	int64_t pages;

	if (adrp == 0xd503245f) { /* bti c */
		adrp = (uint32_t)cursor_uint(&c, 4);
		vaddr += 4;
	}
	ldr = (uint32_t)cursor_uint(&c, 4);
	if (c.bad || (adrp & 0x9f00001f) != 0x90000010 || (ldr & 0xffc003ff) != 0xf9400211)
		return false;
	pages = (int64_t)((uint64_t)(adrp >> 5 & 0x7ffff) << 45) >> 43; /* immhi, sign extended */
	pages |= adrp >> 29 & 3;
	*ret = (vaddr & ~(uint64_t)0xfff) + (uint64_t)pages * 4096 +
	       (uint64_t)(ldr >> 10 & 0xfff) * 8;
	return true;
}

struct plt {
	const struct elfimage *im;
	struct buf relocs;	    /* of struct reloc, by slot */
	struct text symbols, names; /* .dynsym, .dynstr */
	plt_stub *stub;
	void *arg;
};

/* The name of a symbol of .dynsym. */
static struct text symbol_name(const struct plt *p, uint64_t symbol)
{
	struct cursor c;
	uint64_t at;
	size_t left;

	if (symbol >= p->symbols.len / SYM_BYTES)
		return (struct text){ 0 };
	c = cursor_over(p->symbols.at + symbol * SYM_BYTES, SYM_BYTES);
	at = cursor_uint(&c, 4);
	if (at >= p->names.len)
		return (struct text){ 0 };
	left = p->names.len - (size_t)at;
	left = left < NAME_BYTES_MAX ? left : NAME_BYTES_MAX;
	return (struct text){ .at = p->names.at + at, .len = strnlen(p->names.at + at, left) };
}

/* Stubs of .plt.got are of 8 bytes where they begin with the jump itself. */
static size_t stub_bytes_of(struct text section, const char *name)
{
	bool is_short = strcmp(name, ".plt.got") == 0 && text_starts(section, "\xff\x25");

	return is_short ? 8 : 16;
}

static void each_of(const struct plt *p, const char *section)
{
	struct elfsection s;
	size_t stub_bytes;

	if (!elfimage_section(&s, p->im, section))
		return;
	stub_bytes = stub_bytes_of(s.bytes, section);
	for (size_t i = 0; i < STUBS_MAX && (i + 1) * stub_bytes <= s.bytes.len; i++) {
		uint64_t vaddr = s.vaddr + i * stub_bytes, slot = 0;
		struct text code = { s.bytes.at + i * stub_bytes, stub_bytes }, name = { 0 };
		bool found = p->im->machine == EM_X86_64 ? slot_of_x86_64(&slot, vaddr, code)
							 : slot_of_aarch64(&slot, vaddr, code);
		const struct reloc *r = found ? find_reloc(&p->relocs, slot) : NULL;

		if (r)
			name = symbol_name(p, r->symbol);
		if (name.len)
			p->stub(p->arg, vaddr, vaddr + stub_bytes, name);
	}
}

void plt_each(const struct elfimage *im, plt_stub *stub, void *arg)
{
	struct plt p = { .im = im, .stub = stub, .arg = arg };
	struct elfsection symbols, names;

	if (!elfimage_section(&symbols, im, ".dynsym") || !elfimage_section(&names, im, ".dynstr"))
		return;
	p.symbols = symbols.bytes;
	p.names = names.bytes;
	read_relocs(&p.relocs, im, ".rela.plt");
	read_relocs(&p.relocs, im, ".rela.dyn");
	if (p.relocs.len) {
		qsort(p.relocs.at, p.relocs.len / sizeof(struct reloc), sizeof(struct reloc),
		      compare_relocs);
		each_of(&p, ".plt");
		each_of(&p, ".plt.sec");
		each_of(&p, ".plt.got");
	}
	buf_done(&p.relocs);
}
