/* procsampler_settings.c - has what we ask of the runtime arrived? sudo(8) and 'env -i' start
 * programs without it, and then no line is no proof of no collection. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/own.h"
#include "goruntime/godebug.h"
#include "parse/procenviron.h"
#include "procfile_internal.h"
#include "procsampler_internal.h"

/* More than execve(2) takes under the usual limit of the stack. */
#define ENVIRON_BYTES (4u << 20)
/* The kernel changes the executable first and notes the environment at the end of an exec (Linux
 * fs/exec.c, fs/binfmt_elf.c): before, the file is empty. */
#define EXEC_NS (20 * NS_PER_MS)

static bool asks_for_lines(struct text environ_file)
{
	struct text godebug;
	int32_t level;

	return procenviron_find(&godebug, environ_file, "GODEBUG") &&
	       godebug_number(&level, godebug, "gctrace") && level > 0;
}

void sampler_settings(struct procsampler *s)
{
	OWN_MEM char *room = NULL;
	struct text file;

	if (s->settings_due_ns == 0 || clock_monotonic_ns() < s->settings_due_ns)
		return;
	s->settings_due_ns = 0;
	room = xcalloc(1, ENVIRON_BYTES);
	if (procfile_read_at(&file, s->proc_fd, "environ", room, ENVIRON_BYTES) < 0 ||
	    file.len == ENVIRON_BYTES)
		return; /* unknown, as it was */
	if (!asks_for_lines(file)) {
		s->has_no_gctrace = true;
		sampler_tell_source(s, SAMPLER_GCTRACE, "off",
				    "GODEBUG=gctrace=1 did not reach the program: what starts it "
				    "(sudo, env -i) clears the "
				    "environment, or sets GODEBUG itself");
	} else if (s->has_no_gctrace) {
		s->has_no_gctrace = false;
		sampler_tell_source(s, SAMPLER_GCTRACE, "on", "since the latest exec");
	}
}

void sampler_settings_later(struct procsampler *s)
{
	s->settings_due_ns = s->config.expects_gctrace ? clock_monotonic_ns() + EXEC_NS : 0;
}
