/* test_chainmend.c - from the kernel's call chain to the functions that stood on the stack: over
 * the function table of a program of Go 1.19.8 (tests/data/pclntab; some of its functions are
 * called as the runtime's), and C functions below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <asm/perf_regs.h>

#include "analyze/chainwork_internal.h"
#include "base/unknown.h"
#include "parse/procmaps.h"
#include "program_cut.h"

/* linux/perf_event.h: marks in a chain. */
#define MARK_KERNEL ((uint64_t)-128)
#define MARK_USER   ((uint64_t)-512)
#define MARK_GUEST  ((uint64_t)-2048)
#define MARK_FIRST  ((uint64_t)-4095)

/* Places in the program, and how far the return address is from the stack pointer there. */
#define SWAP	       UINT64_C(0x465620) /* at the entry: 0 */
#define SWAP_BODY      UINT64_C(0x465640) /* 24 */
#define CALL_MAIN      UINT64_C(0x465760) /* 48 */
#define CALL_MAIN_SUM  UINT64_C(0x4657ed) /* main.sum, inlined into main.main */
#define CALL_MAIN_LAST UINT64_C(0x46580d) /* the next instruction is of depth 0 */
#define CALL_NEWFILE   UINT64_C(0x461200) /* os.newFile, 56 */
#define CALL_NEW_FILE  UINT64_C(0x461100) /* m.funcs, 48 */
#define NO_FUNCTION    UINT64_C(0x409000)

#define GOEXIT	       UINT64_C(0x465582)
#define MCALL	       UINT64_C(0x461910)
#define SYSTEMSTACK    UINT64_C(0x460f50)
#define MAIN_CLOSURE   UINT64_C(0x460fb0)
#define ALLOC_CLOSURE  UINT64_C(0x460ef0)
#define SUM_CLOSURE    UINT64_C(0x461040)
#define DOT_CLOSURE    UINT64_C(0x461530)
#define BARE_CLOSURE   UINT64_C(0x461590)
#define LETTER_CLOSURE CALL_NEW_FILE
#define CALL_ASMCGO    UINT64_C(0x4655a6)
#define CALL_CGOCALL   UINT64_C(0x461360)
#define FAR	       UINT64_C(0x7f0000000000)
#define STACK_POINTER  UINT64_C(0xc000012340)
#define FRAME_POINTER  UINT64_C(0xc000012400)
#define KERNEL_FAULT   UINT64_C(0xffffffff81001000)
#define KERNEL_ENTRY   UINT64_C(0xffffffff81002000)
#define KERNEL_UNKNOWN UINT64_C(0xffffffff80000000)

static const struct cut_name renamed[] = {
	{ "main.(*byLen).Len", "runtime.goexit" },
	{ "type..eq.os.file", "runtime.mcall" },
	{ "type..eq.internal/poll.FD", "runtime.systemstack" },
	{ "internal/safefilepath.init", "main.main.func1" },
	{ "internal/poll.(*errNetClosing).Error", "runtime.(*mheap).alloc.func1" },
	{ "os.glob..func1", "main.sum.func1" },
	{ "os.init.0", "m.func.a" },
	{ "os.init.1", "m.func" },
	{ "os.NewFile", "m.funcs" },
	{ "main.(*byLen).Less", "runtime.asmcgocall" },
	{ "os.(*file).close", "runtime.cgocall" },
};

/* C functions that are never run, for their unwind tables. chain_c_saver has the frame pointer of
 * its caller on its stack, chain_c_keeper leaves it alone. */
__asm__(".text\n"
	".type chain_c_outer, @function\n"
	"chain_c_outer:\n"
	".cfi_startproc\n"
	"sub $24, %rsp\n"
	".cfi_adjust_cfa_offset 24\n"
	"call chain_c_keeper\n"
	".globl chain_c_called\n"
	"chain_c_called:\n"
	"add $24, %rsp\n"
	".cfi_adjust_cfa_offset -24\n"
	"ret\n"
	".cfi_endproc\n"
	".size chain_c_outer, .-chain_c_outer\n"
	".type chain_c_keeper, @function\n"
	"chain_c_keeper:\n"
	".cfi_startproc\n"
	"nop\n"
	".globl chain_c_in_keeper\n"
	"chain_c_in_keeper:\n"
	"ret\n"
	".cfi_endproc\n"
	".size chain_c_keeper, .-chain_c_keeper\n"
	".type chain_c_saver, @function\n"
	"chain_c_saver:\n"
	".cfi_startproc\n"
	"push %rbp\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset %rbp, 0\n"
	".globl chain_c_in_saver\n"
	"chain_c_in_saver:\n"
	"pop %rbp\n"
	".cfi_adjust_cfa_offset -8\n"
	"ret\n"
	".cfi_endproc\n"
	".size chain_c_saver, .-chain_c_saver\n");

