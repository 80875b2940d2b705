package integration

import (
	"bytes"
	"fmt"
	"os"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestExitStatusIsPassedOn covers every way in which a target can end.
func TestExitStatusIsPassedOn(t *testing.T) {
	crash := func(how string) []string {
		return []string{sample("crash"), "-total-mib", "128", "-how", how}
	}
	for name, c := range map[string]struct {
		command []string
		status  int
		signal  int64
		stderr  string
	}{
		"true":         {[]string{"true"}, 0, 0, ""},
		"exit 41":      {[]string{"/bin/sh", "-c", "exit 41"}, 41, 0, ""},
		"go exit":      {crash("exit3"), 3, 0, ""},
		"go panic":     {crash("panic"), 2, 0, "panic: crash: as asked for"},
		"go segv":      {crash("segv"), 2, 0, "SIGSEGV"},
		"go throw":     {crash("throw"), 2, 0, "fatal error: "},
		"go log.Fatal": {crash("fatal"), 1, 0, "crash: as asked for\n"},
		"go abort":     {crash("abort"), 128 + 6, 6, "panic: crash: as asked for"},
		"go sigkill":   {crash("sigkill"), 128 + 9, 9, ""},
		"sh sigterm":   {[]string{"/bin/sh", "-c", "kill -TERM $$"}, 128 + 15, 15, ""},
	} {
		name, c := name, c
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t).record(nil, c.command...)
			r.expectStatus(c.status)
			r.expectMessage(c.stderr)
			rep := r.report()
			if c.signal != 0 {
				equal(t, "term_signal", rep.Target.TermSignal, c.signal)
				if rep.Target.ExitStatus != nil {
					t.Errorf("exit_status is %d for a target that was killed", *rep.Target.ExitStatus)
				}
			} else {
				equal(t, "exit_status", rep.Target.ExitStatus, int64(c.status))
			}
			if c.command[0] == sample("crash") {
				checkCycles(t, r.truth(), rep)
			}
		})
	}
}

// TestRecordThatCannotBegin: the statuses and messages of env(1) and its like.
func TestRecordThatCannotBegin(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	for name, text := range map[string]string{"plain-file": "no program", "foreign": "precious data\n"} {
		if err := os.WriteFile(r.path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args   []string
		status int
		says   []string
	}{
		{[]string{"record", "--", "no-such-command-anywhere"}, 127, []string{"no-such-command-anywhere"}},
		{[]string{"record", "--", r.path("nothing-here")}, 127, []string{r.path("nothing-here")}},
		{[]string{"record", "--", r.path("plain-file")}, 126, []string{r.path("plain-file")}},
		{[]string{"record", "--", r.dir}, 126, []string{r.dir}},
		{[]string{"record", "-o", "no-such-dir/x.rec", "--", "true"}, 125, []string{"no-such-dir/x.rec"}},
		{[]string{"record", "-o", r.path("foreign"), "--", "true"}, 125, []string{r.path("foreign")}},
		{[]string{"record"}, 2, nil},
		{[]string{"record", "--max-stall", "soon", "--", "true"}, 2, []string{"max-stall", "soon"}},
		{[]string{"record", "--madvdontneed", "2", "--", "true"}, 2, []string{"madvdontneed"}},
		{[]string{"record", "--no-such-option", "--", "true"}, 2, []string{"no-such-option"}},
		{[]string{"record", "-F", "-1", "--", "true"}, 2, []string{"-1"}},
		{[]string{"no-such-command"}, 2, []string{"no-such-command"}},
	} {
		sub := r.again()
		sub.gctide(c.args...).expectStatus(c.status)
		sub.expectMessage(append(c.says, "gctide: ")...)
	}
	if got := r.read("foreign"); got != "precious data\n" {
		t.Errorf("a foreign file was overwritten: %q", got)
	}
}

func TestAnOldRecordingIsReplaced(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.record(nil, "/bin/sh", "-c", "exit 5").expectStatus(5)
	r.record(nil, "/bin/sh", "-c", "exit 6").expectStatus(6)
	equal(t, "exit_status", r.report().Target.ExitStatus, 6)
}

// TestStdinAndStdoutAreUntouched sends some MB of every byte through cat.
func TestStdinAndStdoutAreUntouched(t *testing.T) {
	t.Parallel()
	content := make([]byte, 3<<20)
	for i := range content {
		content[i] = byte(i * i >> 3)
	}
	r := newRun(t)
	r.stdin = r.path("in")
	if err := os.WriteFile(r.stdin, content, 0o644); err != nil {
		t.Fatal(err)
	}
	r.record(nil, "cat").expectStatus(0)
	if !bytes.Equal([]byte(r.stdout), content) {
		t.Errorf("%d bytes went in, %d came out, or others", len(content), len(r.stdout))
	}
}

// TestTargetSeesNoDescriptorOfOurs compares with ls alone: what the tests themselves inherited is in both.
func TestTargetSeesNoDescriptorOfOurs(t *testing.T) {
	t.Parallel()
	bare := newRun(t)
	bare.start("ls", "/proc/self/fd")
	bare.wait().expectStatus(0)
	r := newRun(t).record(nil, "ls", "/proc/self/fd")
	r.expectStatus(0)
	if r.stdout != bare.stdout {
		t.Errorf("descriptors of the target: %q, without gctide: %q", r.stdout, bare.stdout)
	}
}

// environ runs env(1) and returns its output but for GODEBUG, sorted, and GODEBUG.
func environ(r *run) ([]string, string) {
	var godebug string
	var rest []string
	for _, v := range strings.Split(r.stdout, "\n") {
		if strings.HasPrefix(v, "GODEBUG=") {
			godebug = strings.TrimPrefix(v, "GODEBUG=")
		} else if !strings.HasPrefix(v, "_=") && !strings.HasPrefix(v, "PWD=") {
			rest = append(rest, v)
		}
	}
	sort.Strings(rest)
	return rest, godebug
}

func TestEnvironmentOfTheTarget(t *testing.T) {
	for name, c := range map[string]struct {
		user    string
		options []string
		want    string
		advice  string
		warning bool
	}{
		"none":    {"", nil, "gctrace=1", "", false},
		"option":  {"", []string{"--madvdontneed", "0"}, "gctrace=1,madvdontneed=0", "free", false},
		"kept":    {"madvdontneed=0,foo=1", nil, "madvdontneed=0,foo=1,gctrace=1", "free", false},
		"gctrace": {"gctrace=2", nil, "gctrace=2,gctrace=1", "", true},
		"overridden": {"madvdontneed=0", []string{"--madvdontneed=1"},
			"madvdontneed=0,gctrace=1,madvdontneed=1", "dontneed", true},
	} {
		name, c := name, c
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			r.env = []string{"UNUSUAL=a b\tc=d", "EMPTY="}
			if c.user != "" {
				r.env = append(r.env, "GODEBUG="+c.user)
			}
			r.start("env")
			plain, _ := environ(r.wait())
			r.record(c.options, "env").expectStatus(0)
			watched, godebug := environ(r)
			if strings.Join(plain, "\n") != strings.Join(watched, "\n") {
				t.Errorf("the environment differs:\n%q\n%q", plain, watched)
			}
			if godebug != c.want {
				t.Errorf("GODEBUG is %q, want %q", godebug, c.want)
			}
			warned := strings.Contains(r.stderr, "GODEBUG") || strings.Contains(r.stderr, "madvdontneed")
			if warned != c.warning {
				t.Errorf("a warning: %v, want %v; stderr:\n%s", warned, c.warning, r.stderr)
			}
			if text(r.report().Target.GODEBUG) != c.want {
				t.Errorf("the report has GODEBUG %q", text(r.report().Target.GODEBUG))
			}
			checkAdvice(t, r, c.options, c.advice)
		})
	}
}

