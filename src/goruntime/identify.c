/* identify.c - is it Go, which release, built how. */
#include "goruntime/identify.h"

#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cursor.h"
#include "goruntime/elfimage.h"
#include "goruntime/buildinfo.h"

#define GO_NOTE_BUILD_ID   4 /* cmd/internal/buildid: ELF_NOTE_GOBUILDID_TAG */
#define GNU_BUILD_ID_BYTES 64

/* What the release is at least and at most, by the first word of the function table. */
struct pclntab_magic {
	uint64_t magic;
	const char *releases;
};

static const struct pclntab_magic pclntab_magics[] = {
	{ 0xfffffffb, "Go 1.2 to 1.15" },
	{ 0xfffffffa, "Go 1.16 or 1.17" },
	{ 0xfffffff0, "Go 1.18 or 1.19" },
	{ 0xfffffff1, "Go 1.20 or later" },
	{ 0, NULL },
};

/* Append a part of detail, with "; " between parts; what does not fit is cut. */
static void __attribute__((format(printf, 2, 3)))
detail_add(struct go_binary *b, const char *fmt, ...)
{
	size_t used = strlen(b->detail);
	va_list args;

	if (used && used + 3 < sizeof(b->detail)) {
		memcpy(b->detail + used, "; ", 3);
		used += 2;
	}
	va_start(args, fmt);
	vsnprintf(b->detail + used, sizeof(b->detail) - used, fmt, args);
	va_end(args);
	for (char *at = b->detail + used; *at; at++) {
		if ((unsigned char)*at < ' ')
			*at = '?';
	}
}

static bool set_version(struct go_binary *b, struct text version, const char *from)
{
	if (version.len == 0 || version.len >= sizeof(b->version))
		return false;
	for (size_t i = 0; i < version.len; i++) {
		if (version.at[i] < ' ' || version.at[i] > '~')
			return false;
	}
	memcpy(b->version, version.at, version.len);
	b->version[version.len] = '\0';
	b->version_from = from;
	return true;
}

/* Settings that change how the garbage collector or the measurement behaves. -ldflags itself is not
 * repeated: -X may carry secrets. */
static void add_settings(struct go_binary *b, struct text modinfo)
{
	static const char *const keys[] = { "CGO_ENABLED", "-race",	   "-msan",  "-asan",
					    "-buildmode",  "GOEXPERIMENT", "GOAMD64" };
	struct text v;

	if (buildinfo_line(&v, modinfo, "path"))
		detail_add(b, "main package %.*s", (int)(v.len < 200 ? v.len : 200), v.at);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (buildinfo_setting(&v, modinfo, keys[i]))
			detail_add(b, "%s=%.*s", keys[i], (int)(v.len < 64 ? v.len : 64), v.at);
	}
	if (buildinfo_setting(&v, modinfo, "-ldflags") &&
	    memmem(v.at, v.len, "runtime.godebugDefault", sizeof("runtime.godebugDefault") - 1))
		detail_add(b, "-ldflags sets runtime.godebugDefault, GODEBUG values of its own");
}

/* A Go string variable {pointer, length}: how releases before 1.13 told their version. */
static bool version_by_symbol(struct go_binary *b, struct elfimage *im)
{
	size_t width = im->pointer_bytes;
	uint64_t vaddr, data, len;
	struct text len_bytes;
	struct cursor c;

	if (!elfimage_symbol(&vaddr, im, "runtime.buildVersion"))
		return false;
	data = elfimage_pointer_at(im, vaddr, width);
	len_bytes = elfimage_bytes_at(im, vaddr + width, width);
	c = cursor_over(len_bytes.at, len_bytes.len);
	len = cursor_uint(&c, width);
	return data && !c.bad && set_version(b, elfimage_bytes_at(im, data, len), "symbol");
}

static bool find_pclntab(struct elfsection *ret, const struct elfimage *im)
{
	return elfimage_section(ret, im, ".gopclntab") ||
	       elfimage_section(ret, im, ".data.rel.ro.gopclntab");
}

static void bound_by_pclntab(struct go_binary *b, const struct elfimage *im)
{
	struct elfsection s;
	struct cursor c;
	uint64_t magic;

	if (!find_pclntab(&s, im))
		return;
	c = cursor_over(s.bytes.at, s.bytes.len);
	magic = cursor_uint(&c, 4);
	for (const struct pclntab_magic *m = pclntab_magics; !c.bad && m->releases; m++) {
		if (m->magic != magic)
			continue;
		b->version_from = "pclntab";
		detail_add(b, "built by %s, by its function table", m->releases);
	}
}

static void read_gnu_build_id(struct go_binary *b, const struct elfimage *im)
{
	struct text id;

	if (!elfimage_note(&id, im, "GNU", NT_GNU_BUILD_ID) || id.len > GNU_BUILD_ID_BYTES)
		return;
	for (size_t i = 0; i < id.len; i++)
		snprintf(b->build_id + 2 * i, 3, "%02x", (unsigned char)id.at[i]);
}

static void explain_buildinfo(struct go_binary *b, enum buildinfo_status status)
{
	if (status == BUILDINFO_UNLINKED)
		detail_add(b, "its build info (Go 1.13 to 1.17) is only linked at run time");
	else if (status == BUILDINFO_BROKEN)
		detail_add(b, "its build info cannot be read");
	else
		detail_add(b, "it has no build info (before Go 1.13, a plugin, or removed)");
}

static void identify_elf(struct go_binary *b, struct elfimage *im)
{
	struct buildinfo info = { 0 };
	enum buildinfo_status status = buildinfo_of_image(&info, im);
	struct elfsection pclntab;
	struct text note;

	read_gnu_build_id(b, im);
	b->is_go = status != BUILDINFO_NONE || find_pclntab(&pclntab, im) ||
		   elfimage_note(&note, im, "Go", GO_NOTE_BUILD_ID);
	if (!b->is_go) {
		detail_add(b, "an executable without any sign of Go (a Go library that it loads "
			      "later would not show here)");
		return;
	}
	if (status == BUILDINFO_OK && set_version(b, info.version, "buildinfo")) {
		add_settings(b, info.modinfo);
		return;
	}
	if (version_by_symbol(b, im))
		return;
	explain_buildinfo(b, status);
	bound_by_pclntab(b, im);
}

int goruntime_identify(struct go_binary *ret, int exe_fd, struct err *err)
{
	struct go_binary b = { .version_from = "" };
	struct elfimage im;
	int rc = elfimage_open(&im, exe_fd, err);

	if (rc == -ENOEXEC) {
		detail_add(&b, "not an ELF file that can be read");
	} else if (rc < 0) {
		return rc;
	} else {
		identify_elf(&b, &im);
		elfimage_close(&im);
	}
	*ret = b;
	return 0;
}
