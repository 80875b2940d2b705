/* cfi.c - find the entry of an address: by the search table of .eh_frame_hdr, or by an index made
 * of all entries, once. */
#include "cfi_internal.h"

#include <dwarf.h>
#include <elf.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "leb_internal.h"

#define ENTRIES_MAX	 (4U << 20)
#define AUGMENTATION_MAX 16
#define PE_FORMAT	 0x0f
#define PE_BASE		 0x70
#define HDR_TABLE_FORM	 (DW_EH_PE_datarel | DW_EH_PE_sdata4)
#define HDR_ENTRY_BYTES	 8

/* Bytes that hold entries, and where they lie. */
struct table {
	struct text bytes;
	uint64_t vaddr;
	bool is_debug_frame;
};

/* A pointer of .eh_frame_hdr's search table counts from the header. */
struct hdr {
	struct text bytes; /* the search table; empty when there is none */
	uint64_t vaddr;	   /* of the header */
};

struct place {
	uint64_t start, end;
	uint64_t at; /* of the entry in its table */
};

struct index {
	struct place *at; /* owned, by start */
	size_t count;
};

struct cfi {
	const struct elfimage *im;
	struct table eh_frame, debug_frame;
	struct hdr hdr;
	uint64_t eh_frame_at; /* of its first entry in eh_frame.bytes */
	bool is_indexed, is_debug_indexed;
	struct index index, debug_index;
};

/* The fields of a CIE that an FDE needs as well. */
struct cie {
	struct cfi_entry entry;
	uint64_t fde_encoding;
	bool has_sizes; /* of augmentation data */
};

/* A number of the form that the low half of an encoding names. */
static uint64_t take_form(struct cursor *c, uint64_t encoding)
{
	switch (encoding & PE_FORMAT) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return cursor_uint(c, 8);
	case DW_EH_PE_uleb128:
		return leb_uint(c);
	case DW_EH_PE_sleb128:
		return (uint64_t)leb_int(c);
	case DW_EH_PE_udata2:
		return cursor_uint(c, 2);
	case DW_EH_PE_udata4:
		return cursor_uint(c, 4);
	case DW_EH_PE_sdata2:
		return (uint64_t)(int64_t)(int16_t)cursor_uint(c, 2);
	case DW_EH_PE_sdata4:
		return (uint64_t)(int64_t)(int32_t)cursor_uint(c, 4);
	default:
		c->bad = true;
		return 0;
	}
}

/* A pointer at c, which runs over t; datarel counts from data_vaddr. */
static uint64_t take_pointer(struct cursor *c, const struct table *t, uint64_t encoding,
			     uint64_t data_vaddr)
{
	uint64_t here = t->vaddr + (uint64_t)(c->at - (const uint8_t *)t->bytes.at);
	uint64_t v = take_form(c, encoding);

	if (encoding & DW_EH_PE_indirect)
		c->bad = true;
	switch (encoding & PE_BASE) {
	case DW_EH_PE_absptr:
		return v;
	case DW_EH_PE_pcrel:
		return v + here;
	case DW_EH_PE_datarel:
		return v + data_vaddr;
	default:
		c->bad = true;
		return 0;
	}
}

static struct cursor cursor_at(struct text bytes, uint64_t at)
{
	if (at > bytes.len) {
		struct cursor none = { .bad = true };

		return none;
	}
	return cursor_over(bytes.at + at, bytes.len - (size_t)at);
}

/* Take the length of an entry, and cut c to it. The width of its offsets, 4 or 8; 0 at the end. */
static size_t take_length(struct cursor *c)
{
	uint64_t len = cursor_uint(c, 4);
	size_t width = 4;

	if (len == 0xffffffff) {
		len = cursor_uint(c, 8);
		width = 8;
	}
	if (len == 0 || len > cursor_left(c)) {
		c->bad = true;
		return 0;
	}
	c->end = c->at + len;
	return width;
}

/* What the letters of a CIE's augmentation tell. */
static bool take_augmentation(struct cie *ret, struct cursor *c, struct text letters)
{
	uint64_t len = leb_uint(c), encoding;
	struct cursor data;

	if (len > cursor_left(c))
		return false;
	data = cursor_over(c->at, (size_t)len);
	cursor_bytes(c, (size_t)len);
	for (size_t i = 1; i < letters.len; i++) {
		switch (letters.at[i]) {
		case 'R':
			ret->fde_encoding = cursor_uint(&data, 1);
			break;
		case 'L':
			cursor_uint(&data, 1);
			break;
		case 'P':
			/* the pointer itself is not wanted, whatever it counts from */
			encoding = cursor_uint(&data, 1);
			take_form(&data, encoding);
			break;
		case 'S':
			ret->entry.is_signal = true;
			break;
		case 'B': /* arm64: signed with the other key */
			break;
		default:
			return false;
		}
	}
	return !data.bad;
}

