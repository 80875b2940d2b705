/* cmd_pprof.c - gctide pprof: the stacks of a recording as a pprof profile. */
#include "cmd/command.h"
#include "profilecommand_internal.h"
#include "render/pprof.h"

static const struct option_spec pprof_options[] = {
	PROFILE_OPTION_EVENT,
	PROFILE_OPTION_OUTPUT,
	PROFILE_OPTION_SYMBOLS,
	{ 0 },
};

static int render(const struct profile *p, const struct profile_values *values, FILE *to)
{
	(void)values;
	return pprof_render(p, to);
}

static int run(int argc, char **argv, struct err *err)
{
	struct profile_values values = PROFILE_VALUES_DEFAULT;

	values.by_thread = values.is_binary = true;
	return profilecommand_run(argc, argv, pprof_options, &values, render, err);
}

const struct command cmd_pprof = {
	.name = "pprof",
	.usage = "[options] -o FILE [RECORDING]",
	.summary = "stacks as a profile for go tool pprof",
	.details = "The profile has mappings, lines, inlined frames, and the labels thread, tid, "
		   "pid, phase, cause:\n  go tool pprof -http=: FILE\n",
	.options = pprof_options,
	.run = run,
};
