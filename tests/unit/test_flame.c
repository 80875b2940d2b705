/* test_flame.c - the flame graph: frames worked out by hand, well-formed XML, untrusted names. */
#include "profile_sample.h"

#include <ctype.h>
#include <errno.h>

#include "render/flame.h"

/* The caller frees. */
static char *render_as(const struct profile *p, const struct flame_options *o)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(flame_render(p, o, f), 0);
	fclose(f);
	assert_int_equal(strlen(text), len);
	return text;
}

static char *render(const struct profile *p, enum profile_split split)
{
	struct flame_options o = { .weight = WEIGHT_SAMPLES, .split = split };

	return render_as(p, &o);
}

#define assert_has(text, part)                                                  \
	do {                                                                    \
		if (!strstr((text), (part)))                                    \
			fail_msg("not there: %s\nin: %.6000s", (part), (text)); \
	} while (0)
#define assert_has_not(text, part) assert_null(strstr((text), (part)))

/* The text of <metadata class="NAME">; the caller frees. */
static char *metadata(const char *svg, const char *name)
{
	char open[64];
	const char *from, *to;

	snprintf(open, sizeof(open), "<metadata class=\"%s\">", name);
	from = strstr(svg, open);
	assert_non_null(from);
	from += strlen(open);
	to = strstr(from, "</metadata>");
	assert_non_null(to);
	return strndup(from, (size_t)(to - from));
}

static void assert_metadata(const char *svg, const char *name, const char *want)
{
	char *got = metadata(svg, name);

	assert_string_equal(got, want);
	free(got);
}

/* --- XML 1.0, as far as a page of ours can get it wrong */

static const char *check_reference(const char *at)
{
	static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	for (size_t i = 0; i < COUNT(known); i++)
		if (strncmp(at, known[i], strlen(known[i])) == 0)
			return at + strlen(known[i]);
	fail_msg("no reference: %.20s", at);
	return NULL;
}

/* name="value", or the end of the tag. */
static const char *check_attribute(const char *at)
{
	while (islower((unsigned char)*at) || isupper((unsigned char)*at) || *at == '-')
		at++;
	if (strncmp(at, "=\"", 2) != 0)
		fail_msg("no attribute: %.40s", at);
	for (at += 2; *at != '"';) {
		assert_true(*at != '\0' && *at != '<');
		at = *at == '&' ? check_reference(at) : at + 1;
	}
	return at + 1;
}

/* A tag, behind its '<'. Opening ones are put on the stack of names, closing ones must be on top.
 */
static const char *check_tag(const char *at, struct buf *open)
{
	size_t len = 0;
	bool is_end = *at == '/';
	char name[32];

	at += is_end;
	while (isalnum((unsigned char)at[len]))
		len++;
	assert_true(len > 0 && len < sizeof(name));
	memset(name, 0, sizeof(name));
	memcpy(name, at, len);
	at += len;
	if (is_end) {
		assert_true(open->len >= sizeof(name));
		open->len -= sizeof(name);
		assert_string_equal((char *)open->at + open->len, name);
		assert_true(*at == '>');
		return at + 1;
	}
	while (*at == ' ')
		at = check_attribute(at + 1);
	if (strncmp(at, "/>", 2) == 0)
		return at + 2;
	if (*at != '>')
		fail_msg("no end of a tag: %.40s", at);
	buf_add(open, name, sizeof(name));
	return at + 1;
}

static void assert_well_formed(const char *svg)
{
	static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
	struct buf open = { 0 };
	const char *at = svg;

	assert_int_equal(strncmp(at, head, strlen(head)), 0);
	at += strlen(head);
	while (*at) {
		if (strncmp(at, "<![CDATA[", 9) == 0) {
			at = strstr(at, "]]>");
			assert_non_null(at);
			at += 3;
		} else if (*at == '<') {
			at = check_tag(at + 1, &open);
		} else if (*at == '&') {
			at = check_reference(at);
		} else {
			assert_true((unsigned char)*at >= 0x20 || *at == '\n');
			assert_true(strncmp(at, "]]>", 3) != 0);
			at++;
		}
	}
	assert_int_equal(open.len, 0);
	buf_done(&open);
}

