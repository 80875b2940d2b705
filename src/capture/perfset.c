/* perfset.c - open, drain, count and close the perf events of one target. */
#include "capture/perfset.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "base/unknown.h"
#include "capture/cpulist.h"
#include "capture/hwevent.h"
#include "capture/permission.h"
#include "capture/ring.h"

#ifndef PERF_FORMAT_LOST
#define PERF_FORMAT_LOST (1u << 4) /* linux/perf_event.h since 6.0 */
#endif

#define RING_BYTES_MAX (2u << 20)   /* per CPU: no event was lost with it at 150,000 faults/s */
#define RING_BYTES_ALL (256u << 20) /* on machines with very many CPUs */

/* All events have the same layout, so that any record can be read without knowing its event. No
 * instruction pointer: without a call chain it would say memclr more often than not, for a fifth
 * more bytes (ADR 0010). */
#define SAMPLE_FIELDS \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR)

struct slot {
	enum perf_role role;
	const char *name;     /* as libpfm4 knows it */
	bool wanted, on_exec; /* opened at all; counting from the target's exec on */
	uint64_t sample_period;
	bool bookkeeping; /* carries mmap, comm and fork records */
};

enum { SLOT_BOOKKEEPING, SLOT_COUNT, SLOT_MAJOR, SLOT_EVERY, SLOT_THIN, SLOTS };

struct perfset {
	struct slot slots[SLOTS];
	struct perf_event_attr attrs[SLOTS];
	struct cpulist cpus;
	int *fds; /* [cpu * SLOTS + slot], -1 when not open */
	uint64_t *ids;
	struct ring *rings; /* per CPU */
	struct pollfd *polls;
	size_t ring_bytes;
	bool user_only, ring_refused;
	uint64_t lost_format; /* PERF_FORMAT_LOST, or 0 where the kernel does not know it */
	struct err why_user_only;
	struct perfset_totals totals;
};

static void plan_slots(struct slot *slots, const struct perfset_config *c)
{
	const char *minor = "perf::PERF_COUNT_SW_PAGE_FAULTS_MIN";

	slots[SLOT_BOOKKEEPING] = (struct slot){
		PERF_ROLE_BOOKKEEPING, "perf::PERF_COUNT_SW_DUMMY", true, true, 0, true
	};
	slots[SLOT_COUNT] = (struct slot){ PERF_ROLE_FAULT_COUNT, minor, true, true, 0, false };
	slots[SLOT_MAJOR] = (struct slot){
		PERF_ROLE_MAJOR, "perf::PERF_COUNT_SW_PAGE_FAULTS_MAJ", true, true, 1, false
	};
	slots[SLOT_EVERY] =
		(struct slot){ PERF_ROLE_FAULT_ADDRESS, minor, c->addresses, true, 1, false };
	slots[SLOT_THIN] = (struct slot){ PERF_ROLE_FAULT_ADDRESS, minor, c->addresses, false,
					  c->thin_period,	   false };
}

static int make_attr(struct perf_event_attr *attr, const struct slot *s, bool kernel,
		     size_t ring_bytes, struct err *err)
{
	int rc = hwevent_encode(attr, s->name, kernel, err);

	if (rc < 0 &&
	    s->bookkeeping) { /* libpfm4 may lack the dummy event: it counts nothing anyway */
		memset(attr, 0, sizeof(*attr));
		attr->size = sizeof(*attr);
		attr->type = PERF_TYPE_SOFTWARE;
		attr->config = PERF_COUNT_SW_DUMMY;
		attr->exclude_kernel = 1;
		rc = 0;
	}
	if (rc < 0)
		return rc;
	attr->sample_type = SAMPLE_FIELDS;
	attr->sample_id_all = 1;
	attr->sample_period = s->sample_period;
	attr->read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	attr->inherit = 1;
	attr->disabled = 1;
	attr->enable_on_exec = s->on_exec;
	attr->use_clockid = 1;
	attr->clockid = CLOCK_MONOTONIC;
	attr->watermark = 1;
	attr->wakeup_watermark = (uint32_t)(ring_bytes / 4);
	if (s->bookkeeping)
		attr->mmap = attr->mmap2 = attr->comm = attr->comm_exec = attr->task = 1;
	return 0;
}

