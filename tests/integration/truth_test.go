package integration

import (
	"strconv"
	"strings"
	"testing"
)

// atWork lists every sample with arguments that keep it at a second or so.
var atWork = map[string][]string{
	"bursty":   {"-rounds", "4", "-burst-mib", "120", "-wait", "80ms"},
	"steady":   {"-total-mib", "1024"},
	"forced":   {"-gcs", "20"},
	"limited":  {"-rounds", "40"},
	"noisy":    {"-total-mib", "384"},
	"storm":    {"-faults", "100000", "-work", "500"},
	"crash":    {"-how", "exit3"},
	"children": {"-total-mib", "256"},
	"stripped": {"-total-mib", "1024"},
}

// TestTruth holds the report of every sample, under either way of giving memory back, against what the
// sample knows.
func TestTruth(t *testing.T) {
	for name, args := range atWork {
		for _, advice := range []string{"", "0", "1"} {
			name, args, advice := name, args, advice
			t.Run(name+"/madvdontneed="+advice, func(t *testing.T) {
				t.Parallel()
				var options []string
				if advice != "" {
					options = []string{"--madvdontneed", advice}
				}
				r := newRun(t).record(options, append([]string{sample(name)}, args...)...)
				want := 0
				if name == "crash" {
					want = 3
				}
				r.expectStatus(want)
				checkTruth(t, r, advice)
			})
		}
	}
}

func checkTruth(t *testing.T, r *run, advice string) {
	t.Helper()
	tr, rep := r.truth(), r.report()
	checkTarget(t, r, tr, rep, advice)
	if tr.Name == "children" {
		checkFamily(t, tr, rep)
	} else {
		checkCycles(t, tr, rep)
		checkPauses(t, tr, rep)
		checkPlacement(t, tr, rep)
		checkLosses(t, tr, rep)
	}
	checkResources(t, r, tr, rep)
	checkUnknown(t, tr, rep)
}

func checkTarget(t *testing.T, r *run, tr *truth, rep *report, advice string) {
	t.Helper()
	if text(rep.Target.GoVersion) != tr.GoVersion {
		t.Errorf("go_version is %s, want %s", text(rep.Target.GoVersion), tr.GoVersion)
	}
	equal(t, "pid", rep.Target.PID, tr.PID)
	equal(t, "exit_status", rep.Target.ExitStatus, int64(r.status))
	if rep.Target.TermSignal != nil {
		t.Errorf("term_signal is %d for a target that exited", *rep.Target.TermSignal)
	}
	if !strings.HasPrefix(strings.Join(rep.Target.Argv, " ")+" ", r.argv()+" ") {
		t.Errorf("argv is %q, want %q", rep.Target.Argv, r.argv())
	}
	// Not scavtrace: printed together with gctrace it can deadlock the Go runtime.
	if godebug := text(rep.Target.GODEBUG); !strings.Contains(godebug, "gctrace=1") ||
		strings.Contains(godebug, "scavtrace") {
		t.Errorf("GODEBUG is %q", godebug)
	}
	// DONTNEED is the default since Go 1.16, and the samples need 1.19.
	want := map[string]string{"": "dontneed", "0": "free", "1": "dontneed"}[advice]
	if text(rep.Target.ReleaseAdvice) != want {
		t.Errorf("release_advice is %s, want %s", text(rep.Target.ReleaseAdvice), want)
	}
	if advice != "" {
		expectWords(t, text(rep.Target.GODEBUG), "madvdontneed="+advice)
	}
}

// argv is the target's command line: what follows "--".
func (r *run) argv() string {
	for i, arg := range r.cmd.Args {
		if arg == "--" {
			return strings.Join(r.cmd.Args[i+1:], " ")
		}
	}
	return ""
}

func checkCycles(t *testing.T, tr *truth, rep *report) {
	t.Helper()
	equal(t, "cycle_count", rep.GC.CycleCount, tr.NumGC)
	if int64(len(rep.Cycles)) != tr.NumGC {
		t.Fatalf("%d cycles are listed, want %d", len(rep.Cycles), tr.NumGC)
	}
	var forced int64
	for i, c := range rep.Cycles {
		if c.Number != int64(i+1) {
			t.Errorf("cycle %d of the list has number %d", i+1, c.Number)
		}
		if c.Forced {
			forced++
		}
	}
	equal(t, "forced_count", rep.GC.ForcedCount, forced)
	if wrong := wronglyForced(t, tr, rep); forced < tr.NumForcedGC || forced > tr.NumForcedGC+wrong {
		t.Errorf("forced_count is %d, want %d, or up to %d more", forced, tr.NumForcedGC, wrong)
	}
}