// checkAdvice records a Go program under the same settings: for another one the advice means nothing.
func checkAdvice(t *testing.T, r *run, options []string, want string) {
	t.Helper()
	if want == "" {
		want = "dontneed"
	}
	r.record(options, sample("forced"), "-gcs", "2").expectStatus(0)
	if got := text(r.report().Target.ReleaseAdvice); got != want {
		t.Errorf("release_advice is %s, want %s", got, want)
	}
}

func TestSignalsReachTheTargetOnce(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT} {
		s := s
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			r.start(append([]string{built.gctide},
				recordArgs(nil, []string{sample("witness"), "-wait", "20s", "-status", "7"})...)...)
			waitFor(t, "the target", func() bool { return strings.Contains(r.read("stdout"), "ready") })
			if err := r.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			r.wait().expectStatus(7)
			if want := fmt.Sprintf("ready\nsignal %v\ndone\n", s); r.stdout != want {
				t.Errorf("the target saw %q, want %q", r.stdout, want)
			}
			equal(t, "exit_status", r.report().Target.ExitStatus, 7)
		})
	}
}

// TestSignalThatEndsTheTarget: no handler, so the target dies, and the recording is whole.
func TestSignalThatEndsTheTarget(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.start(append([]string{built.gctide}, recordArgs(nil, []string{"sleep", "30"})...)...)
	waitForFile(t, r.path("run.rec"))
	time.Sleep(300 * time.Millisecond)
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	r.wait().expectStatus(128 + 15)
	equal(t, "term_signal", r.report().Target.TermSignal, 15)
	if strings.Contains(r.text(), "stops early") {
		t.Error("the recording is said to stop early")
	}
}

func waitForFile(t *testing.T, path string) {
	t.Helper()
	waitFor(t, path, func() bool {
		info, err := os.Stat(path)
		return err == nil && info.Size() > 0
	})
}

func TestDurationEndsALongProgram(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	r := newRun(t).record([]string{"--duration", "1s"}, sample("witness"), "-wait", "30s")
	r.expectStatus(0)
	if took := time.Since(begin); took < time.Second || took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if r.stdout != "ready\nsignal terminated\ndone\n" {
		t.Errorf("the target saw %q", r.stdout)
	}
	rep := r.report()
	if rep.GC.CycleCount == nil || *rep.GC.CycleCount < 10 {
		t.Errorf("cycle_count is %v", rep.GC.CycleCount)
	}
}
