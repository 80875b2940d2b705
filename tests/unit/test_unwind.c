/* test_unwind.c - call chains of this very process, caught with getcontext and with signals: the
 * registers and a copy of the stack are what a sample brings; __builtin_return_address is the
 * truth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <asm/perf_regs.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "base/own.h"
#include "base/unknown.h"
#include "parse/procmaps.h"
#include "symbols/cfi_internal.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "symbols/unwind.h"

#define STACK_BYTES 65536
#define CHAIN_MAX   16
#define MAPS_MAX    512

struct map {
	uint64_t start, end, file_off;
	char path[256];
	struct image *image;
};

struct process {
	struct map maps[MAPS_MAX];
	size_t count;
	uint64_t stack_end;
};

/* What was caught, and the return addresses on the way to it, innermost first. */
struct caught {
	struct unwind_sample sample;
	char stack[STACK_BYTES];
	uint64_t truth[CHAIN_MAX];
	size_t depth;
};

/* The signal handler has no argument of ours. */
static struct caught *catching;

static void read_maps(struct process *p)
{
	OWN_FILE FILE *f = fopen("/proc/self/maps", "re");
	char line[1024];

	p->count = 0;
	while (fgets(line, sizeof(line), f) && p->count < MAPS_MAX) {
		struct map *m = &p->maps[p->count];
		struct text t = { line, strcspn(line, "\n") };
		struct proc_mapping pm;

		if (procmaps_parse_line(&pm, t) && text_is(pm.name, "[stack]"))
			p->stack_end = pm.end;
		if (!procmaps_parse_line(&pm, t) || !pm.executable || pm.name.len >= 256)
			continue;
		*m = (struct map){ pm.start, pm.end, pm.file_off, "", NULL };
		memcpy(m->path, pm.name.at, pm.name.len);
		if (strcmp(m->path, "[vdso]") == 0) {
			image_open_bytes(&m->image,
					 (struct text){ (const char *)(uintptr_t)m->start,
							(size_t)(m->end - m->start) },
					 NULL);
		} else if (m->path[0] == '/') {
			OWN_FD int fd = open(m->path, O_RDONLY | O_CLOEXEC);

			if (fd >= 0)
				image_open(&m->image, fd, NULL);
		}
		p->count++;
	}
}

static void close_maps(struct process *p)
{
	for (size_t i = 0; i < p->count; i++)
		image_close(p->maps[i].image);
}

static struct image *image_at(void *arg, uint64_t ip, uint64_t *ret_bias)
{
	struct process *p = arg;

	for (size_t i = 0; i < p->count; i++) {
		struct map *m = &p->maps[i];
		uint64_t vaddr;

		if (ip < m->start || ip >= m->end || !m->image ||
		    !image_vaddr_of(m->image, ip - m->start + m->file_off, &vaddr))
			continue;
		*ret_bias = ip - vaddr;
		return m->image;
	}
	return NULL;
}

static bool always(void *arg, uint64_t ip)
{
	(void)arg;
	return ip != 0;
}

static struct process process;

static const struct unwind_space space = { image_at, always, &process };

static void set(struct unwind_sample *s, unsigned reg, uint64_t v)
{
	s->registers[reg] = v;
	s->mask |= UINT64_C(1) << reg;
}

static void take_registers(struct unwind_sample *s, const ucontext_t *uc)
{
	static const struct {
		int ours, theirs;
	} map[] = {
		{ PERF_REG_X86_AX, REG_RAX },  { PERF_REG_X86_BX, REG_RBX },
		{ PERF_REG_X86_CX, REG_RCX },  { PERF_REG_X86_DX, REG_RDX },
		{ PERF_REG_X86_SI, REG_RSI },  { PERF_REG_X86_DI, REG_RDI },
		{ PERF_REG_X86_BP, REG_RBP },  { PERF_REG_X86_SP, REG_RSP },
		{ PERF_REG_X86_IP, REG_RIP },  { PERF_REG_X86_R8, REG_R8 },
		{ PERF_REG_X86_R9, REG_R9 },   { PERF_REG_X86_R10, REG_R10 },
		{ PERF_REG_X86_R11, REG_R11 }, { PERF_REG_X86_R12, REG_R12 },
		{ PERF_REG_X86_R13, REG_R13 }, { PERF_REG_X86_R14, REG_R14 },
		{ PERF_REG_X86_R15, REG_R15 },
	};

	s->mask = 0;
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		set(s, (unsigned)map[i].ours, (uint64_t)uc->uc_mcontext.gregs[map[i].theirs]);
}

