/* hwevent_pfm.c - perf events by name, through libpfm4 (pfm_get_os_event_encoding(3)). */
#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <string.h>

#include "capture/hwevent.h"

int hwevent_encode(struct perf_event_attr *attr, const char *name, bool kernel, struct err *err)
{
	struct perf_event_attr found = { .size = sizeof(found) };
	pfm_perf_encode_arg_t arg = { .attr = &found, .size = sizeof(arg) };
	int rc = pfm_initialize(); /* counts nothing up when it was called before */

	if (rc == PFM_SUCCESS)
		rc = pfm_get_os_event_encoding(name, kernel ? PFM_PLM0 | PFM_PLM3 : PFM_PLM3,
					       PFM_OS_PERF_EVENT, &arg);
	if (rc != PFM_SUCCESS)
		return err_say(err, ENOENT, "libpfm4 does not know the event '%s' here: %s", name,
			       pfm_strerror(rc));
	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	attr->type = found.type;
	attr->config = found.config;
	attr->exclude_kernel = !kernel;
	attr->exclude_hv = 1;
	return 0;
}

static void list_pmu(const pfm_pmu_info_t *pmu, hwevent_sink *sink, void *arg)
{
	for (int i = pmu->first_event; i != -1; i = pfm_get_event_next(i)) {
		pfm_event_info_t info = { .size = sizeof(info) };
		char name[256];

		if (pfm_get_event_info(i, PFM_OS_PERF_EVENT, &info) != PFM_SUCCESS)
			continue;
		snprintf(name, sizeof(name), "%s::%s", pmu->name, info.name);
		sink(arg, &(struct hwevent_listed){ pmu->desc, name, info.desc });
	}
}

void hwevent_list(hwevent_sink *sink, void *arg)
{
	if (pfm_initialize() != PFM_SUCCESS)
		return;
	for (int p = PFM_PMU_NONE; p < PFM_PMU_MAX; p++) {
		pfm_pmu_info_t pmu = { .size = sizeof(pmu) };

		if (pfm_get_pmu_info((pfm_pmu_t)p, &pmu) == PFM_SUCCESS && pmu.is_present)
			list_pmu(&pmu, sink, arg);
	}
}
