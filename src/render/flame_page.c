/* flame_page.c - the page that a flame graph stands on. */
#include <inttypes.h>

#include "base/units.h"
#include "cleanname_internal.h"
#include "flame_internal.h"
#include "profiletext_internal.h"

/* What a letter takes on average, of the sans-serif fonts in flame.css. */
#define LETTER_PX	6.4
#define TITLE_LETTER_PX 9.5
#define LINE_PX		17u
#define CONTROLS_PX	280u /* kept free at the right */
#define TITLE_BASE_PX	26u
#define HEAD_MIN_PX	92u

static const char style[] =
#include "flame.css.inc"
	;

static const char script[] =
#include "flame.js.inc"
	;

static const char *const kind_names[FLAME_KIND_COUNT] = {
	[FLAME_VIRTUAL] = "",
	[FLAME_GO] = "Go function",
	[FLAME_NATIVE] = "native function",
	[FLAME_KERNEL] = "kernel function",
};

/* Bytes of the first `most` characters of t, which is valid UTF-8. */
static size_t bytes_of(struct text t, size_t most)
{
	size_t i = 0;

	while (i < t.len && most > 0) {
		i++;
		while (i < t.len && ((uint8_t)t.at[i] & 0xc0) == 0x80)
			i++;
		most--;
	}
	return i;
}

static void print_line(struct flame_page *page, const char *class, struct text t, uint32_t *y)
{
	buf_addf(&page->out.pending, "<text class=\"%s\" x=\"%u\" y=\"%u\">", class, FLAME_PAD_PX,
		 *y);
	name_add_xml(&page->out.pending, t);
	buf_addf(&page->out.pending, "</text>\n");
	*y += LINE_PX;
}

/* Print text of any length in lines that leave room for the controls. */
static void print_wrapped(struct flame_page *page, const char *class, struct buf *text, uint32_t *y)
{
	size_t most = (size_t)((page->width - CONTROLS_PX) / LETTER_PX);
	struct buf clean = { 0 };
	struct text rest;

	name_clean(&clean, buf_text(text));
	buf_clear(text);
	rest = buf_text(&clean);
	for (int lines = 0; rest.len && lines < 8; lines++) {
		size_t n = bytes_of(rest, most), blank = n;

		while (n < rest.len && blank > 0 && rest.at[blank] != ' ')
			blank--;
		n = n < rest.len && blank > 0 ? blank : n;
		print_line(page, class, (struct text){ .at = rest.at, .len = n }, y);
		rest = (struct text){ .at = rest.at + n, .len = rest.len - n };
		if (text_starts(rest, " "))
			rest = (struct text){ .at = rest.at + 1, .len = rest.len - 1 };
	}
	buf_done(&clean);
}

static void add_title(struct buf *out, const struct flame_page *page)
{
	struct buf title = { 0 };

	if (page->o->title.len)
		buf_add(&title, page->o->title.at, page->o->title.len);
	else {
		buf_addf(&title, "Flame graph: ");
		buf_add(&title, page->p->event.at, page->p->event.len);
	}
	name_clean(out, buf_text(&title));
	buf_done(&title);
}

static void print_title(struct flame_page *page)
{
	size_t most = (size_t)((page->width - CONTROLS_PX) / TITLE_LETTER_PX);
	struct buf title = { 0 };
	uint32_t y = TITLE_BASE_PX;
	size_t n;

	add_title(&title, page);
	n = bytes_of(buf_text(&title), most);
	if (n < title.len) {
		title.len = bytes_of(buf_text(&title), most - 1);
		buf_addf(&title, "\xe2\x80\xa6");
	}
	print_line(page, "heading", buf_text(&title), &y);
	buf_done(&title);
}

static void print_subtitle(struct flame_page *page, uint32_t *y)
{
	const struct profile *p = page->p;
	char count[UNITS_TEXT_BYTES], share[UNITS_TEXT_BYTES];
	uint64_t all = page->l->frames[0].weight;
	struct buf text = { 0 };

	profile_add_measured(&text, p);
	buf_addf(&text, "; widths: ");
	if (page->o->weight == WEIGHT_SAMPLES)
		buf_addf(&text, "samples");
	else
		buf_addf(&text, "%s",
			 p->unit == PROFILE_COUNT ? "events" : profile_unit_name(p->unit));
	print_wrapped(page, "sub", &text, y);
	profile_add_losses(&text, p);
	print_wrapped(page,
		      p->lost_count || p->unknown_leaf_count || p->cut_stack_count ? "losses"
										   : "sub",
		      &text, y);
	if (page->l->left_out_count) {
		buf_addf(&text, "%s %s narrower than 0.1 px %s not drawn (%s of all)",
			 units_count(count, page->l->left_out_count),
			 units_plural(page->l->left_out_count, "frame", "frames"),
			 units_plural(page->l->left_out_count, "is", "are"),
			 units_ratio(share, (double)page->l->left_out_weight / (double)all));
		print_wrapped(page, "sub", &text, y);
	}
	buf_done(&text);
}

