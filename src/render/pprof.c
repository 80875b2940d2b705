/* pprof.c - a profile in the format of pprof.
 *
 * Messages of one kind written one behind the other are one message to a reader, repeated fields
 * joined (protobuf.dev, Encoding). So the profile is packed in parts, each one a Profile with some
 * of the rows, and memory is needed for one part only. */
#include "render/pprof.h"

#include <stdlib.h>

#include "base/unknown.h"
#include "gzipstream_internal.h"
#include "profile.pb-c.h"
#include "profiletext_internal.h"
#include "stringtable_internal.h"

/* Rows packed at a time. */
#define PART_ROWS 256u

enum { LABEL_THREAD, LABEL_TID, LABEL_PID, LABEL_PHASE, LABEL_CAUSE, LABEL_COUNT };

struct pprof_writer {
	const struct profile *p;
	struct stringtable strings;
	struct gzipstream gz;
	struct buf packed;
	int64_t label_keys[LABEL_COUNT]; /* in strings */
	int64_t number_unit;
};

/* What the locations of a mapping bring. */
struct pprof_truth {
	bool is_used, lacks_functions, lacks_filenames, lacks_lines, has_inlined;
};

/* The format's numbers are signed, and 0 where they are not known. */
static int64_t signed_of(uint64_t v)
{
	return !is_known(v) ? 0 : v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static int64_t string(struct pprof_writer *w, struct text t)
{
	return stringtable_add(&w->strings, t);
}

static void write_part(struct pprof_writer *w, const Pprof__Profile *part)
{
	size_t bytes = pprof__profile__get_packed_size(part);

	buf_clear(&w->packed);
	w->packed.len = pprof__profile__pack(part, buf_room(&w->packed, bytes));
	gzipstream_add(&w->gz, &w->packed);
}

/* A function without a name of its own: "[unknown]", "[kernel]". */
static bool is_placeholder(const struct profile_function *f)
{
	return f->name.len == 0 || f->name.at[0] == '[';
}

/* Is nothing known of l but its address? */
static bool is_nameless(const struct profile *p, const struct profile_location *l)
{
	const struct profile_line *line = &p->lines[l->first_line];

	return l->line_count == 0 || (l->line_count == 1 && l->ip != 0 && !is_known(line->line) &&
				      text_is(p->functions[line->function].name, "[unknown]"));
}

static void write_head(struct pprof_writer *w)
{
	const struct profile *p = w->p;
	int64_t count = string(w, text_of("count"));
	Pprof__ValueType samples = PPROF__VALUE_TYPE__INIT, value = PPROF__VALUE_TYPE__INIT,
			 period = PPROF__VALUE_TYPE__INIT;
	Pprof__ValueType *types[] = { &samples, &value };
	Pprof__Profile head = PPROF__PROFILE__INIT;
	struct buf measured = { 0 }, losses = { 0 };
	int64_t comments[2];

	samples.type = string(w, text_of("samples"));
	samples.unit = count;
	value.type = string(w, p->event);
	value.unit = string(w, text_of(profile_unit_name(p->unit)));
	period.type = value.type;
	/* the period of bytes counts calls */
	period.unit = p->unit == PROFILE_NANOSECONDS ? value.unit : count;
	profile_add_measured(&measured, p);
	profile_add_losses(&losses, p);
	comments[0] = string(w, buf_text(&measured));
	comments[1] = string(w, buf_text(&losses));
	head.sample_type = types;
	head.n_sample_type = 2;
	head.period_type = &period;
	head.period = signed_of(p->period);
	head.time_nanos = signed_of(p->start_unix_ns);
	head.duration_nanos = signed_of(p->duration_ns);
	head.comment = comments;
	head.n_comment = 2;
	head.default_sample_type = value.type;
	write_part(w, &head);
	buf_done(&measured);
	buf_done(&losses);
}

struct sample_part {
	Pprof__Sample samples[PART_ROWS];
	Pprof__Sample *pointers[PART_ROWS];
	int64_t values[PART_ROWS][2];
	Pprof__Label labels[PART_ROWS][LABEL_COUNT];
	Pprof__Label *label_pointers[PART_ROWS][LABEL_COUNT];
	struct buf ids; /* uint64_t: of the locations */
};

/* The next label of the sample in row i. */
static Pprof__Label *add_label(struct pprof_writer *w, struct sample_part *part, size_t i,
			       int which)
{
	Pprof__Sample *s = &part->samples[i];
	Pprof__Label *label = &part->labels[i][s->n_label];

	pprof__label__init(label);
	label->key = w->label_keys[which];
	part->label_pointers[i][s->n_label++] = label;
	return label;
}

static void add_labels(struct pprof_writer *w, struct sample_part *part, size_t i,
		       const struct profile_stack *row)
{
	const char *cause = profile_cause_name(row->cause);
	Pprof__Label *label;

	part->samples[i].label = part->label_pointers[i];
	add_label(w, part, i, LABEL_PHASE)->str =
		string(w, text_of(profile_phase_name(row->phase)));
	if (cause[0])
		add_label(w, part, i, LABEL_CAUSE)->str = string(w, text_of(cause));
	if (row->thread < w->p->thread_count) {
		const struct profile_thread *t = &w->p->threads[row->thread];

		if (t->name.len)
			add_label(w, part, i, LABEL_THREAD)->str = string(w, t->name);
		label = add_label(w, part, i, LABEL_TID);
		label->num = signed_of(t->tid);
		label->num_unit = w->number_unit;
		label = add_label(w, part, i, LABEL_PID);
		label->num = signed_of(t->pid);
		label->num_unit = w->number_unit;
	}
}

static void add_sample(struct pprof_writer *w, struct sample_part *part, size_t i,
		       const struct profile_stack *row)
{
	uint64_t *ids = NULL;
	Pprof__Sample *s = &part->samples[i];

	pprof__sample__init(s);
	part->pointers[i] = s;
	if (row->location_count)
		ids = (uint64_t *)(void *)(part->ids.at + part->ids.len);
	for (uint32_t k = 0; k < row->location_count; k++)
		ids[k] = (uint64_t)w->p->stack_locations[row->first_location + k] + 1;
	part->ids.len += row->location_count * sizeof(*ids);
	s->location_id = ids;
	s->n_location_id = row->location_count;
	part->values[i][0] = signed_of(row->sample_count);
	part->values[i][1] = signed_of(row->value);
	s->value = part->values[i];
	s->n_value = 2;
	add_labels(w, part, i, row);
}

static void write_samples(struct pprof_writer *w)
{
	struct sample_part *part = xcalloc(1, sizeof(*part));
	const struct profile *p = w->p;

	for (size_t from = 0; from < p->stack_count; from += PART_ROWS) {
		size_t rows = p->stack_count - from < PART_ROWS ? p->stack_count - from : PART_ROWS;
		Pprof__Profile profile = PPROF__PROFILE__INIT;
		size_t ids = 0;

		for (size_t i = 0; i < rows; i++)
			ids += p->stacks[from + i].location_count;
		buf_clear(&part->ids);
		buf_room(&part->ids, ids * sizeof(uint64_t));
		for (size_t i = 0; i < rows; i++)
			add_sample(w, part, i, &p->stacks[from + i]);
		profile.sample = part->pointers;
		profile.n_sample = rows;
		write_part(w, &profile);
	}
	buf_done(&part->ids);
	free(part);
}

static void look_at_location(struct pprof_truth *truth, const struct profile *p,
			     const struct profile_location *l)
{
	truth->is_used = true;
	truth->has_inlined |= l->line_count > 1;
	for (uint32_t k = 0; k < l->line_count; k++) {
		const struct profile_line *line = &p->lines[l->first_line + k];
		const struct profile_function *f = &p->functions[line->function];

		truth->lacks_functions |= is_placeholder(f);
		truth->lacks_filenames |= f->file.len == 0;
		truth->lacks_lines |= !is_known(line->line);
	}
}

static void write_mappings(struct pprof_writer *w)
{
	const struct profile *p = w->p;
	struct pprof_truth *truths = xcalloc(p->mapping_count, sizeof(*truths));

	for (size_t i = 0; i < p->location_count; i++)
		if (p->locations[i].mapping < p->mapping_count)
			look_at_location(&truths[p->locations[i].mapping], p, &p->locations[i]);
	for (size_t i = 0; i < p->mapping_count; i++) {
		const struct profile_mapping *m = &p->mappings[i];
		const struct pprof_truth *truth = &truths[i];
		Pprof__Mapping mapping = PPROF__MAPPING__INIT, *pointer = &mapping;
		Pprof__Profile profile = PPROF__PROFILE__INIT;

		mapping.id = i + 1;
		mapping.memory_start = m->start;
		mapping.memory_limit = m->limit;
		mapping.file_offset = m->file_off;
		mapping.filename = string(w, m->path);
		mapping.build_id = string(w, m->build_id);
		mapping.has_functions = truth->is_used && !truth->lacks_functions;
		mapping.has_filenames = truth->is_used && !truth->lacks_filenames;
		mapping.has_line_numbers = truth->is_used && !truth->lacks_lines;
		mapping.has_inline_frames = truth->has_inlined;
		profile.mapping = &pointer;
		profile.n_mapping = 1;
		write_part(w, &profile);
	}
	free(truths);
}

static void write_location(struct pprof_writer *w, size_t i)
{
	const struct profile_location *l = &w->p->locations[i];
	uint32_t count = is_nameless(w->p, l) ? 0 : l->line_count;
	Pprof__Line *lines = xcalloc(count, sizeof(*lines)),
		    **pointers = xcalloc(count, sizeof(Pprof__Line *));
	Pprof__Location location = PPROF__LOCATION__INIT, *pointer = &location;
	Pprof__Profile profile = PPROF__PROFILE__INIT;

	for (uint32_t k = 0; k < count; k++) {
		const struct profile_line *line = &w->p->lines[l->first_line + k];

		pprof__line__init(&lines[k]);
		lines[k].function_id = (uint64_t)line->function + 1;
		lines[k].line = signed_of(line->line);
		pointers[k] = &lines[k];
	}
	location.id = i + 1;
	location.mapping_id = l->mapping < w->p->mapping_count ? (uint64_t)l->mapping + 1 : 0;
	location.address = l->ip;
	location.line = pointers;
	location.n_line = count;
	profile.location = &pointer;
	profile.n_location = 1;
	write_part(w, &profile);
	free(pointers);
	free(lines);
}

static void write_function(struct pprof_writer *w, size_t i)
{
	const struct profile_function *f = &w->p->functions[i];
	Pprof__Function function = PPROF__FUNCTION__INIT, *pointer = &function;
	Pprof__Profile profile = PPROF__PROFILE__INIT;

	function.id = i + 1;
	function.name = string(w, f->name);
	function.system_name = function.name;
	function.filename = string(w, f->file);
	function.start_line = signed_of(f->start_line);
	profile.function = &pointer;
	profile.n_function = 1;
	write_part(w, &profile);
}

/* Last, when all of them are known; their order is their numbers. */
static void write_strings(struct pprof_writer *w)
{
	for (size_t i = 0; i < w->strings.count; i++) {
		char *string = (char *)(uintptr_t)stringtable_at(&w->strings, i);
		Pprof__Profile profile = PPROF__PROFILE__INIT;

		profile.string_table = &string;
		profile.n_string_table = 1;
		write_part(w, &profile);
	}
}

static void add_label_keys(struct pprof_writer *w)
{
	static const char *const keys[LABEL_COUNT] = {
		[LABEL_THREAD] = "thread", [LABEL_TID] = "tid",	    [LABEL_PID] = "pid",
		[LABEL_PHASE] = "phase",   [LABEL_CAUSE] = "cause",
	};

	string(w, text_of("")); /* the first is empty by the format's rule */
	for (int i = 0; i < LABEL_COUNT; i++)
		w->label_keys[i] = string(w, text_of(keys[i]));
	w->number_unit = string(w, text_of("id"));
}

int pprof_render(const struct profile *p, FILE *to)
{
	struct pprof_writer w = { .p = p };
	int rc = gzipstream_init(&w.gz, to);

	if (rc < 0)
		return rc;
	add_label_keys(&w);
	write_head(&w);
	write_samples(&w);
	write_mappings(&w);
	for (size_t i = 0; i < p->location_count; i++)
		write_location(&w, i);
	for (size_t i = 0; i < p->function_count; i++)
		write_function(&w, i);
	write_strings(&w);
	buf_done(&w.packed);
	stringtable_done(&w.strings);
	return gzipstream_end(&w.gz);
}
