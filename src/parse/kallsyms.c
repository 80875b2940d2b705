/* kallsyms.c - decode one line of /proc/kallsyms. */
#include "parse/kallsyms.h"

#include "procscan_internal.h"

/* "\t[module]" behind the name; false when it is something else. */
static bool take_module(struct text *ret, struct text t)
{
	if (t.len < 3 || t.at[0] != '[' || t.at[t.len - 1] != ']')
		return false;
	*ret = (struct text){ t.at + 1, t.len - 2 };
	return true;
}

bool kallsyms_parse_line(struct kallsyms_symbol *ret, struct text line)
{
	struct kallsyms_symbol s = { 0 };
	struct text t = line, type;

	if (!scan_uint(&s.address, &t, 16) || !scan_char(&t, ' ') || !scan_until(&type, &t, ' ') ||
	    type.len != 1 || !scan_until(&s.name, &t, '\t') || s.name.len == 0)
		return false;
	s.type = type.at[0];
	if (t.len && !take_module(&s.module, t))
		return false;
	*ret = s;
	return true;
}

bool kallsyms_is_function(const struct kallsyms_symbol *s)
{
	return s->type == 't' || s->type == 'T' || s->type == 'w' || s->type == 'W';
}
