/* hwevent_pfm.c - perf events by name, through libpfm4 (pfm_get_os_event_encoding(3)). */
#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib_perf_event.h>
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
