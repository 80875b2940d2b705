/* cmd_timeline.c - gctide timeline: a recording over time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/analyze.h"
#include "base/own.h"
#include "base/unknown.h"
#include "cmd/command.h"
#include "outputfile_internal.h"
#include "render/timeline.h"

struct timeline_values {
	const char *output, *format, *directory, *recording;
	uint64_t from_ns, to_ns, cycle;
};

#define AT(field) offsetof(struct timeline_values, field)

static const struct option_spec timeline_options[] = {
	{ "output", 'o', OPTION_TEXT, AT(output), "FILE",
	  "where it goes; .html, .json and .csv say what it is; - is stdout", NULL },
	{ "format", 'f', OPTION_CHOICE, AT(format), "FORMAT",
	  "html, json (for Perfetto) or csv; default: by the name of the file", "html json csv" },
	{ "from", 0, OPTION_DURATION, AT(from_ns), "TIME",
	  "leave out what was before, since the start", NULL },
	{ "to", 0, OPTION_DURATION, AT(to_ns), "TIME", "leave out what came after", NULL },
	{ "cycle", 0, OPTION_COUNT, AT(cycle), "N",
	  "only this collection, and half its length before and after", NULL },
	{ "symbols", 0, OPTION_FOLDER, AT(directory), "DIR",
	  "look for binaries and libraries here first, by path or by name", NULL },
	{ 0 },
};

/* The format that the file's name asks for, or NULL. */
static const char *format_of(const char *path)
{
	static const char *const formats[] = { "html", "json", "csv" };
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(dot + 1, formats[i]) == 0)
			return formats[i];
	return NULL;
}

struct wanted_cycle {
	uint64_t number, start_ns, end_ns;
};

static int look_for_cycle(void *arg, const struct model_cycle *c)
{
	struct wanted_cycle *w = arg;

	if (c->number == w->number) {
		w->start_ns = c->start_ns;
		w->end_ns = c->end_ns;
	}
	return 0;
}

/* A walk of its own says when the cycle was. */
static int find_cycle(struct timeline_values *v, const char *path, struct err *err)
{
	struct wanted_cycle w = { v->cycle, UNKNOWN_U64, UNKNOWN_U64 };
	struct analyze_options o = { .process_id = UNKNOWN_U64,
				     .sink = { look_for_cycle, &w },
				     .directory = v->directory };
	struct model *m = xcalloc(1, sizeof(*m));
	uint64_t margin_ns;
	int rc = analyze_recording(m, path, &o, err);

	model_done(m);
	free(m);
	if (rc < 0)
		return rc;
	if (!is_known(w.start_ns))
		return err_say(err, ENODATA, "there is no cycle %llu in '%s'",
			       (unsigned long long)v->cycle, path);
	margin_ns = (w.end_ns - w.start_ns) / 2;
	v->from_ns = w.start_ns > margin_ns ? w.start_ns - margin_ns : 0;
	v->to_ns = w.end_ns + margin_ns;
	return 0;
}

static int render(void *arg, FILE *out, struct err *err)
{
	const struct timeline_values *v = arg;
	const char *path = v->recording;
	struct timeline_options o = { out, v->from_ns, v->to_ns };
	struct timeline *t = timeline_open(v->format, &o);
	struct analyze_options analyze = { .process_id = UNKNOWN_U64,
					   .sink = { timeline_cycle, t },
					   .directory = v->directory,
					   .watch = timeline_watch(t) };
	struct model *m = xcalloc(1, sizeof(*m));
	int rc = analyze_recording(m, path, &analyze, err);

	if (rc == 0)
		rc = timeline_end(t, m, err);
	if (rc == 0 && m->recording.end == MODEL_TRUNCATED)
		fprintf(stderr, "gctide: warning: %.*s\n", (int)m->recording.end_text.len,
			(const char *)m->recording.end_text.at);
	if (rc == 0 && m->recording.end > MODEL_TRUNCATED)
		rc = err_say(err, EBADMSG, "%.*s", (int)m->recording.end_text.len,
			     (const char *)m->recording.end_text.at);
	model_done(m);
	free(m);
	timeline_close(t);
	return rc;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int check(struct timeline_values *v, const char *path, struct err *err)
{
	if (!v->output)
		return err_say(err, EINVAL,
			       "timeline: -o FILE says where it goes: .html, .json or .csv");
	if (!v->format)
		v->format = format_of(v->output);
	if (!v->format)
		return err_say(
			err, EINVAL,
			"timeline: '%s' ends in none of .html, .json and .csv: give --format",
			v->output);
	if (is_same_file(v->output, path))
		return err_say(err, EINVAL,
			       "timeline: '%s' is the recording: write to another file", v->output);
	if (is_known(v->from_ns) && is_known(v->to_ns) && v->from_ns >= v->to_ns)
		return err_say(err, EINVAL, "timeline: --from must come before --to");
	if (is_known(v->cycle) && (is_known(v->from_ns) || is_known(v->to_ns)))
		return err_say(err, EINVAL, "timeline: either --cycle, or --from and --to");
	return 0;
}

static int run(int argc, char **argv, struct err *err)
{
	struct timeline_values v = { .from_ns = UNKNOWN_U64,
				     .to_ns = UNKNOWN_U64,
				     .cycle = UNKNOWN_U64 };
	const char *path = "gctide.rec";
	int operands;

	if (options_parse(timeline_options, &v, argc, argv, &operands, err) < 0)
		return EXIT_USAGE;
	if (argc - operands > 1) {
		err_say(err, EINVAL, "timeline: one recording at a time, not also '%s'",
			argv[operands + 1]);
		return EXIT_USAGE;
	}
	if (operands < argc)
		path = argv[operands];
	if (check(&v, path, err) < 0)
		return EXIT_USAGE;
	if (is_known(v.cycle) && find_cycle(&v, path, err) < 0)
		return EXIT_FAILED;
	v.recording = path;
	return outputfile_write(v.output, render, &v, err) < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_timeline = {
	.name = "timeline",
	.usage = "[options] -o FILE.html|.json|.csv [RECORDING]",
	.summary = "a recording over time: a page, a trace for Perfetto, a table of events",
	.details = "The page needs no network and no other file: open it in a browser.\n",
	.options = timeline_options,
	.run = run,
};