/* The kernel copies as much as there is above the stack pointer. */
__attribute__((no_sanitize("address"))) static void take_stack(struct caught *c)
{
	const volatile char *sp = (const volatile char *)c->sample.registers[PERF_REG_X86_SP];

	size_t left = process.stack_end - (uint64_t)(uintptr_t)sp;

	left = left < STACK_BYTES ? left : STACK_BYTES;
	for (size_t i = 0; i < left; i++)
		c->stack[i] = sp[i];
	c->sample.stack = (struct text){ c->stack, left };
}

#define RETURN_ADDRESS ((uint64_t)__builtin_return_address(0))

__attribute__((noinline)) static void catch_here(struct caught *c)
{
	ucontext_t uc;

	c->truth[c->depth++] = RETURN_ADDRESS;
	getcontext(&uc);
	take_registers(&c->sample, &uc);
	take_stack(c);
}

/* A frame whose size is only known at run time: its CFA hangs on rbp. */
__attribute__((noinline)) static int with_array(struct caught *c, size_t n)
{
	volatile char *array = __builtin_alloca(n);

	array[n - 1] = 1;
	catch_here(c);
	c->truth[c->depth++] = RETURN_ADDRESS;
	return array[n - 1];
}

/* Every register that is kept for a caller is in use here. */
__attribute__((noinline)) static uint64_t with_registers(struct caught *c, uint64_t seed)
{
	uint64_t a = seed * 3, b = seed * 5, d = seed * 7, e = seed * 11, f = seed * 13;

	a += (uint64_t)with_array(c, 100 + (seed & 15));
	c->truth[c->depth++] = RETURN_ADDRESS;
	return a ^ b ^ d ^ e ^ f;
}

__attribute__((noinline)) static uint64_t outermost(struct caught *c)
{
	uint64_t v = with_registers(c, 42) + 1;

	c->truth[c->depth++] = RETURN_ADDRESS;
	return v;
}

static size_t unwind(const struct caught *c, struct unwind_step *steps, size_t max)
{
	struct unwinder *u = unwinder_new("x86_64");
	size_t n;

	assert_non_null(u);
	n = unwind_frames(u, &space, &c->sample, steps, max);
	unwinder_free(u);
	return n;
}

static void check_chain(const struct caught *c, const struct unwind_step *steps, size_t n)
{
	assert_true(n > c->depth);
	for (size_t i = 0; i < c->depth; i++)
		assert_int_equal(steps[i + 1].ip, c->truth[i]);
	for (size_t i = 1; i < n; i++)
		assert_true(steps[i].sp > steps[i - 1].sp);
}

static void a_chain_without_frame_pointers_is_followed_to_its_end(void **state)
{
	struct unwind_step steps[64];
	static struct caught c;
	struct code_frame frame;
	size_t n;
	uint64_t bias;
	struct image *im;

	(void)state;
	memset(&c, 0, sizeof(c));
	outermost(&c);
	assert_int_equal(c.depth, 4);
	n = unwind(&c, steps, 64);
	check_chain(&c, steps, n);
	/* _start ends the chain: its return address is undefined */
	assert_true(n < 64);
	im = image_at(&process, steps[n - 1].ip, &bias);
	assert_non_null(im);
	assert_int_equal(image_frames(im, steps[n - 1].ip - bias, &frame, 1), 1);
	assert_true(text_is(frame.function, "_start"));
}