/* --- */

static void frames_lie_where_their_weight_puts_them(void **state)
{
	struct profile p = sample_profile();
	char *svg = render(&p, SPLIT_NONE);

	(void)state;
	/* depth, name, start, weight, phase and kind, file:lines, phases when there are several */
	assert_metadata(svg, "frames",
			"0 0 0 100 00 - 0:73,1:16,2:6,6:5\n"
			"1 1 0 1 02 -\n"
			"1 2 1 99 01 0:1694 0:72,1:16,2:6,6:5\n"
			"2 3 1 4 01 1:3\n"
			"2 4 5 74 01 2:12 0:68,2:6\n"
			"3 5 5 74 01 2:22-28 0:68,2:6\n"
			"4 6 5 40 01 3:7\n"
			"4 7 45 20 02 -\n"
			"4 8 65 14 01 4:1055 0:8,2:6\n"
			"5 9 73 6 21 5:450\n" /* behind the 8 of mallocgc itself */
			"2 10 79 5 61 6:660\n"
			"3 11 79 5 63 -\n"
			"2 12 84 16 11 7:1423\n"
			"3 13 84 16 11 5:1100-1150");
	assert_metadata(
		svg, "names",
		"all\n[unknown]\nruntime.goexit\n"
		"&lt;script&gt;alert(&quot;x&amp;y&quot;)&lt;/script&gt;;&#39;" EVIL_BAD EVIL_BAD
			EVIL_BAD EVIL_BAD "]]&gt;\xe2\x82\xac 12\n"
		"main.main\nmain.work\nmain.sum\nmemcpy\nruntime.mallocgc\n"
		"runtime.gcAssistAlloc\nruntime.bgscavenge\ndo_madvise\n"
		"runtime.gcBgMarkWorker\nruntime.gcDrain");
	assert_metadata(svg, "files",
			"/go/src/runtime/asm_amd64.s\n/app/&lt;evil&gt;.go\n/app/main.go\n"
			"/app/sum.go\n/go/src/runtime/malloc.go\n/go/src/runtime/mgcmark.go\n"
			"/go/src/runtime/mgcscavenge.go\n/go/src/runtime/mgc.go");
	free(svg);
}

static void boxes_and_labels_are_drawn_without_the_script(void **state)
{
	struct flame_options on_top = { .weight = WEIGHT_SAMPLES, .has_root_on_top = true };
	struct profile p = sample_profile();
	char *svg = render(&p, SPLIT_NONE);

	(void)state;
	/* 6 rows of 18 px, the root at the bottom; memcpy's 20 of 100 begin behind 45, and lie in
	 * the second row from the top; a label of 1180 px / 100 * 45 + 10 + 4 */
	assert_has(svg, "viewBox=\"0 0 10000000 108\"");
	assert_has(svg, "class=\"p0 k0 w\" x=\"0\" y=\"90\" width=\"10000000\"");
	assert_has(svg, "k2 s1 w\" x=\"4500000\" y=\"18\" width=\"2000000\"");
	assert_has(svg, "<text class=\"k2\" x=\"545.00\" y=\"140.5\">memcpy</text>");
	/* 5 of 100 are 59 px, 51 without the padding: room for 7 letters of 7.25 px */
	assert_has(svg, ">do_mad\xe2\x80\xa6</text>");
	free(svg);
	svg = render_as(&p, &on_top);
	assert_has(svg, "class=\"p0 k0 w\" x=\"0\" y=\"0\" width=\"10000000\"");
	assert_has(svg, "k2 s1 w\" x=\"4500000\" y=\"72\" width=\"2000000\"");
	free(svg);
}

