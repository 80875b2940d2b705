package integration

import (
	"testing"
)

// number is a figure of the report; a missing or unknown one fails the test.
func (r *report) number(t *testing.T, path string) int64 {
	t.Helper()
	v, ok := r.at(path)
	f, isNumber := v.(float64)
	if !ok || !isNumber {
		t.Fatalf("%s is %v", path, v)
	}
	return int64(f)
}

// recordReturner skips where returns cannot be seen.
func recordReturner(t *testing.T, advice string) *run {
	t.Helper()
	r := newRun(t).record([]string{"--madvdontneed", advice, "--scavtrace"}, sample("returner"))
	r.expectStatus(0)
	if s := r.report().source(t, "perf.returns"); s.State != "on" {
		t.Skipf("page returns are not seen: %s", s.Detail)
	}
	return r
}

// checkReturned: what the system calls gave back is what the runtime says it gave back, in KiB as it prints it.
func checkReturned(t *testing.T, rep *report, advice string) {
	t.Helper()
	forced := rep.number(t, "returns.by_cause.forced.bytes")
	said := rep.number(t, "gc.scav_eager_bytes")
	if background, _ := rep.at("gc.scav_background_bytes"); background != nil {
		said += int64(background.(float64))
	}
	if forced/1024 != said/1024 || forced < 16<<20 {
		t.Errorf("%d bytes were given back by force, the runtime's line says %d", forced, said)
	}
	if until := rep.number(t, "returns.until_scav_line_bytes"); until != said {
		t.Errorf("%d bytes were given back up to the last line, the lines say %d", until, said)
	}
	for _, same := range []string{"returns.bytes", "returns.by_advice." + advice + ".bytes"} {
		if got := rep.number(t, same); got != forced {
			t.Errorf("%s is %d, and all that was given back is %d", same, got, forced)
		}
	}
	for _, none := range []string{"returns.failed_count", "returns.unended_count", "returns.by_cause.other.bytes"} {
		if got := rep.number(t, none); got != 0 {
			t.Errorf("%s is %d", none, got)
		}
	}
	if ns := rep.number(t, "returns.syscall_ns"); ns <= 0 || float64(ns) > 1e9 {
		t.Errorf("%d ns within the calls", ns)
	}
	var ofCycles int64
	for i := range rep.Cycles {
		ofCycles += *rep.Cycles[i].ReturnedBytes
	}
	if ofCycles > forced {
		t.Errorf("the cycles gave back %d bytes of %d", ofCycles, forced)
	}
}

// TestReturnsAndRefaults: with MADV_DONTNEED every page that is touched again is a fault, and is known by its address.
func TestReturnsAndRefaults(t *testing.T) {
	t.Parallel()
	r := recordReturner(t, "1")
	tr, rep := r.truth(), r.report()
	checkReturned(t, rep, "dontneed")
	const again, pageBytes, few = 1024, 4096, 64 // few: what the runtime itself allocates meanwhile
	refaults := rep.number(t, "faults.refault_count")
	if refaults < again || refaults > again+few {
		t.Errorf("%d refaults, and %d pages were touched again", refaults, again)
	}
	if faults := tr.extra(t, "again_faults"); faults < again || faults > again+few {
		t.Errorf("the sample's touching made %d faults", faults)
	}
	if bytes := rep.number(t, "faults.refault_bytes"); bytes != refaults*pageBytes {
		t.Errorf("%d bytes in %d refaults", bytes, refaults)
	}
	away, returned := rep.number(t, "returns.away_bytes"), rep.number(t, "returns.bytes")
	if away+refaults*pageBytes != returned {
		t.Errorf("%d bytes never touched again, %d again, of %d", away, refaults*pageBytes, returned)
	}
	age, ms := rep.number(t, "faults.refault_age_p50_ns"), int64(1000000)
	if least, most := tr.extra(t, "age_at_least_ns"), tr.extra(t, "age_at_most_ns"); age < least-ms || age > most+ms {
		t.Errorf("half of the refaults came after %d ns, the sample says %d to %d", age, least, most)
	}
	expectWords(t, r.text(), "\nreturns  ", " forced ", "by MADV_DONTNEED", "by the scavenger's own lines, as much by the calls they tell of\n", "\nrefaults  ", " never touched again")
}

// TestOfferedPages: with MADV_FREE the pages stay until the kernel wants them, and touching them is no fault.
func TestOfferedPages(t *testing.T) {
	t.Parallel()
	r := recordReturner(t, "0")
	rep := r.report()
	checkReturned(t, rep, "free")
	if refaults := rep.number(t, "faults.refault_count"); refaults > 16 {
		t.Errorf("%d refaults of pages that did not go", refaults)
	}
	offered := rep.number(t, "returns.bytes")
	if lazy := rep.number(t, "memory.lazyfree_peak_bytes"); lazy < offered*95/100 || lazy > offered {
		t.Errorf("%d bytes lazy-free, %d offered", lazy, offered)
	}
}

// TestScavengerAgrees: a run with hundreds of returns in the background and by force. What the runtime's lines say and what the calls
// gave back is the same to the byte, as pages are multiples of the KiB that the lines print; but what is given back while
// the last line is printed comes too late for it, and up to Go 1.20 that of every line is lost (runtime/mgcsweep.go,
// sweepone: the sum is set to 0 after the printing).
func TestScavengerAgrees(t *testing.T) {
	t.Parallel()
	r := scavtraced(t, sample("bursty"))
	tr, rep := r.truth(), r.report()
	if s := rep.source(t, "perf.returns"); s.State != "on" {
		t.Skipf("page returns are not seen: %s", s.Detail)
	}
	said := rep.number(t, "gc.scav_background_bytes") + rep.number(t, "gc.scav_eager_bytes")
	late := int64(4 << 20)
	if goMinor(tr) < 21 {
		late = said / 10
	}
	if until := rep.number(t, "returns.until_scav_line_bytes"); until < said || until > said+late || said < 100<<20 {
		t.Errorf("%d bytes were given back by the calls, %d by the lines", until, said)
	}
}

// TestReturnsThatWereNotRecorded are unknown, not 0.
func TestReturnsThatWereNotRecorded(t *testing.T) {
	t.Parallel()
	r := newRun(t).record([]string{"-F", "0"}, sample("returner"))
	r.expectStatus(0)
	rep := r.report()
	for _, path := range []string{"returns.source", "returns.bytes", "returns.call_count", "returns.by_cause.forced.bytes",
		"faults.refault_count", "faults.refault_bytes", "faults.refault_ratio"} {
		if v, ok := rep.at(path); !ok || v != nil {
			t.Errorf("%s is %v", path, v)
		}
	}
	for i := range rep.Cycles {
		if rep.Cycles[i].ReturnedBytes != nil {
			t.Errorf("cycle %d returned %d bytes", rep.Cycles[i].Number, *rep.Cycles[i].ReturnedBytes)
		}
	}
	expectWords(t, r.text(), "\nreturns      not recorded")

	r = newRun(t).record([]string{"--no-fault-addresses"}, sample("returner"))
	r.expectStatus(0)
	rep = r.report()
	if s := rep.source(t, "perf.returns"); s.State != "on" {
		t.Skipf("page returns are not seen: %s", s.Detail)
	}
	if rep.number(t, "returns.bytes") < 16<<20 {
		t.Errorf("%d bytes given back", rep.number(t, "returns.bytes"))
	}
	if v, _ := rep.at("faults.refault_count"); v != nil {
		t.Errorf("%v refaults without addresses", v)
	}
	expectWords(t, r.text(), "\nrefaults     unknown: no addresses of faults were recorded")
}