extern const char chain_c_called[], chain_c_in_keeper[], chain_c_in_saver[];

#define C_CALLED    ((uint64_t)(uintptr_t)chain_c_called)
#define C_IN_KEEPER ((uint64_t)(uintptr_t)chain_c_in_keeper)
#define C_IN_SAVER  ((uint64_t)(uintptr_t)chain_c_in_saver)

struct fixture {
	struct locations l;
	struct chainmend *m;
	struct buf chain, registers, stack;
	uint64_t mask;
	struct chain got;
};

static void map_program(struct fixture *f, uint64_t pid, uint64_t start)
{
	space_map(f->l.space, pid, (struct space_range){ start, CUT_CODE_BYTES, 0 },
		  text_of(CUT_PATH));
}

static int set_up(void **state)
{
	static struct fixture f;
	struct buf program = cut_program("go1.19.8", renamed, sizeof(renamed) / sizeof(renamed[0]));
	struct imageset_facts facts = { .pid = 1,
					.path = text_of(CUT_PATH),
					.content = buf_text(&program) };

	f = (struct fixture){ .mask = 0 };
	locations_init(&f.l, NULL);
	imageset_declare(f.l.images, &facts);
	buf_done(&program);
	locations_add_kernel_symbol(&f.l, KERNEL_FAULT, text_of("handle_mm_fault"));
	locations_add_kernel_symbol(&f.l, KERNEL_ENTRY, text_of("asm_exc_page_fault"));
	f.m = chainmend_new(&f.l, text_of("x86_64"));
	map_program(&f, 1, CUT_CODE);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	chainmend_free(f->m);
	locations_done(&f->l);
	buf_done(&f->chain);
	buf_done(&f->registers);
	buf_done(&f->stack);
	return 0;
}

static void add_words(struct buf *b, const uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_add_uint(b, words[i], 8);
}

#define WORDS(...)                           \
	((const uint64_t[]){ __VA_ARGS__ }), \
		sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t)

/* The chain as the kernel gives it. */
#define CHAIN(f, ...)	   (buf_clear(&(f)->chain), add_words(&(f)->chain, WORDS(__VA_ARGS__)))
#define USER_CHAIN(f, ...) CHAIN(f, MARK_USER, __VA_ARGS__)

static void add_register(struct fixture *f, unsigned number, uint64_t value)
{
	assert_int_equal(f->mask >> number, 0); /* in the order of their numbers */
	f->mask |= UINT64_C(1) << number;
	buf_add_uint(&f->registers, value, 8);
}

/* The words from the stack pointer upwards, with the registers of x86-64 that are needed. */
static void set_stack(struct fixture *f, const uint64_t *words, size_t count)
{
	buf_clear(&f->registers);
	buf_clear(&f->stack);
	f->mask = 0;
	add_register(f, PERF_REG_X86_BP, FRAME_POINTER);
	add_register(f, PERF_REG_X86_SP, STACK_POINTER);
	add_words(&f->stack, words, count);
}

#define STACK(f, ...) set_stack(f, WORDS(__VA_ARGS__))

/* At 0: the caller of a function at its entry. main.main has its own at 56, os.newFile, where that
 * called main.main, at 120. */
#define AT_56(word)  0, 0, 0, 0, 0, 0, (word)
#define AT_120(word) 0, 0, 0, 0, 0, 0, 0, (word)

static void run_as(struct fixture *f, uint64_t pid)
{
	struct chain_sample s = { pid, buf_text(&f->chain), buf_text(&f->registers), f->mask,
				  buf_text(&f->stack) };

	chainmend_run(f->m, &s, &f->got);
}

static void check_name(const struct fixture *f, size_t i, const char *name)
{
	struct text t = locations_function(&f->l, f->got.locations[i]);

	if (!text_is(t, name))
		fail_msg("frame %zu is %.*s, not %s", i, (int)t.len, t.at, name);
}