static void the_head_says_what_was_measured_and_lost(void **state)
{
	struct flame_options o = { .weight = WEIGHT_VALUE, .title = text_of("a<b>\"c\"") };
	struct profile p = sample_profile();
	char *svg = render_as(&p, &o);

	(void)state;
	assert_has(svg, "<title>a&lt;b&gt;&quot;c&quot;</title>");
	assert_has(svg, ">cpu: cpu-clock, 100 Hz, user and kernel mode; 100 samples, 1.00 s; ");
	assert_has(svg, "widths: nanoseconds");
	assert_has(svg, ">3 perf records were lost, of all events together; 1 sample has no name");
	assert_has(svg, ">mutator 73.0 %</text>");
	assert_has(svg, ">mark 16.0 %</text>");
	assert_has_not(svg, ">sweep ");
	assert_has(svg, ">kernel function</text>");
	assert_has(svg, "data-unit=\"nanoseconds\"");
	free(svg);
	p.unit = PROFILE_COUNT;
	p.lost_count = UNKNOWN_U64;
	svg = render(&p, SPLIT_NONE);
	assert_has(svg, "<title>Flame graph: cpu</title>");
	assert_has(svg, "how many perf records were lost is not known");
	assert_has(svg, "data-unit=\"samples\"");
	free(svg);
}

static void names_are_text_and_never_markup(void **state)
{
	struct flame_options o = { .title = text_of(EVIL) };
	struct profile p = sample_profile();
	char *svg;
	const char *script;

	(void)state;
	p.event = (struct text)TEXT(EVIL);
	p.event_detail = (struct text)TEXT(EVIL);
	for (int split = SPLIT_NONE; split <= SPLIT_CAUSE; split++) {
		o.split = (enum profile_split)split;
		svg = render_as(&p, &o);
		assert_well_formed(svg);
		script = strstr(svg, "<script");
		assert_non_null(script);
		assert_int_equal(strncmp(script, "<script><![CDATA[", 17), 0);
		assert_null(strstr(script + 1, "<script"));
		free(svg);
	}
	o.split = SPLIT_THREAD;
	svg = render_as(&p, &o);
	assert_has(svg, "[e" EVIL_BAD "vil;&lt;&amp;&gt; 102]");
	free(svg);
}

static void a_split_gives_each_phase_a_root(void **state)
{
	struct profile p = sample_profile();
	char *svg = render(&p, SPLIT_PHASE), *frames = metadata(svg, "frames");

	(void)state;
	assert_has(frames, "\n1 1 0 6 20 -\n");	 /* [assist] */
	assert_has(frames, "\n1 7 6 16 10 -\n"); /* [mark], behind assist's five frames */
	free(frames);
	free(svg);
}

/* 1180 px for a million: 85 are 0.1003 px, 84 are 0.0991. */
static void what_is_too_narrow_is_left_out_and_counted(void **state)
{
	struct profile p = sample_profile();
	struct profile_stack stacks[] = { sample_stacks[0], sample_stacks[6], sample_stacks[3] };
	char *svg, *frames;

	(void)state;
	p.stacks = stacks;
	p.stack_count = 3;
	stacks[1].sample_count = 85;
	stacks[2].sample_count = 84;
	stacks[0].sample_count = 1000000 - 85 - 84;
	svg = render(&p, SPLIT_NONE);
	frames = metadata(svg, "frames");
	/* mallocgc and gcAssistAlloc; what they lie on is wide */
	assert_has(svg, ">2 frames narrower than 0.1 px are not drawn (0.0084 % of all)</text>");
	assert_has(frames, " 999915 85 63 -");
	assert_has_not(svg, "mallocgc");
	free(frames);
	free(svg);
}

