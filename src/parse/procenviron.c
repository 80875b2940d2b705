/* procenviron.c - /proc/PID/environ. */
#include "parse/procenviron.h"

#include <string.h>

bool procenviron_find(struct text *ret_value, struct text file, const char *name)
{
	size_t name_len = strlen(name);

	while (file.len) {
		const char *end = memchr(file.at, '\0', file.len);
		size_t len = end ? (size_t)(end - file.at) : file.len;

		if (len > name_len && memcmp(file.at, name, name_len) == 0 &&
		    file.at[name_len] == '=') {
			*ret_value = (struct text){ file.at + name_len + 1, len - name_len - 1 };
			return true;
		}
		file.at += end ? len + 1 : len;
		file.len -= end ? len + 1 : len;
	}
	return false;
}