/* Run it; these and no other functions come out, leaf first. */
static void check_functions(struct fixture *f, const char *const *names)
{
	size_t n = 0;

	run_as(f, 1);
	for (; names[n] && n < f->got.count; n++)
		check_name(f, n, names[n]);
	assert_null(names[n]);
	assert_int_equal(f->got.count, n);
}

#define CHECK_CHAIN(f, ...) check_functions(f, (const char *const[]){ __VA_ARGS__, NULL })

static const struct profile_location *location_at(const struct fixture *f, size_t i)
{
	return &((const struct profile_location *)(const void *)
			 f->l.locations.at)[f->got.locations[i]];
}

static void the_kernels_part_comes_first(void **state)
{
	struct fixture *f = *state;

	CHAIN(f, MARK_KERNEL, KERNEL_FAULT, KERNEL_ENTRY, KERNEL_ENTRY + 9, MARK_USER, SWAP,
	      CALL_MAIN, GOEXIT);
	/* the second is a caller of which the return address is the next function's */
	CHECK_CHAIN(f, "handle_mm_fault", "handle_mm_fault", "asm_exc_page_fault",
		    "main.(*byLen).Swap", "main.main", "runtime.goexit");
	assert_int_equal(location_at(f, 0)->ip, KERNEL_FAULT);
	assert_int_equal(location_at(f, 2)->ip, KERNEL_ENTRY + 8);
	assert_int_equal(location_at(f, 3)->ip, SWAP);
	assert_int_equal(location_at(f, 4)->ip, CALL_MAIN - 1);
	assert_false(f->got.is_cut);
}

static void marks_say_whose_the_addresses_are(void **state)
{
	struct fixture *f = *state;

	CHAIN(f, CALL_NEWFILE, MARK_GUEST, CALL_NEWFILE, MARK_USER, SWAP, MARK_FIRST, CALL_NEWFILE,
	      MARK_KERNEL, KERNEL_UNKNOWN, MARK_USER, GOEXIT, (uint64_t)-1, CALL_NEWFILE);
	CHECK_CHAIN(f, "[kernel]", "main.(*byLen).Swap", "runtime.goexit");
	USER_CHAIN(f, MARK_FIRST - 1); /* no mark yet */
	CHECK_CHAIN(f, "[unknown]");
}

static void a_chain_of_nothing_is_an_empty_one(void **state)
{
	static const char marks[2][8] = { "\x80\xff\xff\xff\xff\xff\xff\xff",
					  "\x00\xfe\xff\xff\xff\xff\xff\xff" };
	struct fixture *f = *state;

	run_as(f, 1);
	assert_int_equal(f->got.count, 0);
	assert_null(f->got.locations);
	assert_false(f->got.is_cut);
	buf_add(&f->chain, marks, sizeof(marks));
	run_as(f, 1);
	assert_int_equal(f->got.count, 0);
	CHAIN(f, MARK_KERNEL, KERNEL_FAULT);
	CHECK_CHAIN(f, "handle_mm_fault");
	assert_false(f->got.is_cut); /* it is whole without a user's part: a thread of the kernel */
	CHAIN(f, MARK_USER);
	run_as(f, 1);
	assert_null(f->got.locations);
}

static void the_rest_of_an_address_is_none(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, GOEXIT);
	for (size_t i = 0; i < 7; i++) {
		buf_add_uint(&f->chain, 0x10, 1);
		CHECK_CHAIN(f, "main.(*byLen).Swap", "runtime.goexit");
	}
	f->chain.len -= 8;
	CHECK_CHAIN(f, "main.(*byLen).Swap");
}

static void below_the_bottom_of_a_stack_nothing_is_taken(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_MAIN, GOEXIT, CALL_NEWFILE, CALL_NEWFILE);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "runtime.goexit");
	assert_false(f->got.is_cut);
	USER_CHAIN(f, SWAP, MCALL, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "runtime.mcall");
	assert_false(f->got.is_cut);
}

static void a_chain_that_does_not_end_at_a_bottom_is_cut(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_MAIN);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main");
	assert_true(f->got.is_cut);
	USER_CHAIN(f, SWAP, CALL_MAIN, 0x10);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "[unknown]");
	assert_true(f->got.is_cut);
}

static void the_caller_that_a_leaf_without_a_frame_loses_is_found(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_NEWFILE, GOEXIT);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "os.newFile", "runtime.goexit");
	STACK(f, CALL_MAIN, AT_56(CALL_NEWFILE));
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "os.newFile", "runtime.goexit");
	assert_false(f->got.is_cut);
}

