/* profilecommand.c - what fold, pprof and flame have in common. */
#include "profilecommand_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/units.h"
#include "base/unknown.h"
#include "cmd/command.h"

#define NOTABLE_SHARE 0.01 /* of samples: below that nobody needs to hear of it */

enum profile_weight profilecommand_weight(const struct profile_values *values)
{
	return strcmp(values->weight, "samples") == 0 ? WEIGHT_SAMPLES : WEIGHT_VALUE;
}

enum profile_split profilecommand_split(const struct profile_values *values)
{
	if (strcmp(values->split, "gc-phase") == 0)
		return SPLIT_PHASE;
	if (strcmp(values->split, "thread") == 0)
		return SPLIT_THREAD;
	return strcmp(values->split, "cause") == 0 ? SPLIT_CAUSE : SPLIT_NONE;
}

static void choose_event(struct profile_request *ret, const char *event)
{
	if (strcmp(event, "cpu") == 0) {
		ret->role = PERF_ROLE_CPU;
		ret->unit = PROFILE_NANOSECONDS;
	} else if (strcmp(event, "faults") == 0 || strcmp(event, "refaults") == 0) {
		ret->role = PERF_ROLE_FAULT_STACK;
		ret->refaults = event[0] == 'r';
		ret->unit = PROFILE_COUNT;
	} else if (strcmp(event, "returns") == 0) {
		ret->role = PERF_ROLE_RETURN;
		ret->unit = PROFILE_BYTES;
	} else {
		ret->role = PERF_ROLE_EVENT;
		ret->event = event;
		ret->unit = PROFILE_COUNT;
	}
}

/* A weight or a split that the event does not have is a mistake, not an empty answer. */
static int make_request(struct profile_request *ret, const char *command,
			const struct profile_values *v, struct err *err)
{
	bool is_memory;

	choose_event(ret, v->event);
	is_memory = ret->role == PERF_ROLE_FAULT_STACK || ret->role == PERF_ROLE_RETURN;
	if (strcmp(v->weight, "time") == 0 && ret->role != PERF_ROLE_CPU)
		return err_say(err, EINVAL, "%s: --weight time is of cpu samples, not of %s",
			       command, v->event);
	if (strcmp(v->weight, "bytes") == 0) {
		if (!is_memory)
			return err_say(err, EINVAL,
				       "%s: --weight bytes is of faults, refaults and returns, "
				       "not of %s",
				       command, v->event);
		ret->unit = PROFILE_BYTES;
	}
	if (strcmp(v->split, "cause") == 0 && ret->role != PERF_ROLE_RETURN)
		return err_say(err, EINVAL, "%s: --split cause is of returns, not of %s", command,
			       v->event);
	return 0;
}

/* The event is not in the recording: say why not, and what is. */
static int explain_absence(const struct profiles *p, size_t request, const char *path,
			   const char *event, struct err *err)
{
	struct text why, state = profiles_source_state(p, request, &why);
	struct buf events = { 0 };

	profiles_list_events(p, &events);
	if (text_is(state, "off"))
		err_say(err, ENODATA, "'%s' has no stacks of %s: %.*s", path, event, (int)why.len,
			why.at);
	else
		err_say(err, ENODATA, "'%s' has no stacks of %s", path, event);
	if (events.len)
		err_hint(err, "it has stacks of: %s", buf_cstr(&events));
	else
		err_hint(err,
			 "record with stacks: gctide record -F 99 ...; gctide doctor says what "
			 "this machine allows");
	buf_done(&events);
	return EXIT_CANNOT_OBSERVE;
}

static void warn_share(const char *what, uint64_t count, uint64_t all)
{
	char ratio[UNITS_TEXT_BYTES];

	if (all && (double)count > NOTABLE_SHARE * (double)all)
		fprintf(stderr, "gctide: warning: %s of the samples %s\n",
			units_ratio(ratio, (double)count / (double)all), what);
}

static void warn(const struct profiles *p)
{
	const struct profile *profile = profiles_at(p, 0);
	struct buf lines = { 0 };
	char count[UNITS_TEXT_BYTES];

	profiles_complain(p, &lines);
	for (const char *at = buf_cstr(&lines); *at;) {
		size_t len = strcspn(at, "\n");

		fprintf(stderr, "gctide: warning: %.*s\n", (int)len, at);
		at += len + (at[len] == '\n');
	}
	buf_done(&lines);
	if (profile->sample_count == 0)
		fputs("gctide: warning: no samples: the event did not happen, or the run was too "
		      "short\n",
		      stderr);
	if (is_known(profile->lost_count) && profile->lost_count)
		fprintf(stderr, "gctide: warning: perf records lost, of all events: %s\n",
			units_count(count, profile->lost_count));
	warn_share("have no name at their leaf", profile->unknown_leaf_count,
		   profile->sample_count);
	warn_share("do not reach the bottom of their stack", profile->cut_stack_count,
		   profile->sample_count);
}

