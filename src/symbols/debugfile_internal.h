/* debugfile_internal.h - the separate debug file of a stripped ELF file.
 *
 * Where they are: the GDB manual, "Debugging Information in Separate Files". Only below one folder,
 * and only a file that says to be of this one: by its build id, or by the checksum of
 * .gnu_debuglink.
 */
#ifndef SYMBOLS_DEBUGFILE_INTERNAL_H
#define SYMBOLS_DEBUGFILE_INTERNAL_H

#include <stdbool.h>

#include "goruntime/elfimage.h"

#define DEBUGFILE_ROOT "/usr/lib/debug"

/* Find and open it: ROOT/.build-id/xx/yyy.debug, ROOT/FOLDER/NAME. folder is where im itself lies,
 * "" when that is not known. False when there is none; else the caller closes *ret. */
bool debugfile_open(struct elfimage *ret, const struct elfimage *im, const char *root,
		    const char *folder);

#endif
