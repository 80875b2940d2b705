/* buildid.c - GNU's build id, or Go's. */
#include "goruntime/buildid.h"

#define NOTE_GNU_BUILD_ID 3 /* elf.h, NT_GNU_BUILD_ID */
#define NOTE_GO_BUILD_ID  4 /* cmd/link/internal/ld/elf.go, ELF_NOTE_GOBUILDID_TAG */
#define GNU_BYTES_MAX	  64
#define GO_BYTES_MAX	  256

void buildid_add(struct buf *out, const struct elfimage *image)
{
	struct text note;

	if (elfimage_note(&note, image, "GNU", NOTE_GNU_BUILD_ID) && note.len > 0) {
		for (size_t i = 0; i < note.len && i < GNU_BYTES_MAX; i++)
			buf_addf(out, "%02x", (unsigned char)note.at[i]);
	} else if (elfimage_note(&note, image, "Go", NOTE_GO_BUILD_ID) && note.len > 0) {
		buf_add(out, "go:", 3);
		buf_add(out, note.at, note.len < GO_BYTES_MAX ? note.len : GO_BYTES_MAX);
	}
}
