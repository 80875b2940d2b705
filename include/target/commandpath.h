/* commandpath.h - whether a command can be found and executed, asked before anything is touched. */
#ifndef TARGET_COMMANDPATH_H
#define TARGET_COMMANDPATH_H

#include <stdbool.h>

#include "base/err.h"

/* Look for the command as execvp(3) will: by its path when it has a '/', else along PATH. 0,
 * -ENOENT or -EACCES (also for a folder), *err filled with the name and a hint. */
int commandpath_check(const char *command, struct err *err);

/* True when the command, found as above, is an ELF file without an interpreter: a statically linked
 * program, which has no C libraries in it. False also for scripts, and when it cannot be read. */
bool commandpath_is_static(const char *command);

#endif
