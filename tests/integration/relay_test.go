package integration

import (
	"syscall"
	"testing"
	"time"
)

// TestCyclesBehindAKilledRelayAreUnknown: what was seen before is a lower bound, and the report names what is
// missing and why.
func TestCyclesBehindAKilledRelayAreUnknown(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.start(append([]string{built.gctide}, recordArgs(nil, []string{sample("steady")})...)...)
	waitForFile(t, r.path("run.rec"))
	time.Sleep(500 * time.Millisecond)
	if err := syscall.Kill(relayOf(t, r.cmd.Process.Pid), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.wait().expectStatus(0)
	expectWords(t, r.text(), "collections  at least ", "broken trace lines unknown", "missing cycles unknown",
		"data.lost: an unknown number of trace lines: the stderr relay ended at ")
	rep := r.report()
	if rep.GC.CycleCount == nil || *rep.GC.CycleCount < 1 || *rep.GC.CycleCount >= r.truth().NumGC {
		t.Errorf("cycle_count is %v of %d", rep.GC.CycleCount, r.truth().NumGC)
	}
	if rep.Losses.UnparsedLine != nil {
		t.Errorf("unparsed_line_count is %d", *rep.Losses.UnparsedLine)
	}
	if bound, _ := rep.at("gc.cycle_count_is_at_least"); bound != true {
		t.Errorf("cycle_count_is_at_least is %v", bound)
	}
}
