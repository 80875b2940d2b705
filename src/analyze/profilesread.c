/* profilesread.c - both walks over a recording, for profiles alone. */
#include "analyze/profiles.h"
#include "recording/reader.h"

static enum profiles_end end_of(const struct reader *r, enum reader_status status, struct err *err)
{
	if (status == READER_END)
		return PROFILES_WHOLE;
	reader_describe_end(r, status, err);
	return status == READER_TRUNCATED ? PROFILES_TRUNCATED : PROFILES_DAMAGED;
}

static int walk(struct profiles *p, struct reader *r, enum profiles_end *ret_end, struct err *err)
{
	enum reader_status status;
	struct event ev;
	int rc = reader_rewind(r, true, err);

	if (rc < 0)
		return rc;
	while (reader_next(r, &ev) == READER_RECORD)
		profiles_declare(p, &ev);
	rc = reader_rewind(r, false, err);
	if (rc < 0)
		return rc;
	while ((status = reader_next(r, &ev)) == READER_RECORD)
		profiles_add(p, &ev);
	*ret_end = end_of(r, status, err);
	profiles_finish(p);
	return 0;
}

int profiles_read(struct profiles *p, const char *path, enum profiles_end *ret_end, struct err *err)
{
	struct reader *r = NULL;
	int rc = reader_open(&r, path, err);

	if (rc == 0)
		rc = walk(p, r, ret_end, err);
	reader_close(r);
	return rc;
}
