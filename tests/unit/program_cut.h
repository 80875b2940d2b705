/* program_cut.h - the cut programs of tests/data/pclntab as images: their code, of which the files
 * have nothing, is filled with zeros, and functions can be called otherwise, so that a small
 * program stands in for what it lacks (the runtime). */
#ifndef TESTS_PROGRAM_CUT_H
#define TESTS_PROGRAM_CUT_H

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/own.h"

#define CUT_CODE       UINT64_C(0x401000) /* where the code begins, as linked */
#define CUT_CODE_BYTES UINT64_C(0x90000)
#define CUT_PATH       "/nonexistent/prog"

/* A function and what it is called instead: nothing longer. */
struct cut_name {
	const char *is, *becomes;
};

static inline void cut_rename(struct buf *program, const struct cut_name *n)
{
	size_t len = strlen(n->is) + 1;
	uint8_t *at = memmem(program->at, program->len, n->is, len);

	assert_non_null(at);
	assert_true(strlen(n->becomes) < len);
	assert_null(memmem(at + 1, program->len - (size_t)(at + 1 - program->at), n->is, len));
	memset(at, 0, len);
	memcpy(at, n->becomes, strlen(n->becomes));
}

/* The second segment is the code; it begins where the file does. */
static inline void cut_fill_code(struct buf *program)
{
	Elf64_Ehdr header;
	Elf64_Phdr code;
	size_t at;

	memcpy(&header, program->at, sizeof(header));
	at = header.e_phoff + sizeof(code);
	memcpy(&code, program->at + at, sizeof(code));
	assert_int_equal(code.p_vaddr, CUT_CODE);
	assert_int_equal(code.p_offset, 0);
	code.p_filesz = code.p_memsz = CUT_CODE_BYTES;
	memcpy(program->at + at, &code, sizeof(code));
	memset(buf_room(program, CUT_CODE_BYTES - program->len), 0, CUT_CODE_BYTES - program->len);
	program->len = CUT_CODE_BYTES;
}

/* The program that this release of Go made; free with buf_done. */
static inline struct buf cut_program(const char *release, const struct cut_name *names,
				     size_t count)
{
	char path[64];
	struct buf program = { 0 };

	snprintf(path, sizeof(path), "tests/data/pclntab/%s.elf", release);
	{
		OWN_FILE FILE *f = fopen(path, "re");

		if (!f)
			fail_msg("cannot open %s", path);
		program.len = fread(buf_room(&program, 65536), 1, 65536, f);
	}
	for (size_t i = 0; i < count; i++)
		cut_rename(&program, &names[i]);
	cut_fill_code(&program);
	return program;
}

#endif