static void the_return_address_is_looked_for_at_the_depth_of_the_place(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP_BODY, CALL_NEWFILE, GOEXIT);
	STACK(f, CALL_NEW_FILE, CALL_NEW_FILE, CALL_NEW_FILE, CALL_MAIN, AT_56(CALL_NEWFILE));
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "os.newFile", "runtime.goexit");
}

static void several_callers_can_be_lost(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_NEW_FILE, GOEXIT);
	STACK(f, CALL_MAIN, AT_56(CALL_NEWFILE), AT_120(CALL_NEW_FILE));
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "os.newFile", "m.funcs",
		    "runtime.goexit");
}

/* main.main's last call does not return; the code behind it is that of another depth. */
static void the_depth_of_a_caller_is_that_of_its_call(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_NEW_FILE, GOEXIT);
	STACK(f, CALL_MAIN_LAST, AT_56(CALL_NEWFILE), AT_120(CALL_NEW_FILE));
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "os.newFile", "m.funcs",
		    "runtime.goexit");
}

static void where_no_caller_is_lost_the_chain_stays(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP_BODY, CALL_MAIN, CALL_NEWFILE, GOEXIT);
	STACK(f, 0, 0, 0, CALL_MAIN, AT_56(CALL_NEW_FILE));
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "os.newFile", "runtime.goexit");
}

static void what_stands_before_the_true_caller_is_dropped(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_NEW_FILE, 0x10, CALL_MAIN, GOEXIT);
	STACK(f, CALL_MAIN);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "runtime.goexit");
}

static void a_piece_of_the_stack_that_ends_early_gives_the_next_caller(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_NEWFILE, GOEXIT);
	STACK(f, CALL_MAIN, AT_56(CALL_NEW_FILE));
	for (f->stack.len = 8; f->stack.len < 64; f->stack.len++)
		CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "os.newFile", "runtime.goexit");
	for (f->stack.len = 0; f->stack.len < 8; f->stack.len++)
		CHECK_CHAIN(f, "main.(*byLen).Swap", "os.newFile", "runtime.goexit");
}

static void a_walk_that_never_meets_the_chain_is_believed(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_NEW_FILE, GOEXIT);
	STACK(f, CALL_MAIN, AT_56(CALL_NEWFILE));
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "os.newFile");
	assert_true(f->got.is_cut);
	USER_CHAIN(f, SWAP, 0x10, GOEXIT); /* the frame pointer was none */
	STACK(f, CALL_MAIN);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main");
	assert_true(f->got.is_cut);
	USER_CHAIN(f, SWAP);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main");
}

static void a_word_that_is_no_return_address_of_gos_ends_the_walk(void **state)
{
	static const uint64_t words[] = { 0, 0x10, NO_FUNCTION, KERNEL_FAULT, UINT64_MAX };
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_NEWFILE, GOEXIT);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		STACK(f, words[i], AT_56(CALL_NEW_FILE));
		CHECK_CHAIN(f, "main.(*byLen).Swap", "os.newFile", "runtime.goexit");
	}
}

static void a_function_that_changes_stacks_is_not_walked_through(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SYSTEMSTACK - 0x10, CALL_NEWFILE, GOEXIT);
	STACK(f, CALL_MAIN, AT_56(CALL_NEWFILE));
	CHECK_CHAIN(f, "runtime.systemstack", "os.newFile", "runtime.goexit");
}

static void without_the_registers_nothing_is_mended(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_NEWFILE, GOEXIT);
	STACK(f, CALL_MAIN);
	f->registers.len--;
	CHECK_CHAIN(f, "main.(*byLen).Swap", "os.newFile", "runtime.goexit");
	f->registers.len = 0;
	CHECK_CHAIN(f, "main.(*byLen).Swap", "os.newFile", "runtime.goexit");
	STACK(f, CALL_MAIN);
	buf_clear(&f->registers);
	f->mask = 0;
	add_register(f, PERF_REG_X86_BP, STACK_POINTER);
	add_register(f, PERF_REG_X86_IP, SWAP);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "os.newFile", "runtime.goexit");
}

/* The gate's records have no frame pointer, and one address for a chain. */
static void the_stack_pointer_is_enough_for_go(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP);
	STACK(f, CALL_MAIN, AT_56(CALL_NEWFILE));
	buf_clear(&f->registers);
	f->mask = 0;
	add_register(f, PERF_REG_X86_SP, STACK_POINTER);
	add_register(f, PERF_REG_X86_IP, SWAP);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "os.newFile");
}

