/* plt_internal.h - which function a stub of the procedure linkage table jumps to. */
#ifndef SYMBOLS_PLT_INTERNAL_H
#define SYMBOLS_PLT_INTERNAL_H

#include <stdint.h>

#include "base/text.h"
#include "goruntime/elfimage.h"

/* Called for each stub: [vaddr, end) jumps to the function of this name, borrowed from im. */
typedef void plt_stub(void *arg, uint64_t vaddr, uint64_t end, struct text name);

/* Every stub of .plt, .plt.sec and .plt.got whose code is of a known form (x86-64, arm64) and whose
 * slot has a relocation with a name. */
void plt_each(const struct elfimage *im, plt_stub *stub, void *arg);

#endif
