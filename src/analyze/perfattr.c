/* perfattr.c - how the records of one perf event are laid out. */
#include "analyze/perfattr.h"

#include "base/unknown.h"

struct perfrecord_layout perfattr_layout(const struct event_perf_attr *attr, uint64_t user)
{
	return (struct perfrecord_layout){
		.sample_type = attr->sample_type,
		.sample_id_all = attr->sample_id_all,
		/* not there in recordings without stacks */
		.regs_user = is_known(attr->regs_user) ? attr->regs_user : 0,
		.user = user,
	};
}
