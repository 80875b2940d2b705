/* commandpath.h - whether a command can be found and executed, asked before anything is touched. */
#ifndef TARGET_COMMANDPATH_H
#define TARGET_COMMANDPATH_H

#include <stdbool.h>

#include "base/err.h"

/* Look for the command as execvp(3) will: by its path when it has a '/', else along PATH. 0,
 * -ENOENT or -EACCES (also for a folder), *err filled with the name and a hint. */
int commandpath_check(const char *command, struct err *err);

/* True when the command, found as above, is a program that Go's own linker linked statically, so
 * that there is no C in it: an ELF file without an interpreter, and without the segments that every
 * linker of C writes (PT_GNU_RELRO, PT_GNU_EH_FRAME; cmd/link/internal/ld/elf.go, Go 1.26, writes
 * them for PIEs only, which have an interpreter). False also for scripts, and when it cannot be
 * read. */
bool commandpath_is_go_alone(const char *command);

/* True when the command, found as above, is a set-user-id or set-group-id program, or has
 * capabilities of its own (capabilities(7)): under a filter that needed PR_SET_NO_NEW_PRIVS it
 * would not get its rights (execve(2)). */
bool commandpath_gains_rights(const char *command);

#endif
