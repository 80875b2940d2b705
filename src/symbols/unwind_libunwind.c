/* unwind_libunwind.c - libunwind's remote interface over a piece of stack.
 *
 * libunwind trusts the tables that it is given. So it never sees those of the file: cfi.c finds the
 * entry of an address and checks it, and what is handed in is a table of one entry, written here in
 * the plainest form of .eh_frame, at an address where nothing else is. Every access to memory
 * passes access_memory, which answers from that table, the piece of stack and constant bytes of the
 * image, and counts. */
#include "symbols/unwind.h"

#include <dwarf.h>
#include <libunwind.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/unknown.h"
#include "cfi_internal.h"
#include "image_internal.h"
#include "unwind_machine_internal.h"

#define TABLE_AT      UINT64_C(0x4000000000000000) /* no user address of either machine */
#define WORD_BYTES    8
#define READS_MAX     200000 /* accesses to memory for one sample */
#define STRING_OF_(x) #x
#define STRING_OF(x)  STRING_OF_(x)

/* Exported for the use of tools that have tables of their own, though in no header (perf uses it as
 * well); libunwind 1.0 to 1.8. */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *,
					      unw_proc_info_t *, int, void *);

struct unwinder {
	unw_addr_space_t space;
	const struct unwind_machine *machine;
	struct buf table; /* kept for its memory */
};

/* One sample on its way; libunwind hands it to every callback. */
struct walk {
	struct unwinder *unwinder;
	const struct unwind_space *space;
	const struct unwind_sample *sample;
	uint64_t sp;	     /* where the piece of the stack begins */
	struct image *image; /* of the ip that was looked up last; NULL when there is none */
	uint64_t bias;
	uint64_t read_count;
};

static bool register_of(const struct walk *w, int unw_number, uint64_t *ret)
{
	const struct unwind_machine *m = w->unwinder->machine;
	unsigned kernel;

	if (unw_number < 0 || (size_t)unw_number >= m->register_count)
		return false;
	kernel = m->kernel_register[unw_number];
	if (!(w->sample->mask >> kernel & 1))
		return false;
	*ret = w->sample->registers[kernel];
	return true;
}

/* A word within bytes that lie at `start`. */
static bool word_in(struct text bytes, uint64_t start, uint64_t at, unw_word_t *ret)
{
	struct cursor c;

	if (at < start || at - start > bytes.len || bytes.len - (at - start) < WORD_BYTES)
		return false;
	c = cursor_over(bytes.at + (at - start), WORD_BYTES);
	*ret = cursor_uint(&c, WORD_BYTES);
	return true;
}

static int access_memory(unw_addr_space_t as, unw_word_t at, unw_word_t *value, int is_write,
			 void *arg)
{
	struct walk *w = arg;
	struct text word;

	(void)as;
	if (is_write || ++w->read_count > READS_MAX)
		return -UNW_EINVAL;
	if (word_in(buf_text(&w->unwinder->table), TABLE_AT, at, value) ||
	    word_in(w->sample->stack, w->sp, at, value))
		return 0;
	if (!w->image)
		return -UNW_EINVAL;
	word = image_constant_at(w->image, at - w->bias, WORD_BYTES);
	return word_in(word, at, at, value) ? 0 : -UNW_EINVAL;
}

static int access_register(unw_addr_space_t as, unw_regnum_t number, unw_word_t *value,
			   int is_write, void *arg)
{
	uint64_t v;

	(void)as;
	if (is_write || !register_of(arg, number, &v))
		return -UNW_EBADREG;
	*value = v;
	return 0;
}

static void add_leb(struct buf *b, int64_t v, bool is_signed)
{
	for (;;) {
		uint64_t low = (uint64_t)v & 0x7f;

		v = is_signed ? v >> 7 : (int64_t)((uint64_t)v >> 7);
		if (is_signed ? (v == 0 && !(low & 0x40)) || (v == -1 && (low & 0x40)) : v == 0) {
			buf_add_uint(b, low, 1);
			return;
		}
		buf_add_uint(b, low | 0x80, 1);
	}
}

/* Write the length of an entry that began at `at`, when it is complete. */
static void settle_length(struct buf *b, size_t at)
{
	uint64_t len = b->len - at - 4;

	for (size_t i = 0; i < 4; i++)
		b->at[at + i] = (uint8_t)(len >> 8 * i);
}

/* The table of one entry: a search table as in .eh_frame_hdr, a CIE, an FDE. */
static void make_table(struct buf *b, const struct cfi_entry *e, uint64_t bias)
{
	const char *letters = e->is_signal ? "zRS" : "zR";
	size_t cie = WORD_BYTES, fde;

	buf_clear(b);
	buf_add_uint(b, (uint32_t)INT32_MIN, 4); /* before every ip, whose low half is compared */
	buf_add_uint(b, 0, 4);
	buf_add_uint(b, 0, 4);
	buf_add_uint(b, 0, 4); /* a CIE */
	buf_add_uint(b, 1, 1);
	buf_add(b, letters, strlen(letters) + 1);
	add_leb(b, (int64_t)e->code_align, false);
	add_leb(b, e->data_align, true);
	buf_add_uint(b, e->return_column, 1);
	buf_add_uint(b, 1, 1);
	buf_add_uint(b, DW_EH_PE_absptr, 1);
	buf_add(b, e->initial.at, e->initial.len);
	settle_length(b, cie);
	fde = b->len;
	for (size_t i = 0; i < 4; i++)
		b->at[4 + i] = (uint8_t)(fde >> 8 * i);
	buf_add_uint(b, 0, 4);
	buf_add_uint(b, fde + 4 - cie, 4);
	buf_add_uint(b, e->start + bias, 8);
	buf_add_uint(b, e->end - e->start, 8);
	buf_add_uint(b, 0, 1);
	buf_add(b, e->program.at, e->program.len);
	settle_length(b, fde);
	buf_add_uint(b, 0, WORD_BYTES); /* memory is read in whole words */
}

