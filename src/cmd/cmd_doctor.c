/* cmd_doctor.c - gctide doctor: what this machine allows, and how to allow more. */
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "capture/probe.h"
#include "cmd/command.h"
#include "cmd/version.h"
#include "render/doctor.h"

struct doctor_values {
	const char *format;
};

static const struct option_spec doctor_options[] = {
	{ "format", 0, OPTION_CHOICE, offsetof(struct doctor_values, format), "FORMAT",
	  "text (default) or json", "text json" },
	{ 0 },
};

static const char *state_name(enum probe_state state)
{
	switch (state) {
	case PROBE_WORKS:
		return "works";
	case PROBE_PARTLY:
		return "partly";
	default:
		return "fails";
	}
}

static int print_page(const struct probe *probes, size_t count, bool json)
{
	struct doctor_row rows[PROBE_MAX];
	struct utsname u = { 0 };
	const struct passwd *pw = getpwuid(geteuid());
	char kernel[160], user[96];
	struct doctor_page page = { GCTIDE_VERSION, user, kernel, rows, count };

	uname(&u);
	snprintf(kernel, sizeof(kernel), "%s %s", u.release, u.machine);
	snprintf(user, sizeof(user), "%s (uid %u)", pw ? pw->pw_name : "somebody", geteuid());
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct doctor_row){
			probes[i].source, probes[i].gives,  state_name(probes[i].state),
			probes[i].detail, probes[i].enable, probes[i].used
		};
	return json ? doctor_render_json(&page, stdout) : doctor_render_text(&page, stdout);
}

static const struct probe *find_probe(const struct probe *probes, size_t count, const char *source)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(probes[i].source, source) == 0)
			return &probes[i];
	return NULL;
}

/* Without trace lines, or without /proc, a recording would say next to nothing. */
static int judge(const struct probe *probes, size_t count, struct err *err)
{
	static const char *const needed[] = { "gctrace", "statm" };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		const struct probe *p = find_probe(probes, count, needed[i]);

		if (!p || p->state != PROBE_FAILS)
			continue;
		err_say(err, ENOTSUP, "cannot observe here: %s: %s", p->source, p->detail);
		if (p->enable[0])
			err_hint(err, "%s", p->enable);
		return EXIT_CANNOT_OBSERVE;
	}
	return EXIT_DONE;
}

static int run(int argc, char **argv, struct err *err)
{
	struct doctor_values v = { .format = "text" };
	struct probe probes[PROBE_MAX];
	int operands;
	size_t count;

	if (options_parse(doctor_options, &v, argc, argv, &operands, err) < 0)
		return EXIT_USAGE;
	if (operands < argc) {
		err_say(err, EINVAL, "doctor: takes no operand, but got '%s'", argv[operands]);
		return EXIT_USAGE;
	}
	count = probe_all(probes, PROBE_MAX);
	if (print_page(probes, count, strcmp(v.format, "json") == 0) < 0)
		return EXIT_FAILED;
	return judge(probes, count, err);
}

const struct command cmd_doctor = {
	.name = "doctor",
	.usage = "[--format text|json]",
	.summary = "which sources work here, and what would enable the others",
	.options = doctor_options,
	.run = run,
};
