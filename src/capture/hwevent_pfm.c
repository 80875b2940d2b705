/* hwevent_pfm.c - perf events by name, through libpfm4 (pfm_get_os_event_encoding(3)). */
#include <dlfcn.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <string.h>

#include "capture/hwevent.h"

/* Its ABI's name: what -lpfm would have written into the program. */
#define PFM_SONAME "libpfm.so.4"

/* The tables of libpfm4 take 2 MB of memory when it is loaded: only commands that name events load
 * it. */
struct pfm {
	__typeof__(&pfm_initialize) initialize;
	__typeof__(&pfm_strerror) strerror;
	__typeof__(&pfm_get_os_event_encoding) encode;
	__typeof__(&pfm_get_pmu_info) pmu_info;
	__typeof__(&pfm_get_event_info) event_info;
	__typeof__(&pfm_get_event_next) event_next;
};

/* A function's address as an object's is no C, but what dlsym(3) is made for. */
static bool find_all(struct pfm *p, void *library)
{
	p->initialize = (__typeof__(p->initialize))dlsym(library, "pfm_initialize");
	p->strerror = (__typeof__(p->strerror))dlsym(library, "pfm_strerror");
	p->encode = (__typeof__(p->encode))dlsym(library, "pfm_get_os_event_encoding");
	p->pmu_info = (__typeof__(p->pmu_info))dlsym(library, "pfm_get_pmu_info");
	p->event_info = (__typeof__(p->event_info))dlsym(library, "pfm_get_event_info");
	p->event_next = (__typeof__(p->event_next))dlsym(library, "pfm_get_event_next");
	return p->initialize && p->strerror && p->encode && p->pmu_info && p->event_info &&
	       p->event_next;
}

/* It stays loaded until the process ends: loading and initializing it again are then nothing.
 * False: *err says why. */
static bool load(struct pfm *p, struct err *err)
{
	void *library = dlopen(PFM_SONAME, RTLD_NOW | RTLD_LOCAL);
	int rc;

	if (!library || !find_all(p, library)) {
		err_say(err, ENOENT, "cannot load %s, which names perf events: %s; install libpfm4",
			PFM_SONAME, dlerror());
		return false;
	}
	rc = p->initialize();
	if (rc != PFM_SUCCESS)
		err_say(err, ENOENT, "libpfm4 cannot be used here: %s", p->strerror(rc));
	return rc == PFM_SUCCESS;
}

int hwevent_encode(struct perf_event_attr *attr, const char *name, bool kernel, struct err *err)
{
	struct perf_event_attr found = { .size = sizeof(found) };
	pfm_perf_encode_arg_t arg = { .attr = &found, .size = sizeof(arg) };
	struct pfm pfm;
	int rc;

	if (!load(&pfm, err))
		return -ENOENT;
	rc = pfm.encode(name, kernel ? PFM_PLM0 | PFM_PLM3 : PFM_PLM3, PFM_OS_PERF_EVENT, &arg);
	if (rc != PFM_SUCCESS)
		return err_say(err, ENOENT, "libpfm4 does not know the event '%s' here: %s", name,
			       pfm.strerror(rc));
	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	attr->type = found.type;
	attr->config = found.config;
	attr->exclude_kernel = !kernel;
	attr->exclude_hv = 1;
	return 0;
}

static void list_pmu(const struct pfm *pfm, const pfm_pmu_info_t *pmu, hwevent_sink *sink,
		     void *arg)
{
	for (int i = pmu->first_event; i != -1; i = pfm->event_next(i)) {
		pfm_event_info_t info = { .size = sizeof(info) };
		char name[256];

		if (pfm->event_info(i, PFM_OS_PERF_EVENT, &info) != PFM_SUCCESS)
			continue;
		snprintf(name, sizeof(name), "%s::%s", pmu->name, info.name);
		sink(arg, &(struct hwevent_listed){ pmu->desc, name, info.desc });
	}
}

int hwevent_list(hwevent_sink *sink, void *arg, struct err *err)
{
	struct pfm pfm;

	if (!load(&pfm, err))
		return -ENOENT;
	for (int p = PFM_PMU_NONE; p < PFM_PMU_MAX; p++) {
		pfm_pmu_info_t pmu = { .size = sizeof(pmu) };

		if (pfm.pmu_info((pfm_pmu_t)p, &pmu) == PFM_SUCCESS && pmu.is_present)
			list_pmu(&pfm, &pmu, sink, arg);
	}
	return 0;
}
