package integration

import "testing"

// TestGOGCOffIsGivenAsTheReason: a program that never collects is not said to have too small a heap.
func TestGOGCOffIsGivenAsTheReason(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.env = []string{"GOGC=off"}
	r.record(nil, sample("steady"), "-total-mib", "128").expectStatus(0)
	rep := r.report()
	if tr := r.truth(); tr.NumGC != 0 {
		t.Skipf("the sample collects by itself: %d times", tr.NumGC)
	}
	equal(t, "cycle_count", rep.GC.CycleCount, 0)
	for _, f := range rep.Findings {
		if f.Key == "target.no_cycles" {
			expectWords(t, f.Evidence, "its environment had GOGC=off; resident memory up to ")
			return
		}
	}
	t.Errorf("no finding target.no_cycles: %+v", rep.Findings)
}
