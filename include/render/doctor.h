/* doctor.h - what this machine allows, as a table or as JSON. */
#ifndef RENDER_DOCTOR_H
#define RENDER_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct doctor_row {
	const char *source, *gives;
	const char *state;	     /* "works", "partly", "fails" */
	const char *detail, *enable; /* enable: "" when there is nothing to do */
	bool used;		     /* by this version */
};

struct doctor_page {
	const char *version, *user; /* user: "root (uid 0)" */
	const char *kernel;	    /* "6.1.0-18-amd64 x86_64" */
	const struct doctor_row *rows;
	size_t row_count;
};

/* Write the page. 0, or -EIO when the stream refused. */
int doctor_render_text(const struct doctor_page *page, FILE *to);
int doctor_render_json(const struct doctor_page *page, FILE *to); /* schema gctide.doctor/1 */

#endif
