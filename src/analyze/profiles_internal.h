/* profiles_internal.h - what the parts of building profiles share. */
#ifndef PROFILES_INTERNAL_H
#define PROFILES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/profiles.h"
#include "base/buf.h"
#include "base/indexmap.h"
#include "chainmend_internal.h"
#include "locations_internal.h"
#include "parse/perflayouts.h"
#include "profilerows_internal.h"
#include "recordorder_internal.h"
#include "returnedpages_internal.h"

#define PROFILES_REQUESTS_MAX 8
#define PROFILES_ATTRS_MAX    64

struct profiles_attr {
	uint64_t role, period, hz;
	bool is_clock; /* its periods are nanoseconds */
	char name[160], detail[256];
};

struct profiles_source {
	char name[192], state[16], detail[400];
};

struct profiles_selection {
	struct profile_request request;
	struct profilerows rows;
	struct profile profile;		  /* valid once finished */
	const struct profiles_attr *attr; /* NULL: not recorded */
	struct buf mappings;		  /* struct profile_mapping */
};

struct profiles {
	struct profiles_selection selections[PROFILES_REQUESTS_MAX];
	size_t selection_count;
	struct locations locations;
	struct chainmend *mend;	    /* after the first event of a session */
	struct perflayouts layouts; /* user: index in attrs */
	struct profiles_attr attrs[PROFILES_ATTRS_MAX];
	size_t attr_count;
	struct buf sources; /* struct profiles_source */
	struct recordorder order;
	struct returnedpages returned;
	struct buf threads; /* struct profile_thread: names are kept by locations */
	struct indexmap by_thread;

	uint64_t page_bytes, start_ns, end_ns, start_unix_ns;
	uint64_t lost_count, bad_block_count;
	bool wants_refaults, has_addresses;
	struct chain chain; /* of the sample in hand */
};

/* profilesample.c: one perf record, in the order of time. */
void profiles_take_record(void *arg, const struct perfrecord *record);

#endif