static int open_event(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int fd = (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Open one event, learn its id, and send its records into the CPU's ring; the first one brings the
 * ring. */
static int open_slot(struct perfset *p, size_t index, int slot, pid_t pid, struct err *err)
{
	int *fd = p->fds + index * SLOTS + (size_t)slot, cpu = p->cpus.at[index], rc;

	*fd = open_event(&p->attrs[slot], pid, cpu);
	if (*fd < 0) {
		rc = *fd;
		*fd = -1;
		return err_set(err, -rc, "cannot open perf event %s on CPU %d", p->slots[slot].name,
			       cpu);
	}
	if (ioctl(*fd, PERF_EVENT_IOC_ID, &p->ids[index * SLOTS + (size_t)slot]) < 0)
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

static int open_cpu(struct perfset *p, size_t index, pid_t pid, struct err *err)
{
	p->polls[index].fd = -1;
	for (int s = 0; s < SLOTS; s++) {
		int rc = p->slots[s].wanted ? open_slot(p, index, s, pid, err) : 0;

		if (rc == -ENODEV && s == SLOT_BOOKKEEPING)
			return 0; /* the CPU went offline meanwhile */
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void close_events(struct perfset *p)
{
	for (size_t i = 0; i < p->cpus.count; i++) {
		ring_close(&p->rings[i]);
		p->polls[i].fd = -1;
		for (int s = 0; s < SLOTS; s++)
			fd_drop(&p->fds[i * SLOTS + (size_t)s]);
	}
}

static int open_all(struct perfset *p, const struct perfset_config *c, bool kernel, struct err *err)
{
	int rc = 0;

	for (int s = 0; s < SLOTS && rc == 0; s++)
		if (p->slots[s].wanted)
			rc = make_attr(&p->attrs[s], &p->slots[s], kernel, p->ring_bytes, err);
	for (int s = 0; s < SLOTS; s++)
		p->attrs[s].read_format |= p->lost_format;
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

	p->ring_bytes = RING_BYTES_MAX;
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
	plan_slots(p->slots, config);
	p->fds = xcalloc(p->cpus.count * SLOTS, sizeof(*p->fds));
	memset(p->fds, 0xff, p->cpus.count * SLOTS * sizeof(*p->fds));
	p->ids = xcalloc(p->cpus.count * SLOTS, sizeof(*p->ids));
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

struct pollfd *perfset_pollfds(struct perfset *p, size_t *ret_count)
{
	*ret_count = p->cpus.count;
	return p->polls;
}

int perfset_describe(const struct perfset *p, perfset_attr_sink *sink, void *arg)
{
	int rc = 0;

	for (int s = 0; s < SLOTS && rc == 0; s++) {
		const struct perf_event_attr *a = &p->attrs[s];
		struct buf ids = { 0 };

		if (!p->slots[s].wanted)
			continue;
		for (size_t i = 0; i < p->cpus.count; i++)
			if (p->fds[i * SLOTS + (size_t)s] >= 0)
				buf_add_uint(&ids, p->ids[i * SLOTS + (size_t)s], 8);
		struct event_perf_attr e = {
			.name = text_of(p->slots[s].name),
			.role = p->slots[s].role,
			.type = a->type,
			.config = a->config,
			.sample_type = a->sample_type,
			.sample_period = a->sample_period,
			.read_format = a->read_format,
			.exclude_kernel = a->exclude_kernel,
			.sample_id_all = a->sample_id_all,
			.ids = buf_text(&ids),
			.ring_bytes = p->ring_bytes,
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
			t->sample_count++;
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
		int *fds = p->fds + i * SLOTS;

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

	for (size_t i = 0; p->lost_format && i < p->cpus.count * SLOTS; i++) {
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
		const int *fds = p->fds + i * SLOTS;

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
