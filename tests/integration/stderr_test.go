package integration

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestNoisyStderrComesOutByteForByte repeats: where the pieces fall is different every time.
func TestNoisyStderrComesOutByteForByte(t *testing.T) {
	for i := 0; i < 5; i++ {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			r.record(nil, sample("noisy"), "-copy", r.path("copy"))
			r.expectStatus(0)
			rep := r.report()
			expectUserStderr(t, r.stderr, r.read("copy"))
			checkCycles(t, r.truth(), rep)
			checkPauses(t, r.truth(), rep)
			checkLosses(t, r.truth(), rep)
		})
	}
}

// TestPiecesOfTraceLinesAsUserOutput: a program that writes "gc " or "5" as a write of its own cannot be told
// from the runtime by anybody while a line is under way. Lines may be given up for it, and a
// piece may move; but no cycle is invented. With words no byte of the user's is lost - but for " (forced)"
// written just before the end of a runtime's line, which makes its cycle a forced one -, most lines stay
// whole and have their own figures; a digit can even change places with the runtime's.
func TestPiecesOfTraceLinesAsUserOutput(t *testing.T) {
	for _, pieces := range []string{"words", "words", "all"} {
		pieces := pieces
		t.Run(pieces, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			r.record(nil, sample("noisy"), "-pieces", pieces, "-copy", r.path("copy"), "-total-mib", "384")
			r.expectStatus(0)
			rep, tr := r.report(), r.truth()
			if rep.GC.CycleCount == nil || rep.Losses.UnparsedLine == nil {
				t.Fatal("cycle_count or unparsed_line_count is unknown")
			}
			whole, given := int64(len(rep.Cycles)), *rep.Losses.UnparsedLine
			if *rep.GC.CycleCount > tr.NumGC || whole+given < tr.NumGC {
				t.Errorf("%d cycles and %d unparsed lines, the runtime had %d cycles", whole, given, tr.NumGC)
			}
			if pieces == "words" {
				taken := strings.Repeat(" (forced)", int(wordsTaken(rep, tr)))
				expectNoByteLost(t, r.stderr+taken, r.read("copy"), 1000+200*given)
				checkPauses(t, tr, rep)
				if whole < tr.NumGC*3/4 {
					t.Errorf("only %d of %d cycles are whole", whole, tr.NumGC)
				}
			}
		})
	}
}

// wordsTaken is how many cycles are forced by the word of the user's.
func wordsTaken(rep *report, tr *truth) int64 {
	if rep.GC.ForcedCount == nil || *rep.GC.ForcedCount < tr.NumForcedGC {
		return 0
	}
	return *rep.GC.ForcedCount - tr.NumForcedGC
}

// expectNoByteLost compares how often each byte occurs. What is more must be gctide's: the text of lines
// that were given up, and a few messages.
func expectNoByteLost(t *testing.T, stderr, want string, surplus int64) {
	t.Helper()
	var count [256]int64
	for i := 0; i < len(stderr); i++ {
		count[stderr[i]]++
	}
	for i := 0; i < len(want); i++ {
		count[want[i]]--
	}
	var more int64
	for b, n := range count {
		if n < 0 {
			t.Errorf("byte %#x was lost %d times", b, -n)
		}
		more += n
	}
	if more > surplus {
		t.Errorf("%d bytes came out that were not written, at most %d can be trace lines", more, surplus)
	}
}

var gcLine = regexp.MustCompile(`(?m)^gc (\d+) @[\d.]+s \d+%: ([\d.]+)\+([\d.]+)\+([\d.]+) ms clock, ` +
	`[\d.]+\+([\d.]+)/([\d.]+)/([\d.]+)\+[\d.]+ ms cpu, (\d+)->(\d+)->(\d+) MB, (\d+) MB goal, ` +
	`(?:(\d+) MB stacks, (\d+) MB globals, )?(\d+) P( \(forced\))?$`)

