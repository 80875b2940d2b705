/* bench_recording.c - how fast fault records get into a recording and out of it.
 * usage: bench_recording [FILE] [MILLIONS OF FAULTS] */
#include <linux/perf_event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "parse/perfrecord.h"
#include "recording/reader.h"
#include "recording/writer.h"

#define CPU_COUNT    4
#define BATCH_FAULTS 4096 /* of one CPU, per drain */
#define RECORD_BYTES 40

static const uint64_t fault_type =
	PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR;

struct load {
	uint64_t noise, now_ns;
	uint64_t page[CPU_COUNT];
};

static uint64_t noise(struct load *l)
{
	l->noise ^= l->noise << 13;
	l->noise ^= l->noise >> 7;
	l->noise ^= l->noise << 17;
	return l->noise;
}

/* Pages one after the other, now and then a jump; a fault every few microseconds, never regular. */
static void make_batch(struct buf *ret, struct load *l, unsigned int cpu)
{
	uint64_t time_ns = l->now_ns;

	buf_clear(ret);
	for (int i = 0; i < BATCH_FAULTS; i++) {
		uint64_t r = noise(l);

		time_ns += 1500 + r % 4000;
		l->page[cpu] += 1;
		if ((r >> 20) % 64 == 0)
			l->page[cpu] = 0xc000000 + (r >> 30) % 0x40000;
		buf_add_uint(ret, PERF_RECORD_SAMPLE, 4);
		buf_add_uint(ret, PERF_RECORD_MISC_USER, 2);
		buf_add_uint(ret, RECORD_BYTES, 2);
		buf_add_uint(ret, 5000 + cpu, 8);
		buf_add_uint(ret, 4321, 4);
		buf_add_uint(ret, 4321 + (r >> 40) % 4, 4);
		buf_add_uint(ret, time_ns, 8);
		buf_add_uint(ret, (l->page[cpu] << 12) | ((r >> 44) & 0xff8), 8);
	}
	if (cpu == CPU_COUNT - 1)
		l->now_ns = time_ns;
}

static double seconds_since(uint64_t start_ns)
{
	return (double)(clock_monotonic_ns() - start_ns) / 1e9;
}

static int write_all(const char *path, uint64_t faults)
{
	struct load l = { .noise = 88172645463325252ull, .now_ns = NS_PER_S };
	struct buf batch = { 0 };
	double spent_s = 0;
	struct writer *w;
	struct err err;
	uint64_t done, bytes;

	if (writer_open(&w, path, &err) < 0) {
		fprintf(stderr, "%s\n", err.what);
		return 1;
	}
	for (done = 0; done < faults; done += BATCH_FAULTS) {
		unsigned int cpu = done / BATCH_FAULTS % CPU_COUNT;
		struct event ev = { .kind = EVENT_PERF_DATA };
		uint64_t start_ns;

		make_batch(&batch, &l, cpu);
		ev.time_ns = l.now_ns;
		ev.u.perf_data.cpu = cpu;
		ev.u.perf_data.bytes = buf_text(&batch);
		start_ns = clock_monotonic_ns();
		writer_add(w, &ev);
		spent_s += seconds_since(start_ns);
	}
	bytes = writer_written_bytes(w);
	if (writer_close(w, &err) < 0) {
		fprintf(stderr, "%s\n", err.what);
		return 1;
	}
	printf("write: %.0f MB/s of perf data, %.1f million faults/s, %.1f bytes of file per "
	       "fault\n",
	       (double)done * RECORD_BYTES / 1e6 / spent_s, (double)done / 1e6 / spent_s,
	       (double)bytes / (double)done);
	buf_done(&batch);
	return 0;
}

static int read_all(const char *path, bool decode)
{
	struct perfrecord_layout layout[CPU_COUNT];
	struct perfrecord_layouts layouts = { layout, CPU_COUNT };
	uint64_t start_ns, faults = 0, sum = 0;
	enum reader_status status;
	struct reader *r;
	struct event ev;
	struct err err;
	double spent_s;

	for (uint64_t i = 0; i < CPU_COUNT; i++)
		layout[i] = (struct perfrecord_layout){ 5000 + i, fault_type, 1, i };
	if (reader_open(&r, path, &err) < 0) {
		fprintf(stderr, "%s\n", err.what);
		return 1;
	}
	start_ns = clock_monotonic_ns();
	while ((status = reader_next(r, &ev)) == READER_RECORD) {
		struct text bytes =
			ev.kind == EVENT_PERF_DATA ? ev.u.perf_data.bytes : (struct text){ 0 };
		struct perfrecord rec;

		if (!decode)
			faults += bytes.len / RECORD_BYTES;
		while (decode && perfrecord_next(&rec, &bytes, layouts) == PERFRECORD_OK) {
			sum += rec.addr ^ rec.time_ns;
			faults++;
		}
	}
	spent_s = seconds_since(start_ns);
	printf("%s: %.1f million faults/s (%" PRIu64 " faults, sum %" PRIx64 ")\n",
	       decode ? "read and decode" : "read", (double)faults / 1e6 / spent_s, faults, sum);
	reader_close(r);
	return status != READER_END;
}

/* Decoding alone, over bytes that are in the cache as far as they fit. */
static void decode_only(void)
{
	struct perfrecord_layout layout = { 5000, fault_type, 1, 0 };
	struct perfrecord_layouts layouts = { &layout, 1 };
	struct load l = { .noise = 88172645463325252ull };
	uint64_t start_ns, faults = 0, sum = 0;
	struct buf batch = { 0 };

	make_batch(&batch, &l, 0);
	start_ns = clock_monotonic_ns();
	for (int pass = 0; pass < 5000; pass++) {
		struct text bytes = buf_text(&batch);
		struct perfrecord rec;

		while (perfrecord_next(&rec, &bytes, layouts) == PERFRECORD_OK) {
			sum += rec.addr ^ rec.time_ns;
			faults++;
		}
	}
	printf("decode: %.1f million faults/s (sum %" PRIx64 ")\n",
	       (double)faults / 1e6 / seconds_since(start_ns), sum);
	buf_done(&batch);
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "bench.rec";
	uint64_t faults = 1000000 * (argc > 2 ? strtoull(argv[2], NULL, 10) : 10);

	decode_only();
	if (write_all(path, faults) || read_all(path, false) || read_all(path, true))
		return 1;
	return unlink(path) != 0;
}
