/* cmd_dump.c - `gctide dump`: the records of a recording, one per line, as they are. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/perfattr.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/unknown.h"
#include "cmd/command.h"
#include "escape_internal.h"
#include "parse/perflayouts.h"
#include "recording/reader.h"

struct dump_values {
	const char *kinds;
	bool perf;
};

static const struct option_spec dump_options[] = {
	{ "kind", 'k', OPTION_TEXT, offsetof(struct dump_values, kinds), "NAME[,NAME]",
	  "only records of these kinds", NULL },
	{ "perf", 0, OPTION_FLAG, offsetof(struct dump_values, perf), NULL,
	  "also the kernel's records within perf_data, one per line", NULL },
	{ 0 },
};

struct dump {
	FILE *out;
	uint64_t wanted; /* bit per known kind */
	bool all;	 /* no --kind: unknown kinds too */
	bool perf;
	uint64_t start_ns; /* of the first record; unknown before it */
	struct perflayouts layouts;
	struct buf event_names; /* NUL-ended names of the perf events; layout.user is an offset */
};

static uint64_t kind_of_name(const char *name, size_t len)
{
	const struct event_shape *shape;

	for (uint64_t kind = 1; (shape = event_shape_of(kind)); kind++)
		if (strlen(shape->name) == len && memcmp(shape->name, name, len) == 0)
			return kind;
	return 0;
}

static void hint_kinds(struct err *err)
{
	const struct event_shape *shape;
	struct buf names = { 0 };

	for (uint64_t kind = 1; (shape = event_shape_of(kind)); kind++)
		buf_addf(&names, " %s", shape->name);
	err_hint(err, "kinds:%s", buf_cstr(&names));
	buf_done(&names);
}

static int parse_kinds(struct dump *d, const char *kinds, struct err *err)
{
	d->all = !kinds;
	for (const char *at = kinds; at && *at;) {
		size_t len = strcspn(at, ",");
		uint64_t kind = kind_of_name(at, len);

		if (!kind) {
			err_say(err, EINVAL, "dump: there is no kind '%.*s'", (int)len, at);
			hint_kinds(err);
			return -EINVAL;
		}
		d->wanted |= UINT64_C(1) << kind;
		at += len + (at[len] == ',');
	}
	return 0;
}

static bool is_wanted(const struct dump *d, uint64_t kind)
{
	return d->all || (kind < 64 && (d->wanted >> kind & 1));
}

static void print_number(FILE *out, const char *name, uint64_t v)
{
	if (is_known(v))
		fprintf(out, " %s=%" PRIu64, name, v);
	else
		fprintf(out, " %s=unknown", name);
}

static void print_text(FILE *out, const char *name, struct text t)
{
	fprintf(out, " %s=\"", name);
	escape_print(out, t);
	fputc('"', out);
}

/* Seconds since the first record; what was taken before it has a minus sign. */
static void print_time(const struct dump *d, uint64_t time_ns)
{
	bool is_before = time_ns < d->start_ns;
	uint64_t ns = is_before ? d->start_ns - time_ns : time_ns - d->start_ns;

	if (!is_known(time_ns) || !is_known(d->start_ns))
		fputs("unknown", d->out);
	else
		fprintf(d->out, "%s%" PRIu64 ".%09" PRIu64, is_before ? "-" : "", ns / 1000000000,
			ns % 1000000000);
}

/* perf_attr.ids: numbers, not bytes. */
static void print_ids(FILE *out, struct text ids)
{
	struct cursor c = cursor_over(ids.at, ids.len);

	fputs(" ids=", out);
	for (size_t i = 0; cursor_left(&c) >= 8; i++)
		fprintf(out, "%s%" PRIu64, i ? "," : "", cursor_uint(&c, 8));
}

static void print_field(FILE *out, const struct event *ev, const struct event_field *f)
{
	const void *at = (const char *)ev + f->offset;

	if (f->type == EVENT_U64)
		print_number(out, f->name, *(const uint64_t *)at);
	else if (ev->kind == EVENT_PERF_ATTR && strcmp(f->name, "ids") == 0)
		print_ids(out, ev->u.perf_attr.ids);
	else if (ev->kind == EVENT_IMAGE && strcmp(f->name, "content") == 0)
		print_number(out, "content_bytes", ev->u.image.content.len);
	else
		print_text(out, f->name, *(const struct text *)at);
}

/* The writer puts an event's attributes before its data. */
static void remember_attr(struct dump *d, const struct event_perf_attr *a)
{
	struct perfrecord_layout layout = perfattr_layout(a, d->event_names.len);

	buf_add(&d->event_names, a->name.at, a->name.len);
	buf_add(&d->event_names, "", 1);
	perflayouts_add(&d->layouts, a->ids, &layout);
}

/* Only what this record has: most types have few of the fields. */
static void print_known(FILE *out, const char *name, uint64_t v, bool is_hex)
{
	if (!is_known(v))
		return;
	if (is_hex)
		fprintf(out, " %s=0x%" PRIx64, name, v);
	else
		fprintf(out, " %s=%" PRIu64, name, v);
}

static void print_callchain(FILE *out, struct text chain)
{
	struct cursor c = cursor_over(chain.at, chain.len);

	if (chain.len)
		fputs(" callchain=", out);
	for (size_t i = 0; cursor_left(&c) >= 8; i++)
		fprintf(out, "%s0x%" PRIx64, i ? "," : "", cursor_uint(&c, 8));
}

