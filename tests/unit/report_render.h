/* report_render.h - a sample recording, rendered into memory. */
#ifndef TESTS_REPORT_RENDER_H
#define TESTS_REPORT_RENDER_H

#include "render/renderer.h"
#include "report_sample.h"

/* Analyse and render; the file's size, which depends on the compressor, is set to 4096 bytes, its
 * name to "small.rec". The caller frees the text. */
static inline char *sample_render(struct sample *s, const char *format, uint64_t cycle_limit,
				  bool use_color)
{
	struct renderer_options options = { .cycle_limit = cycle_limit, .use_color = use_color };
	struct analyze_options analyze = { .process_id = UNKNOWN_U64 };
	struct model *m = calloc(1, sizeof(*m));
	struct renderer *r = NULL;
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;

	options.out = open_memstream(&text, &len);
	assert_non_null(options.out);
	assert_int_equal(renderer_open(&r, format, &options, &err), 0);
	analyze.sink = (struct model_sink){ renderer_cycle, r };
	if (analyze_recording(m, s->path, &analyze, &err) != 0)
		fail_msg("%s", err.what);
	model_set(&m->input_name, text_of("small.rec"));
	m->recording.file_bytes = 4096;
	m->recording.bytes_per_fault =
		m->faults.recorded_count ? 4096.0 / (double)m->faults.recorded_count : 0;
	assert_int_equal(renderer_end(r, m, &err), 0);
	renderer_close(r);
	fclose(options.out);
	model_done(m);
	free(m);
	unlink(s->path);
	return text;
}

/* The text must be what the file holds. With UPDATE=1 in the environment the file is written anew:
 * look at the difference before keeping it. */
static inline void assert_golden(const char *text, const char *path)
{
	FILE *f = fopen(path, getenv("UPDATE") ? "w+" : "r");
	char *want = calloc(1, 1 << 16);
	size_t n;

	assert_non_null(f);
	assert_non_null(want);
	if (getenv("UPDATE")) {
		fputs(text, f);
		rewind(f);
	}
	n = fread(want, 1, (1 << 16) - 1, f);
	fclose(f);
	assert_true(n > 0);
	assert_string_equal(text, want);
	free(want);
}

#endif