// wronglyForced is how many lines may say "(forced)" of a cycle that was not. Before Go 1.21, runtime.GC sets
// work.userForced for its own cycle while the line of the one before may be still to print (runtime/mgc.go, gcStart).
func wronglyForced(t *testing.T, tr *truth, rep *report) int64 {
	t.Helper()
	if minorOf(t, tr.GoVersion) >= 21 {
		return 0
	}
	var count int64
	for i := 0; i+1 < len(rep.Cycles); i++ {
		if rep.Cycles[i].Forced && rep.Cycles[i+1].Forced {
			count++
		}
	}
	return count
}

// checkFamily is for Go programs with Go children, which print into the same pipe. A packet does not tell who
// wrote it; so where processes print at the very same time, lines may be given up or taken for a relative's. A
// line taken for a relative's leaves a gap in the numbers, which is filled and counted as missing: so the lines,
// which are the cycles without the missing ones, are what must not be more than there were, and not
// fewer but for the ones that were given up.
func checkFamily(t *testing.T, tr *truth, rep *report) {
	t.Helper()
	for name, figure := range map[string]*int64{"gc.cycle_count": rep.GC.CycleCount,
		"losses.missing_cycle_count": rep.Losses.MissingCycle,
		"losses.foreign_cycle_count": rep.Losses.ForeignCycle,
		"losses.unparsed_line_count": rep.Losses.UnparsedLine} {
		if figure == nil {
			t.Fatalf("%s is unknown: %+v %+v", name, rep.GC, rep.Losses)
		}
	}
	children := tr.extra(t, "children_num_gc")
	own, missing := *rep.GC.CycleCount, *rep.Losses.MissingCycle
	foreign, given := *rep.Losses.ForeignCycle, *rep.Losses.UnparsedLine
	lines, want := own-missing+foreign, tr.NumGC+children
	if own == 0 || foreign == 0 || own > want || lines > want || lines < want*3/4 {
		t.Errorf("%d own cycles (%d of them missing lines), %d foreign ones and %d unparsed lines; the target had %d, its children %d",
			own, missing, foreign, given, tr.NumGC, children)
	}
}

// step is the resolution of a printed time: whole ms from 10 ms on, else two significant digits but no more
// than three decimals of a ms (runtime/mgc.go, fmtNSAsMS, Go 1.5 to 1.27; it truncates).
func step(ns int64) int64 {
	switch {
	case ns < 100e3:
		return 1e3
	case ns < 1e6:
		return 10e3
	case ns < 10e6:
		return 100e3
	}
	return 1e6
}

// printsOwnPause: up to Go 1.21 the printed stops and pause_ns are the same readings of the clock. Since Go 1.22
// the printed ones begin before the runtime gets sched.lock for the stop, pause_ns begins after it
// (runtime/proc.go, stopTheWorldWithSema). So the printed figure is larger by the wait for that lock:
// mostly below 2 us per cycle, more where a thread loses its CPU meanwhile.
func printsOwnPause(tr *truth) bool { return goMinor(tr) < 22 }

// goMinor is the 19 of go1.19.8.
func goMinor(tr *truth) int {
	parts := strings.SplitN(tr.GoVersion+".0", ".", 3)
	minor, err := strconv.Atoi(parts[1])
	if err != nil {
		return 1000 // a development version
	}
	return minor
}

