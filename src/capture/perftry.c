/* perftry.c - can an event be had at all? Asked without a target. */
#include <errno.h>
#include <unistd.h>

#include "capture/perfset.h"
#include "capture/permission.h"
#include "perfslots_internal.h"

int perfset_try_event(const char *name, struct err *err)
{
	struct slot s = { .name = name, .has_stack = true, .sample_hz = 1 };
	bool kernel = !permission_is_paranoid(true);
	struct perf_event_attr attr;
	int rc = perfslots_make_attr(&attr, &s, kernel, PERFSLOTS_RING_BYTES_MAX, err), fd;

	if (rc < 0)
		return rc;
	if (perfslots_is_fault_event(&attr))
		return err_say(err, EEXIST,
			       "page faults are recorded anyway: gctide fold --event faults");
	fd = perfslots_open_event(&attr, 0, -1);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	rc = err_set(err, -fd, "cannot open the event '%s'", name);
	if (fd == -EACCES || fd == -EPERM)
		permission_explain_perf(err, kernel);
	else
		err_hint(err, "gctide events lists what opens here");
	return rc;
}

int perfset_try_returns(struct err *err)
{
	struct slot slots[PERFSLOTS_MAX];
	struct perf_event_attr attr;
	int rc, fd;

	perfslots_plan(slots, &(struct perfset_config){ .returns = true });
	rc = perfslots_make_attr(&attr, &slots[SLOT_RETURN], !permission_is_paranoid(true),
				 PERFSLOTS_RING_BYTES_MAX, err);
	if (rc < 0)
		return rc;
	fd = perfslots_open_event(&attr, 0, -1);
	if (fd < 0)
		return err_set(err, -fd, "cannot open perf event %s", slots[SLOT_RETURN].name);
	close(fd);
	return 0;
}