static void the_names_on_the_chain_are_those_of_its_functions(void **state)
{
	static const char *const want[] = { "catch_here", "with_array", "with_registers",
					    "outermost" };
	struct unwind_step steps[64];
	static struct caught c;
	size_t n;

	(void)state;
	memset(&c, 0, sizeof(c));
	outermost(&c);
	n = unwind(&c, steps, 64);
	assert_true(n > 4);
	for (size_t i = 0; i < 4; i++) {
		struct code_frame frames[CODE_FRAMES_MAX];
		uint64_t bias;
		struct image *im = image_at(&process, steps[i].ip, &bias);
		size_t count =
			image_frames(im, steps[i].ip - bias - (i > 0), frames, CODE_FRAMES_MAX);

		assert_true(count > 0);
		assert_true(text_is(frames[count - 1].function, want[i]));
	}
}

static void on_signal(int number, siginfo_t *info, void *uc)
{
	(void)number;
	(void)info;
	(void)uc;
	catch_here(catching);
}

__attribute__((noinline)) static int interrupted(struct caught *c)
{
	raise(SIGUSR1);
	c->truth[c->depth++] = RETURN_ADDRESS;
	return (int)c->depth;
}

static bool has_ip(const struct unwind_step *steps, size_t n, uint64_t ip)
{
	for (size_t i = 0; i < n; i++) {
		if (steps[i].ip == ip)
			return true;
	}
	return false;
}

static void a_signal_trampoline_is_passed(void **state)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO, .sa_sigaction = on_signal };
	struct unwind_step steps[64];
	static struct caught c;
	size_t n;

	(void)state;
	memset(&c, 0, sizeof(c));
	catching = &c;
	assert_int_equal(sigaction(SIGUSR1, &sa, NULL), 0);
	assert_int_equal(interrupted(&c), 2);
	n = unwind(&c, steps, 64);
	assert_true(n > 4);
	assert_int_equal(steps[1].ip, c.truth[0]);
	assert_true(has_ip(steps, n, c.truth[1]));
}

/* The stack of a function at its first instruction: only the return address is on it. */
static size_t unwind_from_entry(uint64_t ip, struct unwind_step *steps, size_t max)
{
	static struct caught c;
	uint64_t back = (uint64_t)(uintptr_t)unwind_from_entry;

	memset(&c, 0, sizeof(c));
	set(&c.sample, PERF_REG_X86_IP, ip);
	set(&c.sample, PERF_REG_X86_SP, 0x7000000);
	memcpy(c.stack, &back, 8);
	c.sample.stack = (struct text){ c.stack, 8 };
	return unwind(&c, steps, max);
}

static void the_vdso_and_stubs_of_the_plt_have_a_caller(void **state)
{
	struct unwind_step steps[4];
	bool has_vdso = false;

	(void)state;
	for (size_t i = 0; i < process.count; i++) {
		struct map *m = &process.maps[i];
		struct text bytes;
		uint64_t vaddr;

		if (strcmp(m->path, "[vdso]") == 0 && m->image &&
		    image_section(m->image, ".text", &vaddr, &bytes)) {
			/* some function's first instruction: found by name */
			for (uint64_t at = vaddr; at < vaddr + bytes.len; at++) {
				struct code_frame f;
				struct cfi_entry e;

				if (image_frames(m->image, at, &f, 1) == 0 ||
				    !text_is(f.function, "__vdso_clock_gettime") ||
				    !cfi_find(image_cfi(m->image), at, &e) || e.start != at)
					continue;
				has_vdso = true;
				assert_int_equal(unwind_from_entry(m->start + at, steps, 2), 2);
				assert_int_equal(steps[1].ip, (uintptr_t)unwind_from_entry);
				assert_int_equal(steps[1].sp, 0x7000008);
				break;
			}
		}
		if (!m->image || m->path[0] != '/' ||
		    !image_section(m->image, ".plt", &vaddr, &bytes) || bytes.len < 32)
			continue;
		/* the second half of a stub has pushed a number already */
		{
			uint64_t bias;
			struct image *im = image_at(&process, m->start, &bias);

			assert_ptr_equal(im, m->image);
			if (image_section(m->image, ".plt.sec", &vaddr, &bytes))
				continue;
			assert_int_equal(unwind_from_entry(vaddr + 16 + bias, steps, 2), 2);
			assert_int_equal(steps[1].sp, 0x7000008);
		}
	}
	if (!has_vdso)
		print_message("no vDSO with names here: not tried\n");
}