// checkPauses compares printed pauses with the runtime's exact ones, cycle by cycle and in all.
//
// A printed figure v stands for a time in [v, v+step). Where the runtime prints its own pause every cycle
// and the total must agree with that. From Go 1.22 on no cycle may be printed shorter, and nine in ten,
// always all but one, at most 5 us longer; TestPauseTotal holds the total where the machine is quiet. With
// either, one mark termination may be tried again: pause_ns has all tries, the line only the last.
func checkPauses(t *testing.T, tr *truth, rep *report) {
	t.Helper()
	const lockWaitNs = 5e3
	var low, high, retried, waited int64
	for _, c := range rep.Cycles {
		printed := c.SweepTermination + c.MarkTermination
		equal(t, "pause_total_ns", &c.PauseTotalNs, printed)
		width := step(c.SweepTermination) + step(c.MarkTermination)
		low, high = low+printed, high+printed+width
		exact, inRing := tr.ofCycle(tr.PauseNs, c.Number)
		switch {
		case !inRing:
		case exact >= printed+width:
			t.Logf("cycle %d: printed %d ns, the runtime has %d", c.Number, printed, exact)
			retried++
			high += exact - printed
		case exact < printed && printsOwnPause(tr):
			t.Errorf("cycle %d: printed %d ns, the runtime has only %d", c.Number, printed, exact)
		case exact < printed-lockWaitNs:
			t.Logf("cycle %d: printed %d ns, the runtime has %d", c.Number, printed, exact)
			waited++
		}
	}
	if retried > 1 || waited > int64(len(rep.Cycles)/10+1) {
		t.Errorf("of %d cycles %d have a longer and %d a shorter pause than printed", len(rep.Cycles), retried, waited)
	}
	if int64(len(rep.Cycles)) == tr.NumGC && (tr.PauseTotalNs > high || (printsOwnPause(tr) && tr.PauseTotalNs < low)) {
		t.Errorf("pauses add up to %d..%d ns, the runtime has %d", low, high, tr.PauseTotalNs)
	}
	checkPauseSummary(t, &rep.GC.Pause, len(rep.Cycles), low)
}

// TestPauseTotal runs alone. Of three runs one must be undisturbed: then the printed total agrees with the
// runtime's within the printed resolution, and from Go 1.22 on within 1 % for the waits that only the
// printed figure contains.
func TestPauseTotal(t *testing.T) {
	var low, high int64
	var tr *truth
	for try := 0; try < 3; try++ {
		r := newRun(t).record(nil, sample("steady"), "-total-mib", "1024")
		r.expectStatus(0)
		tr = r.truth()
		low, high = 0, 0
		for _, c := range r.report().Cycles {
			low += c.PauseTotalNs
			high += c.PauseTotalNs + step(c.SweepTermination) + step(c.MarkTermination)
		}
		if !printsOwnPause(tr) {
			low -= low / 100
		}
		if low > 0 && low <= tr.PauseTotalNs && tr.PauseTotalNs <= high {
			return
		}
	}
	t.Errorf("pauses add up to %d..%d ns, the runtime has %d", low, high, tr.PauseTotalNs)
}

func checkPauseSummary(t *testing.T, p *pause, cycles int, sum int64) {
	t.Helper()
	if cycles == 0 {
		if p.P50 != nil || p.P99 != nil || p.Max != nil {
			t.Errorf("percentiles of no pauses are told: %+v", p)
		}
		return
	}
	equal(t, "pause.total_ns", p.TotalNs, sum)
	if p.P50 == nil || p.P90 == nil || p.P99 == nil || p.Max == nil {
		t.Errorf("a percentile is unknown: %+v", p)
	} else if *p.P50 > *p.P90 || *p.P90 > *p.P99 || *p.P99 > *p.Max || *p.Max <= 0 {
		t.Errorf("percentiles are out of order: %d %d %d %d", *p.P50, *p.P90, *p.P99, *p.Max)
	}
	if p.Count == nil || *p.Count < int64(cycles) {
		t.Errorf("pause.count is %v for %d cycles", p.Count, cycles)
	}
}

// checkPlacement compares the time axis: the runtime tells the Unix time of each cycle's end.
func checkPlacement(t *testing.T, tr *truth, rep *report) {
	t.Helper()
	if rep.Time.StartUnixNs == nil || rep.Time.WallSeconds == nil {
		t.Fatal("the time of the recording is unknown")
	}
	if wall := int64(*rep.Time.WallSeconds * 1e9); wall < tr.WallNs || wall > tr.WallNs+2e9 {
		t.Errorf("wall_seconds is %f, the target's main ran for %d ns", *rep.Time.WallSeconds, tr.WallNs)
	}
	// The @ of a line has ms resolution, and the runtime's start is fitted: some ms on a busy machine.
	const tolerance = 20e6
	for _, c := range rep.Cycles {
		end, inRing := tr.ofCycle(tr.PauseEnd, c.Number)
		if !inRing {
			continue
		}
		if c.StartNs == nil || c.EndNs == nil || *c.StartNs < 0 || *c.EndNs < *c.StartNs {
			t.Errorf("cycle %d has no place in time", c.Number)
			continue
		}
		off := *rep.Time.StartUnixNs + *c.EndNs - end
		if off < -tolerance || off > tolerance {
			t.Errorf("cycle %d: its end is %d us away from the runtime's", c.Number, off/1000)
		}
	}
}

