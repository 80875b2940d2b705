package integration

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"strconv"
	"strings"
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
	expectWords(t, r.unwrapped(), "collections at least ", "broken trace lines unknown",
		"missing cycles unknown", "data.lost: an unknown number of trace lines", "(not counted: the stderr relay ended at ")
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

// TestStderrThatNobodyReadsIsCounted: every byte that the target wrote was passed on or is said to be lost, and no
// trace line is lost for it.
func TestStderrThatNobodyReadsIsCounted(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.prefix = []string{"/bin/sh", "-c", `"$@" 2>&1 >truth | head -c 1000 >/dev/null`, "sh"}
	r.record(nil, sample("noisy"), "-copy", r.path("copy"), "-total-mib", "256").expectStatus(0)
	r.prefix = nil
	r.stdout = r.read("truth")
	tr, rep := r.truth(), r.report()
	checkCycles(t, tr, rep)
	passed, _ := rep.at("observer.user_stderr_bytes")
	lost, _ := rep.at("losses.user_stderr_lost_bytes")
	if p, ok := passed.(float64); !ok {
		t.Errorf("user_stderr_bytes is %v", passed)
	} else if l, ok := lost.(float64); !ok || l == 0 || int64(p+l) != tr.extra(t, "stderr_bytes") {
		t.Errorf("%v bytes passed on and %v lost of %d", p, lost, tr.extra(t, "stderr_bytes"))
	}
	expectWords(t, r.unwrapped(), ", stderr bytes ", "target.stderr_lost: ")
	expectWords(t, r.inspect("dump", "--kind", "loss").stdout, `source="stderr"`, "Broken pipe")
}

// TestStderrOfAFullDeviceIsCounted: another reason, and the notice cannot be seen either.
func TestStderrOfAFullDeviceIsCounted(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.prefix = []string{"/bin/sh", "-c", `exec "$@" 2>/dev/full`, "sh"}
	r.record(nil, "/bin/sh", "-c", "echo 123456789 >&2").expectStatus(0)
	r.prefix = nil
	if lost, _ := r.report().at("losses.user_stderr_lost_bytes"); lost != 10.0 {
		t.Errorf("%v bytes lost of 10", lost)
	}
	expectWords(t, r.inspect("dump", "--kind", "loss").stdout, "No space left")
}

// TestAReaderOfStderrWhoRests delays no trace line: all cycles are there, nothing is called lost that was not, the
// recorder does not wait for the reader, and the reader gets every byte in the end.
func TestAReaderOfStderrWhoRests(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.prefix = []string{"/bin/bash", "-c", `{ "$@" 2>&1 >truth; echo $SECONDS >took; } | { sleep 10; cat >late; }`, "bash"}
	// -q: a notice would wait for the reader, as any program's word on stderr does
	r.record([]string{"-q"}, sample("noisy"), "-copy", r.path("copy"), "-total-mib", "256").expectStatus(0)
	r.prefix = nil
	r.stdout = r.read("truth")
	tr, rep := r.truth(), r.report()
	checkCycles(t, tr, rep)
	if rep.Losses.UnparsedLine == nil || *rep.Losses.UnparsedLine != 0 {
		t.Errorf("unparsed_line_count is %v", rep.Losses.UnparsedLine)
	}
	if bound, _ := rep.at("gc.cycle_count_is_at_least"); bound != false {
		t.Errorf("cycle_count_is_at_least is %v", bound)
	}
	if lost, _ := rep.at("losses.user_stderr_lost_bytes"); lost != nil {
		t.Errorf("user_stderr_lost_bytes is %v, nobody can know yet", lost)
	}
	if took, err := strconv.Atoi(strings.TrimSpace(r.read("took"))); err != nil || took > 8 {
		t.Errorf("the recorder took %q s, its reader rested for 10", r.read("took"))
	}
	expectWords(t, r.inspect("dump", "--kind", "loss").stdout, "the rest waited for a reader")
	expectUserStderr(t, r.read("late"), r.read("copy"))
}

// TestARelayThatComesLateLosesNothing: a machine that is too busy for the relay, here by hand. Pieces of a line
// that it finds late are pieces all the same.
func TestARelayThatComesLateLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.start(append([]string{built.gctide}, recordArgs(nil, []string{sample("noisy"),
		"-copy", r.path("copy"), "-total-mib", "128", "-live-mib", "1"})...)...)
	waitForFile(t, r.path("copy"))
	time.Sleep(50 * time.Millisecond)
	relay := relayOf(t, r.cmd.Process.Pid)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for i := time.Duration(0); syscall.Kill(relay, syscall.SIGSTOP) == nil; i++ {
			time.Sleep(700 * time.Millisecond)
			syscall.Kill(relay, syscall.SIGCONT)
			time.Sleep(i % 20 * time.Millisecond)
		}
	}()
	r.wait().expectStatus(0)
	<-over
	rep := r.report()
	checkCycles(t, r.truth(), rep)
	checkLosses(t, r.truth(), rep)
	expectUserStderr(t, r.stderr, r.read("copy"))
}

// TestATerminalThatNobodyReads, as that of a connection that hangs: a write to it would wait, and a terminal takes only
// a few KiB before.
func TestATerminalThatNobodyReads(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	reader, writer := openTerminal(t)
	defer reader.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, built.gctide, recordArgs([]string{"-q"}, []string{"/bin/sh", "-c",
		`yes 0123456789 | head -c 150000 >&2; exec "$0" -gcs 20`, sample("forced")})...)
	var out strings.Builder
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = r.dir, r.environment(), &out, writer
	start := time.Now()
	err := cmd.Run()
	writer.Close()
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("the recorder took %s", took)
	}
	r.stdout = out.String()
	rep := r.report()
	checkCycles(t, r.truth(), rep)
	if bound, _ := rep.at("gc.cycle_count_is_at_least"); bound != false {
		t.Errorf("cycle_count_is_at_least is %v", bound)
	}
	got, _ := io.ReadAll(reader) // EIO once the relay is through
	if n := len(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n"))); n != 150000 {
		t.Errorf("%d of 150000 bytes came out", n)
	}
}