static bool read_cie(struct cie *ret, const struct table *t, uint64_t at)
{
	struct cursor c = cursor_at(t->bytes, at);
	size_t width = take_length(&c);
	uint64_t id = width ? cursor_uint(&c, width) : 0, version = cursor_uint(&c, 1);
	uint64_t want = !t->is_debug_frame ? 0 : width == 4 ? UINT32_MAX : UINT64_MAX;
	struct text letters = { .at = (const char *)c.at };

	*ret = (struct cie){ .fde_encoding = DW_EH_PE_absptr };
	if (c.bad || id != want || (version != 1 && version != 3 && version != 4))
		return false;
	while (cursor_uint(&c, 1) != 0) {
		if (++letters.len > AUGMENTATION_MAX)
			return false;
	}
	if (version == 4) {
		if (cursor_uint(&c, 1) != 8 || cursor_uint(&c, 1) != 0)
			return false; /* addresses of 8 bytes, no segments */
	}
	ret->entry.code_align = leb_uint(&c);
	ret->entry.data_align = leb_int(&c);
	ret->entry.return_column = version == 1 ? cursor_uint(&c, 1) : leb_uint(&c);
	if (letters.len) {
		if (letters.at[0] != 'z' || !take_augmentation(ret, &c, letters))
			return false;
		ret->has_sizes = true;
	}
	if (c.bad)
		return false;
	ret->entry.initial = cursor_bytes(&c, cursor_left(&c));
	return true;
}

/* Where the CIE of an FDE lies; pointer was read at id_at. */
static uint64_t cie_of(const struct table *t, uint64_t id_at, uint64_t pointer)
{
	return t->is_debug_frame ? pointer : id_at - pointer;
}

/* The entry at `at`. False when it is no FDE that can be read; *ret_next is where the next one
 * begins, at itself when there is none. */