/* One swatch and its word; *x moves behind it. */
static void print_swatch(struct flame_page *page, const char *class, const char *word, uint32_t *x,
			 uint32_t *y)
{
	uint32_t width = 22 + (uint32_t)((double)strlen(word) * LETTER_PX) + 16;

	if (*x + width > page->width && *x > FLAME_PAD_PX) {
		*x = FLAME_PAD_PX;
		*y += 20;
	}
	buf_addf(&page->out.pending,
		 "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"14\" height=\"12\" rx=\"2\"/>"
		 "<text x=\"%u\" y=\"%u\">%s</text>\n",
		 class, *x, *y - 10, *x + 20, *y, word);
	*x += width;
}

static void print_legend(struct flame_page *page, uint32_t *y)
{
	const struct flame_frame *all = &page->l->frames[0];
	char share[UNITS_TEXT_BYTES], word[96], class[32];
	bool is_there[FLAME_KIND_COUNT] = { false };
	uint32_t x = FLAME_PAD_PX;

	for (size_t i = 0; i < page->l->frame_count; i++)
		is_there[page->l->frames[i].kind] = true;
	buf_addf(&page->out.pending, "<g class=\"legend\">\n");
	for (int i = 0; i < PHASE_COUNT; i++) {
		if (all->phases[i] == 0)
			continue;
		snprintf(class, sizeof(class), "p%d k%d", i, FLAME_GO);
		snprintf(word, sizeof(word), "%s %s", profile_phase_name((enum profile_phase)i),
			 units_ratio(share, (double)all->phases[i] / (double)all->weight));
		print_swatch(page, class, word, &x, y);
	}
	x += 24;
	for (int i = FLAME_GO; i < FLAME_KIND_COUNT; i++) {
		if (!is_there[i])
			continue;
		snprintf(class, sizeof(class), "p0 k%d", i);
		print_swatch(page, class, kind_names[i], &x, y);
	}
	buf_addf(&page->out.pending, "</g>\n");
}

/* Hidden until the script makes them work. */
static void print_controls(struct flame_page *page)
{
	buf_addf(&page->out.pending,
		 "<g class=\"controls\" visibility=\"hidden\" transform=\"translate(%u,0)\">\n"
		 "<g class=\"button search\" role=\"button\" tabindex=\"0\" aria-label=\"Search\">"
		 "<rect x=\"-74\" y=\"8\" width=\"74\" height=\"24\" rx=\"4\"/>"
		 "<text x=\"-37\" y=\"24.5\">Search</text></g>\n"
		 "<g class=\"button reset\" role=\"button\" tabindex=\"0\" aria-label=\"Reset "
		 "zoom\" "
		 "visibility=\"hidden\">"
		 "<rect x=\"-170\" y=\"8\" width=\"90\" height=\"24\" rx=\"4\"/>"
		 "<text x=\"-125\" y=\"24.5\">Reset zoom</text></g>\n"
		 "<text class=\"matched\" x=\"0\" y=\"80\" aria-live=\"polite\"></text>\n</g>\n",
		 page->width - FLAME_PAD_PX);
}

static const char *unit_of(const struct flame_page *page)
{
	return page->o->weight == WEIGHT_SAMPLES ? "samples" : profile_unit_name(page->p->unit);
}

static void print_root(struct flame_page *page)
{
	struct buf *out = &page->out.pending;
	struct buf title = { 0 };

	buf_addf(out,
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		 "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flame\" width=\"%u\" "
		 "height=\"%u\" viewBox=\"0 0 %u %u\" data-top=\"%u\" data-depths=\"%" PRIu32
		 "\" data-root=\"%s\" data-unit=\"%s\" data-phases=\"",
		 page->width, page->height, page->width, page->height, page->top,
		 page->l->depth_count, page->o->has_root_on_top ? "top" : "bottom", unit_of(page));
	for (int i = 0; i < PHASE_COUNT; i++)
		buf_addf(out, "%s%s", i ? "," : "", profile_phase_name((enum profile_phase)i));
	buf_addf(out, "\">\n<title>");
	add_title(&title, page);
	name_add_xml(out, buf_text(&title));
	buf_done(&title);
	buf_addf(out, "</title>\n<style>\n%s</style>\n", style);
	buf_addf(out, "<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n");
}

void flame_page_begin(struct flame_page *page)
{
	uint32_t y = TITLE_BASE_PX + 22;
	struct buf head;

	/* the head is printed first: its lines say where the frames begin */
	print_title(page);
	print_subtitle(page, &y);
	y = y + 12 < HEAD_MIN_PX ? HEAD_MIN_PX : y + 12;
	print_legend(page, &y);
	print_controls(page);
	page->top = y + 16;
	page->height = page->top + page->l->depth_count * FLAME_ROW_PX + FLAME_PAD_PX;
	head = page->out.pending;
	page->out.pending = (struct buf){ 0 };
	print_root(page);
	buf_add(&page->out.pending, head.at, head.len);
	buf_done(&head);
}

void flame_page_end(struct flame_page *page)
{
	buf_addf(&page->out.pending,
		 "<g class=\"tip\" visibility=\"hidden\"></g>\n"
		 "<script><![CDATA[\n%s]]></script>\n</svg>\n",
		 script);
}