static void each_machine_has_its_own_stack_pointer(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_NEWFILE, GOEXIT);
	STACK(f, CALL_MAIN);
	chainmend_free(f->m);
	f->m = chainmend_new(&f->l, text_of("aarch64"));
	CHECK_CHAIN(f, "main.(*byLen).Swap", "os.newFile", "runtime.goexit");
	add_register(f, 29, FRAME_POINTER);
	add_register(f, 31, STACK_POINTER);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "os.newFile", "runtime.goexit");
	chainmend_free(f->m);
	f->m = chainmend_new(&f->l, text_of("riscv64"));
	CHECK_CHAIN(f, "main.(*byLen).Swap", "os.newFile", "runtime.goexit");
}

/* main.main calls itself for ever. */
static void a_walk_ends(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, CALL_NEWFILE);
	STACK(f, CALL_MAIN);
	for (size_t i = 0; i < 200; i++)
		add_words(&f->stack, WORDS(AT_56(CALL_MAIN)));
	run_as(f, 1);
	assert_int_equal(f->got.count, 64);
	check_name(f, 0, "main.(*byLen).Swap");
	for (size_t i = 1; i < 64; i++)
		check_name(f, i, "main.main");
	assert_true(f->got.is_cut);
}

static void fill(struct fixture *f, uint64_t word, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_add_uint(&f->chain, word, 8);
}

static void a_chain_that_is_too_long_loses_its_end(void **state)
{
	struct fixture *f = *state;

	CHAIN(f, MARK_USER);
	fill(f, CALL_MAIN, CHAIN_MAX - 1);
	add_words(&f->chain, WORDS(GOEXIT));
	run_as(f, 1);
	assert_int_equal(f->got.count, CHAIN_MAX);
	assert_false(f->got.is_cut);
	CHAIN(f, MARK_USER);
	fill(f, CALL_MAIN, CHAIN_MAX);
	add_words(&f->chain, WORDS(GOEXIT, GOEXIT));
	run_as(f, 1);
	assert_int_equal(f->got.count, CHAIN_MAX);
	check_name(f, CHAIN_MAX - 1, "main.main");
	assert_true(f->got.is_cut);
}

static void a_kernels_chain_that_is_too_long_leaves_no_room(void **state)
{
	struct fixture *f = *state;

	CHAIN(f, MARK_KERNEL);
	fill(f, KERNEL_FAULT + 8, CHAIN_MAX + 9);
	add_words(&f->chain, WORDS(MARK_USER, SWAP));
	run_as(f, 1);
	assert_int_equal(f->got.count, CHAIN_MAX);
	check_name(f, CHAIN_MAX - 1, "handle_mm_fault");
	CHAIN(f, MARK_KERNEL);
	fill(f, KERNEL_FAULT + 8, CHAIN_MAX - 1);
	add_words(&f->chain, WORDS(MARK_USER, SWAP, GOEXIT));
	run_as(f, 1);
	assert_int_equal(f->got.count, CHAIN_MAX);
	check_name(f, CHAIN_MAX - 1, "main.(*byLen).Swap");
}

static void a_found_caller_pushes_the_end_out_of_a_full_chain(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP);
	fill(f, CALL_NEWFILE, CHAIN_MAX - 2);
	add_words(&f->chain, WORDS(GOEXIT));
	STACK(f, CALL_MAIN);
	run_as(f, 1);
	assert_int_equal(f->got.count, CHAIN_MAX);
	check_name(f, 1, "main.main");
	check_name(f, 2, "os.newFile");
	check_name(f, CHAIN_MAX - 1, "os.newFile");
	assert_true(f->got.is_cut);
}

static void the_closures_owner_called_systemstack(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, SWAP, ALLOC_CLOSURE, SYSTEMSTACK, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "runtime.(*mheap).alloc.func1", "runtime.systemstack",
		    "runtime.(*mheap).alloc", "main.main", "runtime.goexit");
	assert_int_equal(location_at(f, 3)->ip, 0);
}

