/* test_pprof.c - the format of pprof: what is written, unpacked again, is the profile. */
#include "profile_sample.h"

#include <errno.h>
#include <zlib.h>

#include "profile.pb-c.h"
#include "render/pprof.h"

struct unpacked {
	Pprof__Profile *m;
	struct buf gz, bytes;
};

static void gunzip(struct buf *ret, const struct buf *gz)
{
	z_stream z = { .next_in = gz->at, .avail_in = (uInt)gz->len };
	int rc;

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	do {
		z.next_out = buf_room(ret, 1 << 16);
		z.avail_out = 1 << 16;
		rc = inflate(&z, Z_NO_FLUSH);
		ret->len += (1 << 16) - z.avail_out;
	} while (rc == Z_OK);
	assert_int_equal(rc, Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	inflateEnd(&z);
}

static void render(struct unpacked *u, const struct profile *p)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	*u = (struct unpacked){ 0 };
	assert_non_null(f);
	assert_int_equal(pprof_render(p, f), 0);
	fclose(f);
	buf_add(&u->gz, text, len);
	free(text);
	gunzip(&u->bytes, &u->gz);
	u->m = pprof__profile__unpack(NULL, u->bytes.len, u->bytes.at);
	assert_non_null(u->m);
}

static void done(struct unpacked *u)
{
	pprof__profile__free_unpacked(u->m, NULL);
	buf_done(&u->gz);
	buf_done(&u->bytes);
}

static const char *string_at(const Pprof__Profile *m, int64_t i)
{
	assert_true(i >= 0 && (size_t)i < m->n_string_table);
	return m->string_table[i];
}

#define assert_string_at(m, i, want) assert_string_equal(string_at((m), (i)), (want))

static const Pprof__Label *label_of(const Pprof__Profile *m, size_t sample, const char *key)
{
	const Pprof__Sample *s = m->sample[sample];

	for (size_t i = 0; i < s->n_label; i++)
		if (strcmp(string_at(m, s->label[i]->key), key) == 0)
			return s->label[i];
	return NULL;
}

static void the_head_says_what_was_measured(void **state)
{
	struct profile p = sample_profile();
	struct unpacked u;

	(void)state;
	render(&u, &p);
	assert_string_at(u.m, 0, "");
	assert_int_equal(u.m->n_sample_type, 2);
	assert_string_at(u.m, u.m->sample_type[0]->type, "samples");
	assert_string_at(u.m, u.m->sample_type[0]->unit, "count");
	assert_string_at(u.m, u.m->sample_type[1]->type, "cpu");
	assert_string_at(u.m, u.m->sample_type[1]->unit, "nanoseconds");
	assert_string_at(u.m, u.m->period_type->type, "cpu");
	assert_string_at(u.m, u.m->period_type->unit, "nanoseconds");
	assert_string_at(u.m, u.m->default_sample_type, "cpu");
	assert_int_equal(u.m->period, TICK_NS);
	assert_int_equal(u.m->time_nanos, 1700000000000000000);
	assert_int_equal(u.m->duration_nanos, 2000000000);
	assert_int_equal(u.m->n_comment, 2);
	assert_string_at(u.m, u.m->comment[0],
			 "cpu: cpu-clock, 100 Hz, user and kernel mode; 100 samples, 1.00 s; "
			 "recorded for 2.00 s from 2023-11-14 22:13:20 UTC");
	assert_string_at(u.m, u.m->comment[1],
			 "3 perf records were lost, of all events together; 1 sample has no name "
			 "for its leaf; "
			 "1 stack does not reach its root");
	done(&u);
}