/* Never -UNW_ENOINFO: at that answer libunwind would guess a frame from the frame pointer. */
static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *info, int need,
			  void *arg)
{
	struct walk *w = arg;
	const struct unwind_machine *m = w->unwinder->machine;
	unw_dyn_info_t di = { .format = UNW_INFO_FORMAT_REMOTE_TABLE };
	struct cfi_entry e;
	int rc;

	w->image = w->space->image_at(w->space->arg, ip, &w->bias);
	if (!w->image || image_machine(w->image) != m->elf_machine ||
	    !cfi_find(image_cfi(w->image), ip - w->bias, &e) ||
	    e.return_column != m->return_column || !cfi_is_sound(&e, m->dwarf_register_count) ||
	    e.start + w->bias > UINT64_MAX - (e.end - e.start))
		return -UNW_EUNSPEC;
	make_table(&w->unwinder->table, &e, w->bias);
	di.start_ip = e.start + w->bias;
	di.end_ip = e.end + w->bias;
	di.u.rti.segbase = TABLE_AT;
	di.u.rti.table_data = TABLE_AT;
	di.u.rti.table_len = 1;
	rc = UNW_OBJ(dwarf_search_unwind_table)(as, ip, &di, info, need, arg);
	return rc == -UNW_ENOINFO ? -UNW_EUNSPEC : rc;
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *info, void *arg)
{
	(void)as;
	(void)info;
	(void)arg;
}

static int no_dynamic_info(unw_addr_space_t as, unw_word_t *ret, void *arg)
{
	(void)as;
	(void)ret;
	(void)arg;
	return -UNW_ENOINFO;
}

static int no_fp_register(unw_addr_space_t as, unw_regnum_t number, unw_fpreg_t *value,
			  int is_write, void *arg)
{
	(void)as;
	(void)number;
	(void)value;
	(void)is_write;
	(void)arg;
	return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
	(void)as;
	(void)cursor;
	(void)arg;
	return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t as, unw_word_t ip, char *name, size_t cap, unw_word_t *offset,
		   void *arg)
{
	(void)as;
	(void)ip;
	(void)name;
	(void)cap;
	(void)offset;
	(void)arg;
	return -UNW_ENOINFO;
}

struct unwinder *unwinder_new(const char *machine)
{
	unw_accessors_t accessors = { .find_proc_info = find_proc_info,
				      .put_unwind_info = put_unwind_info,
				      .get_dyn_info_list_addr = no_dynamic_info,
				      .access_mem = access_memory,
				      .access_reg = access_register,
				      .access_fpreg = no_fp_register,
				      .resume = no_resume,
				      .get_proc_name = no_name };
	const struct unwind_machine *m = unwind_machine_named(machine);
	struct unwinder *u;

	if (!m || strcmp(machine, STRING_OF(UNW_TARGET)) != 0)
		return NULL;
	u = xcalloc(1, sizeof(*u));
	u->machine = m;
	u->space = unw_create_addr_space(&accessors, 0);
	if (!u->space) {
		free(u);
		return NULL;
	}
	/* its cache knows an ip and not the process that it is of */
	unw_set_caching_policy(u->space, UNW_CACHE_NONE);
	return u;
}

void unwinder_free(struct unwinder *u)
{
	if (!u)
		return;
	unw_destroy_addr_space(u->space);
	buf_done(&u->table);
	free(u);
}

/* The frame that the cursor stands at. False when it is none. */
static bool take_step(struct unwind_step *ret, unw_cursor_t *cursor, const struct unwind_machine *m)
{
	unw_word_t ip, sp, fp;

	if (unw_get_reg(cursor, m->ip, &ip) < 0 || unw_get_reg(cursor, m->sp, &sp) < 0 || ip == 0)
		return false;
	if (unw_get_reg(cursor, m->frame_pointer, &fp) < 0)
		fp = UNKNOWN_U64;
	*ret = (struct unwind_step){ .ip = ip, .sp = sp, .frame_pointer = fp };
	return true;
}

size_t unwind_frames(struct unwinder *u, const struct unwind_space *space,
		     const struct unwind_sample *sample, struct unwind_step *out, size_t max)
{
	struct walk w = { .unwinder = u, .space = space, .sample = sample };
	unw_cursor_t cursor;
	uint64_t ip;
	size_t n = 0;

	buf_clear(&u->table);
	if (max == 0 || !register_of(&w, u->machine->sp, &w.sp) ||
	    !register_of(&w, u->machine->ip, &ip) || unw_init_remote(&cursor, u->space, &w) < 0)
		return 0;
	while (n < max && take_step(&out[n], &cursor, u->machine)) {
		/* the stack grows downwards: a caller's frame lies above */
		if (n > 0 && (out[n].sp < out[n - 1].sp ||
			      out[n].sp - out[n - 1].sp < u->machine->least_frame_bytes))
			break;
		n++;
		if (n == max || !space->keep_going(space->arg, out[n - 1].ip) ||
		    unw_step(&cursor) <= 0)
			break;
	}
	return n;
}
