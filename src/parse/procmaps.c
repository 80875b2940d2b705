/* procmaps.c - one line of /proc/PID/maps. */
#include "parse/procmaps.h"

#include "procscan_internal.h"

static bool take_flag(bool *ret, struct text *t, char set, char unset)
{
	*ret = scan_char(t, set);
	return *ret || scan_char(t, unset);
}

static bool take_permissions(struct proc_mapping *m, struct text *t)
{
	return take_flag(&m->readable, t, 'r', '-') && take_flag(&m->writable, t, 'w', '-') &&
	       take_flag(&m->executable, t, 'x', '-') && take_flag(&m->shared, t, 's', 'p');
}

bool procmaps_parse_line(struct proc_mapping *ret, struct text line)
{
	struct proc_mapping m = { 0 };

	if (!scan_uint(&m.start, &line, 16) || !scan_char(&line, '-') ||
	    !scan_uint(&m.end, &line, 16) || !scan_char(&line, ' ') ||
	    !take_permissions(&m, &line) || !scan_char(&line, ' ') ||
	    !scan_uint(&m.file_off, &line, 16) || !scan_char(&line, ' ') ||
	    !scan_uint(&m.dev_major, &line, 16) || !scan_char(&line, ':') ||
	    !scan_uint(&m.dev_minor, &line, 16) || !scan_char(&line, ' ') ||
	    !scan_uint(&m.inode, &line, 10))
		return false;
	if (m.start >= m.end || (line.len && *line.at != ' '))
		return false;
	scan_blanks(&line);
	m.name = line;
	*ret = m;
	return true;
}

bool mapping_is_anonymous(const struct proc_mapping *m)
{
	return m->inode == 0 && (m->name.len == 0 || text_starts(m->name, "[anon:"));
}