static void an_owner_that_is_there_is_not_put_in_again(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, MAIN_CLOSURE, SYSTEMSTACK, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "main.main.func1", "runtime.systemstack", "main.main", "runtime.goexit");
	USER_CHAIN(f, MAIN_CLOSURE, SYSTEMSTACK, CALL_MAIN_SUM, GOEXIT);
	CHECK_CHAIN(f, "main.main.func1", "runtime.systemstack", "main.main", "runtime.goexit");
	/* or inlined into the function that is there */
	USER_CHAIN(f, SUM_CLOSURE, SYSTEMSTACK, CALL_MAIN_SUM, GOEXIT);
	CHECK_CHAIN(f, "main.sum.func1", "runtime.systemstack", "main.main", "runtime.goexit");
	USER_CHAIN(f, SUM_CLOSURE, SYSTEMSTACK, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "main.sum.func1", "runtime.systemstack", "main.sum", "main.main",
		    "runtime.goexit");
}

static void only_a_closures_name_tells_its_owner(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, DOT_CLOSURE, SYSTEMSTACK, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "m.func.a", "runtime.systemstack", "main.main", "runtime.goexit");
	USER_CHAIN(f, BARE_CLOSURE, SYSTEMSTACK, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "m.func", "runtime.systemstack", "main.main", "runtime.goexit");
	USER_CHAIN(f, LETTER_CLOSURE, SYSTEMSTACK, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "m.funcs", "runtime.systemstack", "main.main", "runtime.goexit");
	USER_CHAIN(f, SYSTEMSTACK, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "runtime.systemstack", "main.main", "runtime.goexit");
	USER_CHAIN(f, ALLOC_CLOSURE, SYSTEMSTACK); /* of what stands there nothing is known */
	CHECK_CHAIN(f, "runtime.(*mheap).alloc.func1", "runtime.systemstack");
}

static void asmcgocall_is_called_by_cgocall(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, 0x10, CALL_ASMCGO, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "[unknown]", "runtime.asmcgocall", "runtime.cgocall", "main.main",
		    "runtime.goexit");
	assert_int_equal(location_at(f, 2)->ip, 0);
	USER_CHAIN(f, 0x10, CALL_ASMCGO);
	CHECK_CHAIN(f, "[unknown]", "runtime.asmcgocall", "runtime.cgocall");
	USER_CHAIN(f, 0x10, CALL_ASMCGO, CALL_CGOCALL, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "[unknown]", "runtime.asmcgocall", "runtime.cgocall", "main.main",
		    "runtime.goexit");
	assert_int_equal(location_at(f, 2)->ip, CALL_CGOCALL - 1);
	USER_CHAIN(f, CALL_ASMCGO, CALL_MAIN, GOEXIT); /* the leaf has called nothing yet */
	CHECK_CHAIN(f, "runtime.asmcgocall", "main.main", "runtime.goexit");
}

static uint32_t id_of(struct fixture *f, uint64_t pid)
{
	run_as(f, pid);
	return f->got.id;
}

static void a_chain_keeps_its_number(void **state)
{
	struct fixture *f = *state;
	size_t known;
	uint32_t id;

	USER_CHAIN(f, SWAP, CALL_MAIN, GOEXIT);
	id = id_of(f, 1);
	known = f->m->known.len;
	assert_int_equal(id_of(f, 1), id);
	assert_int_equal(f->m->known.len, known); /* it was not named again */
	USER_CHAIN(f, SWAP, CALL_NEWFILE, GOEXIT);
	assert_int_not_equal(id_of(f, 1), id);
	CHAIN(f, MARK_KERNEL, KERNEL_FAULT, MARK_USER, SWAP, CALL_MAIN, GOEXIT);
	assert_int_not_equal(id_of(f, 1), id);
	USER_CHAIN(f, SWAP, CALL_MAIN, GOEXIT);
	assert_int_equal(id_of(f, 1), id);
	CHECK_CHAIN(f, "main.(*byLen).Swap", "main.main", "runtime.goexit");
	assert_false(f->got.is_cut);
}

static void chains_of_the_same_places_have_the_same_number(void **state)
{
	struct fixture *f = *state;
	uint32_t id;

	USER_CHAIN(f, SWAP, CALL_MAIN, GOEXIT);
	id = id_of(f, 1);
	USER_CHAIN(f, SWAP, CALL_MAIN, GOEXIT, CALL_NEWFILE);
	assert_int_equal(id_of(f, 1), id);
	map_program(f, 2, FAR);
	USER_CHAIN(f, FAR + SWAP - CUT_CODE, FAR + CALL_MAIN - CUT_CODE, FAR + GOEXIT - CUT_CODE);
	assert_int_equal(id_of(f, 2), id);
	assert_int_equal(f->got.count, 3);
}