// printedNs is the exact ns of a figure in ms with up to three decimals.
func printedNs(t *testing.T, ms string) int64 {
	t.Helper()
	whole, part, _ := strings.Cut(ms, ".")
	ns, err := strconv.ParseInt(whole+(part + "000000")[:6], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

// checkPrinted compares one cycle of the report with the figures of its line.
func checkPrinted(t *testing.T, c *cycle, figures []string) {
	t.Helper()
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	equal(t, "number", &c.Number, number(figures[1]))
	equal(t, "sweep_termination_ns", &c.SweepTermination, printedNs(t, figures[2]))
	equal(t, "mark_ns", &c.MarkNs, printedNs(t, figures[3]))
	equal(t, "mark_termination_ns", &c.MarkTermination, printedNs(t, figures[4]))
	equal(t, "assist_cpu_ns", c.AssistCPUNs, printedNs(t, figures[5]))
	equal(t, "dedicated_cpu_ns", c.DedicatedCPUNs, printedNs(t, figures[6]))
	equal(t, "idle_cpu_ns", c.IdleCPUNs, printedNs(t, figures[7]))
	equal(t, "heap_start_bytes", &c.HeapStartBytes, number(figures[8])<<20)
	equal(t, "heap_end_bytes", &c.HeapEndBytes, number(figures[9])<<20)
	equal(t, "heap_live_bytes", &c.HeapLiveBytes, number(figures[10])<<20)
	equal(t, "goal_bytes", c.GoalBytes, number(figures[11])<<20)
	if figures[12] != "" {
		equal(t, "stacks_bytes", c.StacksBytes, number(figures[12])<<20)
		equal(t, "globals_bytes", c.GlobalsBytes, number(figures[13])<<20)
	}
	equal(t, "procs", c.Procs, number(figures[14]))
	if forced := figures[15] != ""; c.Forced != forced {
		t.Errorf("cycle %d: forced is %v, the line says %v", c.Number, c.Forced, forced)
	}
}

// TestKeptLinesAgreeWithReport reads the lines that the user gets to see a second time, by other means.
func TestKeptLinesAgreeWithReport(t *testing.T) {
	for name, how := range map[string]struct{ options, env []string }{
		"keep-trace":   {options: []string{"--keep-trace"}},
		"user-godebug": {env: []string{"GODEBUG=gctrace=1"}},
	} {
		name, how := name, how
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			r.env = how.env
			r.record(how.options, sample("forced"), "-gcs", "15").expectStatus(0)
			rep := r.report()
			lines := gcLine.FindAllStringSubmatch(r.stderr, -1)
			if int64(len(lines)) != r.truth().NumGC || len(lines) != len(rep.Cycles) {
				t.Fatalf("%d lines on stderr, %d cycles reported, %d happened; stderr:\n%.2000s",
					len(lines), len(rep.Cycles), r.truth().NumGC, r.stderr)
			}
			for i, figures := range lines {
				checkPrinted(t, &rep.Cycles[i], figures)
			}
		})
	}
}

func TestTraceLinesAreSwallowed(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, sample("forced"), "-gcs", "5")
	r.expectStatus(0)
	expectUserStderr(t, r.stderr, "")
}

// TestParseOfKeptTraceIsTheSameReport runs the unprivileged way over the same program's output.
func TestParseOfKeptTraceIsTheSameReport(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.env = []string{"GODEBUG=gctrace=1,scavtrace=1"}
	r.start(sample("forced"), "-gcs", "15")
	r.wait().expectStatus(0)
	for _, from := range []string{"file", "-"} {
		p := r.again()
		args := []string{"parse", "--format", "json"}
		if from == "-" {
			p.stdin = r.path("stderr")
			args = append(args, "-")
		} else {
			args = append(args, r.path("stderr"))
		}
		p.gctide(args...).expectStatus(0)
		rep := decodeReport(t, p.stdout)
		checkCycles(t, r.truth(), rep)
		checkPauses(t, r.truth(), rep)
		for i, figures := range gcLine.FindAllStringSubmatch(r.stderr, -1) {
			checkPrinted(t, &rep.Cycles[i], figures)
		}
		for _, path := range []string{"faults.minor_count", "memory.rss_peak_bytes", "returns.call_count"} {
			if value, _ := rep.at(path); value != nil {
				t.Errorf("%s is %v, but a log does not tell it", path, value)
			}
		}
	}
}

// TestChildThatKeepsStderrOpen: a daemon's later output must arrive, and gctide must not wait for it.
func TestChildThatKeepsStderrOpen(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	begin := time.Now()
	r.record(nil, "/bin/sh", "-c",
		"(sleep 3; echo late >&2; sleep 0.2; echo later >&2) </dev/null >/dev/null & echo soon >&2; exit 4")
	r.expectStatus(4)
	if took := time.Since(begin); took > 2500*time.Millisecond {
		t.Errorf("gctide took %v, as long as the daemon", took)
	}
	r.expectMessage("soon")
	waitFor(t, "what the daemon wrote", func() bool {
		return strings.HasSuffix(r.read("stderr"), "late\nlater\n")
	})
	if text(r.report().Target.GoVersion) != "unknown" {
		t.Error("a shell has a Go version")
	}
}

func TestTargetThatClosesItsStderr(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, sample("witness"), "-close-stderr", "-wait", "300ms", "-status", "6")
	r.expectStatus(6)
	if !strings.HasSuffix(r.stdout, "done\n") {
		t.Errorf("stdout: %q", r.stdout)
	}
	if rep := r.report(); rep.Memory.RSSPeakBytes == nil {
		t.Error("no memory samples")
	}
}

// TestReopenedStderr: what is written through /dev/stderr arrives as well, in order.
func TestReopenedStderr(t *testing.T) {
	t.Parallel()
	script, want := "", ""
	for i := 0; i < 200; i++ {
		to := [...]string{"/dev/stderr", "/proc/self/fd/2"}[i%2]
		script += fmt.Sprintf("echo line %d >>%s\n", i, to)
		want += fmt.Sprintf("line %d\n", i)
	}
	r := newRun(t)
	if err := os.WriteFile(r.path("script"), []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	r.record(nil, "/bin/sh", r.path("script")).expectStatus(0)
	expectUserStderr(t, r.stderr, want)
}
