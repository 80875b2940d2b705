/* cficheck.c - walk the programs of an unwind table entry, as DWARF 5, section 6.4.2 and 2.5 define
 * their operations, without running them.
 *
 * libunwind 1.6 evaluates what it is given: INT64_MIN / -1 traps, a branch can run in circles. */
#include "cfi_internal.h"

#include <dwarf.h>

#include "base/cursor.h"
#include "leb_internal.h"

#define PROGRAM_BYTES_MAX 16384
#define REMEMBERED_MAX	  32

struct check {
	uint64_t register_count;
	bool has_cfa;
	unsigned remembered; /* states that are saved and not restored yet */
};

/* How many bytes follow an operation of an expression; -1 for LEB128, -2 when it is refused. */
static int operand_bytes(uint64_t op)
{
	if ((op >= DW_OP_lit0 && op <= DW_OP_lit31) || (op >= DW_OP_eq && op <= DW_OP_ne))
		return 0;
	if (op >= DW_OP_breg0 && op <= DW_OP_breg31)
		return -1;
	switch (op) {
	case DW_OP_deref:
	case DW_OP_dup:
	case DW_OP_drop:
	case DW_OP_over:
	case DW_OP_swap:
	case DW_OP_rot:
	case DW_OP_abs:
	case DW_OP_and:
	case DW_OP_minus:
	case DW_OP_mul:
	case DW_OP_neg:
	case DW_OP_not:
	case DW_OP_or:
	case DW_OP_plus:
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_shra:
	case DW_OP_xor:
	case DW_OP_nop:
		return 0;
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_pick:
	case DW_OP_deref_size:
		return 1;
	case DW_OP_const2u:
	case DW_OP_const2s:
		return 2;
	case DW_OP_const4u:
	case DW_OP_const4s:
		return 4;
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_addr:
		return 8;
	case DW_OP_plus_uconst:
		return -1;
	default:
		return -2;
	}
}

static bool is_sound_expression(struct text bytes, const struct check *check)
{
	struct cursor c = cursor_over(bytes.at, bytes.len);

	while (cursor_left(&c) > 0) {
		uint64_t op = cursor_uint(&c, 1);
		int operand = operand_bytes(op);

		if (operand == -2 || (op >= DW_OP_breg0 && op <= DW_OP_breg31 &&
				      op - DW_OP_breg0 >= check->register_count))
			return false;
		if (operand == -1)
			leb_uint(&c);
		else
			cursor_bytes(&c, (size_t)operand);
	}
	return !c.bad && bytes.len > 0;
}

static bool take_register(struct cursor *c, const struct check *check)
{
	return leb_uint(c) < check->register_count && !c->bad;
}

static bool take_expression(struct cursor *c, const struct check *check)
{
	uint64_t len = leb_uint(c);

	return len <= cursor_left(c) && is_sound_expression(cursor_bytes(c, (size_t)len), check);
}

/* Operations that change the CFA; -1 when op is none of them. */
static int take_cfa_operation(struct cursor *c, uint64_t op, struct check *check)
{
	bool ok;

	switch (op) {
	case DW_CFA_def_cfa:
	case DW_CFA_def_cfa_sf:
		ok = take_register(c, check);
		leb_uint(c);
		check->has_cfa = true;
		return ok;
	case DW_CFA_def_cfa_register:
		return check->has_cfa && take_register(c, check);
	case DW_CFA_def_cfa_offset:
	case DW_CFA_def_cfa_offset_sf:
		leb_uint(c);
		return check->has_cfa;
	case DW_CFA_def_cfa_expression:
		check->has_cfa = true;
		return take_expression(c, check);
	default:
		return -1;
	}
}

/* Operations with an opcode of their own; false for what is not known. */
static bool take_extended(struct cursor *c, uint64_t op, struct check *check)
{
	int cfa = take_cfa_operation(c, op, check);

	if (cfa >= 0)
		return cfa > 0;
	switch (op) {
	case DW_CFA_nop:
	case DW_CFA_GNU_window_save: /* arm64: the return address is signed from here on */
		return true;
	case DW_CFA_advance_loc1:
		cursor_uint(c, 1);
		return check->has_cfa;
	case DW_CFA_advance_loc2:
		cursor_uint(c, 2);
		return check->has_cfa;
	case DW_CFA_advance_loc4:
		cursor_uint(c, 4);
		return check->has_cfa;
	case DW_CFA_offset_extended:
	case DW_CFA_offset_extended_sf:
	case DW_CFA_GNU_negative_offset_extended: {
		bool ok = take_register(c, check);

		leb_uint(c);
		return ok;
	}
	case DW_CFA_restore_extended:
	case DW_CFA_undefined:
	case DW_CFA_same_value:
		return take_register(c, check);
	case DW_CFA_register:
		return take_register(c, check) && take_register(c, check);
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		return take_register(c, check) && take_expression(c, check);
	case DW_CFA_GNU_args_size:
		leb_uint(c);
		return true;
	case DW_CFA_remember_state:
		return check->has_cfa && ++check->remembered <= REMEMBERED_MAX;
	case DW_CFA_restore_state:
		return check->remembered-- > 0;
	default:
		return false;
	}
}

static bool is_sound_program(struct text program, struct check *check)
{
	struct cursor c = cursor_over(program.at, program.len);

	check->remembered = 0;
	while (cursor_left(&c) > 0) {
		uint64_t op = cursor_uint(&c, 1), low = op & 0x3f;
		bool ok = true;

		switch (op & 0xc0) {
		case DW_CFA_advance_loc:
			ok = check->has_cfa;
			break;
		case DW_CFA_offset:
			leb_uint(&c);
			ok = low < check->register_count;
			break;
		case DW_CFA_restore:
			ok = low < check->register_count;
			break;
		default:
			ok = take_extended(&c, op, check);
		}
		if (!ok)
			return false;
	}
	return !c.bad;
}

bool cfi_is_sound(const struct cfi_entry *e, uint64_t register_count)
{
	struct check check = { .register_count = register_count };

	return e->initial.len <= PROGRAM_BYTES_MAX && e->program.len <= PROGRAM_BYTES_MAX &&
	       e->return_column < register_count && is_sound_program(e->initial, &check) &&
	       is_sound_program(e->program, &check) && check.has_cfa;
}