static void every_row_is_a_sample_with_its_labels(void **state)
{
	struct profile p = sample_profile();
	struct unpacked u;

	(void)state;
	render(&u, &p);
	assert_int_equal(u.m->n_sample, p.stack_count);
	for (size_t i = 0; i < p.stack_count; i++) {
		const struct profile_stack *s = &p.stacks[i];

		assert_int_equal(u.m->sample[i]->n_value, 2);
		assert_int_equal(u.m->sample[i]->value[0], s->sample_count);
		assert_int_equal(u.m->sample[i]->value[1], s->value);
		assert_int_equal(u.m->sample[i]->n_location_id, s->location_count);
		for (uint32_t k = 0; k < s->location_count; k++)
			assert_int_equal(u.m->sample[i]->location_id[k],
					 p.stack_locations[s->first_location + k] + 1);
		assert_string_at(u.m, label_of(u.m, i, "phase")->str, profile_phase_name(s->phase));
	}
	assert_string_at(u.m, label_of(u.m, 3, "thread")->str, "worker");
	assert_int_equal(label_of(u.m, 3, "tid")->num, 101);
	assert_int_equal(label_of(u.m, 3, "pid")->num, 100);
	assert_null(label_of(u.m, 3, "cause"));
	assert_string_at(u.m, label_of(u.m, 6, "cause")->str, "background");
	assert_string_at(u.m, label_of(u.m, 6, "thread")->str, "e" EVIL_BAD "vil;<&>");
	assert_null(label_of(u.m, 8, "thread"));
	assert_null(label_of(u.m, 8, "tid"));
	done(&u);
}

static void locations_keep_addresses_lines_and_inlining(void **state)
{
	struct profile p = sample_profile();
	const Pprof__Location *l;
	struct unpacked u;

	(void)state;
	render(&u, &p);
	assert_int_equal(u.m->n_location, p.location_count);
	for (size_t i = 0; i < p.location_count; i++) {
		assert_int_equal(u.m->location[i]->id, i + 1);
		assert_int_equal(u.m->location[i]->address, p.locations[i].ip);
		assert_int_equal(u.m->location[i]->mapping_id, p.locations[i].mapping + 1);
	}
	l = u.m->location[2];
	assert_int_equal(l->n_line, 2);
	assert_int_equal(l->line[0]->function_id, F_SUM + 1);
	assert_int_equal(l->line[0]->line, 7);
	assert_int_equal(l->line[1]->function_id, F_WORK + 1);
	assert_int_equal(u.m->location[4]->line[0]->line, 0); /* not known */
	assert_int_equal(u.m->location[14]->n_line, 0);	      /* [unknown] */
	done(&u);
}

static void functions_are_named_and_placed(void **state)
{
	struct profile p = sample_profile();
	struct unpacked u;

	(void)state;
	render(&u, &p);
	assert_int_equal(u.m->n_function, p.function_count);
	assert_int_equal(u.m->function[F_WORK]->id, F_WORK + 1);
	assert_string_at(u.m, u.m->function[F_WORK]->name, "main.work");
	assert_string_at(u.m, u.m->function[F_WORK]->system_name, "main.work");
	assert_string_at(u.m, u.m->function[F_WORK]->filename, "/app/main.go");
	assert_int_equal(u.m->function[F_WORK]->start_line, 20);
	assert_string_at(u.m, u.m->function[F_MEMCPY]->filename, "");
	assert_int_equal(u.m->function[F_MEMCPY]->start_line, 0);
	assert_string_at(u.m, u.m->function[F_EVIL]->name,
			 "<script>alert(\"x&y\")</script>;'" EVIL_BAD EVIL_BAD EVIL_BAD EVIL_BAD
			 "]]>\xe2\x82\xac 12");
	done(&u);
}

