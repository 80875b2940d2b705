/* flame.c - a flame graph of a profile: the frames, as boxes, labels, and lines for the script. */
#include "render/flame.h"

#include <inttypes.h>

#include "base/unknown.h"
#include "cleanname_internal.h"
#include "flame_internal.h"
#include "stringtable_internal.h"

/* What a letter takes of the monospaced fonts in flame.css: 0.6 em in most of them. */
#define LETTER_PX 7.25
#define TEXT_PAD  4.0
#define BOX_PX	  (FLAME_ROW_PX - 1u)
#define BASE_PX	  12.5 /* of the text, from the box's top */

enum profile_phase flame_phase(const struct flame_frame *f)
{
	int most = 0;

	for (int i = 1; i < PHASE_COUNT && f->phases[PHASE_MUTATOR] == 0; i++)
		if (f->phases[i] > f->phases[most])
			most = i;
	return (enum profile_phase)most;
}

static bool is_mixed(const struct flame_frame *f)
{
	return f->phases[flame_phase(f)] != f->weight;
}

struct box {
	double x, y, width;
};

static struct box box_of(const struct flame_page *page, const struct flame_frame *f)
{
	uint64_t all = page->l->frames[0].weight;
	double room = page->width - 2 * FLAME_PAD_PX;
	double scale = all ? room / (double)all : 0;
	uint32_t row = page->o->has_root_on_top ? f->depth : page->l->depth_count - 1 - f->depth;

	return (struct box){ .x = FLAME_PAD_PX + (double)f->start * scale,
			     .y = page->top + (double)row * FLAME_ROW_PX,
			     .width = all ? (double)f->weight * scale : room };
}

/* Neighbours of one phase in two shades, always the same for a name. */
static bool is_shaded(struct text name)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < name.len; i++)
		sum = sum * 31 + (uint8_t)name.at[i];
	return (sum >> 4) & 1;
}

static void print_box(struct flame_page *page, const struct flame_frame *f)
{
	uint64_t all = page->l->frames[0].weight;
	struct box box = box_of(page, f);
	double x = all ? (double)f->start / (double)all * FLAME_SPAN : 0;
	double width = all ? (double)f->weight / (double)all * FLAME_SPAN : FLAME_SPAN;

	buf_addf(&page->out.pending,
		 "<rect class=\"p%d k%d%s%s\" x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" "
		 "height=\"%u\"/>\n",
		 flame_phase(f), f->kind, is_shaded(f->name) ? " s1" : "",
		 box.width >= FLAME_OUTLINED_PX ? " w" : "", x, box.y - page->top, width, BOX_PX);
	outstream_push(&page->out);
}

/* The view stretches its own coordinates and clips: zooming is changing its viewBox. */
static void print_boxes(struct flame_page *page)
{
	uint32_t height = page->l->depth_count * FLAME_ROW_PX;

	buf_addf(&page->out.pending,
		 "<svg class=\"view\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" "
		 "viewBox=\"0 0 %d %u\" preserveAspectRatio=\"none\">\n"
		 "<g class=\"boxes\" tabindex=\"0\" role=\"application\" "
		 "aria-label=\"flame graph\">\n",
		 FLAME_PAD_PX, page->top, page->width - 2 * FLAME_PAD_PX, height, FLAME_SPAN,
		 height);
	for (size_t i = 0; i < page->l->frame_count; i++)
		print_box(page, &page->l->frames[i]);
	buf_addf(&page->out.pending,
		 "</g>\n<rect class=\"veil\" visibility=\"hidden\" width=\"%d\" height=\"%u\"/>\n"
		 "<g class=\"hits\"></g>\n</svg>\n",
		 FLAME_SPAN, height);
}

