/* cgroup.c - memberships, mounts, and the memory controller's files. */
#include "parse/cgroup.h"

#include "base/unknown.h"
#include "procscan_internal.h"

/* True when a comma list has word as one of its members. */
static bool list_has(struct text list, const char *word)
{
	struct text item;

	while (scan_until(&item, &list, ',')) {
		if (text_is(item, word))
			return true;
	}
	return false;
}

/* "4:memory:/x": the path may hold colons, the first two separate. */
static bool parse_membership_line(struct text *ret_number, struct text *ret_controllers,
				  struct text *ret_path, struct text line)
{
	if (!scan_until(ret_number, &line, ':') || !scan_until(ret_controllers, &line, ':'))
		return false;
	*ret_path = line;
	return line.len > 0 && line.at[0] == '/';
}

bool cgroup_parse_membership(struct cgroup_membership *ret, struct text file)
{
	struct cgroup_membership found = { 0 };
	struct text line;

	while (scan_until(&line, &file, '\n')) {
		struct text number, controllers, path;

		if (!parse_membership_line(&number, &controllers, &path, line))
			continue;
		if (list_has(controllers, "memory")) {
			*ret = (struct cgroup_membership){ .version = 1, .path = path };
			return true;
		}
		if (text_is(number, "0") && controllers.len == 0)
			found = (struct cgroup_membership){ .version = 2, .path = path };
	}
	if (found.version == 0)
		return false;
	*ret = found;
	return true;
}

/* "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory" */
bool cgroup_parse_mount(struct cgroup_mount *ret, struct text line, unsigned version)
{
	struct text word[6], type, source; /* id, parent, device, root, mount point, options */

	for (size_t i = 0; i < 6; i++) {
		if (!scan_until(&word[i], &line, ' ') || word[i].len == 0)
			return false;
	}
	do {
		if (!scan_until(&type, &line, ' ')) /* optional fields, closed by "-" */
			return false;
	} while (!text_is(type, "-"));
	if (!scan_until(&type, &line, ' ') || !scan_until(&source, &line, ' '))
		return false;
	if (version == 1 ? !(text_is(type, "cgroup") && list_has(line, "memory"))
			 : !text_is(type, "cgroup2"))
		return false;
	*ret = (struct cgroup_mount){ .root = word[3], .mount_point = word[4] };
	return true;
}

size_t mountinfo_unescape(char *out, size_t cap, struct text t)
{
	size_t len = 0;

	if (cap == 0)
		return 0;
	while (t.len && len + 1 < cap) {
		unsigned code = (unsigned char)*t.at;
		size_t used = 1;

		if (*t.at == '\\' && t.len >= 4 && scan_digit(t.at[1], 8) < 4 &&
		    scan_digit(t.at[2], 8) < 8 && scan_digit(t.at[3], 8) < 8) {
			code = scan_digit(t.at[1], 8) << 6 | scan_digit(t.at[2], 8) << 3 |
			       scan_digit(t.at[3], 8);
			used = 4;
		}
		out[len++] = (char)code;
		scan_skip(&t, used);
	}
	if (t.len)
		len = 0;
	out[len] = '\0';
	return len;
}

/* One of the path's names is "..": the group lies outside of our cgroup namespace. */
static bool has_dotdot(struct text path)
{
	struct text name;

	while (scan_until(&name, &path, '/')) {
		if (text_is(name, ".."))
			return true;
	}
	return false;
}

bool cgroup_path_below(struct text *ret, struct text path, struct text root)
{
	if (path.len == 0 || path.at[0] != '/' || has_dotdot(path))
		return false;
	if (!text_is(root, "/")) {
		if (path.len < root.len || (root.len && memcmp(path.at, root.at, root.len) != 0))
			return false;
		scan_skip(&path, root.len);
		if (path.len && path.at[0] != '/')
			return false;
	}
	*ret = text_is(path, "/") ? (struct text){ .at = "", .len = 0 } : path;
	return true;
}

uint64_t cgroup_parse_amount(struct text file)
{
	/* PAGE_COUNTER_MAX is LONG_MAX in whole pages; the largest page is 64 KiB. */
	const uint64_t no_limit = (uint64_t)INT64_MAX - 0xffff;
	uint64_t v;

	if (file.len && file.at[file.len - 1] == '\n')
		file.len--;
	if (!scan_whole_uint(&v, file) || v >= no_limit)
		return UNKNOWN_U64;
	return v;
}

uint64_t cgroup_find_count(struct text file, const char *key)
{
	struct text line;

	while (scan_until(&line, &file, '\n')) {
		uint64_t v;

		if (!text_starts(line, key))
			continue;
		scan_skip(&line, strlen(key));
		if (scan_char(&line, ' '))
			return scan_whole_uint(&v, line) ? v : UNKNOWN_U64;
	}
	return UNKNOWN_U64;
}
