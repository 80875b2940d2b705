package integration

import (
	"syscall"
	"testing"
	"time"
)

// TestFaultsThatFoundNoRoomAreCounted stops gctide while the target faults, and lets it go when the target has ended:
// then no later record says what was lost. Without thinning, which would leave out faults on purpose where the
// target takes longer than that.
func TestFaultsThatFoundNoRoomAreCounted(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.start(append([]string{built.gctide}, recordArgs([]string{"--max-fault-rate", "0"}, []string{sample("storm")})...)...)
	waitForFile(t, r.path("run.rec"))
	time.Sleep(300 * time.Millisecond)
	r.cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(3 * time.Second)
	r.cmd.Process.Signal(syscall.SIGCONT)
	r.wait().expectStatus(0)
	rep := r.report()
	if rep.Faults.MinorCount == nil || rep.Faults.RecordedCount == nil ||
		rep.Losses.PerfLost == nil {
		t.Skip("no perf events here")
	}
	missing := *rep.Faults.MinorCount - *rep.Faults.RecordedCount
	if lost := *rep.Losses.PerfLost; lost < missing {
		t.Errorf("%d faults have no record, but only %d records are said to be lost", missing, lost)
	}
}
