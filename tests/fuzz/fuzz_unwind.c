/* fuzz_unwind.c - properties: whatever the tables, the registers and the stack, unwinding ends; the
 * first frame is the sampled one, stack pointers grow, and no frame follows one at which it was
 * told to stop.
 *
 * An input is 17 registers in the kernel's order, the length of the stack in 2 bytes, the stack,
 * and the image. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/image.h"
#include "symbols/unwind.h"

#define BIAS	  0x10000
#define STEPS_MAX 64

static void check(bool holds)
{
	if (!holds)
		abort();
}

static struct image *image_at(void *arg, uint64_t ip, uint64_t *ret_bias)
{
	(void)ip;
	*ret_bias = BIAS;
	return arg;
}

static bool keep_going(void *arg, uint64_t ip)
{
	(void)arg;
	return ip % 251 != 250;
}

static void check_unwinding(struct image *im, const struct unwind_sample *sample)
{
	const struct unwind_space space = { image_at, keep_going, im };
	struct unwind_step steps[STEPS_MAX];
	struct unwinder *u = unwinder_new("x86_64");
	size_t n;

	if (!u)
		return;
	n = unwind_frames(u, &space, sample, steps, STEPS_MAX);
	check(n <= STEPS_MAX);
	check(n == 0 || steps[0].ip == sample->registers[8]);
	for (size_t i = 1; i < n; i++) {
		check(steps[i].sp > steps[i - 1].sp);
		check(keep_going(NULL, steps[i - 1].ip));
	}
	unwinder_free(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unwind_sample sample = { .mask = unwind_register_mask("x86_64") };
	struct image *im;
	size_t stack_len;

	if (size < 17 * 8 + 2)
		return 0;
	memcpy(sample.registers, data, 9 * 8UL);
	memcpy(sample.registers + 16, data + 9 * 8UL, 8 * 8UL);
	stack_len = data[136] | (size_t)data[137] << 8;
	data += 138;
	size -= 138;
	stack_len = stack_len < size ? stack_len : size;
	sample.stack = (struct text){ (const char *)data, stack_len };
	if (image_open_bytes(&im, (struct text){ (const char *)data + stack_len, size - stack_len },
			     NULL) != 0)
		return 0;
	check_unwinding(im, &sample);
	image_close(im);
	return 0;
}
