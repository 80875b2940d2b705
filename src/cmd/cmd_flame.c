/* cmd_flame.c - gctide flame: the stacks of a recording as a flame graph. */
#include <stdio.h>

#include "cmd/command.h"
#include "profilecommand_internal.h"
#include "render/flame.h"

static const struct option_spec flame_options[] = {
	PROFILE_OPTION_EVENT,
	PROFILE_OPTION_WEIGHT,
	PROFILE_OPTION_SPLIT,
	PROFILE_OPTION_OUTPUT,
	PROFILE_OPTION_SYMBOLS,
	{ "title", 0, OPTION_TEXT, offsetof(struct profile_values, title), "TEXT",
	  "above the graph (default: the event)", NULL },
	{ "icicle", 0, OPTION_FLAG, offsetof(struct profile_values, has_root_on_top), NULL,
	  "the root on top", NULL },
	{ 0 },
};

static int render(const struct profile *p, const struct profile_values *values, FILE *to)
{
	struct flame_options o = { .weight = profilecommand_weight(values),
				   .split = profilecommand_split(values),
				   .title = text_of(values->title),
				   .has_root_on_top = values->has_root_on_top };

	return flame_render(p, &o, to);
}

static int run(int argc, char **argv, struct err *err)
{
	struct profile_values values = PROFILE_VALUES_DEFAULT;

	return profilecommand_run(argc, argv, flame_options, &values, render, err);
}

const struct command cmd_flame = {
	.name = "flame",
	.usage = "[options] -o FILE.svg [RECORDING]",
	.summary = "stacks as a flame graph: one SVG file with search and zoom",
	.details = "The colour tells what the collector does in a frame; open it in a browser.\n",
	.options = flame_options,
	.run = run,
};
