package integration

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTargetOutlivesAKilledGctide: SIGKILL in the middle of a noisy program's work. Nothing that the
// target wrote may be lost, and what was recorded can be read.
func TestTargetOutlivesAKilledGctide(t *testing.T) {
	for _, after := range []time.Duration{150, 600, 1200} {
		after := after * time.Millisecond
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			r.start(append([]string{built.gctide}, recordArgs(nil, []string{sample("noisy"),
				"-copy", r.path("copy"), "-total-mib", "1536"})...)...)
			waitForFile(t, r.path("copy"))
			time.Sleep(after)
			if err := r.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if r.wait(); r.signal != syscall.SIGKILL {
				t.Fatalf("the target was too quick: gctide ended with status %d", r.status)
			}
			waitFor(t, "the target's truth", func() bool { return strings.HasSuffix(r.read("stdout"), "}\n") })
			r.stdout = r.read("stdout")
			written := r.truth().extra(t, "stderr_bytes")
			waitFor(t, "the target's stderr", func() bool {
				info, err := os.Stat(r.path("stderr"))
				return err == nil && info.Size() >= written
			})
			time.Sleep(50 * time.Millisecond)
			expectUserStderr(t, r.read("stderr"), r.read("copy"))
			expectWords(t, r.text(), "stops early")
			if rep := r.report(); rep.GC.CycleCount == nil || *rep.GC.CycleCount == 0 ||
				*rep.GC.CycleCount > r.truth().NumGC {
				t.Errorf("cycle_count is %v", rep.GC.CycleCount)
			}
		})
	}
}

// recorded makes one recording to be damaged.
func recorded(t *testing.T) *run {
	t.Helper()
	r := newRun(t).record(nil, sample("forced"), "-gcs", "30")
	r.expectStatus(0)
	return r
}

// damaged writes another recording next to r's and reports on it.
func damaged(t *testing.T, r *run, content []byte) *run {
	t.Helper()
	sub := r.again()
	if err := os.WriteFile(sub.path("bad.rec"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	return sub.gctide("report", "bad.rec")
}

func TestEveryCutOfARecordingIsReadable(t *testing.T) {
	t.Parallel()
	r := recorded(t)
	whole := []byte(r.read("run.rec"))
	for _, percent := range []int{99, 75, 50, 20} {
		cut := damaged(t, r, whole[:len(whole)*percent/100])
		cut.expectStatus(0)
		expectWords(t, cut.stdout+cut.stderr, "stops early")
	}
	last := damaged(t, r, whole[:len(whole)-1])
	last.expectStatus(0)
	expectWords(t, last.stdout+last.stderr, "stops early")
}

// TestFlippedByteIsNoticed: what comes before the damage may be reported, but never silently.
func TestFlippedByteIsNoticed(t *testing.T) {
	t.Parallel()
	r := recorded(t)
	whole := []byte(r.read("run.rec"))
	for _, percent := range []int{10, 35, 60, 90} {
		bad := append([]byte{}, whole...)
		bad[len(bad)*percent/100] ^= 0x10
		shown := damaged(t, r, bad)
		if shown.signal != 0 || (shown.status != 0 && shown.status != 1 && shown.status != 4) {
			t.Errorf("at %d %%: status %d, signal %v", percent, shown.status, shown.signal)
		}
		said := strings.ToLower(shown.stdout + shown.stderr)
		if !strings.Contains(said, "damaged") && !strings.Contains(said, "corrupt") &&
			!strings.Contains(said, "checksum") {
			t.Errorf("at %d %%: the damage is not mentioned:\n%.1000s", percent, said)
		}
	}
}

func TestFilesThatAreNoRecordings(t *testing.T) {
	t.Parallel()
	r := recorded(t)
	newer := []byte(r.read("run.rec"))
	copy(newer[8:12], []byte{99, 0, 0, 0})
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"empty":   {nil, "is empty"},
		"foreign": {[]byte("just some text\n"), "not a gctide recording"},
		"binary":  {bytes.Repeat([]byte{0, 255, 17}, 5000), "not a gctide recording"},
		"newer":   {newer, "format 99"},
		"head":    {newer[:7], "bad.rec"},
	} {
		for _, command := range []string{"report", "dump"} {
			sub := r.again()
			if err := os.WriteFile(sub.path("bad.rec"), c.content, 0o644); err != nil {
				t.Fatal(err)
			}
			sub.gctide(command, "bad.rec")
			if sub.status != 1 || sub.signal != 0 {
				t.Errorf("%s of %s file: status %d, signal %v", command, name, sub.status, sub.signal)
			}
			sub.expectMessage("bad.rec", c.says)
		}
	}
	missing := r.again().gctide("report", "no-such.rec")
	missing.expectStatus(1)
	missing.expectMessage("no-such.rec", "no such file")
	directory := r.again().gctide("report", "/")
	directory.expectStatus(1)
	directory.expectMessage("gctide: ")
}

// TestReportFromAPipe: either it works or the message says why not; never a report of nothing.
func TestReportFromAPipe(t *testing.T) {
	t.Parallel()
	r := recorded(t)
	sub := r.again()
	sub.start("/bin/sh", "-c", "cat '"+r.path("run.rec")+"' | '"+built.gctide+"' report --format json /dev/stdin")
	if sub.wait(); sub.status == 0 {
		checkCycles(t, r.truth(), decodeReport(t, sub.stdout))
	} else {
		sub.expectStatus(1)
		sub.expectMessage("/dev/stdin")
	}
}

func TestReportToAFullDevice(t *testing.T) {
	t.Parallel()
	r := recorded(t)
	sub := r.again()
	sub.start("/bin/sh", "-c", "exec '"+built.gctide+"' report '"+r.path("run.rec")+"' >/dev/full")
	sub.wait().expectStatus(1)
	sub.expectMessage("cannot write", "no space left")
}

// TestFullDevice: nothing at all can be recorded. Either that is said before the target begins, or the target
// runs to its end; it is never left half done.
func TestFullDevice(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.gctide("record", "-o", "/dev/full", "--", sample("forced"), "-gcs", "5")
	r.expectStatus(125)
	r.expectMessage("/dev/full", "no space left")
	if r.stdout == "" {
		return
	}
	if tr := r.truth(); tr.NumForcedGC < 5 {
		t.Errorf("the target did not do its work: %+v", tr)
	}
}

// TestFullDisk fills a small file system while recording; what fitted can be read.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	r := newRun(t)
	if err := os.Mkdir(r.path("small"), 0o777); err != nil {
		t.Fatal(err)
	}
	script := `mount -t tmpfs -o size=` + strconv.Itoa(256<<10) + ` tmpfs small || exit 77
"$0" record -o small/run.rec -- "$1" -faults 150000 -work 200; status=$?
cp small/run.rec run.rec
exit $status`
	r.start("unshare", "-m", "/bin/sh", "-c", script, built.gctide, sample("storm"))
	if r.wait(); r.status == 77 || strings.Contains(r.stderr, "unshare: ") {
		t.Skip("no file system can be mounted here: " + strings.TrimSpace(r.stderr))
	}
	r.expectStatus(125)
	r.expectMessage("small/run.rec", "no space left")
	if tr := r.truth(); tr.extra(t, "storm_faults") != 150000 {
		t.Errorf("the target did not do its work: %+v", tr)
	}
	expectWords(t, r.text(), "stops early")
}