static void every_cut_of_the_stack_gives_a_beginning_of_the_chain(void **state)
{
	struct unwind_step whole[64], part[64];
	static struct caught c;
	size_t n, last = 0, all;

	(void)state;
	memset(&c, 0, sizeof(c));
	outermost(&c);
	all = c.sample.stack.len;
	n = unwind(&c, whole, 64);
	for (size_t cut = 0; cut <= all; cut += cut < 2048 ? 1 : 509) {
		size_t m;

		c.sample.stack.len = cut;
		m = unwind(&c, part, 64);
		assert_in_range(m, last > 1 ? last : 1, n);
		assert_memory_equal(part, whole, m * sizeof(part[0]));
		last = m;
	}
}

struct until {
	uint64_t ip;
	size_t asked;
};

static bool until(void *arg, uint64_t ip)
{
	struct until *w = arg;

	w->asked++;
	return ip != w->ip;
}

static struct image *image_at_for_until(void *arg, uint64_t ip, uint64_t *ret_bias)
{
	(void)arg;
	return image_at(&process, ip, ret_bias);
}

static void unwinding_stops_where_it_is_told(void **state)
{
	struct unwind_step steps[64];
	static struct caught c;
	struct unwinder *u = unwinder_new("x86_64");
	struct until w;
	const struct unwind_space limited = { image_at_for_until, until, &w };

	(void)state;
	memset(&c, 0, sizeof(c));
	outermost(&c);
	w = (struct until){ .ip = c.truth[1] };
	assert_int_equal(unwind_frames(u, &limited, &c.sample, steps, 64), 3);
	assert_int_equal(w.asked, 3);
	assert_int_equal(steps[2].ip, c.truth[1]);
	assert_int_equal(unwind_frames(u, &limited, &c.sample, steps, 2), 2);
	assert_int_equal(unwind_frames(u, &limited, &c.sample, steps, 0), 0);
	unwinder_free(u);
}

static void nothing_is_guessed_where_no_table_says(void **state)
{
	struct unwind_step steps[8];
	static struct caught c;

	(void)state;
	memset(&c, 0, sizeof(c));
	outermost(&c);
	/* rbp points at something that looks like a frame; the ip lies in no image */
	set(&c.sample, PERF_REG_X86_BP, c.sample.registers[PERF_REG_X86_SP] + 64);
	set(&c.sample, PERF_REG_X86_IP, 0x1234);
	assert_int_equal(unwind(&c, steps, 8), 1);
	assert_int_equal(steps[0].ip, 0x1234);
	c.sample.mask &= ~(UINT64_C(1) << PERF_REG_X86_SP);
	assert_int_equal(unwind(&c, steps, 8), 0);
	set(&c.sample, PERF_REG_X86_SP, 1);
	c.sample.mask &= ~(UINT64_C(1) << PERF_REG_X86_IP);
	assert_int_equal(unwind(&c, steps, 8), 0);
}

static void an_unknown_register_ends_the_chain_where_it_is_needed(void **state)
{
	struct unwind_step whole[64], part[64];
	static struct caught c;
	size_t n, m;

	(void)state;
	memset(&c, 0, sizeof(c));
	outermost(&c);
	n = unwind(&c, whole, 64);
	c.sample.mask = UINT64_C(1) << PERF_REG_X86_IP | UINT64_C(1) << PERF_REG_X86_SP;
	m = unwind(&c, part, 64);
	assert_in_range(m, 1, n);
	for (size_t i = 0; i < m; i++) {
		assert_int_equal(part[i].ip, whole[i].ip);
		assert_int_equal(part[i].sp, whole[i].sp);
	}
	assert_int_equal(part[0].frame_pointer, UNKNOWN_U64);
}

