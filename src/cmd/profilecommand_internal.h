/* profilecommand_internal.h - what fold, pprof and flame have in common: which stacks of which
 * recording, and what to say beside them. */
#ifndef PROFILECOMMAND_INTERNAL_H
#define PROFILECOMMAND_INTERNAL_H

#include <stdbool.h>
#include <stdio.h>

#include "analyze/profiles.h"
#include "base/err.h"
#include "cmd/options.h"

struct profile_values {
	const char *event, *weight, *split, *output, *directory, *title;
	bool has_root_on_top;
	bool by_thread; /* rows are told apart by thread also when the split does not ask for it */
	bool is_binary; /* what comes out is no text for a terminal */
};

#define PROFILE_VALUES_DEFAULT                                       \
	{                                                            \
		.event = "cpu", .weight = "samples", .split = "none" \
	}

/* Rows of an option table that all three share. */
#define PROFILE_OPTION_EVENT                                                                    \
	{                                                                                       \
		"event", 'e', OPTION_TEXT, offsetof(struct profile_values, event), "EVENT",     \
			"cpu (default), faults, refaults, returns, or the name that record -e " \
			"got",                                                                  \
			NULL                                                                    \
	}
#define PROFILE_OPTION_WEIGHT                                                                     \
	{                                                                                         \
		"weight", 'w', OPTION_CHOICE, offsetof(struct profile_values, weight), "WEIGHT",  \
			"samples (default), time (of cpu), bytes (of faults, refaults, returns)", \
			"samples time bytes"                                                      \
	}
#define PROFILE_OPTION_SPLIT                                                               \
	{                                                                                  \
		"split", 's', OPTION_CHOICE, offsetof(struct profile_values, split), "BY", \
			"a root frame by gc-phase, thread or cause (of returns)",          \
			"none gc-phase thread cause"                                       \
	}
#define PROFILE_OPTION_OUTPUT                                                                \
	{                                                                                    \
		"output", 'o', OPTION_TEXT, offsetof(struct profile_values, output), "FILE", \
			"where it goes (default: standard output)", NULL                     \
	}
#define PROFILE_OPTION_SYMBOLS                                                                  \
	{                                                                                       \
		"symbols", 0, OPTION_FOLDER, offsetof(struct profile_values, directory), "DIR", \
			"look for binaries and libraries here first, by path or by name", NULL  \
	}

/* Writes the profile: 0 or a negative errno. */
typedef int profile_render(const struct profile *p, const struct profile_values *values, FILE *to);

/* Parse options (before and behind the one operand, the recording; default gctide.rec), read it,
 * and render what they ask for. The command's exit status, *err filled when it failed. */
int profilecommand_run(int argc, char **argv, const struct option_spec *specs,
		       struct profile_values *values, profile_render *render, struct err *err);

/* As the renderers take them. */
enum profile_weight profilecommand_weight(const struct profile_values *values);
enum profile_split profilecommand_split(const struct profile_values *values);

#endif
