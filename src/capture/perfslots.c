/* perfslots.c - which perf events a target gets, and how each is opened. */
#include "perfslots_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "capture/hwevent.h"
#include "capture/samplelimits.h"
#include "capture/tracefs.h"

#define MINOR_FAULTS "perf::MINOR-FAULTS"

/* Not the minor faults, which have their own event: when two events sample the same software event,
 * Linux 6.18 gives the second record the id and the size of the first (kernel/events/core.c:
 * do_perf_sw_event hands one perf_sample_data to both, perf_prepare_sample keeps what is in it).
 * All faults, major ones too, are another event: arch/x86/mm/fault.c, mm/memory.c mm_account_fault.
 */
#define ALL_FAULTS "perf::PAGE-FAULTS"

/* All plain fault events have the same layout, so that any record can be read without knowing its
 * event. No instruction pointer: without a call chain it would say memclr more often than not, for
 * a fifth more bytes (ADR 0010). */
#define FAULT_FIELDS \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR)

#define STACK_FIELDS (FAULT_FIELDS | PERF_SAMPLE_CPU | PERF_SAMPLE_CALLCHAIN)

/* Faults and returns may come by the ten thousand in a second, and mostly out of Go's own code: a
 * frame or two without frame pointer. */
#define FREQUENT_STACK_BYTES 512u

/* The stack of every N-th fault: a prime, so that no loop of the target keeps step with it. With
 * sample_freq the kernel changes the period in every thread's copy of the event by itself: of
 * 199,603 faults of a program of 2 s it then took 35 stacks, whose periods summed up to 22,532. */
#define FAULT_STACK_PERIOD 61u

static void plan_faults(struct slot *slots, const struct perfset_config *c)
{
	slots[SLOT_BOOKKEEPING] = (struct slot){ .role = PERF_ROLE_BOOKKEEPING,
						 .name = "perf::PERF_COUNT_SW_DUMMY",
						 .wanted = true,
						 .on_exec = true,
						 .bookkeeping = true };
	slots[SLOT_COUNT] = (struct slot){
		.role = PERF_ROLE_FAULT_COUNT, .name = MINOR_FAULTS, .wanted = true, .on_exec = true
	};
	slots[SLOT_MAJOR] = (struct slot){ .role = PERF_ROLE_MAJOR,
					   .name = "perf::MAJOR-FAULTS",
					   .wanted = true,
					   .on_exec = true,
					   .sample_period = 1 };
	slots[SLOT_EVERY] = (struct slot){ .role = PERF_ROLE_FAULT_ADDRESS,
					   .name = MINOR_FAULTS,
					   .wanted = c->addresses,
					   .on_exec = true,
					   .sample_period = 1 };
	slots[SLOT_THIN] = (struct slot){ .role = PERF_ROLE_FAULT_ADDRESS,
					  .name = MINOR_FAULTS,
					  .wanted = c->addresses,
					  .sample_period = c->thin_period };
}

void perfslots_plan(struct slot *slots, const struct perfset_config *c)
{
	const struct slot stack = { .on_exec = true,
				    .optional = true,
				    .has_stack = true,
				    .sample_hz = c->sample_hz,
				    .stack_bytes = c->stack_bytes };
	bool wanted = c->sample_hz > 0;

	memset(slots, 0, PERFSLOTS_MAX * sizeof(*slots));
	plan_faults(slots, c);
	slots[SLOT_CPU] = stack;
	slots[SLOT_CPU].role = PERF_ROLE_CPU;
	slots[SLOT_CPU].name = "perf::CPU-CLOCK";
	slots[SLOT_CPU].wanted = wanted;
	slots[SLOT_FAULT_STACK] = stack;
	slots[SLOT_FAULT_STACK].role = PERF_ROLE_FAULT_STACK;
	slots[SLOT_FAULT_STACK].name = ALL_FAULTS;
	slots[SLOT_FAULT_STACK].wanted = wanted;
	slots[SLOT_FAULT_STACK].sample_hz = 0;
	slots[SLOT_FAULT_STACK].sample_period = FAULT_STACK_PERIOD;
	slots[SLOT_RETURN] = stack;
	slots[SLOT_RETURN].role = PERF_ROLE_RETURN;
	slots[SLOT_RETURN].name = "syscalls/sys_enter_madvise";
	slots[SLOT_RETURN].wanted = c->returns;
	slots[SLOT_RETURN].is_tracepoint = true;
	slots[SLOT_RETURN].sample_hz = 0;
	slots[SLOT_RETURN].sample_period = 1;
	slots[SLOT_RETURN_END] = (struct slot){ .role = PERF_ROLE_RETURN_END,
						.name = "syscalls/sys_exit_madvise",
						.wanted = c->returns,
						.on_exec = true,
						.optional = true,
						.is_tracepoint = true,
						.sample_period = 1 };
	slots[SLOT_UNMAP] = slots[SLOT_MAP_FIXED] = slots[SLOT_RETURN_OTHER] =
		slots[SLOT_RETURN_END];
	slots[SLOT_RETURN_OTHER].role = PERF_ROLE_RETURN_OTHER;
	slots[SLOT_RETURN_OTHER].name = "syscalls/sys_enter_process_madvise";
	slots[SLOT_UNMAP].role = PERF_ROLE_UNMAP;
	slots[SLOT_UNMAP].name = "syscalls/sys_enter_munmap";
	slots[SLOT_MAP_FIXED].role = PERF_ROLE_MAP_FIXED;
	slots[SLOT_MAP_FIXED].name = "syscalls/sys_enter_mmap";
	slots[SLOT_MAP_FIXED].filter = "flags & 0x10"; /* MAP_FIXED */
	if (c->stack_bytes > FREQUENT_STACK_BYTES)
		slots[SLOT_FAULT_STACK].stack_bytes = slots[SLOT_RETURN].stack_bytes =
			FREQUENT_STACK_BYTES;
	for (size_t i = 0; i < c->event_count && i < PERFSET_EVENTS_MAX; i++) {
		slots[SLOT_FIRST_EVENT + i] = stack;
		slots[SLOT_FIRST_EVENT + i].role = PERF_ROLE_EVENT;
		slots[SLOT_FIRST_EVENT + i].name = c->events[i];
		slots[SLOT_FIRST_EVENT + i].wanted = wanted;
	}
}