func checkResources(t *testing.T, r *run, tr *truth, rep *report) {
	t.Helper()
	// Children are counted with the target: they inherit the counters. 1 % is at least 100 faults; what
	// comes between the sample's own reading and its end is less.
	near(t, "minor_count", rep.Faults.MinorCount, tr.MinorFaults+tr.ChildMinorFaults, 0.01, 100)
	near(t, "rss_peak_bytes", rep.Memory.RSSPeakBytes, tr.PeakRSSBytes, 0.05, 1<<20)
	if rep.Memory.RSSMeanBytes == nil || rep.Memory.SampleCount == nil || *rep.Memory.SampleCount == 0 {
		t.Error("no memory samples")
	}
	if rep.Observer.RecordingBytes == nil || *rep.Observer.RecordingBytes <= 0 ||
		rep.Observer.CPUSeconds == nil || rep.Observer.RSSPeakBytes == nil {
		t.Errorf("what watching cost is unknown: %+v", rep.Observer)
	}
	if tr.ChildMinorFaults != 0 {
		return // the times of children may or may not be in
	}
	if rep.CPU.UserSeconds == nil || rep.CPU.SystemSeconds == nil {
		t.Error("the target's CPU time is unknown")
		return
	}
	cpu := int64((*rep.CPU.UserSeconds + *rep.CPU.SystemSeconds) * 1e9)
	// More than the target's last reading, by what the kernel needs to take its memory apart; never less but for the
	// microsecond that getrusage cuts off each. And no more than gctide and all that it waited for took, as wait4 says.
	all := int64(r.cmd.ProcessState.UserTime() + r.cmd.ProcessState.SystemTime())
	if told := tr.UserNs + tr.SystemNs; cpu < told-2e3 || cpu > all {
		t.Errorf("CPU time is %d ns, the target read %d ns before its end, gctide took %d ns with it", cpu, told, all)
	}
}

func checkLosses(t *testing.T, tr *truth, rep *report) {
	t.Helper()
	equal(t, "unparsed_line_count", rep.Losses.UnparsedLine, 0)
	equal(t, "foreign_cycle_count", rep.Losses.ForeignCycle, 0)
	if rep.source(t, "gctrace").State != "on" {
		t.Errorf("source gctrace: %+v", rep.source(t, "gctrace"))
	}
	if s := rep.source(t, "perf.fault-addresses"); s.State == "on" {
		equal(t, "perf_lost_count", rep.Losses.PerfLost, 0)
		if rep.Faults.RecordedCount == nil || *rep.Faults.RecordedCount == 0 {
			t.Error("addresses are on, and no fault has one")
		}
	}
}

// checkUnknown looks at figures that nothing measured: they are named, and null. Where returns are seen there is no more
// touched again than was given back, and their causes and advices are all of them.
func checkUnknown(t *testing.T, tr *truth, rep *report) {
	t.Helper()
	unknown := []string{"target.term_signal"}
	if rep.source(t, "perf.returns").State == "on" {
		returned := rep.number(t, "returns.bytes")
		if again := rep.number(t, "faults.refault_bytes"); again > returned {
			t.Errorf("%d bytes were touched again, %d given back", again, returned)
		}
		for _, parts := range []string{"returns.by_cause", "returns.by_advice"} {
			var sum float64
			split, _ := rep.at(parts)
			for _, part := range split.(map[string]interface{}) {
				sum += part.(map[string]interface{})["bytes"].(float64)
			}
			if int64(sum) != returned {
				t.Errorf("%s: %.0f bytes of %d", parts, sum, returned)
			}
		}
		if failed := rep.number(t, "returns.failed_count"); failed != 0 {
			t.Errorf("%d calls failed", failed)
		}
	} else {
		unknown = append(unknown, "returns.call_count", "returns.bytes", "returns.syscall_ns", "faults.refault_count",
			"faults.refault_bytes", "faults.refault_ratio", "faults.refault_age_p50_ns")
	}
	for _, path := range unknown {
		if value, there := rep.at(path); !there {
			t.Errorf("%s is missing", path)
		} else if value != nil {
			t.Errorf("%s is %v, but nothing measured it", path, value)
		}
	}
	if len(rep.Cycles) > 0 && goMinor(tr) >= 18 && rep.Cycles[0].StacksBytes == nil {
		t.Errorf("stacks_bytes is unknown with %s, which prints it", tr.GoVersion)
	}
}
