/* moduledata_internal.h - where a Go program's code and function data begin: from its module data
 * (runtime.firstmoduledata), in the file. */
#ifndef MODULEDATA_INTERNAL_H
#define MODULEDATA_INTERNAL_H

#include <stdint.h>

#include "goruntime/elfimage.h"
#include "goruntime/pclntab.h"

struct moduledata {
	uint64_t text;	 /* vaddr; UNKNOWN_U64 */
	uint64_t gofunc; /* vaddr; UNKNOWN_U64 */
};

/* Tables of layouts 1.18 and 1.20, which lie at table_vaddr. What cannot be found is unknown. */
void moduledata_find(struct moduledata *ret, const struct elfimage *image,
		     const struct pclntab *table, uint64_t table_vaddr);

/* The N of go1.N that built the image, by its build info; UNKNOWN_U64. */
uint64_t moduledata_go_minor(const struct elfimage *image);

#endif
