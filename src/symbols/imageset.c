/* imageset.c - find the files with code that a recording speaks of. */
#include "symbols/imageset.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/unknown.h"
#include "symbols/image.h"

#define IMAGES_MAX 8192u /* more are not taken up */

struct entry {
	char *path, *build_id; /* owned */
	uint64_t pid, file_bytes;
	struct buf content;
	struct image *image; /* owned */
	bool asked;
	struct err why_not; /* asked, and not to be had */
};

struct imageset {
	const char *directory;
	struct entry *at; /* owned, in the order of their first mention */
	size_t count, capacity;
};

struct imageset *imageset_new(const char *directory)
{
	struct imageset *s = xcalloc(1, sizeof(*s));

	s->directory = directory;
	return s;
}

void imageset_free(struct imageset *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		image_close(s->at[i].image);
		buf_done(&s->at[i].content);
		free(s->at[i].path);
		free(s->at[i].build_id);
	}
	free(s->at);
	free(s);
}

static struct entry *find(const struct imageset *s, struct text path)
{
	for (size_t i = 0; i < s->count; i++)
		if (text_is(path, s->at[i].path))
			return &s->at[i];
	return NULL;
}

static struct entry *append(struct imageset *s, struct text path)
{
	if (s->count == IMAGES_MAX)
		return NULL;
	if (s->count == s->capacity) {
		size_t capacity = s->capacity ? s->capacity * 2 : 16;
		struct entry *grown = xcalloc(capacity, sizeof(*grown));

		if (s->count)
			memcpy(grown, s->at, s->count * sizeof(*grown));
		free(s->at);
		s->at = grown;
		s->capacity = capacity;
	}
	s->at[s->count] = (struct entry){ .path = xstrndup(path.at, path.len),
					  .build_id = xstrndup("", 0),
					  .pid = UNKNOWN_U64,
					  .file_bytes = UNKNOWN_U64 };
	return &s->at[s->count++];
}

void imageset_declare(struct imageset *s, const struct imageset_facts *facts)
{
	struct entry *e = find(s, facts->path) ? NULL : append(s, facts->path);

	if (!e)
		return;
	free(e->build_id);
	e->build_id = xstrndup(facts->build_id.at, facts->build_id.len);
	e->pid = facts->pid;
	e->file_bytes = facts->file_bytes;
	buf_add(&e->content, facts->content.at, facts->content.len);
}

/* Is the file that was opened the one that was recorded? */
static int check(const struct entry *e, const struct image *im, const char *name, uint64_t bytes,
		 struct err *err)
{
	struct text id = image_build_id(im);

	if (e->build_id[0] && !text_is(id, e->build_id))
		return err_say(err, ESTALE,
			       "'%s' is another build than the one that was recorded (build id "
			       "%.*s, not %s)",
			       name, (int)(id.len ? id.len : 4), id.len ? id.at : "none",
			       e->build_id);
	if (!e->build_id[0] && is_known(e->file_bytes) && bytes != e->file_bytes)
		return err_say(err, ESTALE,
			       "'%s' is not the file that was recorded (%llu bytes, not %llu)",
			       name, (unsigned long long)bytes, (unsigned long long)e->file_bytes);
	return 0;
}

static int try_file(struct entry *e, const char *name, struct err *err)
{
	struct image *im = NULL;
	struct stat st;
	OWN_FD int fd = -1;
	int rc;

	/* The name is the recording's: opening a device can do things, a pipe can make us wait. */
	if (stat(name, &st) < 0)
		return err_set(err, errno, "cannot open '%s'", name);
	if (!S_ISREG(st.st_mode))
		return err_say(err, EINVAL, "'%s' is no file", name);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, errno, "cannot open '%s'", name);
	rc = image_open(&im, fd, err);
	if (rc == 0)
		rc = check(e, im, name, (uint64_t)st.st_size, err);
	if (rc < 0) {
		image_close(im);
		return rc;
	}
	e->image = im;
	return 0;
}

/* What a file failed with counts more than that another one is not there. */
static bool found_in(struct entry *e, const char *first, const char *second)
{
	char name[2 * PATH_MAX];
	struct err err = { 0 };

	if (snprintf(name, sizeof(name), "%s%s", first, second) >= (int)sizeof(name))
		return false;
	if (try_file(e, name, &err) == 0)
		return true;
	if (e->why_not.code == 0 || err.code != ENOENT)
		e->why_not = err;
	return false;
}

static void open_entry(const struct imageset *s, struct entry *e)
{
	const char *slash = strrchr(e->path, '/');
	char root[64];

	if (e->content.len) {
		image_open_bytes(&e->image, buf_text(&e->content), &e->why_not);
		return;
	}
	if (e->path[0] != '/') {
		err_say(&e->why_not, ENOENT, "'%s' is no file", e->path);
		return;
	}
	if (s->directory &&
	    (found_in(e, s->directory, e->path) || found_in(e, s->directory, slash)))
		return;
	if (found_in(e, "", e->path))
		return;
	/* The process may still run, in a container of its own. */
	snprintf(root, sizeof(root), "/proc/%llu/root", (unsigned long long)e->pid);
	if (is_known(e->pid) && access(root, X_OK) == 0)
		(void)found_in(e, root, e->path);
}

static struct entry *ask(struct imageset *s, struct text path)
{
	struct entry *e = find(s, path);

	if (!e)
		e = append(s, path);
	if (e && !e->asked) {
		e->asked = true;
		open_entry(s, e);
	}
	return e;
}

struct image *imageset_open(struct imageset *s, struct text path)
{
	struct entry *e = ask(s, path);

	return e ? e->image : NULL;
}

struct text imageset_build_id(struct imageset *s, struct text path)
{
	const struct entry *e = ask(s, path);

	if (!e)
		return (struct text){ 0 };
	return e->build_id[0] || !e->image ? text_of(e->build_id) : image_build_id(e->image);
}

void imageset_complain(const struct imageset *s, struct buf *out)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].asked && !s->at[i].image && s->at[i].path[0] == '/')
			buf_addf(out, "%s\n", s->at[i].why_not.what);
}
