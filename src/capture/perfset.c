/* perfset.c - open, drain, count and close the perf events of one target. */
#include "capture/perfset.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "base/units.h"
#include "base/unknown.h"
#include "capture/cpulist.h"
#include "capture/permission.h"
#include "capture/ring.h"
#include "perfslots_internal.h"

#ifndef PERF_FORMAT_LOST
#define PERF_FORMAT_LOST (1u << 4) /* linux/perf_event.h since 6.0 */
#endif

#define RING_BYTES_ALL (256u << 20) /* on machines with very many CPUs */

struct perfset {
	struct slot slots[PERFSLOTS_MAX];
	struct perf_event_attr attrs[PERFSLOTS_MAX];
	bool active[PERFSLOTS_MAX]; /* wanted, and can be had */
	struct cpulist cpus;
	int *fds; /* [cpu * PERFSLOTS_MAX + slot], -1 when not open */
	uint64_t *ids;
	struct ring *rings; /* per CPU */
	struct pollfd *polls;
	size_t ring_bytes;
	bool user_only, ring_refused;
	uint64_t lost_format; /* PERF_FORMAT_LOST, or 0 where the kernel does not know it */
	struct err why_user_only;
	struct perfset_totals totals;
};

/* Open one event, learn its id, and send its records into the CPU's ring; the first one brings the
 * ring. */
static int open_slot(struct perfset *p, size_t index, int slot, pid_t pid, struct err *err)
{
	int *fd = p->fds + index * PERFSLOTS_MAX + (size_t)slot, cpu = p->cpus.at[index], rc;

	*fd = perfslots_open_event(&p->attrs[slot], pid, cpu);
	if (*fd < 0) {
		rc = *fd;
		*fd = -1;
		return err_set(err, -rc, "cannot open perf event %s on CPU %d", p->slots[slot].name,
			       cpu);
	}
	if (p->slots[slot].filter &&
	    ioctl(*fd, PERF_EVENT_IOC_SET_FILTER, p->slots[slot].filter) < 0)
		return err_set(err, errno, "cannot filter the perf event %s", p->slots[slot].name);
	if (ioctl(*fd, PERF_EVENT_IOC_ID, &p->ids[index * PERFSLOTS_MAX + (size_t)slot]) < 0)
		return err_set(err, errno, "cannot learn the id of a perf event");
	if (p->rings[index].page) {
		if (ioctl(*fd, PERF_EVENT_IOC_SET_OUTPUT, p->polls[index].fd) < 0)
			return err_set(err, errno, "cannot let perf events share a ring");
		return 0;
	}
	rc = ring_open(&p->rings[index], *fd, p->ring_bytes);
	if (rc < 0) {
		p->ring_refused = true;
		return err_set(err, -rc, "cannot map a perf ring of %zu KiB for each of %zu CPUs",
			       p->ring_bytes >> 10, p->cpus.count);
	}
	p->polls[index] = (struct pollfd){ .fd = *fd, .events = POLLIN };
	return 0;
}

/* The others go on without it; on the first CPU that says that it cannot be had at all. */
static void leave_out(struct perfset *p, size_t index, int slot, const struct err *why)
{
	fd_drop(&p->fds[index * PERFSLOTS_MAX + (size_t)slot]);
	if (index == 0) {
		p->active[slot] = false;
		p->slots[slot].why_off = *why;
	}
}

static int open_cpu(struct perfset *p, size_t index, pid_t pid, struct err *err)
{
	p->polls[index].fd = -1;
	for (int s = 0; s < PERFSLOTS_MAX; s++) {
		int rc = p->active[s] ? open_slot(p, index, s, pid, err) : 0;

		if (rc == -ENODEV && s == SLOT_BOOKKEEPING)
			return 0; /* the CPU went offline meanwhile */
		if (rc < 0 && p->slots[s].optional && !p->ring_refused)
			leave_out(p, index, s, err);
		else if (rc < 0)
			return rc;
	}
	return 0;
}

