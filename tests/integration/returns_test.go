package integration

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
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
func recordReturner(t *testing.T, advice string, arguments ...string) *run {
	t.Helper()
	r := newRun(t).record([]string{"--madvdontneed", advice, "--scavtrace"}, append([]string{sample("returner")}, arguments...)...)
	r.expectStatus(0)
	if s := r.report().source(t, "perf.returns"); s.State != "on" {
		t.Skipf("page returns are not seen: %s", s.Detail)
	}
	return r
}

// checkReturned: what the system calls gave back is what the runtime says it gave back, in KiB as it prints it.
func checkReturned(t *testing.T, rep *report, advice string) {
	t.Helper()
	forced := checkForced(t, rep)
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

// checkForced compares the calls with the runtime's own line, and gives what was given back by force.
func checkForced(t *testing.T, rep *report) int64 {
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
	return forced
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
	expectWords(t, r.text(), "\nreturns  ", "\nrefaults  ")
	expectWords(t, r.unwrapped(), " forced ", "by MADV_DONTNEED", "by the scavenger's own lines, as much by the calls they tell of",
		"cycle by cycle the same in 1 of 1", " never touched again")
}

// TestOfferedPages: with MADV_FREE the pages stay until the kernel wants them, and touching them is no fault.
func TestOfferedPages(t *testing.T) {
	t.Parallel()
	r := recordReturner(t, "0", "-age", "2s") // smaps is read now and then
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
	checked, agreeing := rep.number(t, "returns.checked_cycle_count"), rep.number(t, "returns.agreeing_cycle_count")
	if checked < int64(len(rep.Cycles))*9/10 || agreeing < checked*3/4 {
		t.Errorf("of %d cycles %d were checked, and %d agree to the byte", len(rep.Cycles), checked, agreeing)
	}
}

// TestReturnsThatWereNotRecorded are unknown, not 0.
func TestReturnsThatWereNotRecorded(t *testing.T) {
	t.Parallel()
	r := newRun(t).record([]string{"--returns", "off"}, sample("returner"))
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

// calls are the calls of one process that gave memory back, as the table has them.
func calls(t *testing.T, events []event, pid int64) []string {
	t.Helper()
	var list []string
	for _, e := range events {
		if e.number(t, "pid") == pid {
			list = append(list, strings.Join([]string{e["thread"], e["address"], e["bytes"], e["advice"], e["cause"]}, " "))
		}
	}
	return list
}

// TestSeccompSeesWhatTheTracepointSees: one run watched by both, the one by a gctide within the other's run. The same calls by the
// same threads, in the same order, of the same causes.
func TestSeccompSeesWhatTheTracepointSees(t *testing.T) {
	for name, command := range map[string][]string{
		"returner": {sample("returner")}, "bursty": {sample("bursty"), "-rounds", "2", "-burst-mib", "80"},
		"stripped": {sample("stripped"), "-total-mib", "512"}, "at the limit": {sample("bursty"), "-rounds", "1", "-burst-mib", "80"},
	} {
		name, command := name, command
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			if name == "at the limit" { // goroutines that allocate give back
				r.env = []string{"GOMEMLIMIT=60MiB"}
			}
			inner := append([]string{built.gctide, "record", "-q", "-o", "inner.rec", "--returns", "seccomp", "--"}, command...)
			r.record([]string{"--returns", "tracepoint"}, inner...)
			r.expectStatus(0)
			if s := r.report().source(t, "perf.returns"); s.State != "on" {
				t.Skipf("no tracepoint: %s", s.Detail)
			}
			outer := r.events()["return"]
			if err := os.Rename(r.path("inner.rec"), r.path("run.rec")); err != nil {
				t.Fatal(err)
			}
			rep := r.report()
			if s := rep.source(t, "seccomp.returns"); s.State != "on" {
				t.Skipf("no gate: %s", s.Detail)
			}
			pid := rep.number(t, "target.pid")
			want, got := calls(t, outer, pid), calls(t, r.events()["return"], pid)
			if len(want) != len(got) || len(got) == 0 && name != "stripped" {
				t.Fatalf("%d calls by the gate, %d by the tracepoint", len(got), len(want))
			}
			sort.Strings(want) // calls of different threads at the same time may change places
			sort.Strings(got)
			for i := range want {
				if want[i] != got[i] {
					t.Errorf("call %d is %q by the gate, %q by the tracepoint", i, got[i], want[i])
				}
			}
			if eager := rep.number(t, "returns.by_cause.eager.call_count"); name == "at the limit" && eager == 0 {
				t.Error("no eager return at the limit")
			}
			t.Logf("%d calls compared", len(got))
		})
	}
}

// TestOrdinaryUserSeesReturns: by the gate, with the figures of the runtime.
func TestOrdinaryUserSeesReturns(t *testing.T) {
	t.Parallel()
	r := ordinary(t)
	r.record([]string{"--madvdontneed", "1", "--scavtrace"}, sample("returner")).expectStatus(0)
	rep := r.report()
	if s := rep.source(t, "perf.returns"); s.State == "on" {
		t.Skip("an ordinary user has tracepoints here")
	}
	if s := rep.source(t, "seccomp.returns"); s.State != "on" {
		t.Skipf("no gate: %s", s.Detail)
	}
	if v, _ := rep.at("returns.source"); v != "seccomp" {
		t.Errorf("returns.source is %v", v)
	}
	if forced := checkForced(t, rep); forced != rep.number(t, "returns.bytes") {
		t.Errorf("%d bytes given back by force, %d in all", forced, rep.number(t, "returns.bytes"))
	}
	if refaults := rep.number(t, "faults.refault_count"); refaults < 1024 || refaults > 1024+64 {
		t.Errorf("%d refaults, and 1024 pages were touched again", refaults)
	}
	for _, unknown := range []string{"returns.syscall_ns", "returns.failed_count"} {
		if v, _ := rep.at(unknown); v != nil {
			t.Errorf("%s is %v: a gate does not see the end of a call", unknown, v)
		}
	}
}

