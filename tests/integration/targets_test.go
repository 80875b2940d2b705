package integration

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"
)

// TestTargetThatIsNotGo is told as such; faults and memory are reported all the same.
func TestTargetThatIsNotGo(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, "/bin/sh", "-c",
		"i=0; while [ $i -lt 300 ]; do i=$((i+1)); : $(echo $i); done; echo said >&2")
	r.expectStatus(0)
	expectUserStderr(t, r.stderr, "said\n")
	rep := r.report()
	if rep.Target.GoVersion != nil {
		t.Errorf("go_version is %s", *rep.Target.GoVersion)
	}
	if rep.GC.CycleCount != nil && *rep.GC.CycleCount != 0 {
		t.Errorf("cycle_count is %d", *rep.GC.CycleCount)
	}
	if rep.GC.Pause.P50 != nil || rep.GC.CPUFraction != nil {
		t.Error("figures of collections that cannot be")
	}
	if rep.Faults.MinorCount == nil || *rep.Faults.MinorCount < 1000 {
		t.Errorf("minor_count is %v", rep.Faults.MinorCount)
	}
	if rep.Memory.RSSPeakBytes == nil || *rep.Memory.RSSPeakBytes == 0 {
		t.Errorf("rss_peak_bytes is %v", rep.Memory.RSSPeakBytes)
	}
	expectWords(t, r.text(), "not a go program")
}

// TestShortestTarget ends before anything can be sampled.
func TestShortestTarget(t *testing.T) {
	t.Parallel()
	for i := 0; i < 5; i++ {
		r := newRun(t).record(nil, "true")
		r.expectStatus(0)
		expectUserStderr(t, r.stderr, "")
		equal(t, "exit_status", r.report().Target.ExitStatus, 0)
		r.text()
	}
}

// TestGoProgramBehindAShell: exec keeps the process, so the cycles are the target's own; a child's are
// its children's.
func TestGoProgramBehindAShell(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, "/bin/sh", "-c", "exec \"$0\" -gcs 10", sample("forced"))
	r.expectStatus(0)
	rep := r.report()
	checkCycles(t, r.truth(), rep)
	equal(t, "foreign_cycle_count", rep.Losses.ForeignCycle, 0)
	if text(rep.Target.GoVersion) != r.truth().GoVersion {
		t.Errorf("go_version is %s after exec", text(rep.Target.GoVersion))
	}

	r = newRun(t).record(nil, "/bin/sh", "-c", "\"$0\" -gcs 10; exit 9", sample("forced"))
	r.expectStatus(9)
	rep = r.report()
	if rep.GC.CycleCount != nil && *rep.GC.CycleCount != 0 {
		t.Errorf("a shell has %d cycles", *rep.GC.CycleCount)
	}
	equal(t, "foreign_cycle_count", rep.Losses.ForeignCycle, r.truth().NumGC)
}

// TestSeveralGoroutinesAllocate: the same truths hold with assists and more than one P at work.
func TestSeveralGoroutinesAllocate(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, sample("steady"), "-goroutines", "4", "-total-mib", "1024")
	r.expectStatus(0)
	checkTruth(t, r, "")
}

func TestTwoRecordingsAtOnce(t *testing.T) {
	for _, name := range []string{"one", "two"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t).record(nil, sample("forced"), "-gcs", "20")
			r.expectStatus(0)
			checkTruth(t, r, "")
		})
	}
}

// TestLessIsMeasuredOnRequest: what is switched off is said to be off, and the rest is as good as ever.
func TestLessIsMeasuredOnRequest(t *testing.T) {
	t.Parallel()
	r := newRun(t).record([]string{"--no-fault-addresses"}, sample("forced"), "-gcs", "10")
	r.expectStatus(0)
	rep, tr := r.report(), r.truth()
	if s := rep.source(t, "perf.fault-addresses"); s.State != "off" || s.Detail == "" {
		t.Errorf("source: %+v", s)
	}
	if rep.Faults.RecordedCount != nil && *rep.Faults.RecordedCount != 0 {
		t.Errorf("%d faults have an address", *rep.Faults.RecordedCount)
	}
	checkCycles(t, tr, rep)
	checkResources(t, r, tr, rep)

	r = newRun(t).record([]string{"--no-perf", "-F", "50", "--max-stall", "1ms"}, sample("forced"))
	r.expectStatus(0)
	rep, tr = r.report(), r.truth()
	if s := rep.source(t, "perf.page-faults"); s.State == "on" {
		t.Errorf("source: %+v", s)
	}
	checkCycles(t, tr, rep)
	checkResources(t, r, tr, rep)
	if rep.Losses.PerfLost != nil && *rep.Losses.PerfLost != 0 {
		t.Errorf("perf_lost_count is %d without perf", *rep.Losses.PerfLost)
	}
}

