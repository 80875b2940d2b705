/* fuzz_goidentify.c - properties: any file is an answer; its texts end in NUL and hold no control
 * characters, the build id is hex, and there is a version only for Go. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "goruntime/identify.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_text(const char *s, size_t cap)
{
	size_t len = strnlen(s, cap);

	check(len < cap);
	for (size_t i = 0; i < len; i++)
		check((unsigned char)s[i] >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);
	struct go_binary b;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	check(goruntime_identify(&b, fd, NULL) == 0);
	close(fd);
	check_text(b.version, sizeof(b.version));
	check_text(b.detail, sizeof(b.detail));
	check_text(b.build_id, sizeof(b.build_id));
	check(strspn(b.build_id, "0123456789abcdef") == strlen(b.build_id));
	check(b.is_go || b.version[0] == '\0');
	return 0;
}