#define RING_PAGES  256
#define PERF_STACK  8192
#define SPIN_ROUNDS 30000000U

/* A hot function that keeps what it can in registers, rbp too. */
__attribute__((noinline)) static uint64_t spin(uint64_t *ret_address)
{
	uint64_t a = 1, b = 2, d = 3, e = 4, f = 5, g = 6;

	*ret_address = RETURN_ADDRESS;
	for (unsigned i = 0; i < SPIN_ROUNDS; i++) {
		a += b ^ i;
		b += d ^ a;
		d += e ^ b;
		e += f ^ d;
		f += g ^ e;
		g += a ^ f;
	}
	return a ^ b ^ d ^ e ^ f ^ g;
}

__attribute__((noinline)) static uint64_t spin_caller(uint64_t *truth)
{
	uint64_t v = spin(&truth[0]) + 1;

	truth[1] = RETURN_ADDRESS;
	return v;
}

static int open_sampler(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_TASK_CLOCK,
					.sample_period = 1000000,
					.sample_type =
						PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
					.sample_regs_user = unwind_register_mask("x86_64"),
					.sample_stack_user = PERF_STACK,
					.exclude_kernel = 1 };

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Registers and stack of one record: the ABI, the registers of the mask, the size of the stack, it,
 * and how much of it there was (linux/perf_event.h). */
static bool decode(struct unwind_sample *ret, const char *body, size_t len)
{
	uint64_t size, real;
	size_t at = 8;

	memset(ret, 0, sizeof(*ret));
	for (unsigned reg = 0; reg < UNWIND_REGISTERS_MAX; reg++) {
		uint64_t v;

		if (!(unwind_register_mask("x86_64") >> reg & 1))
			continue;
		memcpy(&v, body + at, 8);
		set(ret, reg, v);
		at += 8;
	}
	memcpy(&size, body + at, 8);
	if (size == 0 || at + 16 + size > len)
		return false;
	memcpy(&real, body + at + 8 + size, 8);
	ret->stack = (struct text){ body + at + 8, (size_t)real };
	return true;
}

static bool is_in_spin(uint64_t ip)
{
	uint64_t bias;
	struct image *im = image_at(&process, (uintptr_t)spin, &bias);
	struct cfi_entry e;

	return im && cfi_find(image_cfi(im), (uintptr_t)spin - bias, &e) && ip - bias >= e.start &&
	       ip - bias < e.end;
}

/* Samples within spin: how many of them led to both callers, and how many there were. */
static size_t follow_samples(const char *ring, size_t head, const uint64_t *truth,
			     size_t *ret_count)
{
	size_t good = 0;

	*ret_count = 0;
	for (size_t at = 0; at + sizeof(struct perf_event_header) <= head;) {
		struct perf_event_header h;
		struct unwind_step steps[64];
		static struct caught c; /* not on the stack that is sampled: it is big */

		memcpy(&h, ring + at, sizeof(h));
		if (h.type == PERF_RECORD_SAMPLE &&
		    decode(&c.sample, ring + at + sizeof(h), h.size - sizeof(h))) {
			if (is_in_spin(c.sample.registers[PERF_REG_X86_IP])) {
				size_t n = unwind(&c, steps, 64);

				++*ret_count;
				good += n > 2 && steps[1].ip == truth[0] && steps[2].ip == truth[1];
			}
		}
		at += h.size;
	}
	return good;
}