// gateOf waits for the processes of a running record: the gate and its stand-by.
func gateOf(t *testing.T, recorder int) (gate, standBy int) {
	t.Helper()
	named := func(parent int, name string) int {
		list, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", parent, parent))
		for _, field := range strings.Fields(string(list)) {
			comm, _ := os.ReadFile("/proc/" + field + "/comm")
			if strings.TrimSpace(string(comm)) == name {
				pid, _ := strconv.Atoi(field)
				return pid
			}
		}
		return 0
	}
	waitFor(t, "the gate", func() bool {
		gate = named(recorder, "return-gate")
		if gate != 0 {
			standBy = named(gate, "return-standby")
		}
		return standBy != 0
	})
	return gate, standBy
}

// TestTargetOutlivesItsGate: whoever of gctide's is killed, the target runs to its end, and what is missing is said.
func TestTargetOutlivesItsGate(t *testing.T) {
	for _, killed := range []string{"gate", "gate and stand-by", "recorder"} {
		killed := killed
		t.Run(killed, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			r.start(append([]string{built.gctide}, recordArgs([]string{"--returns", "seccomp"},
				[]string{sample("bursty"), "-rounds", "4", "-burst-mib", "80"})...)...)
			gate, standBy := gateOf(t, r.cmd.Process.Pid)
			time.Sleep(600 * time.Millisecond)
			switch killed {
			case "recorder":
				_ = r.cmd.Process.Kill()
			case "gate and stand-by":
				_ = syscall.Kill(standBy, syscall.SIGKILL)
				_ = syscall.Kill(gate, syscall.SIGKILL)
			default:
				_ = syscall.Kill(gate, syscall.SIGKILL)
			}
			r.wait()
			waitFor(t, "the target's truth", func() bool { return strings.HasSuffix(r.read("stdout"), "}\n") })
			waitFor(t, "the end of the helpers", func() bool {
				return syscall.Kill(gate, 0) != nil && syscall.Kill(standBy, 0) != nil
			})
			if killed == "recorder" {
				expectWords(t, r.text(), "stops early")
				return
			}
			r.expectStatus(0)
			expectWords(t, r.stderr, "return-gate was killed by signal 9")
			rep := r.report()
			if n := rep.number(t, "returns.bytes"); n <= 0 {
				t.Errorf("%d bytes were given back before", n)
			}
			if v, _ := rep.at("losses.perf_lost_count"); v != nil {
				t.Errorf("losses.perf_lost_count is %v, nobody can know it", v)
			}
		})
	}
}

// TestNoThreadHangsAtAKilledGate: killed at any moment, in the middle of calls too.
func TestNoThreadHangsAtAKilledGate(t *testing.T) {
	for i := 0; i < 4; i++ {
		r := newRun(t)
		r.start(append([]string{built.gctide}, recordArgs([]string{"--returns", "seccomp"},
			[]string{sample("giver"), "-threads", "4", "-for", "3s"})...)...)
		gate, _ := gateOf(t, r.cmd.Process.Pid)
		time.Sleep(700*time.Millisecond + time.Duration(i)*333*time.Microsecond)
		_ = syscall.Kill(gate, syscall.SIGKILL)
		r.wait()
		r.expectStatus(0)
		expectWords(t, r.stderr, "return-gate was killed by signal 9")
		if out := r.read("stdout"); strings.Contains(out, "stuck") || !strings.Contains(out, "calls") {
			t.Fatalf("round %d: %s", i, out)
		}
	}
}

// TestRightsAreNotTaken: under a filter of an ordinary user a program with capabilities of its own would not get them.
func TestRightsAreNotTaken(t *testing.T) {
	t.Parallel()
	r := ordinary(t)
	if os.Getuid() != 0 {
		t.Skip("only root can give a file capabilities")
	}
	program, err := os.ReadFile(sample("witness"))
	if err != nil {
		t.Fatal(err)
	}
	able := r.path("able")
	if err := os.WriteFile(able, program, 0o755); err != nil {
		t.Fatal(err)
	}
	// struct vfs_cap_data, version 2, effective: CAP_NET_BIND_SERVICE (linux/capability.h)
	capable := []byte{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	if err := syscall.Setxattr(able, "security.capability", capable, 0); err != nil {
		t.Skipf("no file capabilities here: %v", err)
	}
	r.record(nil, able, "-rights", "-wait", "300ms").expectStatus(0)
	if got := r.read("stdout"); !strings.Contains(got, "CapEff:\t0000000000000400") || !strings.Contains(got, "NoNewPrivs:\t0") {
		t.Errorf("the target had %q", got)
	}
	s := r.report().source(t, "seccomp.returns")
	if s.State != "off" || !strings.Contains(s.Detail, "has capabilities") {
		t.Errorf("seccomp.returns is %s: %s", s.State, s.Detail)
	}
}
