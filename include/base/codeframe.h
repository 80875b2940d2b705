/* codeframe.h - one function at one place of the code, as a symbol source names it.
 *
 * A code address gives one frame for each function that was inlined there, and one for the function
 * that is really there: innermost first. */
#ifndef BASE_CODEFRAME_H
#define BASE_CODEFRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Texts are borrowed from the source that made the frame. */
struct code_frame {
	struct text function; /* "runtime.mallocgc", "memcpy"; empty when not known */
	struct text file;     /* as the compiler wrote it; empty when not known */
	uint64_t line;	      /* of the address (or of the inlined call); UNKNOWN_U64 */
	uint64_t start_line;  /* where the function begins; UNKNOWN_U64 */
	bool is_inlined;      /* into the next frame */
};

/* More inlining at one address than this is cut: the outermost frames are kept. */
#define CODE_FRAMES_MAX 32

#endif