/* Profiles are written where nothing else is lost. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int write_out(const struct profile *p, const struct profile_values *v,
		     profile_render *render, struct err *err)
{
	OWN_FILE FILE *file = NULL;
	bool to_stdout = !v->output || strcmp(v->output, "-") == 0;
	int rc;

	if (!to_stdout) {
		file = fopen(v->output, "we");
		if (!file)
			return err_set(err, errno, "cannot create '%s'", v->output);
	}
	rc = render(p, v, to_stdout ? stdout : file);
	if (rc < 0 && !(to_stdout && rc == -EPIPE))
		return err_set(err, -rc, "cannot write %s", to_stdout ? "the result" : v->output);
	return rc;
}

static int finish(const struct profiles *p, const struct profile_values *v, profile_render *render,
		  enum profiles_end end, struct err *err)
{
	struct err how_it_ended = *err;

	*err = (struct err){ 0 };
	warn(p);
	if (write_out(profiles_at(p, 0), v, render, err) < 0)
		return EXIT_FAILED;
	if (end == PROFILES_TRUNCATED)
		fprintf(stderr, "gctide: warning: %s\n", how_it_ended.what);
	if (end != PROFILES_DAMAGED)
		return EXIT_DONE;
	*err = how_it_ended;
	return EXIT_FAILED;
}

static int read_and_render(const char *path, const struct profile_values *v,
			   const struct profile_request *requests, profile_render *render,
			   struct err *err)
{
	/* The second is there to be asked about: refaults are nothing without returns. */
	struct profiles_options options = { requests, 2, v->directory };
	struct profiles *p = profiles_new(&options);
	enum profiles_end end = PROFILES_WHOLE;
	int status = EXIT_FAILED;

	if (profiles_read(p, path, &end, err) == 0) {
		if (!profiles_was_recorded(p, 0))
			status = explain_absence(p, 0, path, v->event, err);
		else if (requests[0].refaults && !profiles_was_recorded(p, 1))
			status = explain_absence(p, 1, path, "returns, which refaults need", err);
		else
			status = finish(p, v, render, end, err);
	}
	profiles_free(p);
	return status;
}

/* Options may stand on both sides of the recording's name. */
static int parse(int argc, char **argv, const struct option_spec *specs,
		 struct profile_values *values, const char **ret_path, struct err *err)
{
	char *command = argv[0];
	int operand = 0;

	*ret_path = "gctide.rec";
	for (int first = 0; first < argc; first += operand) {
		argv[first] = command; /* the name is for messages */
		if (options_parse(specs, values, argc - first, argv + first, &operand, err) < 0)
			return -1;
		if (first + operand >= argc)
			return 0;
		if (first)
			return err_say(err, EINVAL, "%s: one recording at a time, not also '%s'",
				       command, argv[first + operand]);
		*ret_path = argv[operand];
	}
	return 0;
}

int profilecommand_run(int argc, char **argv, const struct option_spec *specs,
		       struct profile_values *values, profile_render *render, struct err *err)
{
	struct profile_request requests[2] = { { 0 }, { .role = PERF_ROLE_RETURN } };
	const char *path;

	if (parse(argc, argv, specs, values, &path, err) < 0 ||
	    make_request(&requests[0], argv[0], values, err) < 0)
		return EXIT_USAGE;
	if (values->is_binary && (!values->output || strcmp(values->output, "-") == 0) &&
	    isatty(STDOUT_FILENO)) {
		err_say(err, EINVAL, "%s: the result is no text for a terminal: give -o FILE",
			argv[0]);
		return EXIT_USAGE;
	}
	if (values->output && is_same_file(values->output, path)) {
		err_say(err, EINVAL, "%s: '%s' is the recording: write to another file", argv[0],
			values->output);
		return EXIT_USAGE;
	}
	requests[0].by_thread = values->by_thread || strcmp(values->split, "thread") == 0;
	return read_and_render(path, values, requests, render, err);
}
