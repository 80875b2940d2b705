package integration

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// cpuTicks gives the machine's CPU time of all kinds, and what the hypervisor took of it (proc_stat(5), steal).
func cpuTicks(t *testing.T) (all, stolen int64) {
	t.Helper()
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line) {
		n, _ := strconv.ParseInt(field, 10, 64)
		if i >= 1 && i <= 8 { // user, nice, system, idle, iowait, irq, softirq, steal; guest is in user
			all += n
		}
		if i == 8 {
			stolen = n
		}
	}
	return all, stolen
}

// unlessStolen makes up to five attempts at a measurement of CPU time. Samples are taken by a clock that a virtual
// machine loses while the hypervisor has its CPU: where it took more than a hundredth, what an attempt found
// wrong is no finding. On a machine that tells of no theft the second attempt must be right.
func unlessStolen(t *testing.T, attempt func() (wrong []string)) {
	t.Helper()
	const attempts = 5
	for i := 1; ; i++ {
		all, stolen := cpuTicks(t)
		wrong := attempt()
		if len(wrong) == 0 {
			return
		}
		allNow, stolenNow := cpuTicks(t)
		all, stolen = allNow-all, stolenNow-stolen
		text := strings.Join(wrong, "\n    ")
		switch {
		case stolen*100 <= all && i > 1:
			t.Fatal(text)
		case i == attempts:
			t.Skipf("skipped: the hypervisor takes the CPU away, %d of %d ticks in the last of %d attempts:\n    %s",
				stolen, all, attempts, text)
		}
		t.Logf("attempt %d, %d of %d ticks stolen:\n    %s", i, stolen, all, text)
	}
}
