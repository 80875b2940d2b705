/* identify.h - is an executable a Go program, and which release built it.
 *
 * Signs (cmd/link, Go 1.5-1.27): .go.buildinfo (1.13), .gopclntab, a note with owner "Go" (1.5).
 * The version is read from build info, else from the variable runtime.buildVersion, else bounded by
 * the magic number of the function table (debug/gosym/pclntab.go). */
#ifndef GORUNTIME_IDENTIFY_H
#define GORUNTIME_IDENTIFY_H

#include <stdbool.h>

#include "base/err.h"

struct go_binary {
	bool is_go;
	char version[128];	  /* "go1.26.8"; "" when not known */
	const char *version_from; /* "buildinfo", "symbol", "pclntab" (then detail has the bounds),
				     "" */
	char build_id[129];	  /* GNU build id, hex; "" when there is none */
	char detail[512];	  /* why something is not known; main package, and build settings of
				     interest */
};

/* Look into the file behind exe_fd (borrowed, open for reading; its offset does not matter). A file
 * that is not Go, not ELF, or damaged is an answer (is_go false, or no version, with detail), not
 * a failure. 0, or a negative errno when the file cannot be read, *err filled, *ret untouched.
 * Maps the file and touches only what it needs: a few ms whatever the size. */
int goruntime_identify(struct go_binary *ret, int exe_fd, struct err *err);

#endif
