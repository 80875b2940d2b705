/* ring.c - drain a perf ring buffer. */
#include "capture/ring.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"

int ring_open(struct ring *ret, int event_fd, size_t data_bytes)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, page_bytes + data_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			  event_fd, 0);

	if (page == MAP_FAILED)
		return -errno;
	*ret = (struct ring){ .page = page, .data_bytes = data_bytes };
	return 0;
}

/* The bytes [tail, head), in one piece: joined in scratch when they wrap. */
static struct text joined(struct ring *r, const uint8_t *data, uint64_t tail, uint64_t head)
{
	size_t at = tail & (r->data_bytes - 1), len = head - tail, to_end = r->data_bytes - at;

	if (len <= to_end)
		return (struct text){ (const char *)data + at, len };
	if (!r->scratch)
		r->scratch = xcalloc(1, r->data_bytes);
	memcpy(r->scratch, data + at, to_end);
	memcpy(r->scratch + to_end, data, len - to_end);
	return (struct text){ (const char *)r->scratch, len };
}

int ring_drain(struct ring *r, ring_sink *sink, void *arg)
{
	struct perf_event_mmap_page *page = r->page;
	/* Pairs with the kernel's store-release: no record byte is read before head. */
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = page->data_tail; /* only we write it */
	const uint8_t *data = (const uint8_t *)r->page + (size_t)sysconf(_SC_PAGESIZE);
	int rc;

	if (head == tail)
		return 0;
	if (head - tail > r->data_bytes)
		return -EBADMSG;
	rc = sink(arg, joined(r, data, tail, head));
	/* Our reads must be over before the kernel may reuse the bytes. */
	if (rc == 0)
		__atomic_store_n(&page->data_tail, head, __ATOMIC_RELEASE);
	return rc;
}

void ring_close(struct ring *r)
{
	if (r->page)
		munmap(r->page, r->data_bytes + (size_t)sysconf(_SC_PAGESIZE));
	free(r->scratch);
	*r = (struct ring){ 0 };
}
