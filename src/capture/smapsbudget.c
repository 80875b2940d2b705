/* smapsbudget.c - the expected price of reading smaps. */
#include "smapsbudget_internal.h"

#define START_NS_PER_BYTE (SMAPSBUDGET_START_NS_PER_MIB / 1048576.0)
#define PERIOD_MAX_NS	  3600000000000ULL

void smapsbudget_init(struct smapsbudget *b, uint64_t max_stall_ns, double share)
{
	*b = (struct smapsbudget){ .max_stall_ns = max_stall_ns,
				   .share = share,
				   .lowest_ns_per_byte = START_NS_PER_BYTE };
	for (int i = 0; i < 3; i++)
		b->stall_ns_per_byte[i] = b->cost_ns_per_byte[i] = START_NS_PER_BYTE;
}

static double middle(const double v[3])
{
	double low = v[0] < v[1] ? v[0] : v[1];
	double high = v[0] < v[1] ? v[1] : v[0];

	return v[2] < low ? low : v[2] > high ? high : v[2];
}

uint64_t smapsbudget_expected_stall_ns(const struct smapsbudget *b, uint64_t resident_bytes)
{
	double ns = middle(b->stall_ns_per_byte) * (double)resident_bytes;

	return ns < (double)PERIOD_MAX_NS ? (uint64_t)ns : PERIOD_MAX_NS;
}

bool smapsbudget_allows(struct smapsbudget *b, uint64_t now_ns, uint64_t resident_bytes)
{
	if (smapsbudget_expected_stall_ns(b, resident_bytes) <= b->max_stall_ns &&
	    b->max_stall_ns > 0) {
		b->skipped_since_ns = 0;
		return true;
	}
	if (b->skipped_since_ns == 0) {
		b->skipped_since_ns = now_ns;
	} else if (now_ns - b->skipped_since_ns >= SMAPSBUDGET_RETRY_NS) {
		b->skipped_since_ns = now_ns;
		b->stall_ns_per_byte[b->next] = b->lowest_ns_per_byte;
		b->next = (b->next + 1) % 3;
	}
	return false;
}

void smapsbudget_learn(struct smapsbudget *b, uint64_t resident_bytes, uint64_t cost_ns,
		       uint64_t longest_read_ns)
{
	double stall;

	b->last_cost_ns = cost_ns;
	if (resident_bytes < SMAPSBUDGET_LEARN_BYTES)
		return;
	stall = (double)longest_read_ns / (double)resident_bytes;
	b->stall_ns_per_byte[b->next] = stall;
	b->cost_ns_per_byte[b->next] = (double)cost_ns / (double)resident_bytes;
	b->next = (b->next + 1) % 3;
	if (stall < b->lowest_ns_per_byte)
		b->lowest_ns_per_byte = stall;
}

uint64_t smapsbudget_period_ns(const struct smapsbudget *b, uint64_t resident_bytes)
{
	double cost = middle(b->cost_ns_per_byte) * (double)resident_bytes;
	double period;

	if (cost < (double)b->last_cost_ns)
		cost = (double)b->last_cost_ns;
	if (b->share <= 0)
		return PERIOD_MAX_NS;
	period = cost / b->share;
	if (period < (double)SMAPSBUDGET_PERIOD_MIN_NS)
		return SMAPSBUDGET_PERIOD_MIN_NS;
	return period < (double)PERIOD_MAX_NS ? (uint64_t)period : PERIOD_MAX_NS;
}