static void samples_of_perf_lead_to_the_callers(void **state)
{
	OWN_FD int fd = open_sampler();
	struct perf_event_mmap_page *page;
	size_t bytes = (1 + RING_PAGES) * 4096, count, good;
	uint64_t truth[2] = { 0 };

	(void)state;
	if (fd < 0) {
		print_message("perf_event_open is not allowed here: skipped\n");
		skip();
	}
	page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED) {
		print_message("no memory for a ring: skipped\n");
		skip();
	}
	assert_int_not_equal(spin_caller(truth), 0);
	good = follow_samples((const char *)page + 4096, (size_t)page->data_head, truth, &count);
	munmap(page, bytes);
	print_message("%zu samples, %zu with both callers\n", count, good);
	if (count == 0)
		skip();
	assert_int_equal(good, count);
}

static void masks_are_those_of_the_kernel(void **state)
{
	(void)state;
	assert_int_equal(unwind_register_mask("x86_64"), 0xff01ff);
	assert_int_equal(unwind_register_mask("aarch64"), 0x1ffffffff);
	assert_int_equal(unwind_register_mask("sparc"), 0);
	assert_null(unwinder_new("sparc"));
	assert_null(unwinder_new("aarch64")); /* the libunwind of this machine */
	unwinder_free(NULL);
}

static bool is_sound(const char *program, size_t len)
{
	struct cfi_entry e = { .initial = { "\x0c\x07\x08", 3 }, /* def_cfa rsp 8 */
			       .program = { program, len },
			       .return_column = 16 };

	return cfi_is_sound(&e, 17);
}

static void programs_that_libunwind_would_trip_over_are_refused(void **state)
{
	struct cfi_entry e = { .initial = { "\x0e\x08", 2 }, .return_column = 16 };

	(void)state;
	assert_true(is_sound("\x41\x0e\x10\x86\x02", 5));  /* advance, cfa offset 16, rbp at -2 */
	assert_true(is_sound("\x0a\x0b", 2));		   /* remember, restore */
	assert_false(is_sound("\x0b", 1));		   /* restore without remember */
	assert_false(is_sound("\x0e", 1));		   /* cut */
	assert_false(is_sound("\x91\x02", 2));		   /* register 17 */
	assert_false(is_sound("\x0d\x80\x01", 3));	   /* register 128 */
	assert_false(is_sound("\x3f", 1));		   /* no operation */
	assert_true(is_sound("\x0f\x03\x77\x08\x06", 5));  /* cfa = *(rsp + 8) */
	assert_false(is_sound("\x0f\x03\x77\x08\x1b", 5)); /* division */
	assert_false(is_sound("\x0f\x03\x2f\xfd\xff", 5)); /* a jump to itself */
	assert_false(is_sound("\x0f\x05\x77\x08\x06", 5)); /* longer than the program */
	assert_false(is_sound("\x0f\x02\x81\x00", 4));	   /* breg17 */
	assert_false(cfi_is_sound(&e, 17)); /* an offset from a CFA that is not there */
	e.initial = (struct text){ "\x0c\x07\x08", 3 };
	assert_true(cfi_is_sound(&e, 17));
	e.return_column = 99;
	assert_false(cfi_is_sound(&e, 17));
}

static int begin(void **state)
{
	(void)state;
	read_maps(&process);
	return 0;
}

static int end(void **state)
{
	(void)state;
	close_maps(&process);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_without_frame_pointers_is_followed_to_its_end),
		cmocka_unit_test(the_names_on_the_chain_are_those_of_its_functions),
		cmocka_unit_test(a_signal_trampoline_is_passed),
		cmocka_unit_test(the_vdso_and_stubs_of_the_plt_have_a_caller),
		cmocka_unit_test(every_cut_of_the_stack_gives_a_beginning_of_the_chain),
		cmocka_unit_test(unwinding_stops_where_it_is_told),
		cmocka_unit_test(nothing_is_guessed_where_no_table_says),
		cmocka_unit_test(an_unknown_register_ends_the_chain_where_it_is_needed),
		cmocka_unit_test(samples_of_perf_lead_to_the_callers),
		cmocka_unit_test(masks_are_those_of_the_kernel),
		cmocka_unit_test(programs_that_libunwind_would_trip_over_are_refused),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