static void close_events(struct perfset *p)
{
	for (size_t i = 0; i < p->cpus.count; i++) {
		ring_close(&p->rings[i]);
		p->polls[i].fd = -1;
		for (int s = 0; s < PERFSLOTS_MAX; s++)
			fd_drop(&p->fds[i * PERFSLOTS_MAX + (size_t)s]);
	}
}

static int make_attrs(struct perfset *p, const struct perfset_config *c, bool kernel,
		      struct err *err)
{
	for (int s = 0; s < PERFSLOTS_MAX; s++) {
		struct slot *slot = &p->slots[s];
		int rc = 0;

		p->active[s] = slot->wanted;
		if (!slot->wanted)
			continue;
		slot->why_off = (struct err){ 0 };
		if (s == SLOT_CPU)
			perfslots_choose_cpu_event(slot, c->pid, p->cpus.at[0], kernel);
		rc = perfslots_make_attr(&p->attrs[s], slot, kernel, p->ring_bytes,
					 slot->optional ? &slot->why_off : err);
		p->active[s] = rc == 0;
		if (rc < 0 && !slot->optional)
			return rc;
		p->attrs[s].read_format |= p->lost_format;
	}
	return 0;
}

static int open_all(struct perfset *p, const struct perfset_config *c, bool kernel, struct err *err)
{
	int rc = make_attrs(p, c, kernel, err);

	for (size_t i = 0; i < p->cpus.count && rc == 0; i++)
		rc = open_cpu(p, i, c->pid, err);
	if (rc < 0)
		close_events(p);
	return rc;
}

/* The largest ring that the locked-memory limits allow (perf_event_mlock_kb, RLIMIT_MEMLOCK). */
static int open_with_largest_ring(struct perfset *p, const struct perfset_config *c, bool kernel,
				  struct err *err)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	int rc;

	p->ring_bytes = PERFSLOTS_RING_BYTES_MAX;
	while (p->ring_bytes > page_bytes && p->ring_bytes * p->cpus.count > RING_BYTES_ALL)
		p->ring_bytes /= 2;
	for (;;) {
		rc = open_all(p, c, kernel, err);
		if (!p->ring_refused || p->ring_bytes <= 4 * page_bytes)
			return rc;
		p->ring_refused = false;
		p->ring_bytes /= 2;
	}
}

/* An event is a descriptor, and there are some per CPU. */
static void raise_descriptor_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

int perfset_open(struct perfset **ret, const struct perfset_config *config, struct err *err)
{
	struct perfset *p = xcalloc(1, sizeof(*p));
	struct err first = { 0 };
	int rc = cpulist_online(&p->cpus, err);

	if (rc < 0) {
		free(p);
		return rc;
	}
	perfslots_plan(p->slots, config);
	p->fds = xcalloc(p->cpus.count * PERFSLOTS_MAX, sizeof(*p->fds));
	memset(p->fds, 0xff, p->cpus.count * PERFSLOTS_MAX * sizeof(*p->fds));
	p->ids = xcalloc(p->cpus.count * PERFSLOTS_MAX, sizeof(*p->ids));
	p->rings = xcalloc(p->cpus.count, sizeof(*p->rings));
	p->polls = xcalloc(p->cpus.count, sizeof(*p->polls));
	raise_descriptor_limit();
	p->lost_format = PERF_FORMAT_LOST;
	rc = open_with_largest_ring(p, config, true, &first);
	if (rc == -EINVAL) {
		p->lost_format = 0;
		rc = open_with_largest_ring(p, config, true, &first);
	}
	if (rc == -EACCES || rc == -EPERM) {
		p->user_only = true;
		p->why_user_only = first;
		permission_explain_perf(&p->why_user_only, true);
		rc = open_with_largest_ring(p, config, false, &first);
		if (rc == -EINVAL) {
			p->lost_format = 0;
			rc = open_with_largest_ring(p, config, false, &first);
		}
	}
	if (rc < 0) {
		permission_explain_perf(&first, !p->user_only);
		if (err)
			*err = first;
		perfset_close(p);
		return rc;
	}
	*ret = p;
	return 0;
}

bool perfset_is_user_only(const struct perfset *p, const struct err **ret_why)
{
	if (p->user_only && ret_why)
		*ret_why = &p->why_user_only;
	return p->user_only;
}

