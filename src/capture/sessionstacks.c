/* sessionstacks.c - what stacks need beside their samples, and only this machine can tell: the
 * files that were mapped, and the kernel's functions. */
#include <linux/perf_event.h>
#include <string.h>

#include "session_internal.h"

void session_note_attr(struct session *s, const struct event_perf_attr *attr)
{
	struct perfrecord_layout layout = { .sample_type = attr->sample_type,
					    .sample_id_all = attr->sample_id_all,
					    .regs_user = attr->regs_user };

	perflayouts_add(&s->layouts, attr->ids, &layout);
}

static void add_image(void *arg, const struct event_image *image)
{
	struct event ev = { .kind = EVENT_IMAGE, .u.image = *image };

	session_add(arg, &ev);
}

static void look_at(struct session *s, struct text record)
{
	struct perfrecord r;

	if (perfrecord_next(&r, &record, perflayouts_view(&s->layouts)) != PERFRECORD_OK)
		return;
	if (r.type == PERF_RECORD_SAMPLE)
		kernelips_add_chain(&s->kernel_ips, r.callchain);
	else if (r.type == PERF_RECORD_MMAP || r.type == PERF_RECORD_MMAP2)
		imagewatch_mapped(&s->images, r.pid, r.name, add_image, s);
}

/* Most records are plain faults: passed over by their size. */
void session_watch_records(struct session *s, struct text records)
{
	struct perf_event_header h;

	for (size_t at = 0; records.len - at >= sizeof(h); at += h.size) {
		memcpy(&h, records.at + at, sizeof(h));
		if (h.size < sizeof(h) || h.size > records.len - at)
			return;
		if (h.type == PERF_RECORD_SAMPLE
			    ? h.size > PERFSET_ADDRESS_RECORD_BYTES
			    : h.type == PERF_RECORD_MMAP || h.type == PERF_RECORD_MMAP2)
			look_at(s, (struct text){ records.at + at, h.size });
	}
}

static void add_symbol(void *arg, const struct event_kernel_symbol *symbol)
{
	struct event ev = { .kind = EVENT_KERNEL_SYMBOL, .u.kernel_symbol = *symbol };

	session_add(arg, &ev);
}

void session_name_kernel_ips(struct session *s)
{
	struct err err = { 0 };

	if (kernelips_name(&s->kernel_ips, add_symbol, s, &err) < 0) {
		session_add_source(s, "kernel-symbols", "off", err.what);
		session_notice(s, "kernel functions stay without names: %s%s%s", err.what,
			       err.hint[0] ? "; " : "", err.hint);
	}
}

void session_stacks_done(struct session *s)
{
	perflayouts_done(&s->layouts);
	imagewatch_done(&s->images);
	kernelips_done(&s->kernel_ips);
}
