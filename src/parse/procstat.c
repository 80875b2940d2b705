/* procstat.c - /proc/PID/statm, stat, status. */
#include "parse/procstat.h"

#include "procscan_internal.h"

bool procstatm_parse(struct proc_statm *ret, struct text file)
{
	uint64_t v[7]; /* size resident shared text lib data dt */

	for (size_t i = 0; i < 7; i++) {
		if (!scan_uint(&v[i], &file, 10) || !scan_char(&file, i < 6 ? ' ' : '\n'))
			return false;
	}
	*ret = (struct proc_statm){
		.size_pages = v[0], .resident_pages = v[1], .shared_pages = v[2], .data_pages = v[5]
	};
	return true;
}

/* "PID (comm) S": the name may hold blanks and parentheses, so it ends at the last one. */
static bool take_front(struct proc_stat *s, struct text *t)
{
	const char *close;

	if (!scan_uint(&s->pid, t, 10) || !scan_char(t, ' ') || !scan_char(t, '('))
		return false;
	close = t->len ? memrchr(t->at, ')', t->len) : NULL;
	if (!close)
		return false;
	s->comm = (struct text){ .at = t->at, .len = (size_t)(close - t->at) };
	scan_skip(t, s->comm.len + 1);
	if (!scan_char(t, ' ') || t->len == 0)
		return false;
	s->state = *t->at;
	scan_skip(t, 1);
	return scan_char(t, ' ');
}

bool procstat_parse(struct proc_stat *ret, struct text file)
{
	enum { FIRST = 4, LAST = 22 }; /* fields, numbered from 1 as in proc(5) */
	struct proc_stat s = { 0 };
	uint64_t v[LAST + 1] = { 0 };

	if (!take_front(&s, &file))
		return false;
	for (size_t i = FIRST; i <= LAST; i++) {
		bool minus = scan_char(&file, '-');

		/* tpgid, cutime, cstime, priority, nice are signed, and none of ours. */
		if (minus && i != 8 && (i < 16 || i > 19))
			return false;
		if (!scan_uint(&v[i], &file, 10))
			return false;
		if (!scan_char(&file, ' ') && !(i == LAST && scan_char(&file, '\n')))
			return false;
	}
	s.minor_faults = v[10];
	s.child_minor_faults = v[11];
	s.major_faults = v[12];
	s.child_major_faults = v[13];
	s.user_ticks = v[14];
	s.system_ticks = v[15];
	s.thread_count = v[20];
	s.start_ticks = v[22];
	*ret = s;
	return true;
}

bool procstatus_find_bytes(uint64_t *ret, struct text file, const char *key)
{
	struct text line;

	while (file.len && memchr(file.at, '\n', file.len) && scan_until(&line, &file, '\n')) {
		uint64_t kib;

		if (!text_starts(line, key))
			continue;
		scan_skip(&line, strlen(key));
		if (!scan_char(&line, ':'))
			continue;
		scan_blanks(&line);
		if (!scan_uint(&kib, &line, 10) || !text_is(line, " kB") || kib > UINT64_MAX >> 10)
			return false;
		*ret = kib << 10;
		return true;
	}
	return false;
}