static bool read_fde(struct cfi_entry *ret, const struct table *t, uint64_t at, uint64_t *ret_next)
{
	struct cursor c = cursor_at(t->bytes, at);
	size_t width = take_length(&c);
	uint64_t id_at, pointer, len;
	struct cie cie;

	*ret_next = at;
	if (!width)
		return false;
	*ret_next = (uint64_t)(c.end - (const uint8_t *)t->bytes.at);
	id_at = (uint64_t)(c.at - (const uint8_t *)t->bytes.at);
	pointer = cursor_uint(&c, width);
	if (c.bad || (pointer == 0 && !t->is_debug_frame))
		return false; /* a CIE */
	if (!read_cie(&cie, t, cie_of(t, id_at, pointer)))
		return false;
	cie.entry.start = take_pointer(&c, t, cie.fde_encoding, t->vaddr);
	len = take_form(&c, cie.fde_encoding & PE_FORMAT);
	if (cie.has_sizes) {
		uint64_t skip = leb_uint(&c);

		if (skip > cursor_left(&c))
			return false;
		cursor_bytes(&c, (size_t)skip);
	}
	if (c.bad || len == 0 || len > UINT64_MAX - cie.entry.start)
		return false;
	cie.entry.end = cie.entry.start + len;
	cie.entry.program = cursor_bytes(&c, cursor_left(&c));
	*ret = cie.entry;
	return true;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static void make_index(struct index *ret, const struct table *t, uint64_t at)
{
	struct buf places = { 0 };
	struct cfi_entry e;
	uint64_t next;

	for (size_t i = 0; i < ENTRIES_MAX; i++, at = next) {
		if (read_fde(&e, t, at, &next)) {
			struct place p = { .start = e.start, .end = e.end, .at = at };

			buf_add(&places, &p, sizeof(p));
		}
		if (next == at)
			break;
	}
	ret->at = (void *)places.at;
	ret->count = places.len / sizeof(struct place);
	if (ret->count)
		qsort(ret->at, ret->count, sizeof(*ret->at), compare_places);
}

static bool find_in_index(struct cfi_entry *ret, const struct index *ix, const struct table *t,
			  uint64_t vaddr)
{
	size_t low = 0, high = ix->count;
	uint64_t next;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ix->at[mid].start <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && vaddr < ix->at[low - 1].end &&
	       read_fde(ret, t, ix->at[low - 1].at, &next);
}

/* The i-th pair of the search table: where a function begins, where its FDE lies. */
static void hdr_pair(const struct hdr *h, size_t i, uint64_t *ret_start, uint64_t *ret_fde)
{
	struct cursor c = cursor_over(h->bytes.at + i * HDR_ENTRY_BYTES, HDR_ENTRY_BYTES);

	*ret_start = take_form(&c, DW_EH_PE_sdata4) + h->vaddr;
	*ret_fde = take_form(&c, DW_EH_PE_sdata4) + h->vaddr;
}

static bool find_by_hdr(struct cfi_entry *ret, const struct cfi *cfi, uint64_t vaddr)
{
	size_t low = 0, high = cfi->hdr.bytes.len / HDR_ENTRY_BYTES;
	uint64_t start, fde, next;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		hdr_pair(&cfi->hdr, mid, &start, &fde);
		if (start <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return false;
	hdr_pair(&cfi->hdr, low - 1, &start, &fde);
	return read_fde(ret, &cfi->eh_frame, fde - cfi->eh_frame.vaddr, &next) &&
	       vaddr >= ret->start && vaddr < ret->end;
}

/* The loaded segment that holds vaddr, as a table. */
static struct table segment_of(const struct elfimage *im, uint64_t vaddr)
{
	struct elfsegment seg;

	for (size_t i = 0; elfimage_segment(&seg, im, i); i++) {
		struct text bytes;

		if (seg.type != PT_LOAD || vaddr < seg.vaddr || vaddr - seg.vaddr >= seg.file_bytes)
			continue;
		bytes = elfimage_bytes_at(im, seg.vaddr, seg.file_bytes);
		return (struct table){ .bytes = bytes, .vaddr = seg.vaddr };
	}
	return (struct table){ 0 };
}

/* .eh_frame_hdr: version 1; the encodings of its pointer to .eh_frame, of its count and of its
 * table; these. */
static void read_hdr(struct cfi *cfi, uint64_t vaddr, uint64_t len)
{
	struct text bytes = elfimage_bytes_at(cfi->im, vaddr, len);
	struct table t = { .bytes = bytes, .vaddr = vaddr };
	struct cursor c = cursor_over(bytes.at, bytes.len);
	uint64_t version = cursor_uint(&c, 1), pointer_form = cursor_uint(&c, 1);
	uint64_t count_form = cursor_uint(&c, 1), table_form = cursor_uint(&c, 1);
	uint64_t eh_frame = take_pointer(&c, &t, pointer_form, vaddr), count;

	if (c.bad || version != 1)
		return;
	cfi->eh_frame = segment_of(cfi->im, eh_frame);
	cfi->eh_frame_at = eh_frame - cfi->eh_frame.vaddr;
	count = count_form == DW_EH_PE_omit ? 0 : take_form(&c, count_form);
	if (c.bad || table_form != HDR_TABLE_FORM || count > cursor_left(&c) / HDR_ENTRY_BYTES)
		return;
	cfi->hdr = (struct hdr){ .bytes = cursor_bytes(&c, (size_t)count * HDR_ENTRY_BYTES),
				 .vaddr = vaddr };
}

struct cfi *cfi_new(const struct elfimage *im)
{
	struct cfi *cfi = xcalloc(1, sizeof(*cfi));
	struct elfsegment seg;
	struct elfsection s;

	cfi->im = im;
	for (size_t i = 0; elfimage_segment(&seg, im, i); i++) {
		if (seg.type == PT_GNU_EH_FRAME && !cfi->eh_frame.bytes.len)
			read_hdr(cfi, seg.vaddr, seg.file_bytes);
	}
	if (!cfi->eh_frame.bytes.len && elfimage_section(&s, im, ".eh_frame"))
		cfi->eh_frame = (struct table){ .bytes = s.bytes, .vaddr = s.vaddr };
	if (elfimage_section(&s, im, ".debug_frame"))
		cfi->debug_frame = (struct table){ .bytes = s.bytes,
						   .vaddr = s.vaddr,
						   .is_debug_frame = true };
	return cfi;
}

void cfi_free(struct cfi *cfi)
{
	if (!cfi)
		return;
	free(cfi->index.at);
	free(cfi->debug_index.at);
	free(cfi);
}

bool cfi_find(struct cfi *cfi, uint64_t vaddr, struct cfi_entry *ret)
{
	if (cfi->hdr.bytes.len) {
		if (find_by_hdr(ret, cfi, vaddr))
			return true;
	} else if (cfi->eh_frame.bytes.len) {
		if (!cfi->is_indexed)
			make_index(&cfi->index, &cfi->eh_frame, cfi->eh_frame_at);
		cfi->is_indexed = true;
		if (find_in_index(ret, &cfi->index, &cfi->eh_frame, vaddr))
			return true;
	}
	if (!cfi->debug_frame.bytes.len)
		return false;
	if (!cfi->is_debug_indexed)
		make_index(&cfi->debug_index, &cfi->debug_frame, 0);
	cfi->is_debug_indexed = true;
	return find_in_index(ret, &cfi->debug_index, &cfi->debug_frame, vaddr);
}
