/* imageset.h - the files with code that a recording speaks of, looked for on this machine.
 *
 * A file is taken only when it is the one that was recorded: by its build id, or where there was
 * none, by its size. Nothing is opened before it is asked for. */
#ifndef SYMBOLS_IMAGESET_H
#define SYMBOLS_IMAGESET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

struct image;
struct imageset;

/* directory: where files are looked for first, as DIRECTORY/path and DIRECTORY/name; NULL for none.
 * Borrowed. */
struct imageset *imageset_new(const char *directory);
void imageset_free(struct imageset *s); /* NULL is fine; closes the images */

/* What the recording says of one file. content: all its bytes, where there is no file. */
struct imageset_facts {
	uint64_t pid;
	struct text path, build_id;
	uint64_t file_bytes; /* UNKNOWN_U64 */
	struct text content;
};

/* The first word on a path counts. Texts are copied. */
void imageset_declare(struct imageset *s, const struct imageset_facts *facts);

/* The image of a path, or NULL when it cannot be had. Lives as long as s. */
struct image *imageset_open(struct imageset *s, struct text path);

/* The build id that was recorded, or of the file that was found; "" when not known. */
struct text imageset_build_id(struct imageset *s, struct text path);

/* Lines, each ended by a newline, on files that were asked for and not taken: why. */
void imageset_complain(const struct imageset *s, struct buf *out);

#endif