static void the_same_addresses_after_an_exec_are_another_chain(void **state)
{
	struct fixture *f = *state;
	uint32_t id;

	USER_CHAIN(f, SWAP, CALL_MAIN, GOEXIT);
	id = id_of(f, 1);
	space_exec(f->l.space, 1);
	assert_int_not_equal(id_of(f, 1), id);
	CHECK_CHAIN(f, "[unknown]", "[unknown]", "[unknown]");
	assert_true(f->got.is_cut);
	map_program(f, 1, CUT_CODE);
	assert_int_equal(id_of(f, 1), id);
	assert_false(f->got.is_cut);
}

/* The same address as the kernel's and as the user's. */
static void whose_an_address_is_is_part_of_the_chain(void **state)
{
	struct fixture *f = *state;

	CHAIN(f, MARK_KERNEL, SWAP);
	CHECK_CHAIN(f, "[kernel]");
	CHAIN(f, MARK_USER, SWAP);
	CHECK_CHAIN(f, "main.(*byLen).Swap");
}

/* This test's own code, as the process mapped it. */
static void map_this_test(struct fixture *f)
{
	OWN_FILE FILE *maps = fopen("/proc/self/maps", "re");
	char line[1024];

	while (maps && fgets(line, sizeof(line), maps)) {
		struct proc_mapping m;

		if (procmaps_parse_line(&m, (struct text){ line, strcspn(line, "\n") }) &&
		    C_CALLED >= m.start && C_CALLED < m.end)
			space_map(f->l.space, 1,
				  (struct space_range){ m.start, m.end - m.start, m.file_off },
				  text_of("/proc/self/exe"));
	}
}

static void registers_are_taken_by_their_numbers(void **state)
{
	static const uint64_t values[] = { 1, 2, 3, 4, 5, 6, FRAME_POINTER, STACK_POINTER };
	struct fixture *f = *state;

	USER_CHAIN(f, C_IN_KEEPER, CALL_MAIN, GOEXIT);
	map_this_test(f);
	STACK(f, C_CALLED, 0, 0, 0, CALL_ASMCGO);
	buf_clear(&f->registers);
	f->mask = 0;
	for (unsigned number = 0; number < PERF_REG_X86_IP; number++)
		add_register(f, number, values[number]);
	add_register(f, PERF_REG_X86_IP, C_IN_KEEPER);
	add_register(f, PERF_REG_X86_FLAGS, 0x246);
	CHECK_CHAIN(f, "chain_c_keeper", "chain_c_outer", "runtime.asmcgocall", "runtime.cgocall",
		    "main.main", "runtime.goexit");
}

/* As STACK, and what the unwinder needs beside. */
#define C_STACK(f, ip, ...)                               \
	do {                                              \
		map_this_test(f);                         \
		STACK(f, __VA_ARGS__);                    \
		add_register((f), PERF_REG_X86_IP, (ip)); \
	} while (0)

static void c_that_leaves_the_frame_pointer_alone_hides_only_itself(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, C_IN_KEEPER, CALL_MAIN, GOEXIT);
	C_STACK(f, C_IN_KEEPER, C_CALLED, 0, 0, 0, CALL_ASMCGO);
	CHECK_CHAIN(f, "chain_c_keeper", "chain_c_outer", "runtime.asmcgocall", "runtime.cgocall",
		    "main.main", "runtime.goexit");
	assert_false(f->got.is_cut);
}

/* The kernel's chain goes on where it names a frame that the tables found too. */
static void c_that_uses_the_frame_pointer_meets_the_chain(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, C_IN_SAVER, C_CALLED, 0x10, CALL_MAIN, GOEXIT);
	C_STACK(f, C_IN_SAVER, 77, C_CALLED, 0, 0, 0, CALL_ASMCGO);
	CHECK_CHAIN(f, "chain_c_saver", "chain_c_outer", "runtime.asmcgocall", "runtime.cgocall",
		    "main.main", "runtime.goexit");
	USER_CHAIN(f, C_IN_SAVER, 0x10, CALL_ASMCGO, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "chain_c_saver", "chain_c_outer", "runtime.asmcgocall", "runtime.cgocall",
		    "main.main", "runtime.goexit");
	assert_false(f->got.is_cut);
}

