/* doctor.c - what this machine allows, as a table or as JSON. */
#include "render/doctor.h"

#include <errno.h>
#include <jansson.h>

int doctor_render_text(const struct doctor_page *page, FILE *to)
{
	fprintf(to, "gctide %s on %s, as %s\n\n", page->version, page->kernel, page->user);
	for (size_t i = 0; i < page->row_count; i++) {
		const struct doctor_row *r = &page->rows[i];

		fprintf(to, "%-7s %-19s %s%s\n", r->state, r->source, r->gives,
			r->used ? "" : " (not used by this version yet)");
		fprintf(to, "        %s\n", r->detail);
		if (r->enable[0])
			fprintf(to, "        enable: %s\n", r->enable);
	}
	return ferror(to) ? -EIO : 0;
}

int doctor_render_json(const struct doctor_page *page, FILE *to)
{
	json_t *rows = json_array();
	json_t *root;
	int rc;

	for (size_t i = 0; i < page->row_count; i++) {
		const struct doctor_row *r = &page->rows[i];

		json_array_append_new(rows,
				      json_pack("{s:s, s:s, s:s, s:s, s:s?, s:b}", "name",
						r->source, "gives", r->gives, "state", r->state,
						"detail", r->detail, "enable",
						r->enable[0] ? r->enable : NULL, "used", r->used));
	}
	root = json_pack("{s:s, s:s, s:s, s:s, s:o}", "schema", "gctide.doctor/1", "version",
			 page->version, "user", page->user, "kernel", page->kernel, "sources",
			 rows);
	rc = root && json_dumpf(root, to, JSON_INDENT(1)) == 0 && fputc('\n', to) != EOF ? 0 : -EIO;
	json_decref(root);
	return rc;
}
