/* releaseadvice.c - MADV_DONTNEED or MADV_FREE, by version and GODEBUG. */
#include "goruntime/releaseadvice.h"

#include <stdint.h>
#include <stdio.h>

#include "goruntime/godebug.h"

static bool take_number(unsigned *ret, struct text *t)
{
	unsigned v = 0;
	size_t n = 0;

	while (n < t->len && n < 4 && t->at[n] >= '0' && t->at[n] <= '9')
		v = v * 10 + (unsigned)(t->at[n++] - '0');
	if (n == 0 || (n < t->len && t->at[n] >= '0' && t->at[n] <= '9'))
		return false;
	t->at += n;
	t->len -= n;
	*ret = v;
	return true;
}

bool go_release_parse(struct go_release *ret, struct text go_version)
{
	static const char devel[] = "devel ";
	struct go_release r = { 0 };

	if (text_starts(go_version, devel)) {
		go_version.at += sizeof(devel) - 1;
		go_version.len -= sizeof(devel) - 1;
	}
	if (!text_starts(go_version, "go"))
		return false;
	go_version.at += 2;
	go_version.len -= 2;
	if (!take_number(&r.major, &go_version))
		return false;
	if (go_version.len && go_version.at[0] == '.') {
		go_version.at++;
		go_version.len--;
		if (!take_number(&r.minor, &go_version))
			return false;
	}
	*ret = r;
	return true;
}

bool go_release_reaches(struct go_release r, unsigned major, unsigned minor)
{
	return r.major != major ? r.major > major : r.minor >= minor;
}

static void conclude(struct release_advice *ret, const char *advice, const char *reason)
{
	ret->advice = advice;
	snprintf(ret->reason, sizeof(ret->reason), "%s", reason);
}

static void advice_by_setting(struct release_advice *ret, bool dontneed, struct go_release r)
{
	ret->advice = dontneed ? "dontneed" : "free";
	snprintf(ret->reason, sizeof(ret->reason), "GODEBUG madvdontneed=%s under Go %u.%u",
		 dontneed ? "1" : "0", r.major, r.minor);
}

void release_advice_of(struct release_advice *ret, struct text go_version, struct text godebug)
{
	struct go_release r;
	int32_t setting = 0;
	bool is_set = godebug_number(&setting, godebug, "madvdontneed");

	if (!go_release_parse(&r, go_version)) {
		if (is_set && setting != 0)
			conclude(ret, "dontneed",
				 "GODEBUG madvdontneed=1, which means the same to every release");
		else
			conclude(ret, "unknown",
				 "the Go version is not known, and the default depends on it");
	} else if (!go_release_reaches(r, 1, 12)) {
		conclude(ret, "dontneed", "Go before 1.12 knows only MADV_DONTNEED");
	} else if (is_set) {
		advice_by_setting(ret, setting != 0, r);
	} else if (go_release_reaches(r, 1, 16)) {
		conclude(ret, "dontneed", "the default since Go 1.16");
	} else {
		conclude(ret, "free", "the default of Go 1.12 to 1.15");
	}
}