static int encode_tracepoint(struct perf_event_attr *attr, const struct slot *s, bool kernel,
			     struct err *err)
{
	const char *where;
	int id;

	if (!kernel) /* it is the kernel that runs at a tracepoint */
		return err_say(err, EACCES, "tracepoints need root, or CAP_PERFMON and tracefs");
	id = tracefs_event_id(s->name, &where);
	if (id < 0)
		return err_set(err, -id, "cannot find the tracepoint %s", s->name);
	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	attr->type = PERF_TYPE_TRACEPOINT;
	attr->config = (uint64_t)id;
	attr->exclude_callchain_kernel = 1;
	return 0;
}

static int encode(struct perf_event_attr *attr, const struct slot *s, bool kernel, struct err *err)
{
	int rc;

	if (s->is_tracepoint)
		return encode_tracepoint(attr, s, kernel, err);
	rc = hwevent_encode(attr, s->name, kernel, err);
	if (rc < 0 &&
	    s->bookkeeping) { /* libpfm4 may lack the dummy event: it counts nothing anyway */
		memset(attr, 0, sizeof(*attr));
		attr->size = sizeof(*attr);
		attr->type = PERF_TYPE_SOFTWARE;
		attr->config = PERF_COUNT_SW_DUMMY;
		attr->exclude_kernel = 1;
		rc = 0;
	}
	return rc;
}

/* The call chain, and what mends it where there are no frame pointers. */
static void ask_for_stack(struct perf_event_attr *attr, const struct slot *s)
{
	attr->sample_type |= STACK_FIELDS;
	/* A software event with a fixed period and PERF_SAMPLE_PERIOD makes a sample of every
	 * single event (kernel/events/core.c, perf_swevent_event). */
	if (s->sample_hz)
		attr->sample_type |= PERF_SAMPLE_PERIOD;
	/* Every register costs the target and the file 8 bytes a sample. */
	attr->sample_regs_user = s->stack_bytes > FREQUENT_STACK_BYTES
					 ? samplelimits_register_mask()
					 : samplelimits_frame_register_mask();
	if (s->stack_bytes == 0 || attr->sample_regs_user == 0) {
		attr->sample_regs_user = 0;
		return;
	}
	attr->sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
	attr->sample_stack_user = (uint32_t)s->stack_bytes;
}

int perfslots_make_attr(struct perf_event_attr *attr, const struct slot *s, bool kernel,
			size_t ring_bytes, struct err *err)
{
	int rc = encode(attr, s, kernel, err);

	if (rc < 0)
		return rc;
	attr->sample_type = FAULT_FIELDS | (s->is_tracepoint ? PERF_SAMPLE_RAW : 0);
	if (s->has_stack)
		ask_for_stack(attr, s);
	attr->sample_id_all = 1;
	attr->freq = s->sample_hz > 0;
	attr->sample_period = s->sample_hz ? s->sample_hz : s->sample_period;
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

bool perfslots_is_fault_event(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_SOFTWARE && (attr->config == PERF_COUNT_SW_PAGE_FAULTS ||
						    attr->config == PERF_COUNT_SW_PAGE_FAULTS_MIN ||
						    attr->config == PERF_COUNT_SW_PAGE_FAULTS_MAJ);
}

int perfslots_open_event(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int fd = (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

void perfslots_choose_cpu_event(struct slot *s, pid_t pid, int cpu, bool kernel)
{
	static const char *const ladder[] = { "perf::CYCLES", "perf::CPU-CLOCK",
					      "perf::TASK-CLOCK" };

	for (size_t i = 0; i < sizeof(ladder) / sizeof(ladder[0]); i++) {
		struct perf_event_attr attr;
		int fd;

		s->name = ladder[i];
		if (perfslots_make_attr(&attr, s, kernel, 1u << 20, NULL) < 0)
			continue;
		fd = perfslots_open_event(&attr, pid, cpu);
		if (fd >= 0) {
			close(fd);
			return;
		}
	}
}
