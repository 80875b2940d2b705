/* procsyscall.c - where a thread waits in the kernel. */
#include "parse/procsyscall.h"

#include <string.h>

#include "procscan_internal.h"

#define ARGUMENT_COUNT 6

/* " 0x2a" */
static bool scan_hex(uint64_t *ret, struct text *t)
{
	return scan_char(t, ' ') && scan_char(t, '0') && scan_char(t, 'x') && scan_uint(ret, t, 16);
}

bool procsyscall_parse(struct proc_syscall *ret, struct text file)
{
	struct proc_syscall s = { .number = UINT64_MAX };
	bool is_none = text_starts(file, "-1");
	uint64_t ignored;

	if (is_none)
		scan_skip(&file, 2);
	else if (!scan_uint(&s.number, &file, 10))
		return false;
	for (int i = 0; !is_none && i < ARGUMENT_COUNT; i++)
		if (!scan_hex(&ignored, &file))
			return false;
	if (!scan_hex(&s.sp, &file) || !scan_hex(&s.ip, &file) || !scan_char(&file, '\n') ||
	    file.len)
		return false;
	*ret = s;
	return true;
}

bool procstatus_find_process(uint64_t *ret, struct text file)
{
	struct text line;

	while (scan_until(&line, &file, '\n')) {
		uint64_t v;

		if (!text_starts(line, "Tgid:"))
			continue;
		scan_skip(&line, 5);
		scan_blanks(&line);
		if (!scan_whole_uint(&v, line) || v == 0)
			return false;
		*ret = v;
		return true;
	}
	return false;
}