static void labels_are_shortened_then_cut(void **state)
{
	static const struct profile_function functions[] = {
		{ TEXT("example.com/a/pkg.(*T[x.org/y.Z]).M"), TEXT("/a.go"), 1 },
		{ TEXT("example.com/\xe2\x82\xac/\xe2\x82\xac.Function1234"), TEXT("/a.go"), 1 },
		{ TEXT("path/of/c"), TEXT("/a.c"), 1 },
	};
	static const struct profile_line lines[] = { { 0, 1 }, { 1, 1 }, { 2, 1 } };
	static const struct profile_location locations[] = {
		{ .mapping = PROFILE_NONE, .first_line = 0, .line_count = 1 },
		{ .mapping = PROFILE_NONE, .first_line = 1, .line_count = 1 },
		{ .mapping = PROFILE_NONE, .first_line = 2, .line_count = 1 },
	};
	static const uint32_t at[] = { 0, 1, 2 };
	struct profile_stack stacks[] = {
		{ .first_location = 0, .location_count = 1, .sample_count = 20 },
		{ .first_location = 1, .location_count = 1, .sample_count = 10 },
		{ .first_location = 2, .location_count = 1, .sample_count = 5 },
		{ .first_location = 0, .location_count = 0, .sample_count = 65 },
	};
	struct profile p = sample_profile();
	char *svg;

	(void)state;
	p.functions = functions;
	p.lines = lines;
	p.locations = locations;
	p.stack_locations = at;
	p.stacks = stacks;
	p.function_count = p.line_count = p.location_count = p.stack_location_count = 3;
	p.stack_count = 4;
	svg = render(&p, SPLIT_NONE);
	assert_well_formed(svg);
	/* 236, 118 and 59 px: 31, 15 and 7 letters */
	assert_has(svg, ">pkg.(*T[x.org/y.Z]).M</text>");
	assert_has(svg, ">\xe2\x82\xac.Function1234</text>");
	assert_has(svg, ">path/o\xe2\x80\xa6</text>");
	assert_has(svg, ">[no stack]</text>");
	free(svg);
}

static void any_profile_gives_the_same_well_formed_page_again(void **state)
{
	struct grown_profile g;
	char *svg, *again;

	(void)state;
	grown_init(&g, 500, 30, 200, 3);
	svg = render(&g.p, SPLIT_PHASE);
	assert_well_formed(svg);
	again = render(&g.p, SPLIT_PHASE);
	assert_string_equal(svg, again);
	free(again);
	free(svg);
	g.p.stack_count = 0;
	svg = render(&g.p, SPLIT_NONE);
	assert_well_formed(svg);
	assert_metadata(svg, "frames", "0 0 0 0 00 -");
	free(svg);
	grown_done(&g);
}

static void a_stream_that_refuses_is_reported(void **state)
{
	struct flame_options o = { .weight = WEIGHT_SAMPLES };
	struct profile p = sample_profile();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	assert_int_equal(flame_render(&p, &o, full), -ENOSPC);
	fclose(full);
}

static void the_samples_are_written_for_other_programs(void **state)
{
	struct flame_options o = { .weight = WEIGHT_VALUE };
	struct profile p = sample_profile();
	struct grown_profile g;
	FILE *f = sample_file("sample.svg");

	(void)state;
	assert_int_equal(flame_render(&p, &o, f), 0);
	fclose(f);
	grown_init(&g, 1000, 28, 400, 3); /* about 20,000 frames */
	f = sample_file("large.svg");
	assert_int_equal(flame_render(&g.p, &o, f), 0);
	fclose(f);
	grown_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_lie_where_their_weight_puts_them),
		cmocka_unit_test(boxes_and_labels_are_drawn_without_the_script),
		cmocka_unit_test(the_head_says_what_was_measured_and_lost),
		cmocka_unit_test(names_are_text_and_never_markup),
		cmocka_unit_test(a_split_gives_each_phase_a_root),
		cmocka_unit_test(what_is_too_narrow_is_left_out_and_counted),
		cmocka_unit_test(labels_are_shortened_then_cut),
		cmocka_unit_test(any_profile_gives_the_same_well_formed_page_again),
		cmocka_unit_test(a_stream_that_refuses_is_reported),
		cmocka_unit_test(the_samples_are_written_for_other_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