/* Where the character that at begins ends. */
static size_t next_character(struct text t, size_t at)
{
	at++;
	while (at < t.len && ((uint8_t)t.at[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static size_t character_count(struct text t)
{
	size_t count = 0;

	for (size_t at = 0; at < t.len; at = next_character(t, at))
		count++;
	return count;
}

/* A Go name without the directories of its package: "example.com/a/b.(*T).M" is "b.(*T).M". Slashes
 * of type arguments and receivers stay. */
static struct text shortened(const struct flame_frame *f)
{
	struct text t = f->name;
	size_t from = 0;

	if (f->kind != FLAME_GO)
		return t;
	for (size_t i = 0; i < t.len && t.at[i] != '[' && t.at[i] != '('; i++)
		if (t.at[i] == '/')
			from = i + 1;
	return (struct text){ .at = t.at + from, .len = t.len - from };
}

/* What of the name fits: all of it, the shortened one, or its beginning and an ellipsis; nothing in
 * less than two characters. */
static void add_label(struct buf *out, const struct flame_frame *f, double width)
{
	double letters = (width - 2 * TEXT_PAD) / LETTER_PX;
	size_t room = letters < 2 ? 0 : (size_t)letters, at = 0;
	struct text name = f->name;

	if (character_count(name) > room)
		name = shortened(f);
	if (character_count(name) <= room) {
		name_add_xml(out, name);
		return;
	}
	for (size_t i = 0; i + 1 < room; i++)
		at = next_character(name, at);
	name_add_xml(out, (struct text){ .at = name.at, .len = at });
	buf_addf(out, "\xe2\x80\xa6");
}

static void print_labels(struct flame_page *page)
{
	struct buf *out = &page->out.pending;

	buf_addf(out, "<g class=\"labels\">\n");
	for (size_t i = 0; i < page->l->frame_count; i++) {
		const struct flame_frame *f = &page->l->frames[i];
		struct box box = box_of(page, f);

		if (box.width < 2 * TEXT_PAD + 2 * LETTER_PX)
			continue;
		buf_addf(out, "<text class=\"k%d\" x=\"%.2f\" y=\"%.1f\">", f->kind,
			 box.x + TEXT_PAD, box.y + BASE_PX);
		add_label(out, f, box.width);
		buf_addf(out, "</text>\n");
		outstream_push(&page->out);
	}
	buf_addf(out, "</g>\n");
}

/* "-", "FILE", "FILE:LINE", "FILE:LINE-LINE": FILE by its number. */
static void add_place(struct buf *out, const struct profile *p, const struct flame_frame *f,
		      struct stringtable *files)
{
	if (f->file == PROFILE_NONE || p->functions[f->file].file.len == 0) {
		buf_addf(out, "-");
		return;
	}
	buf_addf(out, "%" PRIu32, stringtable_add(files, p->functions[f->file].file));
	if (is_known(f->line_min))
		buf_addf(out, ":%" PRIu64, f->line_min);
	if (is_known(f->line_min) && f->line_max != f->line_min)
		buf_addf(out, "-%" PRIu64, f->line_max);
}

/* The phases of a frame that has several: "0:WEIGHT,2:WEIGHT". */
static void add_mix(struct buf *out, const struct flame_frame *f)
{
	const char *between = " ";

	for (int i = 0; i < PHASE_COUNT && is_mixed(f); i++) {
		if (f->phases[i] == 0)
			continue;
		buf_addf(out, "%s%d:%" PRIu64, between, i, f->phases[i]);
		between = ",";
	}
}

/* Lines of a table, as text: clean names have no line ends. */
static void print_table(struct flame_page *page, const char *class, const struct stringtable *t)
{
	buf_addf(&page->out.pending, "<metadata class=\"%s\">", class);
	for (size_t i = 0; i < t->count; i++) {
		if (i > 0)
			buf_addf(&page->out.pending, "\n");
		name_add_xml(&page->out.pending, text_of(stringtable_at(t, i)));
		outstream_push(&page->out);
	}
	buf_addf(&page->out.pending, "</metadata>\n");
}

/* For the script, a line for each box: depth, name, start, weight, phase and kind, place, phases.
 */
static void print_data(struct flame_page *page)
{
	struct stringtable names = { 0 }, files = { 0 };
	struct buf *out = &page->out.pending;

	buf_addf(out, "<metadata class=\"frames\">");
	for (size_t i = 0; i < page->l->frame_count; i++) {
		const struct flame_frame *f = &page->l->frames[i];

		buf_addf(out, "%s%" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %d%d ",
			 i ? "\n" : "", f->depth, stringtable_add(&names, f->name), f->start,
			 f->weight, flame_phase(f), f->kind);
		add_place(out, page->p, f, &files);
		add_mix(out, f);
		outstream_push(&page->out);
	}
	buf_addf(out, "</metadata>\n");
	print_table(page, "names", &names);
	print_table(page, "files", &files);
	stringtable_done(&names);
	stringtable_done(&files);
}

int flame_render(const struct profile *p, const struct flame_options *o, FILE *to)
{
	struct stackrows_options options = { .weight = o->weight, .split = o->split };
	struct flame_layout layout;
	struct flame_page page = { .p = p, .o = o, .l = &layout, .out = { .to = to } };

	page.width = o->width_px ? o->width_px : FLAME_WIDTH_PX;
	if (page.width < FLAME_WIDTH_PX_MIN)
		page.width = FLAME_WIDTH_PX_MIN;
	flame_layout_init(&layout, p, &options,
			  FLAME_NARROWEST_PX / (page.width - 2 * FLAME_PAD_PX));
	flame_page_begin(&page);
	print_boxes(&page);
	print_labels(&page);
	print_data(&page);
	flame_page_end(&page);
	flame_layout_done(&layout);
	return outstream_end(&page.out);
}