static void c_that_the_chain_does_not_meet_has_lost_its_root(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, C_IN_SAVER, CALL_MAIN, GOEXIT);
	C_STACK(f, C_IN_SAVER, 77, C_CALLED, 0, 0, 0, CALL_ASMCGO);
	CHECK_CHAIN(f, "chain_c_saver", "chain_c_outer", "runtime.asmcgocall", "runtime.cgocall");
	assert_true(f->got.is_cut);
	C_STACK(f, C_IN_SAVER, 77, C_CALLED, 0, 0, 0, GOEXIT); /* whatever the last one is */
	CHECK_CHAIN(f, "chain_c_saver", "chain_c_outer", "runtime.goexit");
	assert_true(f->got.is_cut);
	USER_CHAIN(f, C_IN_SAVER, C_CALLED, GOEXIT);
	STACK(f, 0);
	CHECK_CHAIN(f, "chain_c_saver", "chain_c_outer", "runtime.goexit");
	assert_false(f->got.is_cut);
}

static void c_without_go_below_goes_on_with_the_chain_that_it_meets(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, C_IN_SAVER, C_CALLED, CALL_MAIN, GOEXIT);
	C_STACK(f, C_IN_SAVER, 77, C_CALLED); /* the piece of the stack ends */
	CHECK_CHAIN(f, "chain_c_saver", "chain_c_outer", "main.main", "runtime.goexit");
	USER_CHAIN(f, C_IN_SAVER, CALL_MAIN, GOEXIT);
	CHECK_CHAIN(f, "chain_c_saver", "chain_c_outer");
	assert_true(f->got.is_cut);
}

static void registers_of_another_place_mend_no_c(void **state)
{
	struct fixture *f = *state;

	USER_CHAIN(f, C_IN_KEEPER, CALL_MAIN, GOEXIT);
	C_STACK(f, C_IN_SAVER, C_CALLED, C_CALLED, 0, 0, 0, CALL_ASMCGO);
	CHECK_CHAIN(f, "chain_c_keeper", "main.main", "runtime.goexit");
}

static void no_mender_is_freed_calmly(void **state)
{
	(void)state;
	chainmend_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_kernels_part_comes_first),
		TEST(marks_say_whose_the_addresses_are),
		TEST(a_chain_of_nothing_is_an_empty_one),
		TEST(the_rest_of_an_address_is_none),
		TEST(below_the_bottom_of_a_stack_nothing_is_taken),
		TEST(a_chain_that_does_not_end_at_a_bottom_is_cut),
		TEST(the_caller_that_a_leaf_without_a_frame_loses_is_found),
		TEST(the_return_address_is_looked_for_at_the_depth_of_the_place),
		TEST(several_callers_can_be_lost),
		TEST(the_depth_of_a_caller_is_that_of_its_call),
		TEST(where_no_caller_is_lost_the_chain_stays),
		TEST(what_stands_before_the_true_caller_is_dropped),
		TEST(a_piece_of_the_stack_that_ends_early_gives_the_next_caller),
		TEST(a_walk_that_never_meets_the_chain_is_believed),
		TEST(a_word_that_is_no_return_address_of_gos_ends_the_walk),
		TEST(a_function_that_changes_stacks_is_not_walked_through),
		TEST(without_the_registers_nothing_is_mended),
		TEST(the_stack_pointer_is_enough_for_go),
		TEST(each_machine_has_its_own_stack_pointer),
		TEST(a_walk_ends),
		TEST(a_chain_that_is_too_long_loses_its_end),
		TEST(a_kernels_chain_that_is_too_long_leaves_no_room),
		TEST(a_found_caller_pushes_the_end_out_of_a_full_chain),
		TEST(the_closures_owner_called_systemstack),
		TEST(an_owner_that_is_there_is_not_put_in_again),
		TEST(only_a_closures_name_tells_its_owner),
		TEST(asmcgocall_is_called_by_cgocall),
		TEST(a_chain_keeps_its_number),
		TEST(chains_of_the_same_places_have_the_same_number),
		TEST(the_same_addresses_after_an_exec_are_another_chain),
		TEST(whose_an_address_is_is_part_of_the_chain),
		TEST(registers_are_taken_by_their_numbers),
		TEST(c_that_leaves_the_frame_pointer_alone_hides_only_itself),
		TEST(c_that_uses_the_frame_pointer_meets_the_chain),
		TEST(c_that_the_chain_does_not_meet_has_lost_its_root),
		TEST(c_without_go_below_goes_on_with_the_chain_that_it_meets),
		TEST(registers_of_another_place_mend_no_c),
		TEST(no_mender_is_freed_calmly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
