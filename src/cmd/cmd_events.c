/* cmd_events.c - gctide events: what can be sampled here with record --event. */
#include <stdbool.h>
#include <stdio.h>

#include "capture/hwevent.h"
#include "capture/perfset.h"
#include "cmd/command.h"

struct events_values {
	bool all;
};

static const struct option_spec events_options[] = {
	{ "all", 'a', OPTION_FLAG, offsetof(struct events_values, all), NULL,
	  "also those that do not open, with the reason", NULL },
	{ 0 },
};

struct listing {
	bool all;
	uint64_t known_count, open_count;
};

static void print_event(void *arg, const struct hwevent_listed *event)
{
	struct listing *l = arg;
	struct err err = { 0 };
	bool opens = perfset_try_event(event->name, &err) == 0;

	l->known_count++;
	l->open_count += opens;
	if (opens)
		printf("%-48s %s\n", event->name, event->description ? event->description : "");
	else if (l->all)
		printf("%-48s off: %s\n", event->name, err.what);
}

static int run(int argc, char **argv, struct err *err)
{
	struct events_values values = { 0 };
	struct listing l = { 0 };
	int operands;

	if (options_parse(events_options, &values, argc, argv, &operands, err) < 0)
		return EXIT_USAGE;
	if (operands < argc) {
		err_say(err, EINVAL, "events: takes no operand, not '%s'", argv[operands]);
		return EXIT_USAGE;
	}
	l.all = values.all;
	if (hwevent_list(print_event, &l, err) < 0)
		return EXIT_CANNOT_OBSERVE;
	fflush(stdout);
	fprintf(stderr, "gctide: %llu of the %llu events that libpfm4 knows here open\n",
		(unsigned long long)l.open_count, (unsigned long long)l.known_count);
	if (l.open_count)
		return EXIT_DONE;
	err_say(err, EACCES, "no event opens here");
	err_hint(err, "gctide doctor says what this machine allows");
	return EXIT_CANNOT_OBSERVE;
}

const struct command cmd_events = {
	.name = "events",
	.usage = "[--all]",
	.summary = "the events that record --event can take stacks of here",
	.details = "Each is opened for this process and closed again; nothing is measured.\n",
	.options = events_options,
	.run = run,
};