static const char *source_name(char *buf, size_t cap, const struct slot *s)
{
	switch (s->role) {
	case PERF_ROLE_CPU:
		return "perf.cpu-samples";
	case PERF_ROLE_FAULT_STACK:
		return "perf.fault-stacks";
	case PERF_ROLE_RETURN:
		return "perf.returns";
	case PERF_ROLE_RETURN_END:
		return "perf.return-ends";
	case PERF_ROLE_RETURN_OTHER:
		return "perf.returns-by-process-madvise";
	case PERF_ROLE_UNMAP:
		return "perf.unmaps";
	case PERF_ROLE_MAP_FIXED:
		return "perf.fixed-maps";
	default:
		snprintf(buf, cap, "perf.event %s", s->name);
		return buf;
	}
}

void perfset_tell_stacks(const struct perfset *p, perfset_stack_sink *sink, void *arg)
{
	for (int i = SLOT_CPU; i < PERFSLOTS_MAX; i++) {
		const struct slot *s = &p->slots[i];
		bool with_kernel =
			!p->attrs[i].exclude_kernel && !p->attrs[i].exclude_callchain_kernel;
		char name[160], rate[48] = "all of them", nth[UNITS_TEXT_BYTES], detail[320];
		int len;

		if (!s->wanted)
			continue;
		if (s->sample_hz)
			snprintf(rate, sizeof(rate), "%llu Hz", (unsigned long long)s->sample_hz);
		else if (s->sample_period > 1)
			snprintf(rate, sizeof(rate), "every %s",
				 units_ordinal(nth, s->sample_period));
		len = snprintf(detail, sizeof(detail), "%s, %s", s->name, rate);
		if (s->has_stack)
			snprintf(detail + len, sizeof(detail) - (size_t)len,
				 ", %s frames, %u bytes of stack",
				 with_kernel ? "user and kernel" : "user",
				 p->attrs[i].sample_stack_user);
		sink(arg, source_name(name, sizeof(name), s), p->active[i] ? NULL : &s->why_off,
		     detail);
	}
}

struct pollfd *perfset_pollfds(struct perfset *p, size_t *ret_count)
{
	*ret_count = p->cpus.count;
	return p->polls;
}

int perfset_describe(const struct perfset *p, perfset_attr_sink *sink, void *arg)
{
	int rc = 0;

	for (int s = 0; s < PERFSLOTS_MAX && rc == 0; s++) {
		const struct perf_event_attr *a = &p->attrs[s];
		struct buf ids = { 0 };

		if (!p->active[s])
			continue;
		for (size_t i = 0; i < p->cpus.count; i++)
			if (p->fds[i * PERFSLOTS_MAX + (size_t)s] >= 0)
				buf_add_uint(&ids, p->ids[i * PERFSLOTS_MAX + (size_t)s], 8);
		struct event_perf_attr e = {
			.name = text_of(p->slots[s].name),
			.role = p->slots[s].role,
			.type = a->type,
			.config = a->config,
			.sample_type = a->sample_type,
			.sample_period = a->freq ? UNKNOWN_U64 : a->sample_period,
			.read_format = a->read_format,
			.exclude_kernel = a->exclude_kernel,
			.sample_id_all = a->sample_id_all,
			.ids = buf_text(&ids),
			.ring_bytes = p->ring_bytes,
			.sample_hz = a->freq ? a->sample_freq : UNKNOWN_U64,
			.regs_user = a->sample_regs_user,
			.stack_bytes = a->sample_stack_user,
		};
		rc = sink(arg, &e);
		buf_done(&ids);
	}
	return rc;
}

struct drain {
	struct perfset *p;
	perfset_data_sink *sink;
	void *arg;
	uint64_t cpu;
};

