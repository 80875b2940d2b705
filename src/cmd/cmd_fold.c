/* cmd_fold.c - gctide fold: the stacks of a recording as folded lines. */
#include "cmd/command.h"
#include "profilecommand_internal.h"
#include "render/folded.h"

static const struct option_spec fold_options[] = {
	PROFILE_OPTION_EVENT,  PROFILE_OPTION_WEIGHT,  PROFILE_OPTION_SPLIT,
	PROFILE_OPTION_OUTPUT, PROFILE_OPTION_SYMBOLS, { 0 },
};

static int render(const struct profile *p, const struct profile_values *values, FILE *to)
{
	struct folded_options o = { profilecommand_weight(values), profilecommand_split(values) };

	return folded_render(p, &o, to);
}

static int run(int argc, char **argv, struct err *err)
{
	struct profile_values values = PROFILE_VALUES_DEFAULT;

	return profilecommand_run(argc, argv, fold_options, &values, render, err);
}

const struct command cmd_fold = {
	.name = "fold",
	.usage = "[options] [FILE]",
	.summary = "stacks as folded lines, for flamegraph.pl, inferno and speedscope",
	.details = "Lines are \"root;...;leaf N\". With --split gc-phase the root is [mark], "
		   "[assist], [sweep],\n[sweep termination], [mark termination], [scavenge] or "
		   "[mutator].\n",
	.options = fold_options,
	.run = run,
};