static void the_flags_of_a_mapping_are_true(void **state)
{
	static const bool want[3][4] = {
		{ true, true, true, true },	/* the program */
		{ false, false, false, false }, /* libc: an unknown function */
		{ true, false, false, false },	/* the kernel: no lines */
	};
	struct profile p = sample_profile();
	struct unpacked u;

	(void)state;
	render(&u, &p);
	assert_int_equal(u.m->n_mapping, 3);
	for (size_t i = 0; i < 3; i++) {
		const Pprof__Mapping *m = u.m->mapping[i];

		assert_int_equal(m->id, i + 1);
		assert_int_equal(m->memory_start, p.mappings[i].start);
		assert_int_equal(m->memory_limit, p.mappings[i].limit);
		assert_int_equal(m->file_offset, p.mappings[i].file_off);
		assert_int_equal(m->has_functions, want[i][0]);
		assert_int_equal(m->has_filenames, want[i][1]);
		assert_int_equal(m->has_line_numbers, want[i][2]);
		assert_int_equal(m->has_inline_frames, want[i][3]);
	}
	assert_string_at(u.m, u.m->mapping[0]->filename, "/app/server");
	assert_string_at(u.m, u.m->mapping[0]->build_id, "0123abcd");
	assert_string_at(u.m, u.m->mapping[2]->filename, "[kernel]");
	done(&u);
}

static void what_is_not_known_is_nothing(void **state)
{
	struct profile p = sample_profile();
	struct unpacked u;

	(void)state;
	p.event = text_of("returns");
	p.event_detail = text_of("");
	p.unit = PROFILE_BYTES;
	p.period = p.start_unix_ns = p.duration_ns = p.lost_count = UNKNOWN_U64;
	p.unknown_leaf_count = p.cut_stack_count = 0;
	p.value = 12 << 20;
	render(&u, &p);
	assert_string_at(u.m, u.m->sample_type[1]->type, "returns");
	assert_string_at(u.m, u.m->sample_type[1]->unit, "bytes");
	assert_string_at(u.m, u.m->period_type->unit, "count");
	assert_int_equal(u.m->period, 0);
	assert_int_equal(u.m->time_nanos, 0);
	assert_int_equal(u.m->duration_nanos, 0);
	assert_string_at(u.m, u.m->comment[0], "returns; 100 samples, 12.0 MiB");
	assert_string_at(u.m, u.m->comment[1], "how many perf records were lost is not known");
	done(&u);
}

static void each_text_is_held_once(void **state)
{
	struct grown_profile g;
	struct unpacked u, again;

	(void)state;
	grown_init(&g, 5000, 20, 700, 5);
	render(&u, &g.p);
	assert_int_equal(u.m->n_sample, 5000);
	assert_int_equal(u.m->n_location, 700);
	assert_int_equal(u.m->n_function, 700);
	for (size_t i = 0; i < u.m->n_string_table; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(u.m->string_table[i], u.m->string_table[k]);
	render(&again, &g.p);
	assert_int_equal(again.gz.len, u.gz.len);
	assert_memory_equal(again.gz.at, u.gz.at, u.gz.len);
	done(&again);
	done(&u);
	grown_done(&g);
}

static void a_profile_of_nothing_is_one(void **state)
{
	struct profile p = { .event = text_of("cpu"), .unit = PROFILE_NANOSECONDS };
	struct unpacked u;

	(void)state;
	render(&u, &p);
	assert_int_equal(u.m->n_sample, 0);
	assert_int_equal(u.m->n_sample_type, 2);
	assert_string_at(u.m, 0, "");
	done(&u);
}

static void a_stream_that_refuses_is_reported(void **state)
{
	struct profile p = sample_profile();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	assert_int_equal(pprof_render(&p, full), -ENOSPC);
	fclose(full);
}

static void the_sample_is_written_for_other_programs(void **state)
{
	struct profile p = sample_profile();
	FILE *f = sample_file("sample.pb.gz");

	(void)state;
	assert_int_equal(pprof_render(&p, f), 0);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_head_says_what_was_measured),
		cmocka_unit_test(every_row_is_a_sample_with_its_labels),
		cmocka_unit_test(locations_keep_addresses_lines_and_inlining),
		cmocka_unit_test(functions_are_named_and_placed),
		cmocka_unit_test(the_flags_of_a_mapping_are_true),
		cmocka_unit_test(what_is_not_known_is_nothing),
		cmocka_unit_test(each_text_is_held_once),
		cmocka_unit_test(a_profile_of_nothing_is_one),
		cmocka_unit_test(a_stream_that_refuses_is_reported),
		cmocka_unit_test(the_sample_is_written_for_other_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