/* Count samples and losses by the record headers; the bytes go on as they are. */
static void count_records(struct perfset_totals *t, struct text records)
{
	struct perf_event_header h;

	for (size_t at = 0; records.len - at >= sizeof(h); at += h.size) {
		memcpy(&h, records.at + at, sizeof(h));
		if (h.size < sizeof(h) || h.size > records.len - at)
			return;
		if (h.type == PERF_RECORD_SAMPLE) {
			t->address_count += h.size == PERFSET_ADDRESS_RECORD_BYTES;
		} else if (h.type == PERF_RECORD_LOST && h.size >= sizeof(h) + 16) {
			uint64_t lost;

			memcpy(&lost, records.at + at + sizeof(h) + 8, sizeof(lost)); /* id, lost */
			t->lost_count += lost;
		} else if (h.type == PERF_RECORD_THROTTLE) {
			t->throttle_count++;
		}
	}
}

static int on_records(void *arg, struct text records)
{
	struct drain *d = arg;

	count_records(&d->p->totals, records);
	return d->sink(d->arg, d->cpu, records);
}

int perfset_drain(struct perfset *p, perfset_data_sink *sink, void *arg)
{
	struct drain d = { .p = p, .sink = sink, .arg = arg };
	int first = 0;

	for (size_t i = 0; i < p->cpus.count; i++) {
		int rc;

		if (!p->rings[i].page)
			continue;
		d.cpu = (uint64_t)p->cpus.at[i];
		rc = ring_drain(&p->rings[i], on_records, &d);
		if (rc < 0 && first == 0)
			first = rc;
	}
	return first;
}

struct perfset_totals perfset_totals(const struct perfset *p)
{
	return p->totals;
}

static int add_count(int fd, uint64_t *count, uint64_t *enabled_ns, uint64_t *running_ns)
{
	uint64_t v[4]; /* value, enabled, running, perhaps lost: as read_format says */

	if (fd < 0)
		return 0;
	if (read(fd, v, sizeof(v)) < 3 * (ssize_t)sizeof(v[0]))
		return -EIO;
	*count += v[0];
	*enabled_ns += v[1];
	*running_ns += v[2];
	return 0;
}

int perfset_count(struct perfset *p, struct event_perf_count *ret)
{
	struct event_perf_count c = { 0 };
	uint64_t ignored = 0;
	int rc = 0;

	for (size_t i = 0; i < p->cpus.count && rc == 0; i++) {
		int *fds = p->fds + i * PERFSLOTS_MAX;

		rc = add_count(fds[SLOT_COUNT], &c.minor_count, &c.enabled_ns, &c.running_ns);
		if (rc == 0)
			rc = add_count(fds[SLOT_MAJOR], &c.major_count, &ignored, &ignored);
	}
	if (rc == 0)
		*ret = c;
	return rc;
}

uint64_t perfset_lost(const struct perfset *p)
{
	uint64_t lost = 0;

	for (size_t i = 0; p->lost_format && i < p->cpus.count * PERFSLOTS_MAX; i++) {
		uint64_t v[4]; /* value, enabled, running, lost */

		if (p->fds[i] >= 0 && read(p->fds[i], v, sizeof(v)) == (ssize_t)sizeof(v))
			lost += v[3];
	}
	return lost > p->totals.lost_count ? lost : p->totals.lost_count;
}

int perfset_thin(struct perfset *p, bool thin)
{
	int on = thin ? SLOT_THIN : SLOT_EVERY, off = thin ? SLOT_EVERY : SLOT_THIN, rc = 0;

	/* The ioctls reach inherited copies of the event in all threads; the period could not be
	 * changed there. */
	for (size_t i = 0; i < p->cpus.count; i++) {
		const int *fds = p->fds + i * PERFSLOTS_MAX;

		if (fds[on] < 0)
			continue;
		if (ioctl(fds[on], PERF_EVENT_IOC_ENABLE, 0) < 0 ||
		    ioctl(fds[off], PERF_EVENT_IOC_DISABLE, 0) < 0)
			rc = -errno;
	}
	return rc;
}

size_t perfset_ring_bytes(const struct perfset *p)
{
	return p->ring_bytes;
}

size_t perfset_cpu_count(const struct perfset *p)
{
	return p->cpus.count;
}

void perfset_close(struct perfset *p)
{
	if (!p)
		return;
	close_events(p);
	cpulist_done(&p->cpus);
	free(p->fds);
	free(p->ids);
	free(p->rings);
	free(p->polls);
	free(p);
}