static void print_perfrecord(const struct dump *d, const struct perfrecord *r)
{
	const char *type = perfrecord_type_name(r->type);

	print_time(d, r->time_ns);
	if (type)
		fprintf(d->out, " perf.%s", type);
	else
		fprintf(d->out, " perf.type_%" PRIu32, r->type);
	if (r->layout)
		print_text(d->out, "event",
			   text_of((const char *)d->event_names.at + r->layout->user));
	else
		fputs(" event=unknown", d->out);
	fprintf(d->out, " misc=0x%x bytes=%u", r->misc, r->size_bytes);
	print_known(d->out, "cpu", r->cpu, false);
	print_known(d->out, "pid", r->pid, false);
	print_known(d->out, "tid", r->tid, false);
	print_known(d->out, "parent_pid", r->parent_pid, false);
	print_known(d->out, "parent_tid", r->parent_tid, false);
	print_known(d->out, "ip", r->ip, true);
	print_known(d->out, "addr", r->addr, true);
	print_known(d->out, "period", r->period, false);
	print_known(d->out, "lost_count", r->lost_count, false);
	print_known(d->out, "map_start", r->map_start, true);
	print_known(d->out, "map_len", r->map_len, true);
	print_known(d->out, "map_pgoff", r->map_pgoff, true);
	if (r->name.len)
		print_text(d->out, "name", r->name);
	print_callchain(d->out, r->callchain);
	if (r->raw.len)
		fprintf(d->out, " raw_bytes=%zu", r->raw.len);
	if (r->registers.len)
		fprintf(d->out, " register_bytes=%zu stack_bytes=%zu", r->registers.len,
			r->stack.len);
	fputc('\n', d->out);
}

static void print_perf_data(const struct dump *d, const struct event_perf_data *data)
{
	struct perfrecord_layouts none = { 0 };
	struct text bytes = data->bytes;
	enum perfrecord_status status;
	struct perfrecord r;
	uint64_t count = 0;

	while ((status = perfrecord_next(&r, &bytes, none)) == PERFRECORD_OK)
		count++;
	print_number(d->out, "cpu", data->cpu);
	fprintf(d->out, " bytes=%zu records=%" PRIu64, data->bytes.len, count);
	if (status == PERFRECORD_BAD)
		fprintf(d->out, " undecodable_bytes=%zu", bytes.len);
	fputc('\n', d->out);
	if (!d->perf)
		return;
	bytes = data->bytes;
	while ((status = perfrecord_next(&r, &bytes, perflayouts_view(&d->layouts))) ==
	       PERFRECORD_OK)
		print_perfrecord(d, &r);
	if (status == PERFRECORD_BAD)
		fprintf(d->out, "unknown perf.undecodable bytes=%zu\n", bytes.len);
}

static void print_event(struct dump *d, const struct event *ev)
{
	const struct event_shape *shape = event_shape_of(ev->kind);

	if (!is_known(d->start_ns))
		d->start_ns = ev->time_ns;
	if (ev->kind == EVENT_PERF_ATTR)
		remember_attr(d, &ev->u.perf_attr);
	if (!is_wanted(d, ev->kind))
		return;
	print_time(d, ev->time_ns);
	if (!shape) {
		fprintf(d->out, " kind_%" PRIu64 " bytes=%zu\n", ev->kind, ev->u.unknown.len);
		return;
	}
	fprintf(d->out, " %s", shape->name);
	if (ev->kind == EVENT_PERF_DATA) {
		print_perf_data(d, &ev->u.perf_data);
		return;
	}
	for (size_t i = 0; i < shape->field_count; i++)
		print_field(d->out, ev, &shape->fields[i]);
	fputc('\n', d->out);
}

/* Print until the end, or until nobody reads any more (main.c tells of a failed stdout). */
static int dump_all(struct dump *d, struct reader *r, struct err *err)
{
	enum reader_status status;
	struct event ev;
	struct err end;

	while ((status = reader_next(r, &ev)) == READER_RECORD) {
		print_event(d, &ev);
		if (ferror(d->out))
			return EXIT_DONE;
	}
	if (status == READER_END)
		return EXIT_DONE;
	reader_describe_end(r, status, &end);
	if (status == READER_TRUNCATED) {
		fflush(d->out);
		fprintf(stderr, "gctide: warning: %s\n", end.what);
		return EXIT_DONE;
	}
	*err = end;
	return EXIT_FAILED;
}

static int open_input(struct reader **ret, const char *path, struct err *err)
{
	return strcmp(path, "-") == 0
		       ? reader_open_fd(ret, dup(STDIN_FILENO), "standard input", err)
		       : reader_open(ret, path, err);
}

static int run_dump(int argc, char **argv, struct err *err)
{
	struct dump d = { .out = stdout, .start_ns = UNKNOWN_U64 };
	struct dump_values values = { 0 };
	struct reader *r = NULL;
	int operand, status;

	if (options_parse(dump_options, &values, argc, argv, &operand, err) < 0 ||
	    parse_kinds(&d, values.kinds, err) < 0)
		return EXIT_USAGE;
	if (operand != argc - 1) {
		err_say(err, EINVAL, "dump: wants one recording, not %d", argc - operand);
		return EXIT_USAGE;
	}
	if (open_input(&r, argv[operand], err) < 0)
		return EXIT_FAILED;
	d.perf = values.perf;
	if (!is_wanted(&d, EVENT_PERF_DATA))
		reader_rewind(r, true, err);
	status = dump_all(&d, r, err);
	reader_close(r);
	perflayouts_done(&d.layouts);
	buf_done(&d.event_names);
	return status;
}

const struct command cmd_dump = {
	.name = "dump",
	.usage = "[--kind NAME[,NAME]] [--perf] FILE",
	.summary = "print the records of a recording, one per line",
	.details =
		"Each line: seconds since the first record, the kind, its fields. Numbers are as\n"
		"recorded (units are in the names), texts are quoted with \\xNN for what is not\n"
		"printable. docs/recording-format.md describes every kind.\n",
	.options = dump_options,
	.run = run_dump,
};