// TestEveryFaultHasAnAddress: with full rights, period 1 and no loss, the records are as many as the
// faults.
func TestEveryFaultHasAnAddress(t *testing.T) {
	r := newRun(t).record(nil, sample("storm"), "-faults", "150000", "-work", "1000")
	r.expectStatus(0)
	rep, tr := r.report(), r.truth()
	if s := rep.source(t, "perf.fault-addresses"); s.State != "on" {
		t.Skipf("addresses are %s here: %s", s.State, s.Detail)
	}
	// All rings of an ordinary user share perf_event_mlock_kb, those of the tests that run at the same time, too.
	if lost := rep.Losses.PerfLost; os.Getuid() != 0 && lost != nil && *lost > 0 {
		t.Skipf("small rings for an ordinary user: %d records lost, and counted", *lost)
	}
	equal(t, "sample_period", rep.Faults.SamplePeriod, 1)
	equal(t, "perf_lost_count", rep.Losses.PerfLost, 0)
	near(t, "recorded_count", rep.Faults.RecordedCount, tr.MinorFaults, 0.01, 100)
}

func TestReportFormats(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, sample("forced"), "-gcs", "12")
	r.expectStatus(0)
	tr := r.truth()

	shown := r.inspect("report", "--format", "csv")
	shown.expectStatus(0)
	rows, err := csv.NewReader(strings.NewReader(shown.stdout)).ReadAll()
	if err != nil {
		t.Fatalf("csv: %v\n%.500s", err, shown.stdout)
	}
	if int64(len(rows)) != tr.NumGC+1 {
		t.Errorf("%d rows of CSV for %d cycles and a heading", len(rows), tr.NumGC)
	}
	expectWords(t, strings.Join(rows[0], ","), "number", "forced", "sweep_termination_ns", "heap_live_bytes")

	text := r.text()
	expectWords(t, text, "forced", tr.GoVersion, "p50", "p90", "p99", "max", "RSS", "faults", "dontneed")
	if strings.Contains(text, "\x1b[") {
		t.Error("colours in a file")
	}
	// Without a file name: the default recording of the working directory.
	dump := r.inspect("dump")
	dump.expectStatus(0)
	expectWords(t, dump.stdout, "session", "trace", "exit")

	sub := r.again()
	sub.gctide("report", "--format", "xml", r.path("run.rec")).expectStatus(2)
	sub.expectMessage("xml")
}

// TestDefaultFileName: record and report agree on it.
func TestDefaultFileName(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.gctide("record", "--", "/bin/sh", "-c", "exit 3").expectStatus(3)
	r.gctide("report", "--format", "json").expectStatus(0)
	equal(t, "exit_status", decodeReport(t, r.stdout).Target.ExitStatus, 3)
}

func TestDoctorAndHelp(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	doctor := r.gctide("doctor")
	doctor.expectStatus(0)
	expectWords(t, doctor.stdout, "gctrace", "perf", "statm", "smaps", "perf_event_paranoid", "trac")
	for _, name := range []string{"record", "report", "parse", "dump", "doctor"} {
		help := r.gctide(name, "--help")
		help.expectStatus(0)
		expectWords(t, help.stdout, "usage: gctide "+name)
	}
	r.gctide("help").expectStatus(0)
	expectWords(t, r.stdout, "record", "report", "parse", "dump", "doctor")
}

// TestParseWithoutPrivileges: broken text is counted, never guessed at.
func TestParseOfBrokenLog(t *testing.T) {
	t.Parallel()
	log := "gc 1 @0.005s 3%: 0.013+0.50+0.006 ms clock, 0.026+0.10/0.20/0.30+0.012 ms cpu, " +
		"4->4->2 MB, 5 MB goal, 2 P\n" +
		"2024/05/06 07:08:09 hello\n" +
		"gc 2 @0.015s 3%: 0.023+0.5user said\n0+0.006 ms clock, garbage\n" +
		"gc 3 @0.025s 3%: 0.033+0.50+0.006 ms clock, 0.026+0.10/0.20/0.30+0.012 ms cpu, " +
		"4->4->2 MB, 5 MB goal, 2 P (forced)\n"
	r := newRun(t)
	r.stdin = writeFile(t, r, "log", log)
	r.gctide("parse", "--format", "json", "-").expectStatus(0)
	rep := decodeReport(t, r.stdout)
	// The numbers tell that there were three, though only two can be read.
	equal(t, "cycle_count", rep.GC.CycleCount, 3)
	equal(t, "forced_count", rep.GC.ForcedCount, 1)
	if rep.Losses.UnparsedLine == nil || *rep.Losses.UnparsedLine == 0 {
		t.Errorf("unparsed_line_count is %v", rep.Losses.UnparsedLine)
	}
	if len(rep.Cycles) != 2 || rep.Cycles[1].Number != 3 {
		t.Errorf("cycles: %+v", rep.Cycles)
	}
	r.stdin = ""
	r.gctide("parse", "no-such.log").expectStatus(1)
	r.expectMessage("no-such.log", "no such file")
}
